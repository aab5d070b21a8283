/**
 * A `SendError` for programs of exceptions: an `Error` that keeps all of it, for whoever catches it and for loggers.
 */
import type { Delivered, Issue, SendError } from './send-error.js'

/**
 * What the functions of `aliyun-dm-connector/promises` throw and reject with, and what `toError` returns. Its
 * properties are own and enumerable, so that loggers show them; none holds a secret.
 *
 * @example
 * import { createConnector, SendFailure } from 'aliyun-dm-connector/promises'
 *
 * try {
 *   createConnector({ accessKeyId: 'an-id' })
 * } catch (error) {
 *   if (error instanceof SendFailure) console.log(error.tag, error.issues)
 * }
 *
 * @category errors
 * @since 0.1.0
 */
export class SendFailure extends Error {
  override readonly name = 'SendFailure'
  /** The kind of failure: the `_tag` of the `SendError`. */
  readonly tag: SendError['_tag']
  readonly delivered: Delivered
  /** DirectMail's code, or that of the operating system. */
  declare readonly code?: string
  declare readonly requestId?: string
  /** What is wrong with a config, an option or a message. */
  declare readonly issues?: ReadonlyArray<Issue>
  /** The failure as a value, with everything that belongs to its kind. */
  declare readonly cause: SendError

  constructor(error: SendError) {
    super(error.message, { cause: error })
    // A name is the same for all of them, and would be printed as one more property.
    Object.defineProperty(this, 'name', { enumerable: false })
    this.tag = error._tag
    this.delivered = error.delivered
    // Which of them there are depends on the tag; the fields above are declared with the types that they have there.
    for (const key of ['code', 'requestId', 'issues'] as const)
      if (key in error) Object.assign(this, { [key]: Reflect.get(error, key) as unknown })
  }

  /** All of the failure, in which the message stands once. */
  toJSON(): object {
    const { _tag, ...rest } = this.cause
    return { name: this.name, tag: _tag, ...rest }
  }
}
