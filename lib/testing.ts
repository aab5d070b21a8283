/**
 * For tests of programs that send mails: every failure that a stubbed connector may answer with.
 *
 * @example
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import type { Connector } from 'aliyun-dm-connector'
 * import { throttled } from 'aliyun-dm-connector/testing'
 *
 * const busy: Pick<Connector, 'sendMessage'> = {
 *   sendMessage: () => TE.left(throttled({ code: 'Throttling.User', requestId: '' })),
 * }
 *
 * @module aliyun-dm-connector/testing
 */
export {
  cancelled,
  connectionFailed,
  credentialsUnavailable,
  duplicate,
  invalidConfig,
  invalidMessage,
  invalidResponse,
  missingVariables,
  rejected,
  templateNotFound,
  throttled,
  timeout,
  unavailable,
} from './errors/send-error.js'
