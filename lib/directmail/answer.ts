/**
 * What came back from the SDK, or from a client that stands for it: a receipt, or which of our failures its error is.
 * Only fields with a known form are taken over; a text of the service's could repeat what it was sent, code and all.
 */
import * as E from 'fp-ts/lib/Either.js'
import { isTlsCode } from '../errors/codes.js'
import {
  connectionFailed,
  invalidResponse,
  rejected,
  type SendError,
  throttled,
  timeout,
  unavailable,
} from '../errors/send-error.js'
import type { Progress, Verdict } from './request-watch.js'

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

type Fields = Readonly<Record<string, unknown>>

const isObject = (u: unknown): u is Fields => typeof u === 'object' && u !== null

/** The receipt in what the SDK resolved to. */
export const toReceipt = (answer: unknown): E.Either<SendError, Receipt> => {
  const { statusCode = 200, body }: Fields = isObject(answer) ? answer : {}
  if (typeof statusCode !== 'number' || statusCode < 200 || statusCode > 299)
    return E.left(invalidResponse(`its status is ${numberOr(0, statusCode)}`))
  const { envId, requestId }: Fields = isObject(body) ? body : {}
  return typeof envId === 'string' && envId !== ''
    ? E.right({ envId, requestId: typeof requestId === 'string' ? requestId : '' })
    : E.left(invalidResponse('it has no EnvId'))
}

/** The failure of an attempt that had to be given up. */
export const verdictError = (verdict: Verdict): SendError =>
  verdict === 'oversized' ? invalidResponse('it is too large') : timeout(verdict)

/** The failure in what the SDK raised; `progress` is how far the request had got by then. */
export const toSendError = (error: unknown, progress: Progress): SendError => {
  try {
    if (!isObject(error)) return invalidResponse('the client failed without an error')
    return isAnswered(error) ? answeredError(error) : unansweredError(error, progress)
  } catch {
    return invalidResponse('the client failed with an error that cannot be read')
  }
}

const serviceCode = (error: Fields): string | undefined => matching(/^[A-Z][a-z][\w.-]{0,98}$/, error['code'])

const statusCodeOf = (error: Fields): number => {
  const { statusCode, data } = error
  return typeof statusCode === 'number' ? statusCode : isObject(data) ? numberOr(0, data['statusCode']) : 0
}

const numberOr = (fallback: number, u: unknown): number => (typeof u === 'number' ? u : fallback)

/** The service's errors have a status of 400 or above, or a code in its style: `Throttling.User`. */
const isAnswered = (error: Fields): boolean => statusCodeOf(error) >= 400 || serviceCode(error) !== undefined

/** The SDK could not be loaded, or not be made a client of. */
export const loadError = (error: unknown): SendError =>
  connectionFailed(nodeCode(error) ?? 'ERR_MODULE_NOT_FOUND', 'no')

/** The service answered, with a status of 400 or above. */
const answeredError = (error: Fields): SendError => {
  const data = isObject(error['data']) ? error['data'] : {}
  const statusCode = statusCodeOf(error) || 400
  // Where the body has no Code, it is not DirectMail that speaks but a proxy or firewall before it.
  const code = serviceCode(error) ?? `HTTP${statusCode}`
  const requestId = matching(/^(?!undefined$|null$)[\w-]{1,64}$/, error['requestId'] ?? data['RequestId'])
  const recommend = linkAbout([code, requestId ?? ''], data['Recommend'])
  if (code.startsWith('Throttling') || statusCode === 429) {
    const retryAfterMs = error['retryAfter']
    return throttled({
      code,
      ...(typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? { retryAfterMs } : {}),
      requestId: requestId ?? '',
    })
  }
  // 408 is a gateway that has waited for whoever is behind it: the request may have gone through.
  if (statusCode >= 500 || statusCode === 408)
    return unavailable({ code, statusCode, ...(requestId ? { requestId } : {}) })
  return rejected({ code, statusCode, requestId: requestId ?? '', ...(recommend ? { recommend } : {}) })
}

/** No answer, or none that could be read. */
const unansweredError = (error: Fields, progress: Progress): SendError => {
  const name = typeof error['name'] === 'string' ? error['name'] : ''
  const message = typeof error['message'] === 'string' ? error['message'] : ''
  const code = nodeCode(error)
  if (name.endsWith('TimeoutError') || name.startsWith('RequestTimeout'))
    return timeout(message.startsWith('ConnectTimeout') && progress !== 'connected' ? 'connect' : 'read')
  if (code !== undefined)
    return connectionFailed(
      code,
      progress === 'connecting' || (progress === 'unseen' && neverConnected(code)) ? 'no' : 'unknown',
    )
  return invalidResponse(
    name === 'SyntaxError' || message.includes('cast to Map')
      ? 'its body is not JSON'
      : message.startsWith('type of ')
        ? 'a field of its body has the wrong type'
        : `the client failed with ${matching(/^[A-Za-z]{0,40}Error$/, name) ?? 'an error'}`,
  )
}

/** A link to an explanation. Its query may name the code and the request, and hold words, but nothing else. */
const linkAbout = (known: ReadonlyArray<string>, u: unknown): string | undefined => {
  if (typeof u !== 'string' || u.length > 500 || !URL.canParse(u)) return undefined
  const { protocol, pathname, searchParams, username, hash } = new URL(u)
  const isKnown = (value: string): boolean => known.includes(value) || /^[A-Za-z]{1,16}$/.test(value)
  return protocol === 'https:' &&
    /^[\w./-]{1,100}$/.test(pathname) &&
    username + hash === '' &&
    [...searchParams].flat().every(isKnown)
    ? u
    : undefined
}

const matching = (pattern: RegExp, u: unknown): string | undefined =>
  typeof u === 'string' && pattern.test(u) ? u : undefined

/** The code of an error of Node's or the operating system's. */
const nodeCode = (error: unknown): string | undefined =>
  isObject(error) ? matching(/^[A-Z][A-Z0-9_]{1,60}$/, error['code']) : undefined

/**
 * Failures that as a rule come before a connection stands, TLS included, so that nothing can have been sent. The kernel
 * and TLS report some of them of an established connection, too: what the watch has seen counts first.
 */
const neverConnected = (code: string): boolean =>
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EMFILE|ENFILE|EACCES|EPERM)$/.test(
    code,
  ) || isTlsCode(code)
