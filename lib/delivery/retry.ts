/**
 * The decision after a failed attempt: whether to try again, when, and under which nonce. What decides is whether the
 * attempt may have been delivered, not how it failed.
 */
import { createHash, randomUUID } from 'node:crypto'
import { backoffMs } from '../directmail/backoff.js'
import { duplicate, isRetryable, possiblyDelivered, type SendError } from '../errors/send-error.js'

/** An idempotency key, and the account for which it holds. */
export interface Key {
  readonly account: string
  readonly idempotencyKey: string
}

/** What is known of a message when a request begins. */
export interface Progress {
  /** How many requests it has made, this one included. */
  readonly requests: number
  /** The same without those that were throttled. */
  readonly attempts: number
  /** DirectMail refuses a nonce that it has seen: the only thing that tells it that two requests are one message. */
  readonly nonce: string
  readonly key: Key | undefined
  /** Counts the nonces that were made from the key. */
  readonly ordinal: number
  /** Whether DirectMail has certainly refused a request of ours with this nonce, and may know it by that alone. */
  readonly refused: boolean
  /** The first failure after which the mail may have been delivered. */
  readonly doubt: SendError | undefined
}

const makeNonce = (key: Key | undefined, ordinal: number): string =>
  key === undefined
    ? randomUUID()
    : createHash('sha256')
        .update(JSON.stringify([key.account.toLowerCase(), key.idempotencyKey, ordinal]))
        .digest('hex')
        .slice(0, 32)

/** `ordinal` and `refused` are those at which an earlier message with the same key ended. */
export const firstAttempt = (key?: Key, ordinal = 0, refused = false): Progress => ({
  requests: 1,
  attempts: 1,
  nonce: makeNonce(key, ordinal),
  key,
  ordinal,
  refused,
  doubt: undefined,
})

export type Decision =
  | { readonly _tag: 'GiveUp'; readonly error: SendError }
  | { readonly _tag: 'TryAgain'; readonly afterMs: number; readonly next: Progress }

export interface RetryPolicy {
  readonly maxAttempts: number
  /** What is left of the message's time; in doubt, of the time for which DirectMail surely knows the nonce. */
  readonly remainingMs: number
  readonly random: () => number
}

/**
 * Decides whether to try again, when, and under which nonce.
 *
 * - Refused connections, DNS, connect timeouts, no credentials: the mail was not delivered, and another attempt is
 *   safe.
 * - Throttling: the mail was not delivered. The message has not had its turn yet, so this uses up no attempt; it waits
 *   until the queue's pace allows another request.
 * - A connection that broke, a read timeout, a 5xx, an answer that cannot be read: nobody knows whether the mail went
 *   out. From here on the nonce stays the same, whatever happens, so that DirectMail itself refuses the second request
 *   if the first arrived.
 * - Any other refusal stands: the same request would be refused again.
 * - `SignatureNonceUsed`: a request with this nonce did arrive. After a doubt it was the one in doubt: there must be no
 *   other, and the failure that caused the doubt is returned, since it is the one to look into. Without a doubt, somebody
 *   on the way sent a copy, or another process sent with the same idempotency key.
 *
 * Without a key, a throttled request is followed by one with a fresh nonce, since DirectMail may note the nonce before
 * it throttles. With a key, the nonce first stays the same, so that another process with this key is still refused.
 * If DirectMail then says that the nonce is used, while it refused all that we sent under it, it has noted the throttled
 * request: the next nonce of the key takes its place.
 *
 * What this cannot promise:
 *
 * - That DirectMail notes the nonce of every request that it goes on to deliver.
 * - Anything behind a gateway that sends a request on twice and passes on the answer to the copy. We recognize it where
 *   the copy is refused for its nonce. Where the copy is throttled, its answer says `'no'` although the first request may
 *   have been accepted, and the fresh nonce lets a second mail through. The nonce could stay the same, and a used one end
 *   the message; but if DirectMail notes nonces before it throttles, every throttled message would end so. That harms
 *   everybody, a gateway that repeats requests harms its owner: RFC 9110, section 9.2.2, forbids to repeat a POST.
 * - One mail where two processes send with the same key at the same time and DirectMail throttles one of them. Where it
 *   does not note a throttled request, the nonce that it says is used is that of the other process.
 */
export const decide = (
  error: SendError,
  progress: Progress,
  { maxAttempts, remainingMs, random }: RetryPolicy,
): Decision => {
  const { key, attempts } = progress
  if (error._tag === 'Rejected' && error.code === 'SignatureNonceUsed') return afterNonceUsed(error, progress)

  const doubt = progress.doubt ?? (error.delivered === 'unknown' ? error : undefined)
  const isThrottled = error._tag === 'Throttled'
  if (!isRetryable(error) || (!isThrottled && attempts >= maxAttempts)) return giveUp(error, doubt)

  const afterMs = isThrottled ? (error.retryAfterMs ?? 0) : backoffMs(attempts, random)
  if (afterMs >= remainingMs) return giveUp(error, doubt)
  const keepNonce = key !== undefined || doubt !== undefined
  return {
    _tag: 'TryAgain',
    // A throttled message waits in the queue, which knows the pace.
    afterMs: isThrottled ? 0 : afterMs,
    next: {
      ...progress,
      requests: progress.requests + 1,
      attempts: isThrottled ? attempts : attempts + 1,
      nonce: keepNonce ? progress.nonce : randomUUID(),
      refused: progress.refused || isThrottled,
      doubt,
    },
  }
}

const giveUp = (error: SendError, doubt: SendError | undefined): Decision => ({
  _tag: 'GiveUp',
  error: doubt === undefined ? error : possiblyDelivered(error),
})

const afterNonceUsed = (error: SendError, { key, ordinal, refused, doubt, ...rest }: Progress): Decision => {
  if (doubt !== undefined) return { _tag: 'GiveUp', error: doubt }
  if (key === undefined) return { _tag: 'GiveUp', error: possiblyDelivered(error) }
  if (!refused) return { _tag: 'GiveUp', error: duplicate(key.idempotencyKey) }
  const next: Progress = {
    ...rest,
    requests: rest.requests + 1,
    nonce: makeNonce(key, ordinal + 1),
    key,
    ordinal: ordinal + 1,
    refused: false,
    doubt,
  }
  return { _tag: 'TryAgain', afterMs: 0, next }
}
