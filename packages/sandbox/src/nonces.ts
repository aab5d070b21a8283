/**
 * The memory that makes a signature good for one request only: which nonces each access key has used. A request
 * is accepted up to 15 minutes either side of its date, so a nonce must be remembered for 30 minutes. Bounded:
 * past 250 000 nonces the oldest are forgotten early.
 */
import { sha256 } from './signature.js'

const lifetimeMs = 30 * 60 * 1000
const defaultLimit = 250_000

/** Nonces that have been used. */
export interface Nonces {
  /** Whether the key has used the nonce before `now` (ms since the epoch) and not too long ago. */
  readonly has: (accessKeyId: string, nonce: string, now: number) => boolean
  readonly record: (accessKeyId: string, nonce: string, now: number) => void
  readonly size: () => number
}

/** An empty memory. */
export const rememberNonces = (limit: number = defaultLimit): Nonces => {
  // Insertion order is order of age. Digests, because a V1 nonce may be as long as the body allows.
  const expiries = new Map<string, number>()
  const digest = (accessKeyId: string, nonce: string): string =>
    sha256(`${String(accessKeyId.length)}:${accessKeyId}${nonce}`)
  const forget = (now: number): void => {
    for (const [key, expiry] of expiries) {
      if (expiry > now && expiries.size <= limit) return
      expiries.delete(key)
    }
  }
  return {
    has: (accessKeyId, nonce, now) => (expiries.get(digest(accessKeyId, nonce)) ?? 0) > now,
    record: (accessKeyId, nonce, now) => {
      const key = digest(accessKeyId, nonce)
      expiries.delete(key)
      expiries.set(key, now + lifetimeMs)
      forget(now)
    },
    size: () => expiries.size,
  }
}
