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
} from './config.js'
export { type Connector, createConnector, type CreateConnector, sendMessage } from './connector.js'
export { defineConfig, type MessageOf } from './define-config.js'
export type { DirectMailClient, SingleSendMailAnswer, SingleSendMailParameters } from './directmail.js'
export {
  type ConnectionFailed,
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
} from './errors.js'
export type { SendEvent } from './events.js'
export { type CodePayload, decodeMessage, type LinkPayload, Message, type Payload } from './message.js'
export { type ConnectorMetadata, type FormItem, type Localized, metadata } from './metadata.js'
export type { ConnectorOptions } from './options.js'
export type { Receipt } from './outcome.js'
export { type Mail, render, type RenderOptions } from './template.js'
