/**
 * When the credentials of a client of `@alicloud/credentials` end. `getCredential()` does not tell, though every provider
 * of temporary keys knows (read in version 2.4.7): the client has a provider, a chain of providers has the one that
 * it used, and at the end stands one with a session. Where that is not so, nobody knows.
 */
import { isObject, match } from './fields.js'

/** Where the next provider is found, from the client inwards. */
const links = ['credential', 'provider', 'lastUsedProvider', 'innerProvider'] as const

const maxDepth = 8

/** As STS and the metadata server write it. */
const utcTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/

/** The expiry as its source wrote it. To be asked after `getCredential()`. */
export const findExpiration = (client: unknown): string | undefined => {
  let node = client
  for (let depth = 0; depth < maxDepth; depth++) {
    const expiration = readKey(readKey(node, 'session'), 'expiration')
    if (typeof expiration === 'string') return match(utcTime, expiration)
    const owner = node
    node = links.map((link) => readKey(owner, link)).find((next) => next !== undefined)
  }
  return undefined
}

const readKey = (u: unknown, key: string): unknown => (isObject(u) ? u[key] : undefined)
