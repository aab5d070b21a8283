/**
 * Why a request is not taken as a delivery event, as data. Every failure says which HTTP status to answer with, since
 * that decides what EventBridge does next: it sends again after anything other than 2xx, by the rule's retry policy.
 */
import type { Issue } from '../errors/send-error.js'

interface Failure<Tag extends string> {
  readonly _tag: Tag
  readonly message: string
  /** The status to answer with. */
  readonly httpStatus: number
}

/**
 * What was given is no request: `url`, `headers` or `body` is missing or cannot be read, or the body is over 1 MiB.
 *
 * @category model
 * @since 0.1.0
 */
export interface InvalidRequest extends Failure<'InvalidRequest'> {
  readonly reason: 'unreadable' | 'tooLarge'
}

/**
 * What is wrong with a signature.
 *
 * - `missing`, `repeated`, `malformed`: a header that the signature needs; `header` names it
 * - `expired`: the request was signed more than 60 seconds ago, or that far in the future
 * - `token`: not the token that the receiver was made with
 * - `certificateUrl`: the certificate is not one of EventBridge's; nothing was fetched
 * - `mismatch`: the signature belongs to another request
 *
 * @category model
 * @since 0.1.0
 */
export type SignatureFault =
  'missing' | 'repeated' | 'malformed' | 'expired' | 'token' | 'certificateUrl' | 'mismatch'

/**
 * EventBridge did not sign this request, or not for this receiver.
 *
 * @category model
 * @since 0.1.0
 */
export interface InvalidSignature extends Failure<'InvalidSignature'> {
  readonly reason: SignatureFault
  /** The header that is at fault, where it is one. */
  readonly header?: string | undefined
}

/**
 * The very same request was taken before. EventBridge signs anew when it sends an event again, so this is a copy. The
 * status is not 2xx all the same: should EventBridge repeat a request whose handling failed, it must not think it done.
 *
 * @category model
 * @since 0.1.0
 */
export type Replayed = Failure<'Replayed'>

/**
 * The signature could not be checked for want of EventBridge's certificate. EventBridge sends the event again.
 *
 * - `fetch`: it could not be fetched, or is over 64 KiB; `code` is Node's or the operating system's, where there is one
 * - `timeout`: it did not come within 5 seconds
 * - `busy`: too many other certificates are being fetched
 * - `malformed`: what came is no certificate with an RSA key
 * - `expired`: it is not valid at this time
 *
 * @category model
 * @since 0.1.0
 */
export interface CertificateUnavailable extends Failure<'CertificateUnavailable'> {
  readonly reason: 'fetch' | 'timeout' | 'busy' | 'malformed' | 'expired'
  readonly code?: string | undefined
}

/**
 * EventBridge signed the request, but its body is not an event as DirectMail publishes them.
 *
 * @category model
 * @since 0.1.0
 */
export interface InvalidEvent extends Failure<'InvalidEvent'> {
  readonly issues: ReadonlyArray<Issue>
}

/**
 * A good event of another kind: DirectMail's result of an address check (`dm:Validator:GrayListResult`), a type that
 * came later, or another service's. There is nothing to do about it; the status is 200, so that it is not sent again.
 *
 * @category model
 * @since 0.1.0
 */
export interface UnsupportedEvent extends Failure<'UnsupportedEvent'> {
  readonly source: string
  readonly type: string
}

/**
 * Every way in which a request is not a delivery event.
 *
 * @category model
 * @since 0.1.0
 */
export type EventError =
  InvalidRequest | InvalidSignature | Replayed | CertificateUnavailable | InvalidEvent | UnsupportedEvent

export const invalidRequest = (reason: InvalidRequest['reason']): InvalidRequest => ({
  _tag: 'InvalidRequest',
  message: {
    unreadable: 'Give the request as { url, headers, body }, with the body as it came: bytes, or their text.',
    tooLarge: 'The body is over 1 MiB. EventBridge sends no event as large.',
  }[reason],
  httpStatus: reason === 'tooLarge' ? 413 : 400,
  reason,
})

const faults: Readonly<Record<SignatureFault, string>> = {
  missing: 'The request is not signed: a header is missing.',
  repeated: 'A header of the signature comes more than once.',
  malformed: 'A header of the signature is not as EventBridge writes it.',
  expired: "The request was signed more than 60 seconds ago. If it was not, set this machine's clock.",
  token: "The request does not carry the receiver's token. Enter the same token in the rule's HTTP target.",
  certificateUrl: 'The certificate that the request names is not one of EventBridge.',
  mismatch:
    'The signature does not match. Check that targetUrl is the URL of the HTTP target to the letter, and that the body is given as it came.',
}

export const invalidSignature = (reason: SignatureFault, header?: string): InvalidSignature => ({
  _tag: 'InvalidSignature',
  message: header === undefined ? faults[reason] : `${faults[reason]} (${header})`,
  httpStatus: 401,
  reason,
  ...(header === undefined ? {} : { header }),
})

export const replayed: Replayed = {
  _tag: 'Replayed',
  message: 'This request was taken before.',
  httpStatus: 409,
}

export const certificateUnavailable = (
  reason: CertificateUnavailable['reason'],
  code?: string,
): CertificateUnavailable => ({
  _tag: 'CertificateUnavailable',
  message: {
    fetch: `The certificate of EventBridge could not be fetched${code === undefined ? '' : ` (${code})`}. Check that this machine may open connections to oss-accelerate.aliyuncs.com.`,
    timeout: 'The certificate of EventBridge did not come in time.',
    busy: 'Too many certificates are being fetched at once.',
    malformed: 'What was fetched is not a certificate with an RSA key.',
    expired: 'The certificate of EventBridge is not valid at this time.',
  }[reason],
  httpStatus: 503,
  reason,
  ...(code === undefined ? {} : { code }),
})

export const invalidEvent = (issues: ReadonlyArray<Issue>): InvalidEvent => ({
  _tag: 'InvalidEvent',
  message: `The body is not an event of DirectMail: ${issues
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join('; ')}`,
  httpStatus: 400,
  issues,
})

export const unsupportedEvent = (source: string, type: string): UnsupportedEvent => ({
  _tag: 'UnsupportedEvent',
  message: `The event is none of a mail's delivery: ${type} of ${source}.`,
  httpStatus: 200,
  source,
  type,
})
