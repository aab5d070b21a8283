/**
 * The canonical form of parameters, which both signatures cover. Nothing of Node is used: the inbox page writes curl
 * commands with it.
 */

/**
 * One parameter of a query or form, decoded. Requests are lists of these and not records, because a name may
 * occur twice and a signature covers every occurrence.
 */
export type Parameter = readonly [name: string, value: string]

/** Capitals before small letters, as the signatures sort. */
export const byCodeUnit = (a: string, b: string): number => Number(a > b) - Number(a < b)

/**
 * Percent-encodes as RFC 3986 does: everything but `A-Z a-z 0-9 - _ . ~`, as UTF-8. `encodeURIComponent`
 * differs in leaving `! ' ( ) *` alone.
 */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** The parameters as both signatures see them: sorted by name, then value, encoded, joined by `&`. */
export const canonicalQuery = (parameters: ReadonlyArray<Parameter>): string =>
  [...parameters]
    .sort(([nameA, valueA], [nameB, valueB]) => byCodeUnit(nameA, nameB) || byCodeUnit(valueA, valueB))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&')

/** V1's string to sign: over every parameter of query and form but `Signature` itself. */
export const stringToSignV1 = (method: string, parameters: ReadonlyArray<Parameter>): string =>
  `${method}&%2F&${percentEncode(canonicalQuery(parameters.filter(([name]) => name !== 'Signature')))}`
