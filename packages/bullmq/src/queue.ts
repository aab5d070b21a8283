/**
 * The side that asks for mails. What cannot be sent is not queued, and what is queued already is not queued again.
 */
import { createHash, randomUUID } from 'node:crypto'
import { decodeMessage, type InvalidMessage, type Message, type UsageTypes } from 'aliyun-dm-connector'
import { Queue } from 'bullmq'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  backoffName,
  checkCommon,
  checkNumber,
  type Common,
  defaultName,
  isWhole,
  jobName,
  type MailJob,
  telemetryOption,
} from './job.js'
import { connect, type Connected, within } from './redis.js'
import { makeSealer } from './seal.js'

/**
 * @category model
 * @since 0.1.0
 */
export interface MailQueueOptions extends Common {
  /**
   * Requests in a second of all workers together. Redis counts in whole seconds, so that twice as many may go out around
   * the turn of one: stay below half of DirectMail's limit, or let the connectors' own pace absorb it. 50 unless given;
   * `Infinity` is none.
   */
  readonly maxPerSecond?: number | undefined
  /** How long a code is of use, in milliseconds. 10 minutes unless given; then it is not sent any more. */
  readonly expiresInMs?: number | undefined
  /** As for `createConnector`. */
  readonly usageTypes?: UsageTypes | undefined
}

/**
 * @category model
 * @since 0.1.0
 */
export interface EnqueueOptions {
  /** The same key is queued once, for as long as the code is of use. 1–256 characters. */
  readonly idempotencyKey?: string | undefined
  /** In place of the queue's. */
  readonly expiresInMs?: number | undefined
}

/**
 * Redis did not answer in time, or refused. The mail may have been queued all the same: ask again with the same key.
 *
 * @category errors
 * @since 0.1.0
 */
export interface QueueUnavailable {
  readonly _tag: 'QueueUnavailable'
  readonly message: string
}

/**
 * @category errors
 * @since 0.1.0
 */
export type EnqueueError = InvalidMessage | QueueUnavailable

/**
 * There is no failed mail of this id: it was sent, is about to be, or was removed a day after it failed.
 *
 * @category errors
 * @since 0.1.0
 */
export interface NotFailed {
  readonly _tag: 'NotFailed'
  readonly message: string
}

/**
 * How many mails wait, are under way, wait for another attempt, and have failed.
 *
 * @category model
 * @since 0.1.0
 */
export interface Counts {
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  readonly failed: number
}

/**
 * A mail that was given up, without what it said and to whom.
 *
 * @category model
 * @since 0.1.0
 */
export interface FailedMail {
  readonly jobId: string
  /** The connector's message, or why it was not sent. */
  readonly reason: string
  readonly attempts: number
  readonly at: Date
}

/**
 * @category model
 * @since 0.1.0
 */
export interface MailQueue {
  /** Queues a message when the task runs. Ends within five seconds, whatever Redis does. */
  readonly enqueue: (
    message: Message,
    options?: EnqueueOptions,
  ) => TE.TaskEither<EnqueueError, { readonly jobId: string }>
  readonly counts: TE.TaskEither<QueueUnavailable, Counts>
  /** The newest first, at most 100. */
  readonly failed: TE.TaskEither<QueueUnavailable, ReadonlyArray<FailedMail>>
  /** Queues a failed mail again: under another key if DirectMail refused it, else under the same one. */
  readonly retry: (jobId: string) => TE.TaskEither<QueueUnavailable | NotFailed, void>
  /** Ends the connection, within five seconds; what is asked after that is a Left. */
  readonly close: T.Task<void>
}

const timeoutMs = 5_000
const defaultExpiryMs = 10 * 60_000
const dayInSeconds = 24 * 3_600
/** A mail is tried again until its code is of no use, which comes first. */
const manyAttempts = 1_000_000

const invalidMessage = (issues: InvalidMessage['issues']): InvalidMessage => ({
  _tag: 'InvalidMessage',
  message: `The mail cannot be queued: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
  delivered: 'no',
  issues,
})

const unavailable = (message: string): QueueUnavailable => ({ _tag: 'QueueUnavailable', message })

/** The reasons of Redis name commands and hosts, and no data. */
const describe = (error: unknown): string =>
  error instanceof Error && 'code' in error
    ? String(error.code)
    : error instanceof Error
      ? error.name
      : 'unknown'

const isKey = (key: unknown): boolean =>
  key === undefined || (typeof key === 'string' && key !== '' && key.length <= 256)

/** The options of one message, like everything about a message, are told as a value: callers may have no types. */
const decodeOptions = (options: unknown): E.Either<InvalidMessage, EnqueueOptions> =>
  pipe(
    E.tryCatch(
      () => ({ ...(options as EnqueueOptions) }),
      () => [{ path: 'options', message: 'expected an object that can be read' }],
    ),
    E.filterOrElse(
      () => typeof options === 'object' && options !== null,
      () => [{ path: 'options', message: 'expected an object' }],
    ),
    E.chain((read) => {
      const { idempotencyKey, expiresInMs, ...others } = read
      const issues = [
        ...(isKey(idempotencyKey)
          ? []
          : [{ path: 'options.idempotencyKey', message: 'expected 1–256 characters' }]),
        ...(expiresInMs === undefined || isWhole(expiresInMs)
          ? []
          : [{ path: 'options.expiresInMs', message: 'expected a whole number of milliseconds from 1' }]),
        // A typing mistake in a key would let a mail be queued twice.
        ...(Object.keys(others).length === 0
          ? []
          : [{ path: 'options', message: 'expected no others than idempotencyKey and expiresInMs' }]),
      ]
      return issues.length === 0 ? E.right(read) : E.left(issues)
    }),
    E.mapLeft(invalidMessage),
  )

/** What stands in Redis is JSON. */
const writeMessage = (message: object): E.Either<InvalidMessage, string> =>
  E.tryCatch(
    () => JSON.stringify(message),
    () => invalidMessage([{ path: 'payload', message: 'expected values that JSON can hold' }]),
  )

/**
 * The queue of a fleet. Makes its connection when it is first used. Throws a `TypeError` that names the option where one is
 * not valid.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createMailQueue = (options: MailQueueOptions): MailQueue => {
  const { connection, name = defaultName, maxPerSecond = 50, usageTypes = 'known' } = options
  const { expiresInMs: usualExpiryMs = defaultExpiryMs } = options
  checkCommon(options)
  checkNumber(
    'maxPerSecond',
    maxPerSecond,
    'a whole number from 1, or Infinity',
    (value) => value === Infinity || isWhole(value),
  )
  checkNumber('expiresInMs', usualExpiryMs, 'a whole number of milliseconds from 1', isWhole)
  const sealer = options.seal && makeSealer(options.seal)
  let opened: (Connected & { readonly queue: Queue<MailJob> }) | undefined
  let limited: Promise<unknown> | undefined
  let isClosed = false

  const open = (): Queue<MailJob> => {
    if (opened !== undefined) return opened.queue
    // A command does not wait for a Redis that is down.
    const connected = connect(connection, { enableOfflineQueue: false, maxRetriesPerRequest: 1 })
    const queue = new Queue<MailJob>(name, {
      connection: connected.client,
      ...telemetryOption(options.telemetry),
    })
    queue.on('error', () => undefined)
    // A Redis that was started anew may have forgotten the rate, and workers go on sending.
    connected.client.on('ready', () => {
      if (limited === undefined) return
      limited = undefined
      limit(queue).catch(() => undefined)
    })
    opened = { ...connected, queue }
    return queue
  }

  const ask =
    <A>(work: (queue: Queue<MailJob>) => Promise<A>): TE.TaskEither<QueueUnavailable, A> =>
    async () => {
      if (isClosed) return E.left(unavailable('The queue is closed'))
      const queue = open()
      const run = async (): Promise<E.Either<QueueUnavailable, A>> => {
        try {
          await queue.waitUntilReady()
          return E.right(await work(queue))
        } catch (error) {
          return E.left(unavailable(`Redis refused: ${describe(error)}`))
        }
      }
      return (
        (await within(timeoutMs, run())) ??
        E.left(unavailable(`Redis did not answer within ${timeoutMs / 1000} s`))
      )
    }

  /** One rate for the whole fleet, told to Redis once. */
  const limit = (queue: Queue<MailJob>): Promise<unknown> =>
    (limited ??= (
      maxPerSecond === Infinity
        ? queue.removeGlobalRateLimit()
        : queue.setGlobalRateLimit(maxPerSecond, 1_000)
    ).catch((error: unknown) => {
      limited = undefined
      throw error
    }))

  return {
    enqueue: (message, enqueueOptions = {}) =>
      pipe(
        TE.fromEither(decodeMessage(message, { usageTypes })),
        TE.chainEitherK(writeMessage),
        TE.bindTo('text'),
        TE.bind('given', () => TE.fromEither(decodeOptions(enqueueOptions))),
        TE.chainW(({ text, given: { idempotencyKey, expiresInMs = usualExpiryMs } }) =>
          ask(async (queue) => {
            await limit(queue)
            // A digest: a key of the caller's may say more than Redis should know.
            const jobId =
              idempotencyKey === undefined
                ? randomUUID()
                : createHash('sha256').update(idempotencyKey).digest('hex')
            const data: MailJob = {
              message: sealer === undefined ? text : { sealed: sealer.seal(text) },
              key: jobId,
              expiresAt: Date.now() + expiresInMs,
            }
            await queue.add(jobName, data, {
              jobId,
              deduplication: { id: jobId, ttl: expiresInMs },
              attempts: manyAttempts,
              backoff: { type: backoffName },
              // The reason says it; a stack of each attempt would fill Redis.
              stackTraceLimit: 0,
              removeOnComplete: true,
              removeOnFail: { age: dayInSeconds },
            })
            return { jobId }
          }),
        ),
      ),
    counts: ask(async (queue) => {
      const {
        wait = 0,
        active = 0,
        delayed = 0,
        failed = 0,
      } = await queue.getJobCounts('wait', 'active', 'delayed', 'failed')
      return { waiting: wait, active, delayed, failed }
    }),
    failed: ask(async (queue) =>
      (await queue.getFailed(0, 99)).map(({ id = '', failedReason, attemptsMade, finishedOn = 0 }) => ({
        jobId: id,
        reason: failedReason,
        attempts: attemptsMade,
        at: new Date(finishedOn),
      })),
    ),
    retry: (jobId) =>
      pipe(
        ask(async (queue) => {
          const job = await queue.getJob(jobId)
          if (job === undefined || !(await job.isFailed())) return false
          await job.retry('failed', { resetAttemptsMade: true })
          return true
        }),
        TE.chainW((isFailed) =>
          isFailed
            ? TE.right(undefined)
            : TE.left<NotFailed>({ _tag: 'NotFailed', message: 'There is no failed mail of this id' }),
        ),
      ),
    close: async () => {
      isClosed = true
      if (opened === undefined) return
      const { queue, client, disconnect } = opened
      await within(
        timeoutMs,
        queue.close().then(() => client.quit()),
      )
      disconnect()
    },
  }
}
