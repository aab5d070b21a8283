/**
 * The program: a config becomes a connector, and a message becomes a mail that DirectMail has accepted.
 *
 *     config ─ decode ─▶ connector        message ─ decode ─▶ render ─▶ deliver ─▶ receipt
 */
import * as E from 'fp-ts/lib/Either.js'
import { flow, pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import type * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  type Config,
  decodeConfig,
  decodeKeylessConfig,
  type KeylessConfig,
  readUsageTypes,
  type UsageTypes,
} from './config/config.js'
import { readProperties } from './config/decode.js'
import type { MessageFor } from './rendering/message-for.js'
import { makeDeliver } from './delivery/deliver.js'
import { makeDirectMail } from './directmail/directmail.js'
import { endpointOf, parseEndpoint } from './directmail/endpoint.js'
import { type InvalidConfig, invalidConfig, type SendError } from './errors/send-error.js'
import { emitTo } from './delivery/send-event.js'
import { createReader, type Message, type OwnMessage } from './rendering/message.js'
import { type ConnectorOptions, decodeOptions, type Settings } from './options.js'
import type { Receipt } from './directmail/answer.js'
import { type Mail, render } from './rendering/render.js'

/**
 * Sends mails under one config. A plain record of functions, which a test can stub one by one.
 *
 * @category model
 * @since 0.1.0
 */
export interface Connector<M = Message> {
  /**
   * Sends a message when the task runs, once for each time it runs. The task never rejects: whatever happens, it
   * resolves to a receipt or to a `SendError` within the deadline.
   */
  readonly sendMessage: (message: M) => TE.TaskEither<SendError, Receipt>
  /** What `sendMessage` would send, without sending it. */
  readonly preview: (message: M) => E.Either<SendError, Mail>
  /** Loads the SDK ahead of the first send, which otherwise waits for it. */
  readonly warmUp: T.Task<void>
}

/**
 * The connector of a config made by `defineConfig`: a message has to have every placeholder of its template. It may
 * stand where any connector is asked for; what a message lacks then is a `Left`.
 *
 * @category model
 * @since 0.1.0
 */
export interface TypedConnector<M> extends Omit<Connector<M>, 'sendMessage' | 'preview'> {
  readonly sendMessage: Typed<Connector<M>['sendMessage'], Connector['sendMessage']>
  readonly preview: Typed<Connector<M>['preview'], Connector['preview']>
}

/**
 * A function that may stand where a `Plain` one is asked for. It can only be called as a `Checked` one: there is no
 * `this` of the type `never`.
 */
type Typed<Checked, Plain> = Plain extends (...args: infer Args) => infer R
  ? Checked & ((this: never, ...args: Args) => R)
  : never

/**
 * Makes a connector of a config that nobody has looked at yet. Never throws: a config or an option that is not
 * valid is a `Left`, with every issue. Makes no connection and does not load the SDK.
 *
 * @example
 * import * as E from 'fp-ts/lib/Either.js'
 * import { flow, pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { createConnector } from 'aliyun-dm-connector'
 * import { startSandbox } from 'aliyun-dm-sandbox'
 *
 * const template = { subject: 'Your code', content: '<p>{{code}}</p>' }
 * const config = {
 *   accessKeyId: 'an-id',
 *   accessKeySecret: 'a-secret',
 *   accountName: 'no-reply@mail.example.com',
 *   templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({ usageType, ...template })),
 * }
 *
 * const sandbox = await startSandbox()()
 * if (E.isLeft(sandbox)) throw sandbox.left
 * const receipt = await pipe(
 *   TE.fromEither(createConnector(config, { endpoint: sandbox.right.endpoint })),
 *   TE.chain((connector) =>
 *     connector.sendMessage({ to: 'ann@example.com', type: 'SignIn', payload: { code: '123456' } }),
 *   ),
 * )()
 * console.log(receipt) // { _tag: 'Right', right: { envId: '…', requestId: '…' } }
 * await sandbox.right.stop()
 *
 * @category constructors
 * @since 0.1.0
 */
export const createConnector: CreateConnector = (
  config: unknown,
  options?: ConnectorOptions,
): E.Either<InvalidConfig, Connector<unknown>> => {
  const settings = decodeOptions(options)
  // The config is looked at even if the options are wrong, so that all issues come at once.
  const valid = decodeWith(E.isRight(settings) ? settings.right : options, config)
  if (E.isRight(settings))
    return pipe(
      valid,
      E.map((decoded) => connect(decoded, settings.right)),
    )
  return E.left(
    E.isLeft(valid) ? invalidConfig([...valid.left.issues, ...settings.left.issues]) : settings.left,
  )
}

/** With options.credentials, a config has no key pair. */
const decodeWith = (
  options: unknown,
  config: unknown,
): E.Either<InvalidConfig, Config<string> | KeylessConfig<string>> => {
  const usageTypes = readUsageTypes(options)
  return readProperties(options, ['credentials'])?.['credentials'] == null
    ? decodeConfig(config, { usageTypes })
    : decodeKeylessConfig(config, { usageTypes })
}

/**
 * Of a config made by `defineConfig`, the connector knows what each payload must hold; under `usageTypes`, which names
 * of yours it takes.
 *
 * @category model
 * @since 0.1.0
 */
export interface CreateConnector {
  <C, const U extends UsageTypes = 'known'>(
    config: C,
    options?: ConnectorOptions<U>,
  ): E.Either<InvalidConfig, ConnectorFor<C, U>>
  (config: unknown, options?: ConnectorOptions): E.Either<InvalidConfig, Connector>
}

type ConnectorFor<C, U extends UsageTypes> = U extends unknown
  ? [Message] extends [MessageFor<C, U>]
    ? Connector<MessageFor<C, U>>
    : TypedConnector<MessageFor<C, U>>
  : never

const connect = (config: Config<string> | KeylessConfig<string>, settings: Settings): Connector<unknown> => {
  const endpoint = pipe(
    O.fromNullable(settings.endpoint),
    O.chain(parseEndpoint),
    O.getOrElse(() => endpointOf(config.regionId)),
  )
  const emit = emitTo(settings.onEvent)
  const directMail = makeDirectMail(config, { ...settings, endpoint })
  const deliver = makeDeliver(directMail.attempt, settings, emit)
  const renderMail = render(config, settings)

  const preview: (message: unknown) => E.Either<SendError, Mail> = flow(
    createReader(settings.usageTypes),
    E.chainW(renderMail),
  )

  const tellFailure = (error: SendError): SendError => {
    emit({ _tag: 'Failed', usageType: undefined, attempts: 0, error, durationMs: 0 })
    return error
  }

  // Composed once: what fp-ts does to build a pipeline is not done again for each message.
  const send = flow(
    preview,
    E.match((error) => TE.left(tellFailure(error)), deliver),
  )

  return {
    preview,
    sendMessage: (message) => () => send(message)(),
    warmUp: async () => {
      await directMail.load()
    },
  }
}

/**
 * Sends a message with the connector of the environment, for programs that carry theirs in a Reader.
 *
 * @example
 * import { flow, pipe } from 'fp-ts/lib/function.js'
 * import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
 * import { sendMessage } from 'aliyun-dm-connector'
 *
 * const signIn = (to: string, code: string) =>
 *   pipe(
 *     sendMessage({ to, type: 'SignIn', payload: { code } }),
 *     RTE.map(({ envId }) => envId),
 *   )
 *
 * @category constructors
 * @since 0.1.0
 */
export const sendMessage: SendMessage =
  <M>(message: M): RTE.ReaderTaskEither<{ readonly connector: Connector<M> }, SendError, Receipt> =>
  ({ connector }) =>
    connector.sendMessage(message)

/**
 * Of usage types of your own, say which: `sendMessage<'OrderShipped'>({ to, type: 'OrderShipped', payload })`.
 *
 * @category model
 * @since 0.1.0
 */
export interface SendMessage {
  <Own extends string = never>(
    message: OwnMessage<NoInfer<Own>>,
  ): RTE.ReaderTaskEither<{ readonly connector: Connector<OwnMessage<Own>> }, SendError, Receipt>
  (message: Message): RTE.ReaderTaskEither<{ readonly connector: Connector }, SendError, Receipt>
}
