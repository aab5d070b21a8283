/**
 * Connections to Redis, in our own hands: BullMQ's own end waits for a Redis that is gone, and leaves timers behind.
 */
import { Redis, type RedisOptions } from 'ioredis'

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

export interface Connected {
  readonly client: Redis
  /** Ends this client and those that BullMQ made from it, at once. What they were asked is rejected. */
  readonly disconnect: () => void
}

/** Tries again and again until it is told to end. */
export const connect = (connection: Connection, options: RedisOptions): Connected => {
  const clients: Array<Redis> = []
  let isClosed = false
  const open = (given: RedisOptions): Redis => {
    const client = new Redis(given)
    // Whoever asks is told; nobody has to listen besides.
    client.on('error', () => undefined)
    // BullMQ makes the connection that waits for a job from the one that it was given.
    client.duplicate = (override) => open({ ...given, ...override })
    clients.push(client)
    return client
  }
  return {
    client: open({
      // What is undefined counts as not given there, too.
      ...(connection as RedisOptions),
      ...options,
      retryStrategy: (times) => (isClosed ? null : Math.min(times * 50, 1_000)),
    }),
    disconnect: () => {
      isClosed = true
      for (const client of clients) {
        // A client that waits for its next attempt never says that it ended, and BullMQ would listen for ever.
        if (client.status === 'reconnecting') client.connect().catch(() => undefined)
        client.disconnect()
      }
    },
  }
}

/** Resolves with undefined once the time is over, or the work failed. The timer keeps no process alive. */
export const within = async <A>(ms: number, work: Promise<A>): Promise<A | undefined> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([work.catch(() => undefined), late])
  } finally {
    clearTimeout(timer)
  }
}
