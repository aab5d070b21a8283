/**
 * Whose turn it is. Messages go out first come, first served: not more at once than the connector may have under way,
 * and each request at the pace that the service takes. A message keeps its place until it is done, so one that has to
 * be sent again comes before those that came later.
 */
import { makePace } from './pace.js'

/** `late`: too little of the message's time is left for a request. */
type Turn = 'granted' | 'late' | 'cancelled'

/** A message's place in the line. */
export interface Place {
  readonly order: number
  /** The last moment at which a request of it may begin, on `performance.now()`. */
  readonly latest: number
  readonly signal: AbortSignal | undefined
  /** Whether it counts among those under way. */
  underWay: boolean
  onTurn: ((turn: Turn) => void) | undefined
}

export interface Turns {
  readonly enter: (latest: number, signal: AbortSignal | undefined) => Place
  /** Waits for the turn to make a request, at once where nobody waits. */
  readonly next: (place: Place) => Turn | Promise<Turn>
  readonly leave: (place: Place) => void
  /** What became of a request that began at `sentAt`. */
  readonly accepted: (sentAt: number) => void
  /** Returns for how many milliseconds nobody may send. */
  readonly throttled: (sentAt: number, retryAfterMs: number | undefined) => number
}

export const makeTurns = (maxConcurrency: number, maxPerSecond: number | undefined): Turns => {
  const pace = makePace(maxPerSecond, performance.now())
  /** In the order of their places. As all have equally long, the first is also the first to be late. */
  const waiting: Array<Place> = []
  let entered = 0
  let underWay = 0
  let timer: NodeJS.Timeout | undefined

  const end = (place: Place, turn: Turn): void => {
    const { onTurn } = place
    place.onTurn = undefined
    onTurn?.(turn)
  }

  const begin = (place: Place): void => {
    if (place.underWay) return
    place.underWay = true
    underWay += 1
  }

  const isFree = (place: Place): boolean => place.underWay || underWay < maxConcurrency

  /** Lets go whoever may, and sets the timer for the next one. */
  const grant = (): void => {
    clearTimeout(timer)
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const now = performance.now()
      const left = first.latest - now
      if (left <= 0) {
        waiting.shift()
        end(first, 'late')
        continue
      }
      const pauseMs = isFree(first) ? pace.take(now) : Infinity
      if (pauseMs > 0) {
        timer = setTimeout(grant, Math.ceil(Math.min(left, pauseMs)))
        return
      }
      waiting.shift()
      begin(first)
      end(first, 'granted')
    }
  }

  const wait = (place: Place): Promise<Turn> =>
    new Promise((resolve) => {
      const cancel = (): void => {
        waiting.splice(waiting.indexOf(place), 1)
        end(place, 'cancelled')
        grant()
      }
      place.signal?.addEventListener('abort', cancel, { once: true })
      place.onTurn = (turn) => {
        place.signal?.removeEventListener('abort', cancel)
        resolve(turn)
      }
      // Nearly always at the end: only those under way can come before others that wait.
      const behind = place.underWay ? waiting.findIndex(({ order }) => order > place.order) : -1
      waiting.splice(behind < 0 ? waiting.length : behind, 0, place)
      grant()
    })

  return {
    enter: (latest, signal) => ({ order: entered++, latest, signal, underWay: false, onTurn: undefined }),
    next: (place) => {
      if (place.signal?.aborted === true) return 'cancelled'
      const now = performance.now()
      if (now >= place.latest) return 'late'
      const [first] = waiting
      const isFirst = first === undefined || first.order > place.order
      if (!isFirst || !isFree(place) || pace.take(now) > 0) return wait(place)
      begin(place)
      return 'granted'
    },
    leave: (place) => {
      if (!place.underWay) return
      place.underWay = false
      underWay -= 1
      if (waiting.length > 0) grant()
    },
    accepted: pace.accepted,
    throttled: (sentAt, retryAfterMs) => pace.throttled(performance.now(), sentAt, retryAfterMs),
  }
}
