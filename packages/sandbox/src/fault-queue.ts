/** Faults that wait for their requests: first come, first served, each for as many requests as it was set. */
import type { Fault, FaultOrder } from './faults.js'

/** A queue of faults. */
export interface FaultQueue {
  /** Whether there was room for it; the queue holds 10 000 entries. */
  readonly push: (order: FaultOrder) => boolean
  /** The next request's fault, used up once. */
  readonly next: () => Fault | undefined
  readonly clear: () => void
}

const maxEntries = 10_000

/** An empty queue. */
export const createFaultQueue = (): FaultQueue => {
  const entries: Array<{ readonly fault: Fault; remaining: number }> = []
  return {
    push: ({ fault, times }) => {
      if (entries.length >= maxEntries) return false
      entries.push({ fault, remaining: times })
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
