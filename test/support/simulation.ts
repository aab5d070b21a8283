/**
 * Processes that send to one service, on a clock that exists only here: each has a pace of its own, and the service
 * answers after a round trip. Chance comes from a seed, so that a run is the same each time.
 */
import { makePace } from '../../lib/delivery/pace.js'

/** Takes a request at a time, or says for how many milliseconds to wait. */
export type Service = (now: number) => number | undefined

/** Flow control as a token bucket that holds one second's worth. */
export const bucketService = (perSecond: number): Service => {
  let tokens = perSecond
  let filledAt = 0
  return (now) => {
    tokens = Math.min(perSecond, tokens + ((now - filledAt) * perSecond) / 1000)
    filledAt = now
    if (tokens < 1) return Math.ceil(((1 - tokens) / perSecond) * 1000)
    tokens -= 1
    return undefined
  }
}

/** Flow control that counts anew in each second of the clock. */
export const windowService = (perSecond: number): Service => {
  let window = 0
  let taken = 0
  return (now) => {
    if (Math.floor(now / 1000) !== window) taken = 0
    window = Math.floor(now / 1000)
    if (taken >= perSecond) return Math.ceil((window + 1) * 1000 - now)
    taken += 1
    return undefined
  }
}

/** A service without a limit. */
export const openService: Service = () => undefined

/** mulberry32: numbers from 0 to 1, the same ones for the same seed. */
const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

interface Setting {
  readonly service: Service
  readonly processes?: number
  readonly mailsEach: number
  readonly roundTripMs: number
  readonly maxPerSecond?: number
  /** Whether the service says how long to wait. */
  readonly hints?: boolean
  readonly seed: number
}

interface Run {
  /** When the last mail was delivered. */
  readonly tookMs: number
  /** When each request was sent, in order. */
  readonly sentAt: ReadonlyArray<number>
  /** When each mail of each process was delivered, in order. */
  readonly deliveredAt: ReadonlyArray<ReadonlyArray<number>>
}

const maxUnderWay = 64

export const simulate = (setting: Setting): Run => {
  const { service, processes = 1, mailsEach, roundTripMs, maxPerSecond, hints = true, seed } = setting
  const random = seeded(seed)
  const agenda: Array<{ readonly at: number; readonly happen: () => void }> = []
  const sentAt: Array<number> = []
  const deliveredAt = Array.from({ length: processes }, (): Array<number> => [])
  let now = 0

  const after = (ms: number, happen: () => void): void => {
    const at = now + ms
    const place = agenda.findLastIndex((other) => other.at <= at)
    agenda.splice(place + 1, 0, { at, happen })
  }
  const halfWay = (): number => (roundTripMs / 2) * (0.8 + 0.4 * random())

  for (const delivered of deliveredAt) {
    const pace = makePace(maxPerSecond, now, random)
    let waiting = mailsEach
    let underWay = 0
    let wakeUps = 0

    const send = (): void => {
      const sent = now
      waiting -= 1
      underWay += 1
      sentAt.push(sent)
      after(halfWay(), () => {
        const waitMs = service(now)
        after(halfWay(), () => {
          underWay -= 1
          if (waitMs === undefined) {
            delivered.push(now)
            pace.accepted(sent)
          } else {
            waiting += 1
            pace.throttled(now, sent, hints ? waitMs : undefined)
          }
          wake()
        })
      })
    }
    const wake = (): void => {
      wakeUps += 1
      while (waiting > 0 && underWay < maxUnderWay) {
        const pauseMs = pace.take(now)
        if (pauseMs > 0) {
          const latest = wakeUps
          // A timer is late by up to a millisecond; only the latest one counts.
          after(Math.ceil(pauseMs) + random(), () => {
            if (latest === wakeUps) wake()
          })
          return
        }
        send()
      }
    }
    after(0, wake)
  }

  for (let next = agenda.shift(); next !== undefined; next = agenda.shift()) {
    now = next.at
    next.happen()
  }
  return { tookMs: now, sentAt, deliveredAt }
}
