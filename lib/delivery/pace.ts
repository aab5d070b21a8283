/**
 * How many requests a second the connector makes. DirectMail takes a limited number from an account, 100 a second
 * unless another is agreed, and says so only by refusing. So the pace is learned, as TCP learns a network's: it begins
 * gently, grows while nothing is refused, drops by a part at a refusal and then rises again step by step. Processes
 * that share an account find their shares in this way without knowing of each other (additive increase,
 * multiplicative decrease; AWS's adaptive retry mode does the same).
 *
 * A token bucket keeps the pace: each request takes a token, and tokens come evenly. All times are in milliseconds of
 * a clock that never goes back.
 */

export interface Pace {
  /** Takes a token and returns 0, or returns in how many milliseconds to ask again. */
  readonly take: (now: number) => number
  /** A request that began at `sentAt` was accepted. */
  readonly accepted: (sentAt: number) => void
  /** A request that began at `sentAt` was throttled. Returns for how long nobody may send. */
  readonly throttled: (now: number, sentAt: number, retryAfterMs?: number) => number
}

/** What may go out at once, and in each second, before anything is known of the service. */
const first = { burst: 20, perSecond: 20 }

/** What of the pace remains after a refusal; AWS's adaptive retry mode keeps as much. */
const kept = 0.7

/**
 * By how much the pace rises in a second after a refusal: by as much for each of several processes, whatever its own
 * pace is, so that their shares become equal; and by a part of it where that is more, so that a fast one is back where
 * it was refused within (1 - kept) / growthPerSecond = 6 s.
 */
const leastGrowthPerSecond = 4
const growthPerSecond = 0.05

const slowest = 1

/** A service that asks to wait for longer is asked again all the same, by one request. */
const longestPauseMs = 10_000

export const makePace = (
  maxPerSecond: number | undefined,
  now: number,
  random: () => number = Math.random,
): Pace => {
  const ceiling = maxPerSecond ?? Infinity
  // A limit that is known needs no search.
  let searching = maxPerSecond === undefined
  let rate = maxPerSecond ?? first.perSecond
  let tokens = searching ? first.burst : 1
  let filledAt = now
  let pausedUntil = now
  let cutAt = -Infinity
  /** Whether a request since the last cut was accepted: until then, a refusal says nothing new about the pace. */
  let heard = true
  let step = 0
  let refusals = 0
  let refusedAt = -Infinity
  /** Whether somebody waits for a token. Only then does the pace decide how much is sent, and may be too slow. */
  let saturated = false

  /** Tokens of 20 ms are kept, so that a late timer costs nothing. */
  const capacity = (): number => Math.max(1, rate / 50)

  const fill = (at: number): void => {
    const seconds = Math.max(0, at - filledAt) / 1000
    filledAt = Math.max(filledAt, at)
    if (saturated && !searching) rate = Math.min(ceiling, rate + step * seconds)
    // The first burst may exceed the capacity; it is not refilled.
    tokens = Math.max(tokens, Math.min(capacity(), tokens + seconds * rate))
  }

  return {
    take: (at) => {
      if (at < pausedUntil) return pausedUntil - at
      fill(at)
      if (tokens < 1) {
        saturated = true
        return ((1 - tokens) / rate) * 1000
      }
      saturated = false
      tokens -= 1
      return 0
    },
    accepted: (sentAt) => {
      refusals = 0
      if (sentAt >= cutAt) heard = true
      // One more for each that was accepted: the pace doubles in 0.7 s, and the first second has less than 100 requests.
      if (searching && saturated) rate += 1
    },
    throttled: (at, sentAt, retryAfterMs = 0) => {
      fill(at)
      searching = false
      if (heard && sentAt >= cutAt) {
        heard = false
        cutAt = at
        step = Math.max(leastGrowthPerSecond, rate * growthPerSecond)
        rate = Math.max(Math.min(slowest, ceiling), rate * kept)
      }
      // Twice as long after each refusal in a row, and never quite the same for processes that were refused together.
      if (sentAt >= refusedAt) {
        refusedAt = at
        refusals += 1
      }
      const ownMs = (1000 / rate) * 2 ** Math.min(refusals - 1, 10) * (1 + random() / 2)
      const pauseMs = Math.min(longestPauseMs, Math.max(retryAfterMs, ownMs))
      if (at + pauseMs > pausedUntil) {
        pausedUntil = at + pauseMs
        filledAt = pausedUntil
        tokens = 1
      }
      return pausedUntil - at
    },
  }
}
