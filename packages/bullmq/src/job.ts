/**
 * What stands in Redis for a mail. The key under which it is sent is made before the first attempt, so that whoever takes
 * the job over sends under the same one.
 */
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

/** What a job that is done was worth: undefined where DirectMail had the mail already. */
export interface MailResult {
  readonly envId: string | undefined
}

/**
 * Where Redis is: what ioredis takes.
 *
 * @category model
 * @since 0.1.0
 */
export interface Connection {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly db?: number | undefined
  readonly path?: string | undefined
  /** The options of `tls.connect`; `{}` turns TLS on. */
  readonly tls?: object | undefined
}

export interface Common {
  readonly connection: Connection
  /** Of the queue. `aliyun-dm-mails` unless given; the worker's has to be the same. */
  readonly name?: string | undefined
  /** Encrypts messages in Redis; the worker's has to have the same keys. */
  readonly seal?: Seal | undefined
}

/** Resolves with undefined once the time is over. The timer keeps no process alive. */
export const within = async <A>(ms: number, work: Promise<A>): Promise<A | undefined> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Tries again and again while it is wanted; a connection that was closed stays so. */
export const reconnect =
  (isClosed: () => boolean) =>
  (times: number): number | null =>
    isClosed() ? null : Math.min(times * 50, 1_000)
