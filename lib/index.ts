/**
 * What users import, and nothing else.
 */
export {
  Config,
  type ContentType,
  decodeConfig,
  type DecodeOptions,
  RegionId,
  Template,
  type TemplateContent,
  UsageType,
  type UsageTypes,
} from './config/config.js'
export { type Connector, createConnector, type CreateConnector, sendMessage } from './connector.js'
export { defineConfig } from './config/define-config.js'
export type { MessageOf } from './rendering/message-of.js'
export type { DirectMailClient, SingleSendMailAnswer, SingleSendMailParameters } from './directmail/client.js'
export type { Credentials, CredentialsClient, CredentialsProvider } from './directmail/credentials.js'
export { defaultCredentials, type DefaultCredentialsOptions } from './directmail/default-credentials.js'
export {
  type ConnectionFailed,
  type CredentialsUnavailable,
  type Delivered,
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
export type { SendEvent } from './delivery/send-event.js'
export {
  type CodePayload,
  decodeMessage,
  type LinkPayload,
  Message,
  type Payload,
} from './rendering/message.js'
export { type ConnectorOptions, Endpoint } from './options.js'
export { Mailbox } from './config/mailbox.js'
export { findPlaceholders } from './rendering/placeholders.js'
export type { Receipt } from './directmail/answer.js'
export { type Mail, render, type RenderOptions } from './rendering/render.js'
