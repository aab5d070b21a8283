/**
 * Brings a mail to DirectMail: in turn, within its deadline, and again after a failure where that cannot send a
 * second mail. What decides here is whether an attempt may have been delivered, not how it failed.
 */
import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import pLimit from 'p-limit'
import {
  applyPolicy,
  capDelay,
  defaultRetryStatus,
  exponentialBackoff,
  limitRetries,
  Monoid,
  type RetryStatus,
} from 'retry-ts'
import type { Attempt } from '../directmail/directmail.js'
import { isRetryable, possiblyDelivered, type SendError, timeout } from '../errors/send-error.js'
import type { Emit, SendEvent } from './send-event.js'
import type { Receipt } from '../directmail/answer.js'
import type { Mail } from '../rendering/render.js'

export interface DeliveryOptions {
  readonly connectTimeoutMs: number
  readonly readTimeoutMs: number
  readonly deadlineMs: number
  readonly maxConcurrency: number
  readonly maxAttempts: number
}

export type Deliver = (mail: Mail) => TE.TaskEither<SendError, Receipt>

// ------------------------------------------------------------------------------------------------------------
// The decision after a failure
// ------------------------------------------------------------------------------------------------------------

/** What is known of a message when an attempt begins. */
export interface Progress {
  /** Counts from 1. */
  readonly attempt: number
  /** DirectMail refuses a nonce that it has seen: the only thing that tells it two requests are one message. */
  readonly nonce: string
  /** The first failure after which the mail may have been delivered. */
  readonly doubt?: SendError
  readonly retries: RetryStatus
}

export const firstAttempt = (): Progress => ({ attempt: 1, nonce: randomUUID(), retries: defaultRetryStatus })

export type Decision =
  | { readonly _tag: 'GiveUp'; readonly error: SendError }
  | { readonly _tag: 'TryAgain'; readonly afterMs: number; readonly next: Progress }

const policy = (maxAttempts: number) =>
  Monoid.concat(capDelay(5_000, exponentialBackoff(200)), limitRetries(maxAttempts - 1))

/**
 * Whether to try again, when, and under which nonce.
 *
 * - Refused connections, DNS, connect timeouts and throttling: the mail was not delivered. A new attempt under a
 *   fresh nonce is safe; the old one may be used up, since DirectMail may note the nonce before it throttles.
 * - A connection that broke, a read timeout, a 5xx, an answer that cannot be read: nobody knows whether the mail
 *   went out. From here on the nonce stays the same, whatever happens, so that DirectMail itself refuses the
 *   second request if the first arrived.
 * - `SignatureNonceUsed` after such a doubt is that refusal: a request with this nonce did arrive. There is no
 *   receipt to be had any more, but there must be no other attempt either. The failure that caused the doubt is
 *   returned, since it is the one to look into.
 * - Any other refusal stands: the same request would be refused again.
 *
 * What this cannot promise: that DirectMail notes the nonce of every request that it goes on to deliver.
 */
export const afterFailure = (
  maxAttempts: number,
  remainingMs: number,
  random: () => number,
  { attempt, nonce, doubt, retries }: Progress,
  error: SendError,
): Decision => {
  if (doubt !== undefined && error._tag === 'Rejected' && error.code === 'SignatureNonceUsed')
    return { _tag: 'GiveUp', error: doubt }

  const doubtNow = doubt ?? (error.delivered === 'unknown' ? error : undefined)
  const giveUp: Decision = {
    _tag: 'GiveUp',
    error: doubtNow === undefined ? error : possiblyDelivered(error),
  }
  if (!isRetryable(error)) return giveUp

  const status = applyPolicy(policy(maxAttempts), retries)
  if (O.isNone(status.previousDelay)) return giveUp
  // Jitter, so that messages which failed together do not come back together.
  const backoffMs = status.previousDelay.value * (0.5 + random() / 2)
  const askedMs = error._tag === 'Throttled' ? error.retryAfterMs : undefined
  const afterMs = Math.max(backoffMs, askedMs ?? 0)
  if (afterMs >= remainingMs) return giveUp

  return {
    _tag: 'TryAgain',
    afterMs,
    next: {
      attempt: attempt + 1,
      nonce: doubtNow === undefined ? randomUUID() : nonce,
      ...(doubtNow === undefined ? {} : { doubt: doubtNow }),
      retries: status,
    },
  }
}

// ------------------------------------------------------------------------------------------------------------
// Delivery
// ------------------------------------------------------------------------------------------------------------

/** DirectMail refuses requests that are older than 15 minutes, and has to know their nonces as long. */
const nonceMemoryMs = 14 * 60_000

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export const makeDeliver = (attempt: Attempt, options: DeliveryOptions, emit: Emit): Deliver => {
  const { connectTimeoutMs, readTimeoutMs, deadlineMs, maxConcurrency, maxAttempts } = options
  const inTurn = pLimit(maxConcurrency)

  const attempts = async (mail: Mail, deadline: number): Promise<Outcome> => {
    const { usageType } = mail
    let progress = firstAttempt()
    const firstAt = performance.now()
    for (;;) {
      const startedAt = performance.now()
      emit({ _tag: 'AttemptStarted', usageType, attempt: progress.attempt })
      const limits = { connectTimeoutMs, readTimeoutMs, budgetMs: deadline - startedAt }
      const result = await attempt(mail, progress.nonce, limits)()
      if (E.isRight(result)) return { result, attempts: progress.attempt }

      const now = performance.now()
      // In doubt, only while DirectMail still knows the nonce.
      const inDoubt = progress.doubt !== undefined || result.left.delivered === 'unknown'
      const until = inDoubt ? Math.min(deadline, firstAt + nonceMemoryMs) : deadline
      const decision = afterFailure(maxAttempts, until - now, Math.random, progress, result.left)
      if (decision._tag === 'GiveUp') return { result: E.left(decision.error), attempts: progress.attempt }
      emit({
        _tag: 'Retried',
        usageType,
        attempt: progress.attempt,
        error: result.left,
        attemptMs: now - startedAt,
        delayMs: decision.afterMs,
      })
      await sleep(decision.afterMs)
      progress = decision.next
    }
  }

  /**
   * A message whose turn comes when next to nothing of its time is left is not sent: an attempt that is cut off at
   * once would leave in doubt whether it arrived.
   */
  const enoughMs = deadlineMs / 100

  /**
   * First come, first served. A message keeps its place while it waits to be tried again: under throttling the
   * queue then slows down with the service instead of pressing on.
   */
  const queued = (mail: Mail, deadline: number): Promise<Outcome> =>
    new Promise((resolve) => {
      let waiting = true
      const giveUp = (): void => {
        waiting = false
        resolve({ result: E.left(timeout('queue')), attempts: 0 })
      }
      const isFree = inTurn.activeCount + inTurn.pendingCount < maxConcurrency
      const timer = isFree ? undefined : setTimeout(giveUp, deadline - performance.now())
      void inTurn(async () => {
        clearTimeout(timer)
        if (!waiting) return
        if (deadline - performance.now() < enoughMs) giveUp()
        else resolve(await attempts(mail, deadline))
      })
    })

  return (mail) => async () => {
    const startedAt = performance.now()
    const outcome = await queued(mail, startedAt + deadlineMs)
    emit(ended(mail.usageType, outcome, performance.now() - startedAt))
    return outcome.result
  }
}

interface Outcome {
  readonly result: E.Either<SendError, Receipt>
  readonly attempts: number
}

const ended = (usageType: string, { result, attempts }: Outcome, durationMs: number): SendEvent =>
  E.isRight(result)
    ? { _tag: 'Delivered', usageType, attempts, ...result.right, durationMs }
    : { _tag: 'Failed', usageType, attempts, error: result.left, durationMs }
