/**
 * Brings a mail to DirectMail: in turn, within its deadline, and again after a failure where that cannot send a
 * second mail.
 */
import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import * as E from 'fp-ts/lib/Either.js'
import type * as T from 'fp-ts/lib/Task.js'
import type { Receipt } from '../directmail/answer.js'
import type { Attempt } from '../directmail/directmail.js'
import { cancelled, possiblyDelivered, type SendError, timeout } from '../errors/send-error.js'
import type { Mail } from '../rendering/render.js'
import { decide, firstAttempt, type Key, type Progress } from './retry.js'
import { type Emit, type Subject, emitToBoth } from './send-event.js'
import { makeTurns } from './turns.js'

export interface DeliveryOptions {
  readonly connectTimeoutMs: number
  readonly readTimeoutMs: number
  readonly deadlineMs: number
  readonly maxConcurrency: number
  readonly maxPerSecond?: number | undefined
  readonly maxAttempts: number
}

/**
 * What a caller may say of one send.
 *
 * @category model
 * @since 0.1.0
 */
export interface SendOptions {
  /**
   * Names the message, whichever process sends it: DirectMail refuses a second request with the same key, and the send
   * ends as `Duplicate`. Holds for as long as DirectMail remembers a request, which is not documented; since it refuses
   * requests that are older than 15 minutes by their date, it must be at least that. Two processes that send at the
   * same time, while DirectMail throttles, may both succeed. 1–256 characters.
   */
  readonly idempotencyKey?: string | undefined
  /** Ends the send as `Cancelled`: with `delivered: 'no'` while it waits, `'unknown'` once a request is under way. */
  readonly signal?: AbortSignal | undefined
  /** What `onEvent` is told as `sendId`, for whoever has a name for it already; a random one unless given. 1–256 characters. */
  readonly sendId?: string | undefined
}

export interface Delivery {
  /** Never rejects. */
  readonly deliver: (
    mail: Mail,
    options: SendOptions,
    observer?: Emit,
  ) => Promise<E.Either<SendError, Receipt>>
  /** Resolves once no mail is under way. */
  readonly whenIdle: T.Task<void>
}

/** DirectMail refuses requests that are older than 15 minutes, and has to know their nonces as long. */
const nonceMemoryMs = 14 * 60_000

/** An attempt that is cut off at once would leave in doubt whether it arrived, so the last 2 % are not used. */
const usedPart = 0.98

/** Keys of messages that were certainly refused, so that they can be sent again; the oldest are forgotten. */
const rememberedKeys = 1_000

/** Ends early, or at once, where the signal is aborted. */
const sleep = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve()
      return
    }
    const wake = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal?.addEventListener('abort', wake, { once: true })
  })

/** The time by the clock that stops while the machine sleeps, and by the one that does not but may be set. */
interface Moment {
  readonly steady: number
  readonly wall: number
}

const thisMoment = (): Moment => ({ steady: performance.now(), wall: Date.now() })

/** The nonce is forgotten after a time of DirectMail's, which goes on while this machine sleeps. */
const timeSince = ({ steady, wall }: Moment): number =>
  Math.max(performance.now() - steady, Date.now() - wall)

export const makeDelivery = (
  attempt: Attempt,
  account: string,
  options: DeliveryOptions,
  emit: Emit | undefined,
): Delivery => {
  const { connectTimeoutMs, readTimeoutMs, deadlineMs, maxConcurrency, maxAttempts, maxPerSecond } = options
  const turns = makeTurns(maxConcurrency, maxPerSecond)
  const refusedKeys = new Map<string, Progress>()
  let underWay = 0
  const onIdle: Array<() => void> = []

  const begin = (idempotencyKey: string | undefined): Progress => {
    if (idempotencyKey === undefined) return firstAttempt()
    const before = refusedKeys.get(idempotencyKey)
    // What the earlier message knew holds only until this one is accepted or in doubt.
    refusedKeys.delete(idempotencyKey)
    const key: Key = { account, idempotencyKey }
    return firstAttempt(key, before?.ordinal, before?.refused)
  }

  const rememberRefusal = (progress: Progress, error: SendError): void => {
    if (progress.key === undefined || error.delivered === 'unknown') return
    const refused = progress.refused || error._tag === 'Rejected' || error._tag === 'Throttled'
    refusedKeys.set(progress.key.idempotencyKey, { ...progress, refused })
    const [oldest] = refusedKeys.keys()
    if (refusedKeys.size > rememberedKeys && oldest !== undefined) refusedKeys.delete(oldest)
  }

  const send = async (
    mail: Mail,
    { idempotencyKey, signal, sendId }: SendOptions,
    emit: Emit | undefined,
  ): Promise<E.Either<SendError, Receipt>> => {
    // A program may end all its messages by one signal: more listeners than ten are no leak.
    if (signal !== undefined) setMaxListeners(0, signal)
    const began = thisMoment()
    const deadline = began.steady + deadlineMs
    const latest = began.steady + deadlineMs * usedPart
    const place = turns.enter(latest, signal)
    const subject = emit && describe(mail, sendId)
    let progress = begin(idempotencyKey)
    let firstSent: Moment | undefined
    let requests = 0
    let last: SendError | undefined

    const fail = (error: SendError): E.Either<SendError, Receipt> => {
      turns.leave(place)
      rememberRefusal(progress, error)
      const durationMs = performance.now() - began.steady
      if (subject) emit({ _tag: 'Failed', ...subject, attempts: requests, error, durationMs })
      return E.left(error)
    }
    const withDoubt = (error: SendError): SendError =>
      progress.doubt === undefined ? error : possiblyDelivered(error)

    for (;;) {
      const waiting = turns.next(place)
      const turn = typeof waiting === 'string' ? waiting : await waiting
      // Between a turn and its use, an observer of another message may have aborted this one, or taken its time.
      if (turn === 'cancelled' || signal?.aborted === true) return fail(withDoubt(cancelled('no')))
      const sent = thisMoment()
      const isForgotten =
        progress.doubt !== undefined && firstSent !== undefined && timeSince(firstSent) >= nonceMemoryMs
      if (turn === 'late' || sent.steady >= latest || isForgotten)
        return fail(withDoubt(last ?? timeout('queue')))

      firstSent ??= sent
      requests = progress.requests
      if (subject) {
        const waitedMs = sent.steady - began.steady
        emit({ _tag: 'AttemptStarted', ...subject, attempt: requests, waitedMs })
      }
      const [budgetMs, startMs] = [deadline - sent.steady, place.latest - sent.steady]
      const limits = { connectTimeoutMs, readTimeoutMs, budgetMs, startMs, signal }
      const result = await attempt(mail, progress.nonce, limits)()
      if (E.isRight(result)) {
        turns.leave(place)
        turns.accepted(sent.steady)
        const durationMs = performance.now() - began.steady
        if (subject) emit({ _tag: 'Delivered', ...subject, attempts: requests, ...result.right, durationMs })
        return result
      }

      const error = result.left
      if (error._tag === 'Rejected') turns.accepted(sent.steady)
      const pauseMs = error._tag === 'Throttled' ? turns.throttled(sent.steady, error.retryAfterMs) : 0
      const inDoubt = progress.doubt !== undefined || error.delivered === 'unknown'
      const left = deadline - performance.now()
      const remainingMs = inDoubt ? Math.min(left, nonceMemoryMs - timeSince(firstSent)) : left
      const decision = decide(error, progress, { maxAttempts, remainingMs, random: Math.random })
      if (decision._tag === 'GiveUp') return fail(decision.error)
      last = error
      progress = decision.next
      if (subject) {
        const delayMs = Math.max(decision.afterMs, pauseMs)
        const attemptMs = performance.now() - sent.steady
        emit({ _tag: 'Retried', ...subject, attempt: requests, error, attemptMs, delayMs })
      }
      if (decision.afterMs > 0) await sleep(decision.afterMs, signal)
    }
  }

  return {
    deliver: (mail, sendOptions, observer) => {
      underWay += 1
      return send(mail, sendOptions, emitToBoth(emit, observer)).then((result) => {
        underWay -= 1
        if (underWay === 0) for (const resolve of onIdle.splice(0)) resolve()
        return result
      })
    },
    whenIdle: () =>
      underWay === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            onIdle.push(resolve)
          }),
  }
}

/** What every event of a message says of it. */
const describe = ({ usageType, to }: Mail, sendId: string = randomUUID()): Subject => ({
  sendId,
  usageType,
  toDomain: to.slice(to.lastIndexOf('@') + 1),
})
