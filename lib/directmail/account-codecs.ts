/**
 * What the fields of DirectMail's answers about the account may hold. Its own pages, and the SDK's types, differ in which
 * of them are numbers and which are texts of digits.
 */
import * as t from 'io-ts'
import { codec, describeMismatch, fail, list, record } from '../config/decode.js'

const converting = <A>(name: string, is: t.Is<A>, convert: (u: unknown) => unknown): t.Type<A> =>
  codec(name, is, (u, context) => {
    const converted = convert(u)
    return is(converted) ? t.success(converted) : fail(context, describeMismatch(name, u))
  })

/** A number, or the text of one. */
export const Amount: t.Type<number> = converting(
  'a whole number',
  (u): u is number => Number.isSafeInteger(u),
  (u) => (typeof u === 'string' && /^\d{1,15}$/.test(u) ? Number(u) : u),
)

const maxTextLength = 1_000

/** A text that fits on a line. It may have come from anybody's mail server or DNS. */
export const Line: t.Type<string> = converting('a text', t.string.is, (u) =>
  typeof u === 'string' ? u.slice(0, maxTextLength).replace(/\p{C}/gu, ' ').trim() : u,
)

/** Seconds since the epoch, or ms: pages and programs in use show both. */
export const Time: t.Type<Date> = converting(
  'a time in seconds since the epoch',
  (u): u is Date => u instanceof Date,
  (u) => {
    const digits = String(typeof u === 'number' ? u : typeof u === 'string' ? u : '')
    if (/^\d{10}$/.test(digits)) return new Date(Number(digits) * 1000)
    return /^\d{13}$/.test(digits) ? new Date(Number(digits)) : u
  },
)

/** The items of a page. We ask for 100 at most. */
export const page = <A>(item: t.Type<A>): t.Type<ReadonlyArray<A>> => list(item, 1_000)

/** An object of an answer. Issues name places in it and no codecs, so it needs no name of its own. */
export const answerOf = <R extends t.Props, O extends t.Props>(required: R, optional: O) =>
  record('Answer', required, optional)
