/**
 * What came back from the SDK, or from a client that stands for it: a receipt, or which of our failures its error is.
 * Only fields with a known form are taken over; a text of the service's could repeat what it was sent, code and all.
 */
import * as E from 'fp-ts/lib/Either.js'
import { bundleCode, isTlsCode } from '../errors/codes.js'
import {
  cancelled,
  connectionFailed,
  invalidResponse,
  possiblyDelivered,
  rejected,
  type SendError,
  throttled,
  timeout,
  unavailable,
} from '../errors/send-error.js'
import { type Fields, isObject, match, nodeCodeForm, readNumber } from './fields.js'
import type { Stage, Verdict } from './request-watch.js'

/**
 * DirectMail's answer to a mail that it accepted.
 *
 * @category model
 * @since 0.1.0
 */
export interface Receipt {
  /** Names the mail in DirectMail's console and delivery events. */
  readonly envId: string
  readonly requestId: string
}

// ------------------------------------------------------------------------------------------------------------
// Fields with a known form
// ------------------------------------------------------------------------------------------------------------

/** Names of mails and requests as a receipt may have them; a stubbed client makes up its own. */
const receiptId = /^[\w-]{1,64}$/

/** As the service writes it. Nothing shorter: a number of six digits would be the code, sent back. */
const requestIdForm = /^[\dA-F]{8}(?:-[\dA-F]{4}){3}-[\dA-F]{12}$/i

/** `Throttling.User`, `InvalidAccessKeyId.NotFound`. Four digits in a row could be the mail's code, sent back. */
const serviceCodeForm = /^(?!.*\d{4})[A-Z][a-z][\w.-]{0,98}$/

const linkHost = /(?:^|\.)(?:aliyun|alibabacloud)\.com$/

/** What the query of a link may hold beside the code and the request, names included. */
const linkWords = new Set([
  '',
  'q',
  'product',
  'Dm',
  'requestId',
  'Keyword',
  'keyword',
  'source',
  'PopGw',
  'lang',
])

/** A link to Alibaba Cloud's explanation of a code. What comes from elsewhere, or says anything else, is no such link. */
const readLink = (u: unknown, code: string, requestId: string): string | undefined => {
  if (typeof u !== 'string' || u.length > 500 || !URL.canParse(u)) return undefined
  const { protocol, hostname, port, pathname, searchParams, username, hash } = new URL(u)
  const isKnown = (word: string): boolean => word === code || word === requestId || linkWords.has(word)
  return protocol === 'https:' &&
    linkHost.test(hostname) &&
    port + username + hash === '' &&
    /^[A-Za-z/_-]{1,100}$/.test(pathname) &&
    [...searchParams].flat().every(isKnown)
    ? u
    : undefined
}

// ------------------------------------------------------------------------------------------------------------
// An answer
// ------------------------------------------------------------------------------------------------------------

/** What an answer with a status of success says, read from its body. */
export const readAnswer =
  <A>(read: (body: Fields) => E.Either<SendError, A>) =>
  (answer: unknown): E.Either<SendError, A> => {
    try {
      const { statusCode = 200, body }: Fields = isObject(answer) ? answer : {}
      return typeof statusCode === 'number' && statusCode >= 200 && statusCode <= 299
        ? read(isObject(body) ? body : {})
        : E.left(invalidResponse(`its status is ${readNumber(statusCode, 0)}`))
    } catch {
      return E.left(invalidResponse('it cannot be read'))
    }
  }

/** The receipt in what the SDK resolved to. */
export const toReceipt = readAnswer(({ envId, requestId }): E.Either<SendError, Receipt> => {
  const mailId = match(receiptId, envId)
  return mailId === undefined
    ? E.left(invalidResponse('it has no EnvId'))
    : E.right({ envId: mailId, requestId: match(receiptId, requestId) ?? '' })
})

/** The failure of an attempt that had to be given up. */
export const verdictError = (verdict: Verdict, stage: Stage): SendError => {
  if (verdict === 'oversized') return invalidResponse('it is too large')
  if (verdict === 'cancelled') return cancelled(stage === 'connecting' ? 'no' : 'unknown')
  return timeout(verdict)
}

/** The failure in what the SDK raised; `stage` is how far the request had got by then. */
export const toSendError = (error: unknown, stage: Stage): SendError => {
  try {
    if (!isObject(error)) return invalidResponse('the client failed without an error')
    const refusal = readRefusal(error)
    return refusal === undefined ? toUnanswered(error, stage) : toAnswered(refusal)
  } catch {
    return invalidResponse('the client failed with an error that cannot be read')
  }
}

// ------------------------------------------------------------------------------------------------------------
// An answer with an error
// ------------------------------------------------------------------------------------------------------------

interface Refusal {
  /** Whether it has a code as DirectMail gives them. */
  readonly isDirectMails: boolean
  readonly code: string
  readonly statusCode: number
  readonly requestId: string
  readonly recommend: string | undefined
  readonly retryAfterMs: number | undefined
}

/** The service's errors have a status of 400 or above, or a code in its style. */
const readRefusal = (error: Fields): Refusal | undefined => {
  const data = isObject(error['data']) ? error['data'] : {}
  const given = readNumber(error['statusCode'], readNumber(data['statusCode'], 0))
  const serviceCode = match(serviceCodeForm, error['code'])
  if (!(given >= 400) && serviceCode === undefined) return undefined
  const statusCode = given || 400
  // Where the body has no Code, it is not DirectMail that speaks but a proxy or firewall before it.
  const code = serviceCode ?? `HTTP${statusCode}`
  const requestId = match(requestIdForm, error['requestId'] ?? data['RequestId']) ?? ''
  const retryAfterMs = readNumber(error['retryAfter'], NaN)
  return {
    isDirectMails: serviceCode !== undefined,
    code,
    statusCode,
    requestId,
    recommend: readLink(data['Recommend'], code, requestId),
    retryAfterMs: retryAfterMs >= 0 ? retryAfterMs : undefined,
  }
}

const isThrottling = ({ code, statusCode }: Refusal): boolean =>
  code.startsWith('Throttling') || statusCode === 429

/** 408 is a gateway that has waited for whoever is behind it: the request may have gone through. */
const isUnavailable = ({ statusCode }: Refusal): boolean => statusCode >= 500 || statusCode === 408

const toAnswered = (refusal: Refusal): SendError => {
  const { isDirectMails, code, statusCode, requestId, recommend, retryAfterMs } = refusal
  if (isThrottling(refusal))
    return throttled(retryAfterMs === undefined ? { code, requestId } : { code, requestId, retryAfterMs })
  if (isUnavailable(refusal))
    return unavailable(requestId === '' ? { code, statusCode } : { code, statusCode, requestId })
  const error = rejected(
    recommend === undefined ? { code, statusCode, requestId } : { code, statusCode, requestId, recommend },
  )
  // Only DirectMail knows what DirectMail did: a firewall may have let the request pass and kept back the answer.
  return isDirectMails ? error : possiblyDelivered(error, aGatewaySaidSo)
}

/** With fresh credentials the same request may be accepted. */
export const hasExpiredToken = (error: SendError): boolean =>
  error._tag === 'Rejected' && error.code === 'InvalidSecurityToken.Expired'
const aGatewaySaidSo =
  'The answer has no code, so a proxy or firewall gave it, and the mail may have been sent'

// ------------------------------------------------------------------------------------------------------------
// No answer, or none that could be read
// ------------------------------------------------------------------------------------------------------------

interface Raised {
  readonly name: string
  readonly message: string
  readonly code: string | undefined
  readonly stage: Stage
}

/** How the SDK's messages begin, and what is in one of them (httpx 2.3, @darabonba/typescript 1.0). */
const connectTimeoutPrefix = 'ConnectTimeout'
const wrongTypePrefix = 'type of '
const notAMap = 'cast to Map'

const isTimeout = ({ name }: Raised): boolean =>
  name.endsWith('TimeoutError') || name.startsWith('RequestTimeout')

/**
 * Failures that as a rule come before a connection stands, TLS included, so that nothing can have been sent. The kernel
 * and TLS report some of them of an established connection, too: what the watch has seen counts first.
 */
const neverConnected = (code: string): boolean =>
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EMFILE|ENFILE|EACCES|EPERM)$/.test(
    code,
  ) || isTlsCode(code)

/** The first row that applies says what it was. */
const rows: ReadonlyArray<
  readonly [applies: (raised: Raised) => boolean, toError: (raised: Raised) => SendError]
> = [
  [
    (raised) =>
      isTimeout(raised) && raised.message.startsWith(connectTimeoutPrefix) && raised.stage !== 'connected',
    () => timeout('connect'),
  ],
  [isTimeout, () => timeout('read')],
  [
    ({ code, stage }) =>
      code !== undefined && (stage === 'connecting' || (stage === 'unseen' && neverConnected(code))),
    ({ code = '' }) => connectionFailed(code, 'no'),
  ],
  [({ code }) => code !== undefined, ({ code = '' }) => connectionFailed(code, 'unknown')],
  [
    ({ name, message }) => name === 'SyntaxError' || message.includes(notAMap),
    () => invalidResponse('its body is not JSON'),
  ],
  [
    ({ message }) => message.startsWith(wrongTypePrefix),
    () => invalidResponse('a field of its body has the wrong type'),
  ],
]

const toUnanswered = ({ name, message, code }: Fields, stage: Stage): SendError => {
  const raised: Raised = {
    name: typeof name === 'string' ? name : '',
    message: typeof message === 'string' ? message : '',
    code: match(nodeCodeForm, code),
    stage,
  }
  const row = rows.find(([applies]) => applies(raised))
  if (row !== undefined) return row[1](raised)
  return invalidResponse(
    `the client failed with ${match(/^[A-Za-z]{0,40}Error$/, raised.name) ?? 'an error'}`,
  )
}

// ------------------------------------------------------------------------------------------------------------
// No SDK
// ------------------------------------------------------------------------------------------------------------

/** What esbuild puts into a bundle of ES modules for a `require` of Node's own modules, which the SDK has. */
const bundledRequire = /^Dynamic require of ".*" is not supported$/

/** The SDK could not be loaded, or not be made a client of. */
export const loadError = (error: unknown): SendError => {
  const { code, message }: Fields = isObject(error) ? error : {}
  const known =
    typeof message === 'string' && bundledRequire.test(message) ? bundleCode : match(nodeCodeForm, code)
  return connectionFailed(known ?? 'ERR_MODULE_NOT_FOUND', 'no')
}
