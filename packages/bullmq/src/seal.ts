/**
 * What stands in Redis is a code and to whom it goes. Sealed, it is unreadable there: AES-256-GCM, with the id of the key
 * beside it, so that keys can change while messages wait.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'

/**
 * Keys of 32 bytes, in base64, by their ids.
 *
 * @category model
 * @since 0.1.0
 */
export interface Seal {
  /** Seals what is queued from now on. `openssl rand -base64 32` makes one. */
  readonly key: string
  /** Those of before, which still open what they sealed. */
  readonly oldKeys?: ReadonlyArray<string> | undefined
}

/** Sealed text: base64url parts with dots between. */
export type Sealed = string

export interface Sealer {
  readonly seal: (text: string) => Sealed
  /** Undefined where no key opens it, or it was changed. */
  readonly open: (sealed: Sealed) => string | undefined
}

const nothing = Buffer.alloc(0)

const readKey = (text: string): Buffer => {
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32) throw new TypeError('seal: expected keys of 32 bytes in base64')
  return key
}

/** The same key has the same id everywhere; nobody learns the key from it. */
const makeId = (key: Buffer): string => createHash('sha256').update(key).digest('base64url').slice(0, 8)

/** Throws a TypeError where a key is none. */
export const makeSealer = ({ key, oldKeys = [] }: Seal): Sealer => {
  const current = readKey(key)
  const keys = new Map([current, ...oldKeys.map(readKey)].map((each) => [makeId(each), each]))
  const id = makeId(current)
  return {
    seal: (text) => {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', current, iv)
      const body = Buffer.concat([cipher.update(text), cipher.final()])
      return [id, ...[iv, cipher.getAuthTag(), body].map((part) => part.toString('base64url'))].join('.')
    },
    open: (sealed) => {
      const [keyId = '', ...parts] = sealed.split('.')
      const [iv = nothing, tag = nothing, body = nothing] = parts.map((part) =>
        Buffer.from(part, 'base64url'),
      )
      return pipe(
        // The cipher throws where anything is missing, or was changed.
        O.tryCatch(() => {
          const decipher = createDecipheriv('aes-256-gcm', keys.get(keyId) ?? nothing, iv, {
            authTagLength: 16,
          })
          decipher.setAuthTag(tag)
          return Buffer.concat([decipher.update(body), decipher.final()]).toString()
        }),
        O.toUndefined,
      )
    },
  }
}
