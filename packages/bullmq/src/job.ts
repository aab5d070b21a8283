/**
 * What stands in Redis for a mail. The key under which it is sent is made before the first attempt, so that whoever takes
 * the job over sends under the same one.
 */
import type { QueueOptions } from 'bullmq'
import type { Connection } from './redis.js'
import type { Seal, Sealed } from './seal.js'

export const defaultName = 'aliyun-dm-mails'
export const jobName = 'mail'

export interface MailJob {
  /** As JSON; sealed where the queue has a key. */
  readonly message: string | { readonly sealed: Sealed }
  /** What `idempotencyKey` is for the connector. */
  readonly key: string
  /** Milliseconds since the epoch: the code is of no use then. */
  readonly expiresAt: number
  /** When a worker first began to send it. Whoever finds this may find it sent already. */
  readonly firstSentAt?: number
}

/** What BullMQ calls by this name, as far as it tells one from anything else: our types ask for no package but peers. */
export interface Telemetry {
  readonly tracer: object
  readonly contextManager: object
  readonly meter?: object | undefined
}

/** BullMQ's own option; it says more exactly what the members can do. */
export const telemetryOption = (telemetry: Telemetry | undefined): Pick<QueueOptions, 'telemetry'> =>
  telemetry === undefined ? {} : ({ telemetry } as Pick<QueueOptions, 'telemetry'>)

export interface Common {
  readonly connection: Connection
  /** Of the queue. `aliyun-dm-mails` unless given; the worker's has to be the same. */
  readonly name?: string | undefined
  /** Encrypts messages in Redis; the worker's has to have the same keys. */
  readonly seal?: Seal | undefined
  /** Of BullMQ: `new BullMQOtel({ … })` of `bullmq-otel`, say. It is told ids, times and reasons, and no content. */
  readonly telemetry?: Telemetry | undefined
}

/** Throws a TypeError that names what is wrong: BullMQ would say it when it is first used, and less clearly. */
export const checkCommon = ({ connection, name }: Common): void => {
  // Callers without types.
  if (typeof (connection as unknown) !== 'object' || (connection as unknown) === null)
    throw new TypeError('connection: expected an object, such as { host, port }')
  if (name !== undefined && !(typeof (name as unknown) === 'string' && /^[^:]+$/.test(name)))
    throw new TypeError('name: expected a text without a colon')
}

/** Of jobs that are tried again; the workers know how long each pause is. */
export const backoffName = 'growing'

/** Throws a TypeError that names what is wrong; undefined is what is not given. */
export const checkNumber = (
  name: string,
  value: unknown,
  expected: string,
  holds: (value: number) => boolean,
): void => {
  if (value !== undefined && !(typeof value === 'number' && holds(value)))
    throw new TypeError(`${name}: expected ${expected}`)
}

export const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 1

const longestBackoffMs = 30_000

/** A growing pause with jitter, so that mails that failed together do not come back together. */
export const backoffMs = (attempts: number): number =>
  Math.round(Math.min(500 * 2 ** (attempts - 1), longestBackoffMs) * (0.5 + Math.random() / 2))

const throttleMs = 1_000
const longestPauseMs = 60_000

/**
 * How long all wait where DirectMail takes no more: whole, as Redis wants it, and not for hours, since one answer stops the
 * whole fleet. After a minute it costs one request to ask again.
 */
export const pauseMs = (retryAfterMs = throttleMs): number =>
  Math.min(longestPauseMs, Math.max(1, Math.ceil(retryAfterMs)))

/** A quarter above what the mean needs. Without a rate, as many as a connector sends at once unless told otherwise. */
export const findConcurrency = (perSecond: number, latencyMs: number): number =>
  perSecond === Infinity ? 64 : Math.min(256, Math.max(4, Math.ceil((perSecond * latencyMs * 1.25) / 1_000)))

/** The mean of the last dozen or so: each counts for a sixteenth, and the more the newer. */
export const meanOf = (mean: number | undefined, latest: number): number =>
  mean === undefined ? latest : mean + (latest - mean) / 16
