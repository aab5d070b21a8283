/**
 * A text that must not be printed. Where a decoded config holds a secret, it holds one of these.
 */

import { hasMethod } from './decode.js'

/**
 * The name of the method that gives the text away. It is registered, and not private to this module, because the
 * ES module and the CommonJS build of the library may be loaded side by side: a config that one has decoded can be
 * used with the other.
 */
const reveal: unique symbol = Symbol.for('aliyun-dm-connector.reveal')

class RedactedText {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  [reveal](): string {
    return this.#text
  }
}

/**
 * A secret of a decoded config. `JSON.stringify`, `util.inspect`, `console.table`, a spread and `structuredClone` show
 * nothing of it, and none of their results decodes as a secret.
 *
 * @category model
 * @since 0.1.0
 */
export type Secret = RedactedText

export const hideSecret = (text: string): Secret => new RedactedText(text)

/** Never throws, whatever it is given. */
export const isSecret = (u: unknown): u is Secret => hasMethod(u, reveal)

/** The text itself. Only lib/directmail/, which signs requests with it, may import this. */
export const revealSecret = (secret: Secret): string => secret[reveal]()
