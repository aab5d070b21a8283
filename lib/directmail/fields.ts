/**
 * Objects that others made, read field by field: nothing is known of them, and a text counts only in a known form.
 */

export type Fields = Readonly<Record<string, unknown>>

export const isObject = (u: unknown): u is Fields => typeof u === 'object' && u !== null

export const readNumber = (u: unknown, otherwise: number): number => (typeof u === 'number' ? u : otherwise)

/** A text of that form. */
export const match = (form: RegExp, u: unknown): string | undefined =>
  typeof u === 'string' && form.test(u) ? u : undefined

/** The code of an error of Node's or the operating system's: `ECONNREFUSED`. */
export const nodeCodeForm = /^[A-Z][A-Z0-9_]{1,60}$/
