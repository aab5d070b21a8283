/** Flow control as a token bucket: it holds one second's worth of requests, and refills evenly. */
import * as O from 'fp-ts/lib/Option.js'

/**
 * Asks for permission at a time (ms since the epoch). `None` grants it and uses it up; `Some` is the number of
 * whole milliseconds until the next request would be granted.
 */
export type Throttle = (now: number) => O.Option<number>

/** A bucket, full at first, that grants `perSecond` requests a second. */
export const createThrottle = (perSecond: number): Throttle => {
  // In thousandths of a request, so that whole milliseconds make whole numbers.
  const cost = 1000
  const full = perSecond * cost
  let credit = full
  let last = -Infinity
  return (now) => {
    credit = Math.min(full, credit + Math.max(0, now - last) * perSecond)
    last = now
    if (credit < cost) return O.some(Math.ceil((cost - credit) / perSecond))
    credit -= cost
    return O.none
  }
}

/** Grants everything. */
export const unthrottled: Throttle = () => O.none
