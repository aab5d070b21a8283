/**
 * Alibaba Cloud's two request signatures, written from their specification and not from any SDK: V3
 * (`ACS3-HMAC-SHA256`, credentials in headers) and V1 (`HMAC-SHA1`, credentials among the parameters). Pure
 * functions from the parts of a request to the signature that its sender should have computed.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { byCodeUnit, canonicalQuery, stringToSignV1, type Parameter } from './canonical.js'

/** The parts of a request that a V3 signature covers. */
export interface SignedRequest {
  readonly method: string
  /** As sent, already percent-encoded; `/` for DirectMail. */
  readonly path: string
  readonly query: ReadonlyArray<Parameter>
  /** Lower-case names, each with all values that were sent under it. */
  readonly headers: ReadonlyMap<string, ReadonlyArray<string>>
  /** Lower-case names of the headers that the signature covers, in any order. */
  readonly signedHeaders: ReadonlyArray<string>
  /** Hex SHA-256 of the body's bytes. */
  readonly bodySha256: string
}

/** Hex SHA-256 of bytes, or of a text's UTF-8. */
export const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex')

/**
 * V3's canonical request. A header that was sent several times counts once, its values sorted and joined by
 * commas; a signed header that was not sent counts as empty.
 */
const canonicalRequest = (request: SignedRequest): string => {
  const names = [...request.signedHeaders].sort(byCodeUnit)
  const lines = names.map((name) => {
    const values = (request.headers.get(name) ?? []).map((value) => value.trim())
    return `${name}:${values.sort(byCodeUnit).join(',')}\n`
  })
  return [
    request.method,
    request.path,
    canonicalQuery(request.query),
    lines.join(''),
    names.join(';'),
    request.bodySha256,
  ].join('\n')
}

/** The V3 signature (64 hex digits) of a request under a secret. */
export const signV3 = (secret: string, request: SignedRequest): string =>
  createHmac('sha256', secret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonicalRequest(request))}`)
    .digest('hex')

/** The V1 signature (base64) of a request under a secret. */
export const signV1 = (secret: string, method: string, parameters: ReadonlyArray<Parameter>): string =>
  createHmac('sha1', `${secret}&`).update(stringToSignV1(method, parameters)).digest('base64')

/** Compares two signatures in a time that depends on their lengths only. */
export const sameSignature = (expected: string, given: string): boolean => {
  const a = Buffer.from(expected)
  const b = Buffer.from(given)
  return a.length === b.length && timingSafeEqual(a, b)
}
