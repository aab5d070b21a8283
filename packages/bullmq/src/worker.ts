/**
 * The side that sends. Each failure ends as the connector knows it: certainly not delivered, and worth another attempt; a
 * limit, for which all wait; in doubt, which the same key settles; or final.
 */
import { randomUUID } from 'node:crypto'
import { type Connector, isRetryable, type Message, type Receipt, type SendError } from 'aliyun-dm-connector'
import { type Job, Queue, UnrecoverableError, Worker } from 'bullmq'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import type * as T from 'fp-ts/lib/Task.js'
import {
  backoffMs,
  checkCommon,
  checkNumber,
  type Common,
  defaultName,
  findConcurrency,
  isWhole,
  type MailJob,
  meanOf,
  pauseMs,
  telemetryOption,
} from './job.js'
import { connect, within } from './redis.js'
import { makeSealer } from './seal.js'

/**
 * What a worker tells: a mail was sent (`envId` is undefined where DirectMail had it already, from an earlier attempt), will
 * be tried again, or was given up. `jobId` names the mail, `sendId` the attempt: the connector's own events of it have the
 * same one. No event has the recipient or the code.
 *
 * @category model
 * @since 0.1.0
 */
export type MailEvent =
  | (Attempted<'Sent'> & { readonly envId: string | undefined })
  | (Attempted<'Postponed'> & { readonly error: SendError })
  | {
      readonly _tag: 'GivenUp'
      readonly jobId: string
      /** Undefined where nothing was sent: the code had expired, say. */
      readonly sendId: string | undefined
      readonly reason: string
      readonly error: SendError | undefined
    }

interface Attempted<Tag extends string> {
  readonly _tag: Tag
  readonly jobId: string
  readonly sendId: string
}

/**
 * @category model
 * @since 0.1.0
 */
export interface MailWorkerOptions extends Common {
  /**
   * Mails under way at once in this process. Unless given, it follows the queue's rate and the time that a mail takes: at
   * 50 a second and 300 ms, 19.
   */
  readonly concurrency?: number | undefined
  /** After how many milliseconds, 1 000 at least, the job of a worker that died goes to another one. 30 000 unless given. */
  readonly lockMs?: number | undefined
  /** Is told what becomes of each mail. What it throws changes nothing. */
  readonly onEvent?: ((event: MailEvent) => void) | undefined
}

/**
 * @category model
 * @since 0.1.0
 */
export interface MailWorker {
  /** Takes no more, and waits for what is under way, for 35 seconds at most; then ends within six, also without Redis. */
  readonly close: T.Task<void>
}

/** DirectMail remembers what it has seen for 15 minutes at least. After that, a second mail would not be noticed. */
const doubtMs = 14 * 60_000
/** Longer than the connector's own deadline. */
const sendingMs = 35_000
const closingMs = 3_000
const defaultLockMs = 30_000
/** How long a worker goes on without a Redis that is gone until it asks again. */
const reconnectMs = 1_000
/** Mails under way at once before the rate and the time of a mail are known. */
const firstConcurrency = 16
/** How often Redis is asked for the rate. */
const rateAgeMs = 10_000

type AnyConnector = Pick<Connector, 'sendMessage'>

const threw: SendError = {
  _tag: 'InvalidResponse',
  message: 'sendMessage threw; what it said is not kept, since it may name the recipient',
  delivered: 'unknown',
  reason: 'sendMessage threw',
}

/**
 * Sends the mails of a queue through a connector; several processes share the work. Begins at once. Throws a `TypeError`
 * that names the option where one is not valid.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createMailWorker = (connector: AnyConnector, options: MailWorkerOptions): MailWorker => {
  const { connection, name = defaultName, lockMs = defaultLockMs } = options
  checkCommon(options)
  checkNumber('concurrency', options.concurrency, 'a whole number from 1', isWhole)
  checkNumber(
    'lockMs',
    lockMs,
    'a whole number of milliseconds from 1000',
    (value) => isWhole(value) && value >= 1_000,
  )
  const sealer = options.seal && makeSealer(options.seal)

  const emit = (event: MailEvent): void => {
    try {
      options.onEvent?.(event)
    } catch {
      // The observer failed.
    }
  }

  const giveUp = (jobId: string, reason: string, sendId?: string, error?: SendError): never => {
    emit({ _tag: 'GivenUp', jobId, sendId, reason, error })
    throw new UnrecoverableError(reason)
  }

  const readMessage = ({ message }: MailJob): O.Option<Message> => {
    const text = typeof message === 'string' ? message : sealer?.open(message.sealed)
    // It was decoded before it was queued; who may write to Redis may queue what he likes, and the connector looks again.
    return O.tryCatch(() => JSON.parse(text ?? '') as Message)
  }

  /** A connector throws nothing; what is written around it may, and its text would stand in Redis. */
  const send = async (
    ...args: Parameters<AnyConnector['sendMessage']>
  ): Promise<E.Either<SendError, Receipt>> => {
    try {
      return await connector.sendMessage(...args)()
    } catch {
      return E.left(threw)
    }
  }

  const attempt = async (
    job: Job<MailJob>,
    _token: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    const { id: jobId = '', data } = job
    const now = Date.now()
    if (now >= data.expiresAt) return giveUp(jobId, 'expired: the code is of no use any more')
    if (now - (data.firstSentAt ?? now) >= doubtMs)
      return giveUp(
        jobId,
        'unknown: an earlier attempt may have been delivered, and DirectMail may have forgotten it',
      )
    const message = readMessage(data)
    if (O.isNone(message))
      return giveUp(jobId, 'unreadable: sealed with a key that this worker does not have, or changed')
    // Before the request: whoever finds the job after a crash must know that there may have been one.
    if (data.firstSentAt === undefined) await job.updateData({ ...data, firstSentAt: now })

    const sendId = randomUUID()
    // A worker that has lost its lock stops: another one may have begun.
    const result = await send(message.value, {
      idempotencyKey: data.key,
      sendId,
      ...(signal && { signal }),
    })
    if (E.isRight(result)) {
      emit({ _tag: 'Sent', jobId, sendId, envId: result.right.envId })
      adapt(Date.now() - now)
      return
    }
    const error = result.left
    if (error._tag === 'Duplicate') {
      // DirectMail has a mail under this key: an earlier attempt's.
      emit({ _tag: 'Sent', jobId, sendId, envId: undefined })
      return
    }
    if (error._tag === 'Throttled') {
      emit({ _tag: 'Postponed', jobId, sendId, error })
      // The account's limit is everybody's.
      await queue.rateLimit(pauseMs(error.retryAfterMs))
      throw Worker.RateLimitError()
    }
    if (error.delivered === 'unknown' || isRetryable(error) || error._tag === 'Cancelled') {
      emit({ _tag: 'Postponed', jobId, sendId, error })
      throw new Error(error.message)
    }
    // DirectMail may have noted the key of a request that it refused. A retry under it would read as a mail sent before.
    if (error._tag === 'Rejected') {
      const { firstSentAt: _, ...rest } = data
      await job.updateData({ ...rest, key: randomUUID() })
    }
    giveUp(jobId, error.message, sendId, error)
  }

  let underWay = 0
  let onIdle = (): void => undefined
  // BullMQ gives a signal to those only that name three parameters.
  const process: typeof attempt = (job, token, signal) => {
    underWay += 1
    return attempt(job, token, signal).finally(() => {
      underWay -= 1
      if (underWay === 0) onIdle()
    })
  }
  const whenIdle = (): Promise<void> =>
    new Promise((resolve) => {
      onIdle = resolve
      if (underWay === 0) resolve()
    })

  const { client, disconnect } = connect(connection, { maxRetriesPerRequest: null })
  const settings = { connection: client, ...telemetryOption(options.telemetry) }
  const queue = new Queue<MailJob>(name, settings)
  const worker = new Worker<MailJob>(name, process, {
    ...settings,
    concurrency: options.concurrency ?? firstConcurrency,
    lockDuration: lockMs,
    stalledInterval: Math.max(1_000, lockMs / 2),
    runRetryDelay: reconnectMs,
    settings: { backoffStrategy: backoffMs },
    // A job whose worker died is taken over each time: its key keeps it from being sent twice.
    maxStalledCount: 1_000,
  })
  queue.on('error', () => undefined)
  worker.on('error', () => undefined)
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) worker.cancelJob(jobId)
  })

  let perSecond: number | undefined
  let rateAskedAt = 0
  let meanMs: number | undefined
  /** Little's law: so many are under way at once as come in a second, times the seconds that one takes. */
  const adapt = (latencyMs: number): void => {
    if (options.concurrency !== undefined) return
    meanMs = meanOf(meanMs, latencyMs)
    if (perSecond !== undefined) worker.concurrency = findConcurrency(perSecond, meanMs)
    if (Date.now() - rateAskedAt < rateAgeMs) return
    rateAskedAt = Date.now()
    queue.getGlobalRateLimit().then(
      (limit) => {
        perSecond = limit === null ? Infinity : (limit.max * 1_000) / limit.duration
      },
      () => undefined,
    )
  }

  return {
    close: async () => {
      // BullMQ's own end waits for Redis, for ever if that is gone: so the mails are waited for here.
      worker.pause(true).catch(() => undefined)
      await within(sendingMs, whenIdle())
      const closed = worker.close()
      await within(closingMs, closed)
      disconnect()
      // What it still waited for has failed now, and it stops its timers.
      await within(closingMs, closed)
    },
  }
}
