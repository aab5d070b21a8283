/**
 * What the connector tells an observer while it sends: enough for a log line or a metric, and nothing that says
 * to whom a mail goes or what is in it.
 */
import { types } from 'node:util'
import type { IO } from 'fp-ts/lib/IO.js'
import type { Address } from '../directmail/endpoint.js'
import type { SendError } from '../errors/send-error.js'

/**
 * Which message an event is about.
 *
 * @category model
 * @since 0.1.0
 */
export interface Subject {
  /** The same in all events of one send, and in no other. */
  readonly sendId: string
  /** What the mail is for; undefined where the message was not even readable. */
  readonly usageType: string | undefined
  /** The recipient's domain; undefined where the message was not even readable. */
  readonly toDomain: string | undefined
}

interface Event<Tag extends string> extends Subject {
  readonly _tag: Tag
}

/**
 * What happened to a message. All durations are in milliseconds.
 *
 * `AttemptStarted`: a request is about to be made; `attempt` counts from 1, and `waitedMs` is the time since the send
 * began. `Retried`: it failed with `error`, and another follows, not before `delayMs`. `Delivered` and `Failed` end the
 * message; their `durationMs` includes the time in the queue, and `attempts` is 0 where nothing was sent.
 *
 * Events come in the caller's own asynchronous context: what an `AsyncLocalStorage` holds for the send, it holds for
 * the observer.
 *
 * @category model
 * @since 0.1.0
 */
export type SendEvent =
  | (Event<'AttemptStarted'> & { readonly attempt: number; readonly waitedMs: number })
  | (Event<'Retried'> & {
      readonly attempt: number
      readonly error: SendError
      readonly attemptMs: number
      readonly delayMs: number
    })
  | (Event<'Delivered'> & {
      readonly attempts: number
      readonly envId: string
      readonly requestId: string
      readonly durationMs: number
    })
  | (Event<'Failed'> & { readonly attempts: number; readonly error: SendError; readonly durationMs: number })

/** Hands an event to whoever listens. Never throws. */
export type Emit = (event: SendEvent) => void

/** What an observer does with an event, and whether it fails at it, changes nothing. */
export const emitTo =
  (onEvent: (event: SendEvent) => unknown): Emit =>
  (event) => {
    try {
      // A copy of the error, since the error itself is what the sender gets.
      const returned = onEvent('error' in event ? { ...event, error: structuredClone(event.error) } : event)
      // An async observer returns a promise, perhaps of another realm, or with methods of its own. Its rejection must
      // not become an unhandled one.
      if (types.isPromise(returned)) void Promise.prototype.then.call(returned, undefined, () => undefined)
    } catch {
      // The observer failed.
    }
  }

/** From where a message goes to where. */
export interface Origin {
  readonly server: Address
  /** When the credentials that are in use end; ms since the epoch, Infinity where they do not. */
  readonly credentialsEnd: IO<number>
}

/** Watches one send, beside the connector's own `onEvent`. */
export interface Observer {
  /** Is called first. */
  readonly sendingFrom: (origin: Origin) => void
  readonly emit: Emit
}

/** Tells both. */
export const emitToBoth = (one: Emit | undefined, other: Emit | undefined): Emit | undefined =>
  one === undefined || other === undefined
    ? (one ?? other)
    : (event) => {
        one(event)
        other(event)
      }
