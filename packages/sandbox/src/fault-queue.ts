/**
 * Faults that wait for their requests: first come, first served, each for as many requests as it was set.
 */
import type { Fault } from './faults.js'

/**
 * A queue of faults.
 *
 * @category model
 * @since 0.1.0
 */
export interface FaultQueue {
  /** Whether there was room for it; the queue holds 10 000 entries. */
  readonly push: (fault: Fault, times: number) => boolean
  /** The next request's fault, used up once. */
  readonly next: () => Fault | undefined
  readonly clear: () => void
}

const maxEntries = 10_000

/**
 * An empty queue.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createFaultQueue = (): FaultQueue => {
  const entries: Array<{ readonly fault: Fault; remaining: number }> = []
  return {
    push: (fault, times) => {
      if (entries.length >= maxEntries) return false
      if (times > 0) entries.push({ fault, remaining: times })
      return true
    },
    next: () => {
      const first = entries[0]
      if (first === undefined) return undefined
      first.remaining -= 1
      if (first.remaining === 0) entries.shift()
      return first.fault
    },
    clear: () => {
      entries.length = 0
    },
  }
}
