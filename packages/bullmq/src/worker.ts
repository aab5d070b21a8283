/**
 * The side that sends. Each failure ends as the connector knows it: certainly not delivered, and worth another attempt; a
 * limit, for which all wait; in doubt, which the same key settles; or final.
 */
import { randomUUID } from 'node:crypto'
import { type Connector, isRetryable, type Message, type SendError } from 'aliyun-dm-connector'
import { type Job, Queue, UnrecoverableError, Worker } from 'bullmq'
import * as E from 'fp-ts/lib/Either.js'
import type * as T from 'fp-ts/lib/Task.js'
import { type Common, defaultName, type MailJob, type MailResult, reconnect, within } from './job.js'
import { makeSealer } from './seal.js'

/**
 * What a worker tells: a mail was sent (`envId` is undefined where DirectMail had it already, from an earlier attempt), will
 * be tried again, or was given up. No event has the recipient or the code.
 *
 * @category model
 * @since 0.1.0
 */
export type MailEvent =
  | { readonly _tag: 'Sent'; readonly jobId: string; readonly envId: string | undefined }
  | { readonly _tag: 'Postponed'; readonly jobId: string; readonly error: SendError }
  | { readonly _tag: 'GivenUp'; readonly jobId: string; readonly reason: string; readonly error?: SendError }

/**
 * @category model
 * @since 0.1.0
 */
export interface MailWorkerOptions extends Common {
  /** Mails under way at once in this process. 16 unless given: 50 a second at 300 ms each. */
  readonly concurrency?: number | undefined
  /** After how many milliseconds the job of a worker that died goes to another one. 30 000 unless given. */
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
const throttleMs = 1_000

type AnyConnector = Pick<Connector, 'sendMessage'>

/**
 * Sends the mails of a queue through a connector; several processes share the work. Begins at once. Throws a `TypeError`
 * where a key of `seal` is none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createMailWorker = (connector: AnyConnector, options: MailWorkerOptions): MailWorker => {
  const { connection, name = defaultName, concurrency = 16, lockMs = defaultLockMs } = options
  const sealer = options.seal && makeSealer(options.seal)

  const emit = (event: MailEvent): void => {
    try {
      options.onEvent?.(event)
    } catch {
      // The observer failed.
    }
  }

  const giveUp = (jobId: string, reason: string, error?: SendError): never => {
    emit({ _tag: 'GivenUp', jobId, reason, ...(error === undefined ? {} : { error }) })
    throw new UnrecoverableError(reason)
  }

  const readMessage = ({ message }: MailJob): Message | undefined => {
    const text = typeof message === 'string' ? message : sealer?.open(message.sealed)
    // It was decoded before it was queued; who may write to Redis may queue what he likes, and the connector looks again.
    return text === undefined ? undefined : (JSON.parse(text) as Message)
  }

  const attempt = async (
    job: Job<MailJob, MailResult>,
    _token?: string,
    signal?: AbortSignal,
  ): Promise<MailResult> => {
    const { id: jobId = '', data } = job
    const now = Date.now()
    if (now >= data.expiresAt) return giveUp(jobId, 'expired: the code is of no use any more')
    const { firstSentAt } = data
    if (firstSentAt !== undefined && now - firstSentAt >= doubtMs)
      return giveUp(
        jobId,
        'unknown: an earlier attempt may have been delivered, and DirectMail may have forgotten it',
      )
    const message = readMessage(data)
    if (message === undefined) return giveUp(jobId, 'sealed with a key that this worker does not have')
    // Before the request: whoever finds the job after a crash must know that there may have been one.
    if (firstSentAt === undefined) await job.updateData({ ...data, firstSentAt: now })

    // A worker that has lost its lock stops: another one may have begun.
    const result = await connector.sendMessage(message, {
      idempotencyKey: data.key,
      ...(signal && { signal }),
    })()
    if (E.isRight(result)) {
      const { envId } = result.right
      emit({ _tag: 'Sent', jobId, envId })
      return { envId }
    }
    const error = result.left
    if (error._tag === 'Duplicate') {
      // DirectMail has a mail under this key: an earlier attempt's.
      emit({ _tag: 'Sent', jobId, envId: undefined })
      return { envId: undefined }
    }
    if (error._tag === 'Throttled') {
      emit({ _tag: 'Postponed', jobId, error })
      // The account's limit is everybody's.
      await openQueue().rateLimit(error.retryAfterMs ?? throttleMs)
      throw Worker.RateLimitError()
    }
    if (error.delivered === 'unknown' || isRetryable(error) || error._tag === 'Cancelled') {
      emit({ _tag: 'Postponed', jobId, error })
      throw new Error(error.message)
    }
    // DirectMail may have noted the key of a request that it refused. A retry under it would read as a mail sent before.
    if (error._tag === 'Rejected') {
      const { firstSentAt: _, ...rest } = data
      await job.updateData({ ...rest, key: randomUUID() })
    }
    return giveUp(jobId, error.message, error)
  }

  let underWay = 0
  let onIdle = (): void => undefined
  const process: typeof attempt = async (...args) => {
    underWay += 1
    try {
      return await attempt(...args)
    } finally {
      underWay -= 1
      if (underWay === 0) onIdle()
    }
  }
  const whenIdle = (): Promise<void> =>
    new Promise((resolve) => {
      onIdle = resolve
      if (underWay === 0) resolve()
    })

  let isClosed = false
  const settings = {
    connection: { ...connection, maxRetriesPerRequest: null, retryStrategy: reconnect(() => isClosed) },
  }
  // Only to make all workers wait, and so made when that is needed.
  let queue: Queue<MailJob> | undefined
  const openQueue = (): Queue<MailJob> => {
    if (queue === undefined) {
      queue = new Queue<MailJob>(name, settings)
      queue.on('error', () => undefined)
    }
    return queue
  }
  const worker: Worker<MailJob, MailResult> = new Worker<MailJob, MailResult>(name, process, {
    ...settings,
    concurrency,
    lockDuration: lockMs,
    stalledInterval: Math.max(1_000, lockMs / 2),
    // A job whose worker died is taken over each time: its key keeps it from being sent twice.
    maxStalledCount: 1_000,
  })
  worker.on('error', () => undefined)
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) worker.cancelJob(jobId)
  })

  return {
    close: async () => {
      // BullMQ's own end waits for Redis, for ever if that is gone: so the mails are waited for here.
      worker.pause(true).catch(() => undefined)
      await within(sendingMs, whenIdle())
      const closed = Promise.all([worker.close(), queue?.close()]).then(
        () => true,
        () => true,
      )
      isClosed = true
      if ((await within(closingMs, closed)) !== true)
        await within(
          closingMs,
          worker.disconnect().catch(() => undefined),
        )
    },
  }
}
