/**
 * What can go wrong, as data. Every step of the pipeline fails with a member of `SendError`: a plain record
 * with a `_tag` to switch on, a `message` for people that says what to do next where that is known, and
 * `delivered`, which tells whether the mail may have reached its recipient all the same.
 */
import { SendFailure } from './send-failure.js'
import { findConnectionCure, findCure, isModuleCode, isTlsCode } from './codes.js'

/**
 * Whether the mail may have been delivered although the send failed. `no`: certainly not. `unknown`: the
 * request reached the network and no trustworthy answer came back, so sending the message again could
 * deliver it twice.
 *
 * @category model
 * @since 0.1.0
 */
export type Delivered = 'no' | 'unknown'

/**
 * One thing that is wrong with an input: where, and what was expected there. A value is never repeated.
 *
 * @category model
 * @since 0.1.0
 */
export interface Issue {
  /** Where, as one would write it in JavaScript: `templates[2].usageType`. The whole input is `''`. */
  readonly path: string
  readonly message: string
}

interface Failure<Tag extends string> {
  readonly _tag: Tag
  readonly message: string
  readonly delivered: Delivered
}

/**
 * The config, or an option given beside it, is not usable. Lists everything that is wrong at once.
 *
 * @category model
 * @since 0.1.0
 */
export interface InvalidConfig extends Failure<'InvalidConfig'> {
  readonly issues: ReadonlyArray<Issue>
}

/**
 * The message is not sendable: a recipient that is not exactly one mailbox, an unknown usage type, a payload
 * value that cannot become text, a subject that is too long once rendered. Likewise a query of `findOutcomes`, or the
 * address of a suppression.
 *
 * @category model
 * @since 0.1.0
 */
export interface InvalidMessage extends Failure<'InvalidMessage'> {
  readonly issues: ReadonlyArray<Issue>
}

/**
 * There is neither a template of the message's usage type nor a `Generic` one.
 *
 * @category model
 * @since 0.1.0
 */
export interface TemplateNotFound extends Failure<'TemplateNotFound'> {
  readonly usageType: string
}

/**
 * The template has placeholders for which the payload holds nothing. All of them are named.
 *
 * @category model
 * @since 0.1.0
 */
export interface MissingVariables extends Failure<'MissingVariables'> {
  readonly usageType: string
  readonly names: ReadonlyArray<string>
}

/**
 * DirectMail read the request and refused it. `code` is DirectMail's own, e.g. `InvalidAccessKeyId.NotFound`. It is
 * `HTTP403`, with `delivered: 'unknown'`, where a proxy or firewall refused that gave no code.
 *
 * @category model
 * @since 0.1.0
 */
export interface Rejected extends Failure<'Rejected'> {
  readonly code: string
  readonly statusCode: number
  readonly requestId: string
  /** The address of DirectMail's own explanation of the code. */
  readonly recommend?: string
}

/**
 * DirectMail accepts no more requests for the moment.
 *
 * @category model
 * @since 0.1.0
 */
export interface Throttled extends Failure<'Throttled'> {
  readonly code: string
  /** How long DirectMail asked to wait, in milliseconds. */
  readonly retryAfterMs?: number
  readonly requestId: string
}

/**
 * DirectMail, or a gateway before it, failed with a status of 500 or above.
 *
 * @category model
 * @since 0.1.0
 */
export interface Unavailable extends Failure<'Unavailable'> {
  readonly code: string
  readonly statusCode: number
  readonly requestId?: string
}

/**
 * Something took too long. `queue`: the message was never sent, it waited for its turn until its deadline. `load`:
 * the SDK was not loaded in time. `connect`: no connection was made. `read`: the request was sent and no full answer
 * came.
 *
 * @category model
 * @since 0.1.0
 */
export interface Timeout extends Failure<'Timeout'> {
  readonly phase: 'queue' | 'load' | 'connect' | 'read'
}

/**
 * There was no connection, or it broke. `code` is the operating system's or TLS's: `ECONNREFUSED`, `ENOTFOUND`,
 * `ECONNRESET`, `DEPTH_ZERO_SELF_SIGNED_CERT`.
 *
 * @category model
 * @since 0.1.0
 */
export interface ConnectionFailed extends Failure<'ConnectionFailed'> {
  readonly code: string
}

/**
 * An answer came, but not one that DirectMail gives.
 *
 * @category model
 * @since 0.1.0
 */
export interface InvalidResponse extends Failure<'InvalidResponse'> {
  readonly reason: string
}

/**
 * The provider of `options.credentials` gave no credentials, so no request was made. `reason` is its own, as far as it
 * holds no secret.
 *
 * @category model
 * @since 0.1.0
 */
export interface CredentialsUnavailable extends Failure<'CredentialsUnavailable'> {
  readonly reason: string
}

/**
 * The caller's signal was aborted, or the connector was closed. Where a request was under way, the mail may have been
 * delivered.
 *
 * @category model
 * @since 0.1.0
 */
export type Cancelled = Failure<'Cancelled'>

/**
 * DirectMail has already seen a request with this idempotency key, from here or from another process. Whether that
 * request led to a mail is not known here.
 *
 * @category model
 * @since 0.1.0
 */
export interface Duplicate extends Failure<'Duplicate'> {
  readonly idempotencyKey: string
}

/**
 * Every way in which a send can fail.
 *
 * @category model
 * @since 0.1.0
 */
export type SendError =
  | InvalidConfig
  | InvalidMessage
  | TemplateNotFound
  | MissingVariables
  | CredentialsUnavailable
  | Rejected
  | Throttled
  | Unavailable
  | Timeout
  | ConnectionFailed
  | InvalidResponse
  | Cancelled
  | Duplicate

/**
 * The failures of rendering, which happen before anything is sent.
 *
 * @category model
 * @since 0.1.0
 */
export type RenderError = InvalidMessage | TemplateNotFound | MissingVariables

// ------------------------------------------------------------------------------------------------------------
// Constructors: the fields of a failure in, the failure with its text out.
// ------------------------------------------------------------------------------------------------------------

export const invalidConfig = (issues: ReadonlyArray<Issue>): InvalidConfig => ({
  _tag: 'InvalidConfig',
  message: `The config is not valid: ${listIssues(issues)}`,
  delivered: 'no',
  issues,
})

export const invalidMessage = (issues: ReadonlyArray<Issue>): InvalidMessage => ({
  _tag: 'InvalidMessage',
  message: `The message cannot be sent: ${listIssues(issues)}`,
  delivered: 'no',
  issues,
})

export const templateNotFound = (usageType: string): TemplateNotFound => ({
  _tag: 'TemplateNotFound',
  message: `The config has no template for ${usageType}, and no Generic one to use instead. Add either.`,
  delivered: 'no',
  usageType,
})

export const missingVariables = (
  usageType: string,
  names: ReadonlyArray<string>,
  template = usageType,
): MissingVariables => ({
  _tag: 'MissingVariables',
  message: sentence(
    template === usageType
      ? `The template for ${usageType} needs ${listNames(names)}`
      : `The ${template} template, used because ${usageType} has none of its own, needs ${listNames(names)}`,
    `Give values in ${listNames(names.map((name) => `payload.${name}`))}, or take the placeholders out`,
  ),
  delivered: 'no',
  usageType,
  names,
})

export const credentialsUnavailable = (reason: string): CredentialsUnavailable => ({
  _tag: 'CredentialsUnavailable',
  message: sentence(`No credentials could be had: ${reason}`),
  delivered: 'no',
  reason,
})

export const rejected = (refusal: Omit<Rejected, '_tag' | 'message' | 'delivered'>): Rejected => ({
  _tag: 'Rejected',
  message: describeRejection(refusal),
  delivered: 'no',
  ...refusal,
})

export const throttled = (limit: Omit<Throttled, '_tag' | 'message' | 'delivered'>): Throttled => ({
  _tag: 'Throttled',
  message: sentence(
    `DirectMail takes no more requests for now (${limit.code})`,
    limit.retryAfterMs === undefined
      ? 'Send less often, or ask Alibaba Cloud for a higher limit'
      : `It asks to wait ${limit.retryAfterMs} ms`,
  ),
  delivered: 'no',
  ...limit,
})

export const unavailable = (failure: Omit<Unavailable, '_tag' | 'message' | 'delivered'>): Unavailable => ({
  _tag: 'Unavailable',
  message: sentence(
    `DirectMail is not available: ${failure.code} (HTTP ${failure.statusCode})`,
    mayHaveArrived,
  ),
  delivered: 'unknown',
  ...failure,
})

export const timeout = (phase: Timeout['phase']): Timeout => ({
  _tag: 'Timeout',
  message: {
    queue: 'The message waited for its turn until its deadline and was never sent.',
    load: 'The SDK could not be loaded in time, and nothing was sent. Call warmUp when the program starts.',
    connect: 'No connection to DirectMail could be made in time. Check network, proxy and endpoint.',
    read: sentence('DirectMail did not answer in time', mayHaveArrived),
  }[phase],
  delivered: phase === 'read' ? 'unknown' : 'no',
  phase,
})

export const connectionFailed = (code: string, delivered: Delivered): ConnectionFailed => ({
  _tag: 'ConnectionFailed',
  message: sentence(
    `The connection to DirectMail failed (${code})`,
    delivered === 'unknown' ? mayHaveArrived : findConnectionCure(code),
  ),
  delivered,
  code,
})

export const invalidResponse = (reason: string): InvalidResponse => ({
  _tag: 'InvalidResponse',
  message: sentence(`The answer is not one of DirectMail's: ${reason}`, mayHaveArrived),
  delivered: 'unknown',
  reason,
})

export const cancelled = (delivered: Delivered): Cancelled => ({
  _tag: 'Cancelled',
  message: sentence(
    'The message was cancelled',
    delivered === 'unknown' ? mayHaveArrived : 'Nothing was sent',
  ),
  delivered,
})

export const duplicate = (idempotencyKey: string): Duplicate => ({
  _tag: 'Duplicate',
  message: sentence(
    'DirectMail has already seen a request with this idempotency key',
    'No other one was accepted',
  ),
  delivered: 'unknown',
  idempotencyKey,
})

/** A question to DirectMail that cannot be asked. */
export const invalidQuery = (issues: ReadonlyArray<Issue>): InvalidMessage => ({
  ...invalidMessage(issues),
  message: `The question cannot be asked: ${listIssues(issues)}`,
})

/** The same failure, of a request for this operation, which sends no mail. */
export const withoutMail = (error: SendError, operation: string): SendError =>
  error._tag === 'Rejected'
    ? { ...error, message: describeRejection(error, operation) }
    : { ...error, delivered: 'no', message: error.message.replace(` ${mayHaveArrived}.`, '') }

/**
 * The same failure, of a message that may have been delivered all the same; unless `because` says why, by an earlier
 * attempt.
 */
export const possiblyDelivered = <E extends SendError>(
  error: E,
  because = 'An earlier attempt may have arrived',
): E =>
  error.delivered === 'unknown'
    ? error
    : { ...error, delivered: 'unknown', message: sentence(error.message, because) }

// ------------------------------------------------------------------------------------------------------------
// Texts
// ------------------------------------------------------------------------------------------------------------

const mayHaveArrived = 'The mail may have been sent all the same'

const sentence = (...parts: ReadonlyArray<string | undefined>): string =>
  parts.flatMap((part) => (part === undefined ? [] : part.endsWith('.') ? part : `${part}.`)).join(' ')

const describeRejection = (
  { code, statusCode }: Pick<Rejected, 'code' | 'statusCode'>,
  operation?: string,
): string =>
  sentence(
    `DirectMail refused ${operation ?? 'the mail'} with ${code} (HTTP ${statusCode})`,
    findCure(code, operation),
  )

const shown = 10

const join = (texts: ReadonlyArray<string>, separator: string): string =>
  texts
    .slice(0, shown)
    .concat(texts.length > shown ? [`and ${texts.length - shown} more`] : [])
    .join(separator)

const listNames = (names: ReadonlyArray<string>): string => join(names, ', ')

const listIssues = (issues: ReadonlyArray<Issue>): string =>
  join(
    issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
    '; ',
  )

// ------------------------------------------------------------------------------------------------------------
// What callers do with a failure
// ------------------------------------------------------------------------------------------------------------

/**
 * Handles every failure: one function for each tag, checked by the compiler.
 *
 * @example
 * import { foldSendError, type SendError } from 'aliyun-dm-connector'
 *
 * const httpStatus: (error: SendError) => number = foldSendError({
 *   InvalidConfig: () => 500,
 *   InvalidMessage: () => 400,
 *   TemplateNotFound: () => 500,
 *   MissingVariables: () => 500,
 *   CredentialsUnavailable: () => 503,
 *   Rejected: () => 502,
 *   Throttled: () => 503,
 *   Unavailable: () => 503,
 *   Timeout: () => 504,
 *   ConnectionFailed: () => 503,
 *   InvalidResponse: () => 502,
 *   Cancelled: () => 503,
 *   Duplicate: () => 409,
 * })
 *
 * @category destructors
 * @since 0.1.0
 */
export const foldSendError =
  <R>(handlers: { readonly [Tag in SendError['_tag']]: (error: Extract<SendError, { _tag: Tag }>) => R }) =>
  (error: SendError): R =>
    // The compiler cannot see that a tag and its handler's argument go together; the mapped type above says so.
    (handlers[error._tag] as (error: SendError) => R)(error)

/**
 * Whether the failure is of a kind that passes: another attempt may succeed. It is no leave to send again
 * unseen: when `delivered` is `'unknown'`, the recipient may get two mails. The connector's own retries avoid
 * that, yours cannot.
 *
 * @example
 * import { isRetryable, type SendError } from 'aliyun-dm-connector'
 *
 * const safeToSendAgain = (error: SendError): boolean => isRetryable(error) && error.delivered === 'no'
 *
 * @category destructors
 * @since 0.1.0
 */
export const isRetryable = (error: SendError): boolean => {
  switch (error._tag) {
    case 'Throttled':
    case 'Unavailable':
    case 'Timeout':
    case 'InvalidResponse':
    case 'CredentialsUnavailable':
      return true
    case 'ConnectionFailed':
      // A certificate that is not trusted and a package that is not there stay so.
      return !isTlsCode(error.code) && !isModuleCode(error.code)
    case 'InvalidConfig':
    case 'InvalidMessage':
    case 'TemplateNotFound':
    case 'MissingVariables':
    case 'Rejected':
    case 'Cancelled':
    case 'Duplicate':
      return false
  }
}

/**
 * The failure as an `Error`, for code that throws.
 *
 * @example
 * import * as E from 'fp-ts/lib/Either.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { toError, type SendError } from 'aliyun-dm-connector'
 *
 * const orThrow = async <A>(task: TE.TaskEither<SendError, A>): Promise<A> => {
 *   const result = await task()
 *   if (E.isLeft(result)) throw toError(result.left)
 *   return result.right
 * }
 *
 * @category destructors
 * @since 0.1.0
 */
export const toError = (error: SendError): SendFailure => new SendFailure(error)
