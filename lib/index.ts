/**
 * What users import, and nothing else.
 *
 * @module aliyun-dm-connector
 */
export {
  Config,
  configKeys,
  decodeConfig,
  type KeylessConfig,
  maxAliasLength,
  maxSubjectLength,
  RegionId,
} from './config/config.js'
export { type ContentType, Locale, Template, type TemplateContent, templateKeys } from './config/template.js'
export {
  type AcceptedUsageType,
  type DecodeOptions,
  requiredUsageTypes,
  UsageType,
  type UsageTypes,
} from './config/usage-type.js'
export { defineConfig, type PlainConfig } from './config/define-config.js'
export { loadConfig, readTemplateFiles } from './config/load-config.js'
export type { Secret } from './config/secret.js'
export {
  type Connector,
  createConnector,
  type CreateConnector,
  sendMessage,
  type SendMessage,
  type TypedConnector,
} from './connector.js'
export type { DirectMailClient, SingleSendMailAnswer, SingleSendMailParameters } from './directmail/client.js'
export type { Credentials, CredentialsClient, CredentialsProvider } from './directmail/credentials.js'
export { defaultCredentials, type DefaultCredentialsOptions } from './directmail/default-credentials.js'
export type { Outcome, OutcomeQuery } from './directmail/outcomes.js'
export type { Suppression } from './directmail/suppressions.js'
export type {
  DnsRecord,
  Quota,
  Verification,
  VerificationEntry,
  VerificationQuestion,
} from './directmail/verification.js'
export type { MessageFor } from './rendering/message-for.js'
export {
  type Cancelled,
  type ConnectionFailed,
  type CredentialsUnavailable,
  type Delivered,
  type Duplicate,
  foldSendError,
  type InvalidConfig,
  type InvalidMessage,
  type InvalidResponse,
  isRetryable,
  type Issue,
  type MissingVariables,
  type Rejected,
  type RenderError,
  type SendError,
  type TemplateNotFound,
  type Throttled,
  type Timeout,
  toError,
  type Unavailable,
} from './errors/send-error.js'
export { SendFailure } from './errors/send-failure.js'
export type { SendOptions } from './delivery/deliver.js'
export type { SendEvent } from './delivery/send-event.js'
export {
  type AcceptedMessage,
  type AnyMessage,
  type CodePayload,
  decodeMessage,
  type LinkPayload,
  Message,
  type OwnMessage,
  type Payload,
} from './rendering/message.js'
export { type ConnectorOptions, Endpoint } from './options.js'
export { Mailbox } from './config/mailbox.js'
export {
  addressAttributes,
  findPlaceholders,
  locatePlaceholders,
  type Placeholder,
} from './rendering/placeholders.js'
export type { Receipt } from './directmail/answer.js'
export { type Mail, render, type RenderOptions } from './rendering/render.js'
