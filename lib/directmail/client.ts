/**
 * The SDK's client: loaded on first use, since that takes a quarter of a second and 380 files, and made of the credentials
 * of one fetch. There is one at a time. It is remembered once it is there, made anew when its credentials are due, and a
 * failure to make one is not remembered: the next who asks tries again.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { IO } from 'fp-ts/lib/IO.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Config, KeylessConfig } from '../config/config.js'
import { revealSecret } from '../config/secret.js'
import { cancelled, credentialsUnavailable, type SendError, timeout } from '../errors/send-error.js'
import { loadError } from './answer.js'
import {
  type Credentials,
  type CredentialsProvider,
  fetchCredentials,
  keepForever,
  type Lease,
} from './credentials.js'
import type { Endpoint } from './endpoint.js'
import type { Limits } from './request-watch.js'

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

// ------------------------------------------------------------------------------------------------------------
// The SDK
// ------------------------------------------------------------------------------------------------------------

export type Sdk = Awaited<ReturnType<typeof importSdk>>

const importSdk = async () => {
  const [dm, openApi, teaUtil] = await Promise.all([
    import('@alicloud/dm20151123'),
    import('@alicloud/openapi-client'),
    import('@alicloud/tea-util'),
  ])
  return {
    // A client takes the config of another package than its types say, and is used through our own interface.
    Client: readExports(dm).default as unknown as new (config: object) => DirectMailClient,
    SingleSendMailRequest: readExports(dm).SingleSendMailRequest,
    /** Those of the operations that send no mail. */
    requests: {
      DescAccountSummary: readExports(dm).DescAccountSummaryRequest,
      DescDomain: readExports(dm).DescDomainRequest,
      ListUserSuppression: readExports(dm).ListUserSuppressionRequest,
      QueryDomainByParam: readExports(dm).QueryDomainByParamRequest,
      QueryMailAddressByParam: readExports(dm).QueryMailAddressByParamRequest,
      RemoveUserSuppression: readExports(dm).RemoveUserSuppressionRequest,
      SenderStatisticsDetailByParam: readExports(dm).SenderStatisticsDetailByParamRequest,
    },
    OpenApiConfig: readExports(openApi).Config,
    RuntimeOptions: readExports(teaUtil).RuntimeOptions,
    ExtendsParameters: readExports(teaUtil).ExtendsParameters,
  }
}

/**
 * The packages are CommonJS. Node gives an ESM importer what a package exports as `default`, with the client's class
 * as the `default` of that; other loaders and bundlers give the exports themselves.
 */
export const readExports = <M extends { readonly default: unknown }>(
  module: M,
): M | Extract<M['default'], object> =>
  typeof module.default === 'object' ? (module.default as Extract<M['default'], object>) : module

// ------------------------------------------------------------------------------------------------------------
// The client
// ------------------------------------------------------------------------------------------------------------

/** A client that can be used, what its requests are made of, and how long its credentials last. */
export interface Ready {
  readonly sdk: Sdk
  readonly client: DirectMailClient
  readonly lease: Lease
}

export interface ClientOptions {
  readonly endpoint: Endpoint
  /** Used instead of a client of our own. */
  readonly client?: DirectMailClient | undefined
  /** Asked instead of the config's key pair. */
  readonly credentials?: CredentialsProvider | undefined
}

export interface ClientSource {
  /** Whether the client is made anew when its credentials are due. */
  readonly renews: boolean
  /** The client to use now; undefined where it has to be waited for. Renews it in the background when that is due. */
  readonly current: () => Ready | undefined
  /** Makes one, or waits for the one that is being made. */
  readonly prepare: TE.TaskEither<SendError, Ready>
  /** The same, within the time until a request has to begin, or until the signal is aborted. */
  readonly wait: (limits: Limits) => Promise<E.Either<SendError, Ready>>
  /** When the credentials that are in use end; ms since the epoch, Infinity where they do not. */
  readonly credentialsEnd: IO<number>
  /** DirectMail says that this client's credentials have expired: it is not used again. */
  readonly discard: (expired: Ready) => void
}

/** A config with a key pair, or without one where `options.credentials` gives it. */
export type AnyConfig = Config<string> | KeylessConfig<string>

const readKeyPair = ({ accessKeyId = '', accessKeySecret, securityToken }: AnyConfig): Credentials => ({
  accessKeyId,
  accessKeySecret: accessKeySecret === undefined ? '' : revealSecret(accessKeySecret),
  securityToken: securityToken && revealSecret(securityToken),
})

/** A provider that has not answered by then is asked again by the next message; ms. */
const maxFetchMs = 30_000

/** How long nobody asks again in the background after a renewal has failed; ms. */
const renewalPauseMs = 1_000

const providerDelay = (): SendError => credentialsUnavailable('their provider did not answer in time')
const loadDelay = (): SendError => timeout('load')

export const makeClientSource = (config: AnyConfig, options: ClientOptions): ClientSource => {
  const { client: given, credentials: provider } = options
  const renews = given === undefined && provider !== undefined
  const takeLease: TE.TaskEither<SendError, Lease> = renews
    ? () => within(maxFetchMs, fetchCredentials(provider)(), providerDelay)
    : TE.right(keepForever(readKeyPair(config)))
  let loaded: E.Right<Sdk> | undefined
  let ready: Ready | undefined
  let renewAt = 0
  let preparing: Promise<E.Either<SendError, Ready>> | undefined

  const loadSdk: TE.TaskEither<SendError, Sdk> = async () => {
    if (loaded !== undefined) return loaded
    const sdk = await TE.tryCatch(importSdk, loadError)()
    if (E.isRight(sdk)) loaded = sdk
    return sdk
  }

  const make = async (): Promise<E.Either<SendError, Ready>> => {
    const [sdk, lease] = await Promise.all([loadSdk(), takeLease()])
    if (E.isLeft(sdk)) return sdk
    if (E.isLeft(lease)) return lease
    return E.tryCatch(
      () => ({
        sdk: sdk.right,
        client: given ?? makeClient(sdk.right, config, options.endpoint, lease.right),
        lease: lease.right,
      }),
      loadError,
    )
  }

  /** One for all who wait. */
  const prepare = (): Promise<E.Either<SendError, Ready>> => {
    preparing ??= make().then((made) => {
      preparing = undefined
      if (E.isRight(made)) ready = made.right
      renewAt = E.isRight(made) ? made.right.lease.renewAt : Date.now() + renewalPauseMs
      return made
    })
    return preparing
  }

  return {
    renews,
    prepare,
    current: () => {
      if (ready === undefined || !renews) return ready
      const now = Date.now()
      if (now >= renewAt) void prepare()
      return now < ready.lease.expiresAt ? ready : undefined
    },
    wait: ({ budgetMs, startMs = budgetMs, signal }) =>
      within(
        startMs,
        prepare(),
        () => (renews && loaded !== undefined ? providerDelay() : loadDelay()),
        signal,
      ),
    credentialsEnd: () => ready?.lease.expiresAt ?? Infinity,
    discard: (expired) => {
      if (ready === expired) ready = undefined
    },
  }
}

/** The pair of one fetch for the whole life of a client: key id, secret and token of a request always belong together. */
const makeClient = (
  sdk: Sdk,
  { regionId = 'cn-hangzhou' }: AnyConfig,
  { host, protocol }: Endpoint,
  { credentials }: Lease,
): DirectMailClient =>
  new sdk.Client(
    new sdk.OpenApiConfig({
      // A client that is given the pair itself makes a model of it for each request, which takes a microsecond.
      credential: { getCredential: () => credentials },
      regionId,
      endpoint: host,
      protocol,
      userAgent: 'aliyun-dm-connector',
    }),
  )

/** What a step came to, unless it takes all the time that there is. */
const within = <A>(
  ms: number,
  step: Promise<E.Either<SendError, A>>,
  findDelay: () => SendError,
  signal?: AbortSignal,
): Promise<E.Either<SendError, A>> =>
  new Promise((resolve) => {
    const startedAt = performance.now()
    const cancel = (): void => resolve(E.left(cancelled('no')))
    signal?.addEventListener('abort', cancel)
    const timer = setTimeout(() => resolve(E.left(findDelay())), ms)
    void step.then((result) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      // Loading blocks the event loop, so that the timer may be late.
      resolve(performance.now() - startedAt < ms ? result : E.left(findDelay()))
    })
  })
