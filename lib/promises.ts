/**
 * The connector for programs of promises: the same names, as `node:fs/promises` has those of `node:fs`. What is a
 * `Left` there is a `SendFailure` here, thrown or rejected with.
 *
 * @module aliyun-dm-connector/promises
 */
import * as E from 'fp-ts/lib/Either.js'
import { type Connector as TaskConnector, makeConnector } from './connector.js'
import { type Config, decodeConfig as decodeConfigEither, type MailConfig } from './config/config.js'
import { loadConfig as loadConfigTask, readTemplateFiles as readFilesTask } from './config/load-config.js'
import type { AcceptedUsageType, DecodeOptions, UsageTypes } from './config/usage-type.js'
import type { SendOptions } from './delivery/deliver.js'
import type { Receipt } from './directmail/answer.js'
import type { Outcome, OutcomeQuery } from './directmail/outcomes.js'
import type { Suppression } from './directmail/suppressions.js'
import type { Verification } from './directmail/verification.js'
import type { SendError } from './errors/send-error.js'
import { SendFailure } from './errors/send-failure.js'
import type { ConnectorOptions } from './options.js'
import {
  type AcceptedMessage,
  type AnyMessage,
  decodeMessage as decodeMessageEither,
  type Message,
} from './rendering/message.js'
import type { MessageFor } from './rendering/message-for.js'
import { type Mail, render as renderEither, type RenderOptions } from './rendering/render.js'

export { defineConfig } from './config/define-config.js'
export { foldSendError, isRetryable, type SendError, toError } from './errors/send-error.js'
export { SendFailure } from './errors/send-failure.js'
export type {
  Config,
  ConnectorOptions,
  Mail,
  Message,
  MessageFor,
  Outcome,
  OutcomeQuery,
  Receipt,
  SendOptions,
  Suppression,
  Verification,
}

/**
 * Sends mails under one config. A plain record of functions, which a test can stub one by one.
 *
 * @category model
 * @since 0.1.0
 */
export interface Connector<M = Message> {
  /** Sends a message. Rejects with a `SendFailure`, and with nothing else, within the deadline. */
  readonly sendMessage: (message: M, options?: SendOptions) => Promise<Receipt>
  /** What `sendMessage` would send, without sending it. Throws a `SendFailure` where that could not be sent. */
  readonly preview: (message: M) => Mail
  /** Asks DirectMail whether the account can send. Rejects only where DirectMail could not be asked. */
  readonly verify: () => Promise<Verification>
  /** What DirectMail knows of mails to an address, the newest first. */
  readonly findOutcomes: (query: OutcomeQuery) => Promise<ReadonlyArray<Outcome>>
  /** The entries of DirectMail's suppression list for an address and for its domain. */
  readonly findSuppressions: (address: string) => Promise<ReadonlyArray<Suppression>>
  /** Takes an address off that list. Resolves to the entries that were removed. */
  readonly removeSuppression: (address: string) => Promise<ReadonlyArray<Suppression>>
  /** Loads the SDK ahead of the first send, which otherwise waits for it. */
  readonly warmUp: () => Promise<void>
  /** Takes no more messages, and resolves once those that it took before are done. */
  readonly close: () => Promise<void>
}

/**
 * As the one of the library: of a config made by `defineConfig`, the connector knows what each payload must hold.
 *
 * @category model
 * @since 0.1.0
 */
export interface CreateConnector {
  <C, const U extends UsageTypes = 'known'>(
    config: C,
    options?: ConnectorOptions<U>,
  ): Connector<MessageFor<C, U>>
  (config: unknown, options?: ConnectorOptions): Connector
}

const orThrow = <A>(result: E.Either<SendError, A>): A => {
  if (E.isLeft(result)) throw new SendFailure(result.left)
  return result.right
}

/**
 * Makes a connector of a config that nobody has looked at yet. Throws a `SendFailure` with every issue where the config
 * or an option is not valid.
 *
 * @example
 * import { createConnector } from 'aliyun-dm-connector/promises'
 * import { startSandbox } from 'aliyun-dm-sandbox/promises'
 *
 * const template = { subject: 'Your code', content: '<p>{{code}}</p>' }
 * const config = {
 *   accessKeyId: 'an-id',
 *   accessKeySecret: 'a-secret',
 *   accountName: 'no-reply@mail.example.com',
 *   templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({ usageType, ...template })),
 * }
 *
 * const sandbox = await startSandbox()
 * const connector = createConnector(config, { endpoint: sandbox.endpoint })
 * const { envId } = await connector.sendMessage({
 *   to: 'ann@example.com',
 *   type: 'SignIn',
 *   payload: { code: '123456' },
 * })
 * console.log(envId)
 * await connector.close()
 * await sandbox.stop()
 *
 * @category constructors
 * @since 0.1.0
 */
export const createConnector: CreateConnector = (config: unknown, options?: ConnectorOptions) =>
  toPromises(orThrow(makeConnector(config, options)))

const toPromises = <M>(connector: TaskConnector<M>): Connector<M> => ({
  sendMessage: async (message, options) => orThrow(await connector.sendMessage(message, options)()),
  preview: (message) => orThrow(connector.preview(message)),
  verify: async () => orThrow(await connector.verify()),
  findOutcomes: async (query) => orThrow(await connector.findOutcomes(query)()),
  findSuppressions: async (address) => orThrow(await connector.findSuppressions(address)()),
  removeSuppression: async (address) => orThrow(await connector.removeSuppression(address)()),
  warmUp: async () => orThrow(await connector.warmUp()),
  close: connector.close,
})

/**
 * Reads a config. Throws a `SendFailure` with every issue where it is not valid.
 *
 * @category codecs
 * @since 0.1.0
 */
export const decodeConfig = <const U extends UsageTypes = 'known'>(
  input: unknown,
  options: DecodeOptions<U> = {},
): Config<AcceptedUsageType<U>> => orThrow(decodeConfigEither(input, options))

/**
 * Reads a config from a JSON file and the files that its templates name. Rejects with a `SendFailure` with every issue.
 *
 * @category constructors
 * @since 0.1.0
 */
export const loadConfig = async <const U extends UsageTypes = 'known'>(
  file: string,
  options: DecodeOptions<U> = {},
): Promise<Config<AcceptedUsageType<U>>> => orThrow(await loadConfigTask(file, options)())

/**
 * Reads the bodies of a config's templates from the files that `contentFile` names. Rejects with a `SendFailure`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const readTemplateFiles =
  (folder: string) =>
  async (input: unknown): Promise<unknown> =>
    orThrow(await readFilesTask(folder)(input)())

/**
 * Reads a message. Throws a `SendFailure` with every issue where it is not valid.
 *
 * @category codecs
 * @since 0.1.0
 */
export const decodeMessage = <const U extends UsageTypes = 'known'>(
  input: unknown,
  options: DecodeOptions<U> = {},
): AcceptedMessage<U> => orThrow(decodeMessageEither(input, options))

/**
 * Makes mails of one config. Throws a `SendFailure` where a message cannot be rendered.
 *
 * @category rendering
 * @since 0.1.0
 */
export const render = (
  config: MailConfig<string>,
  options?: RenderOptions,
): ((message: AnyMessage) => Mail) => {
  const renderMail = renderEither(config, options)
  return (message) => orThrow(renderMail(message))
}
