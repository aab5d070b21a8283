/**
 * The only module that touches Alibaba's SDK: a mail goes in, one SingleSendMail request is made, and a receipt or
 * a `SendError` comes out. The SDK is loaded on first use, since that takes a quarter of a second and 380 files.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Config, KeylessConfig } from '../config/config.js'
import { revealSecret } from '../config/secret.js'
import type { Endpoint } from './endpoint.js'
import { type SendError, timeout } from '../errors/send-error.js'
import { loadError, type Receipt, toReceipt, toSendError, verdictError } from './answer.js'
import { type Limits, nonceHeader, watchRequest } from './request-watch.js'
import type { Mail } from '../rendering/render.js'

/**
 * The part of the SDK's client that sends: the client of `@alicloud/dm20151123`, or anything that stands for it in
 * a test. It is given the SDK's own request and runtime objects, and has to pass both on: the runtime carries the nonce
 * by which DirectMail knows a request again. Its own retries must be off, as they are by default: only the connector
 * knows which failures may be retried.
 *
 * @category model
 * @since 0.1.0
 */
export interface DirectMailClient {
  // A method, not a property: TypeScript then lets the SDK's client ask for its own, narrower parameter types.
  singleSendMailWithOptions(request: SingleSendMailParameters, runtime: object): Promise<SingleSendMailAnswer>
}

/**
 * The parameters of SingleSendMail that the connector uses, under the SDK's names.
 *
 * @category model
 * @since 0.1.0
 */
export interface SingleSendMailParameters {
  accountName?: string
  addressType?: number
  clickTrace?: string
  fromAlias?: string
  htmlBody?: string
  ipPoolId?: string
  replyAddress?: string
  replyAddressAlias?: string
  replyToAddress?: boolean
  subject?: string
  tagName?: string
  textBody?: string
  toAddress?: string
}

/**
 * What of the SDK's answer the connector reads.
 *
 * @category model
 * @since 0.1.0
 */
export interface SingleSendMailAnswer {
  statusCode?: number
  body?: { envId?: string; requestId?: string }
}

/** One request to DirectMail, under a signature nonce by which DirectMail knows it again. */
export type Attempt = (mail: Mail, nonce: string, limits: Limits) => TE.TaskEither<SendError, Receipt>

// ------------------------------------------------------------------------------------------------------------
// The SDK
// ------------------------------------------------------------------------------------------------------------

type Sdk = Awaited<ReturnType<typeof importSdk>>

const importSdk = async () => {
  const [dm, openApi, teaUtil] = await Promise.all([
    import('@alicloud/dm20151123'),
    import('@alicloud/openapi-client'),
    import('@alicloud/tea-util'),
  ])
  return {
    // A client takes the config of another package than its types say, and is used through our own interface.
    Client: exportsOf(dm).default as unknown as new (config: object) => DirectMailClient,
    SingleSendMailRequest: exportsOf(dm).SingleSendMailRequest,
    OpenApiConfig: exportsOf(openApi).Config,
    RuntimeOptions: exportsOf(teaUtil).RuntimeOptions,
    ExtendsParameters: exportsOf(teaUtil).ExtendsParameters,
  }
}

/**
 * The packages are CommonJS. Node gives an ESM importer what a package exports as `default`, with the client's class
 * as the `default` of that; other loaders and bundlers give the exports themselves.
 */
const exportsOf = <M extends { readonly default: unknown }>(module: M): M | Extract<M['default'], object> =>
  typeof module.default === 'object' ? (module.default as Extract<M['default'], object>) : module

export interface DirectMailOptions {
  readonly endpoint: Endpoint
  /** Used instead of a client of our own. */
  readonly client?: DirectMailClient | undefined
}

export interface DirectMail {
  /** Loads the SDK and builds the client, once. */
  readonly load: TE.TaskEither<SendError, void>
  readonly attempt: Attempt
}

export const makeDirectMail = (
  { accessKeyId, accessKeySecret, securityToken, regionId }: Config<string> | KeylessConfig<string>,
  { endpoint, client: given }: DirectMailOptions,
): DirectMail => {
  const build = (sdk: Sdk): Loaded => ({
    sdk,
    client:
      given ??
      new sdk.Client(
        new sdk.OpenApiConfig({
          accessKeyId,
          accessKeySecret: accessKeySecret && revealSecret(accessKeySecret),
          securityToken: securityToken && revealSecret(securityToken),
          regionId: regionId ?? 'cn-hangzhou',
          endpoint: endpoint.host,
          protocol: endpoint.protocol,
          userAgent: 'aliyun-dm-connector',
        }),
      ),
  })
  const load = once(TE.tryCatch(async () => build(await importSdk()), loadError))
  let ready: Loaded | undefined
  return {
    load: pipe(
      load,
      TE.map(() => undefined),
    ),
    attempt: (mail, nonce, limits) => async () => {
      if (ready !== undefined) return request(ready, mail, nonce, limits)
      const startedAt = performance.now()
      const loaded = await within(limits.budgetMs, load())
      if (E.isLeft(loaded)) return loaded
      ready = loaded.right
      const budgetMs = limits.budgetMs - (performance.now() - startedAt)
      // Nothing is sent after the deadline, not even if loading the SDK took until then.
      return budgetMs > 0 ? request(ready, mail, nonce, { ...limits, budgetMs }) : E.left(timeout('queue'))
    },
  }
}

/** What a step came to, or a timeout if it takes longer than there is time. */
const within = <A>(ms: number, step: Promise<E.Either<SendError, A>>): Promise<E.Either<SendError, A>> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(E.left(timeout('queue'))), ms)
    void step.then((result) => {
      clearTimeout(timer)
      resolve(result)
    })
  })

interface Loaded {
  readonly sdk: Sdk
  readonly client: DirectMailClient
}

/** Remembers a success; a failure is tried again by the next who asks. */
const once = <E, A>(task: TE.TaskEither<E, A>): TE.TaskEither<E, A> => {
  let running: Promise<E.Either<E, A>> | undefined
  return () => {
    running ??= task().then((result) => {
      if (E.isLeft(result)) running = undefined
      return result
    })
    return running
  }
}

// ------------------------------------------------------------------------------------------------------------
// The request
// ------------------------------------------------------------------------------------------------------------

/** The SDK leaves out what is undefined. */
type MaybeUndefined<A> = { readonly [K in keyof A]: A[K] | undefined }

const parametersOf = (mail: Mail): MaybeUndefined<SingleSendMailParameters> => ({
  accountName: mail.accountName,
  // 1: the mail comes from the sender address; 0 would be from a random one.
  addressType: 1,
  toAddress: mail.to,
  subject: mail.subject,
  htmlBody: mail.contentType === 'text/html' ? mail.body : undefined,
  textBody: mail.contentType === 'text/plain' ? mail.body : undefined,
  fromAlias: mail.fromAlias,
  replyToAddress: mail.replyToAddress,
  replyAddress: mail.replyAddress,
  replyAddressAlias: mail.replyAddressAlias,
  tagName: mail.tagName,
  clickTrace: mail.clickTrace === undefined ? undefined : mail.clickTrace ? '1' : '0',
  ipPoolId: mail.ipPoolId,
})

/** A longer delay would make a timer of Node's fire at once. */
export const longestTimerMs = 2_147_483_647

const request = (
  { sdk, client }: Loaded,
  mail: Mail,
  nonce: string,
  limits: Limits,
): Promise<E.Either<SendError, Receipt>> =>
  new Promise((resolve) => {
    const settle = (result: E.Either<SendError, Receipt>): void => {
      watch.release()
      resolve(result)
    }
    const watch = watchRequest(nonce, limits, (verdict) => settle(E.left(verdictError(verdict))))
    const fail = (error: unknown): void => settle(E.left(toSendError(error, watch.progress())))

    // The watch times connection and answer; the SDK's own timers come after it, as a backstop. Its connect
    // timeout is really the socket's idle timeout (see request-watch.ts), so it has to be the longer of the two:
    // then it fires only where no connection was made, and "ConnectTimeout" means what it says.
    const backstopMs = Math.min(limits.connectTimeoutMs + limits.readTimeoutMs, longestTimerMs - 1000)
    try {
      const answer = client.singleSendMailWithOptions(
        new sdk.SingleSendMailRequest(parametersOf(mail)),
        new sdk.RuntimeOptions({
          autoretry: false,
          connectTimeout: backstopMs + 1000,
          readTimeout: backstopMs,
          // Verified: this header wins over the nonce that the SDK makes, and is signed.
          extendsParameters: new sdk.ExtendsParameters({ headers: { [nonceHeader]: nonce } }),
        }),
      )
      Promise.resolve(answer)
        .then((received) => settle(toReceipt(received)))
        .catch(fail)
    } catch (error) {
      fail(error)
    }
  })
