/**
 * What the connector tells an observer while it sends: enough for a log line or a metric, and nothing that says
 * to whom a mail goes or what is in it.
 */
import type { SendError } from '../errors/send-error.js'

interface Event<Tag extends string> {
  readonly _tag: Tag
  /** What the mail is for; undefined where the message was not even readable. */
  readonly usageType: string | undefined
}

/**
 * What happened to a message. All durations are in milliseconds.
 *
 * `AttemptStarted`: a request is about to be made; `attempt` counts from 1. `Retried`: it failed with `error`, and
 * another follows after `delayMs`. `Delivered` and `Failed` end the message; their `durationMs` includes the time
 * in the queue, and `attempts` is 0 where nothing was sent.
 *
 * @category model
 * @since 0.1.0
 */
export type SendEvent =
  | (Event<'AttemptStarted'> & { readonly attempt: number })
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
  (onEvent: (event: SendEvent) => unknown = () => undefined): Emit =>
  (event) => {
    try {
      // A copy of the error, since the error itself is what the sender gets.
      const told = 'error' in event ? { ...event, error: { ...event.error } } : event
      const returned = onEvent(told)
      // An async observer returns a promise; its rejection must not become an unhandled one.
      if (returned instanceof Promise) returned.catch(() => undefined)
    } catch {
      // As said above.
    }
  }
