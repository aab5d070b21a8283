/**
 * The program: a config becomes a connector, and a message becomes a mail that DirectMail has accepted.
 *
 *     config ─ decode ─▶ connector        message ─ decode ─▶ render ─▶ deliver ─▶ receipt
 */
import { randomUUID } from 'node:crypto'
import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { flow, pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import type * as T from 'fp-ts/lib/Task.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { type Config, decodeConfig, decodeKeylessConfig, type KeylessConfig } from './config/config.js'
import { readProperties, withoutPrototype } from './config/decode.js'
import { readUsageTypes, type UsageTypes } from './config/usage-type.js'
import { makeDelivery, type SendOptions } from './delivery/deliver.js'
import { emitTo, emitToBoth, type Observer } from './delivery/send-event.js'
import type { Receipt } from './directmail/answer.js'
import { makeDirectMail } from './directmail/directmail.js'
import { addressOf, findEndpoint, parseEndpoint } from './directmail/endpoint.js'
import { findOutcomes, type Outcome, type OutcomeQuery } from './directmail/outcomes.js'
import { findSuppressions, removeSuppression, type Suppression } from './directmail/suppressions.js'
import { type Verification, verify } from './directmail/verification.js'
import { cancelled, type InvalidConfig, invalidConfig, type SendError } from './errors/send-error.js'
import { type ConnectorOptions, decodeOptions, decodeSendOptions, type Settings } from './options.js'
import { createReader, type Message, type OwnMessage } from './rendering/message.js'
import type { MessageFor } from './rendering/message-for.js'
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
  readonly sendMessage: (message: M, options?: SendOptions) => TE.TaskEither<SendError, Receipt>
  /** What `sendMessage` would send, without sending it. */
  readonly preview: (message: M) => E.Either<SendError, Mail>
  /**
   * Asks DirectMail whether the account can send: key pair, account, quota, sender address, domain. Sends nothing. What
   * is wrong there is an entry of the `Verification`; a `Left` only says that DirectMail could not be asked.
   */
  readonly verify: TE.TaskEither<SendError, Verification>
  /** What DirectMail knows of mails to an address, the newest first; `[]` where it knows of none. */
  readonly findOutcomes: (query: OutcomeQuery) => TE.TaskEither<SendError, ReadonlyArray<Outcome>>
  /** Whether DirectMail sends no mails to an address: the entries of its suppression list for it and for its domain. */
  readonly findSuppressions: (address: string) => TE.TaskEither<SendError, ReadonlyArray<Suppression>>
  /** Takes an address off that list. Resolves to the entries that were removed. */
  readonly removeSuppression: (address: string) => TE.TaskEither<SendError, ReadonlyArray<Suppression>>
  /** Loads the SDK ahead of the first send, which otherwise waits for it. */
  readonly warmUp: TE.TaskEither<SendError, void>
  /**
   * Takes no more messages: they end as `Cancelled`. Resolves once those that it took before are done, which is within
   * their deadline, and idle connections are closed.
   */
  readonly close: T.Task<void>
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
export const createConnector: CreateConnector = (config: unknown, options?: ConnectorOptions) =>
  makeConnector(config, options)

/** A connector that looks at every message itself, whatever the compiler knows of it. */
export const makeConnector = (
  config: unknown,
  options?: ConnectorOptions,
): E.Either<InvalidConfig, Connector<unknown>> =>
  pipe(
    { config: decodeWith(options, config), settings: decodeOptions(options) },
    sequenceS(collectingIssues),
    E.map(({ config, settings }) => connect(config, settings)),
  )

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

/** Of two failures, both are told. */
const collectingIssues = E.getApplicativeValidation<InvalidConfig>({
  concat: (first, second) => invalidConfig([...first.issues, ...second.issues]),
})

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

type ObservedSend = (observer: Observer | undefined) => Connector<unknown>['sendMessage']

/** By a connector's `sendMessage`: the same with an observer. Whoever wraps a connector can so see into it. */
const observedSends = new WeakMap<Connector<unknown>['sendMessage'], ObservedSend>()

/** Of what is no connector's own function, as a stub's, there is nothing to observe. */
export const observeSend = (sendMessage: Connector<unknown>['sendMessage']): ObservedSend =>
  observedSends.get(sendMessage) ?? (() => sendMessage)

const connect = (decoded: Config<string> | KeylessConfig<string>, settings: Settings): Connector<unknown> => {
  const config = withoutPrototype(decoded)
  const endpoint = pipe(
    O.fromNullable(settings.endpoint),
    O.chain((text) => parseEndpoint(text, settings.allowInsecure)),
    O.getOrElse(() => findEndpoint(config.regionId, settings.network)),
  )
  const emit = settings.onEvent && emitTo(settings.onEvent)
  const directMail = makeDirectMail(config, { ...settings, endpoint })
  const origin = { server: addressOf(endpoint), credentialsEnd: directMail.credentialsEnd }
  const delivery = makeDelivery(directMail.attempt, config.accountName, settings, emit)
  const startAsking = () => directMail.startAsking(settings)
  const renderMail = render(config, settings)
  let isClosed = false

  const preview: (message: unknown) => E.Either<SendError, Mail> = flow(
    createReader(settings.usageTypes),
    E.chainW(renderMail),
  )

  const refuse = (
    error: SendError,
    observer: Observer | undefined,
    sendId: string = randomUUID(),
  ): Promise<E.Either<SendError, never>> => {
    const subject = { sendId, usageType: undefined, toDomain: undefined }
    emitToBoth(emit, observer?.emit)?.({ _tag: 'Failed', ...subject, attempts: 0, error, durationMs: 0 })
    return Promise.resolve(E.left(error))
  }

  const sendObserved: ObservedSend = (observer) => (message, options) => () => {
    observer?.sendingFrom(origin)
    const sendOptions = decodeSendOptions(options)
    if (E.isLeft(sendOptions)) return refuse(sendOptions.left, observer)
    const { sendId } = sendOptions.right
    if (isClosed) return refuse(cancelled('no'), observer, sendId)
    const mail = preview(message)
    return E.isLeft(mail)
      ? refuse(mail.left, observer, sendId)
      : delivery.deliver(mail.right, sendOptions.right, observer?.emit)
  }
  const sendMessage = sendObserved(undefined)
  observedSends.set(sendMessage, sendObserved)

  return {
    preview,
    sendMessage,
    verify: verify(config, startAsking),
    findOutcomes: findOutcomes(startAsking),
    findSuppressions: findSuppressions(startAsking),
    removeSuppression: removeSuppression(startAsking),
    warmUp: directMail.load,
    close: async () => {
      isClosed = true
      await delivery.whenIdle()
      directMail.closeIdle()
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
  <M>(
    message: M,
    options?: SendOptions,
  ): RTE.ReaderTaskEither<{ readonly connector: Connector<M> }, SendError, Receipt> =>
  ({ connector }) =>
    // Without options a stub sees none.
    options === undefined ? connector.sendMessage(message) : connector.sendMessage(message, options)

/**
 * Of usage types of your own, say which: `sendMessage<'OrderShipped'>({ to, type: 'OrderShipped', payload })`.
 *
 * @category model
 * @since 0.1.0
 */
export interface SendMessage {
  <Own extends string = never>(
    message: OwnMessage<NoInfer<Own>>,
    options?: SendOptions,
  ): RTE.ReaderTaskEither<{ readonly connector: Connector<OwnMessage<Own>> }, SendError, Receipt>
  (
    message: Message,
    options?: SendOptions,
  ): RTE.ReaderTaskEither<{ readonly connector: Connector }, SendError, Receipt>
}
