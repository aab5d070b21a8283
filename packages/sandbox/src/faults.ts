/**
 * The ways in which the sandbox can be told to misbehave, as data. They come from tests in the same process and,
 * as JSON, from anywhere else, so they are decoded before they are believed.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'

/**
 * Something that goes wrong with one request.
 *
 * `accepted` (default false) says what became of the request. True: it is handled as always before the fault is
 * played; a good mail is in the inbox and its nonce is used, only the answer suffers. "It was delivered, but
 * nobody was told." False: the request has no effect at all, and where a body is needed (a drip, half a body)
 * it is that of a 503 `ServiceUnavailable`.
 *
 * - `error`: the service's error. `statusCode` is 400 unless given; `retryAfterMs` goes into
 *   `x-acs-retry-after`; `format` is the client's unless given.
 * - `delay`: `ms` later, the normal answer.
 * - `reset`: the connection is reset (TCP RST) before the body was read, after it and before the first header,
 *   or in the middle of the answer's body. Nothing read is nothing accepted: `at: 'request'` excludes `accepted`.
 * - `stall`: no answer ever, or headers, half of the body and no more. The connection stays open.
 * - `drip`: the body comes one byte every `intervalMs`.
 * - `answer`: exactly these bytes. `body` is text, `bodyBase64` is any bytes; either is sent `repeat` times (up
 *   to 256 MiB in all). Unless `headers` has a content-length the body is chunked; with one that is too long and
 *   `connection: close` the client sees a truncated answer.
 *
 * @category model
 * @since 0.1.0
 */
export type Fault =
  | {
      readonly kind: 'error'
      readonly code: string
      readonly statusCode?: number
      readonly message?: string
      readonly recommend?: string
      readonly retryAfterMs?: number
      readonly format?: 'json' | 'xml'
      readonly accepted?: boolean
    }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'reset'; readonly at: 'request' | 'headers' | 'body'; readonly accepted?: boolean }
  | { readonly kind: 'stall'; readonly at: 'headers' | 'body'; readonly accepted?: boolean }
  | { readonly kind: 'drip'; readonly intervalMs: number; readonly accepted?: boolean }
  | {
      readonly kind: 'answer'
      readonly statusCode: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      readonly bodyBase64?: string
      readonly repeat?: number
      readonly accepted?: boolean
    }

const refine = <A>(name: string, codec: t.Type<A, A>, holds: (value: A) => boolean): t.Type<A, A> =>
  new t.Type(
    name,
    (value): value is A => codec.is(value) && holds(value),
    (value, context) =>
      pipe(
        codec.validate(value, context),
        E.chain((a) => (holds(a) ? t.success(a) : t.failure(value, context, name))),
      ),
    t.identity,
  )

const integer = (min: number, max: number): t.Type<number, number> =>
  refine(`an integer from ${min} to ${max}`, t.number, (n) => Number.isInteger(n) && n >= min && n <= max)

const isHeader = (name: string, value: string): boolean => {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}

const oneDayMs = 86_400_000
const maxAnswerBytes = 256 * 1024 * 1024
const milliseconds = integer(0, oneDayMs)
const status = integer(200, 599)
const headers = refine('headers that HTTP allows', t.record(t.string, t.string), (record) =>
  Object.entries(record).every(([name, value]) => isHeader(name, value)),
)
const accepted = t.partial({ accepted: t.boolean })

const error = t.intersection([
  t.type({ kind: t.literal('error'), code: t.string }),
  t.partial({
    statusCode: status,
    message: t.string,
    recommend: t.string,
    retryAfterMs: milliseconds,
    format: t.keyof({ json: null, xml: null }),
  }),
  accepted,
])
const delay = t.type({ kind: t.literal('delay'), ms: milliseconds })
const reset = refine(
  'a reset; one at the request cannot be accepted',
  t.intersection([
    t.type({ kind: t.literal('reset'), at: t.keyof({ request: null, headers: null, body: null }) }),
    accepted,
  ]),
  (fault) => fault.at !== 'request' || fault.accepted !== true,
)
const stall = t.intersection([
  t.type({ kind: t.literal('stall'), at: t.keyof({ headers: null, body: null }) }),
  accepted,
])
const drip = t.intersection([t.type({ kind: t.literal('drip'), intervalMs: milliseconds }), accepted])
const answer = refine(
  'an answer with body or bodyBase64, and no more than 256 MiB',
  t.intersection([
    t.type({ kind: t.literal('answer'), statusCode: status }),
    t.partial({ headers, body: t.string, bodyBase64: t.string, repeat: integer(0, maxAnswerBytes) }),
    accepted,
  ]),
  (fault) =>
    (fault.body === undefined || fault.bodyBase64 === undefined) &&
    Buffer.byteLength(fault.body ?? fault.bodyBase64 ?? '') * (fault.repeat ?? 1) <= maxAnswerBytes,
)

const byKind: { readonly [K in Fault['kind']]: t.Type<Extract<Fault, { kind: K }>> } = {
  error,
  delay,
  reset,
  stall,
  drip,
  answer,
}
const kind = t.type({ kind: t.keyof(byKind) })

/**
 * Codec of `Fault`. It looks at `kind` first, so that what it complains of belongs to that kind.
 *
 * @category model
 * @since 0.1.0
 */
export const Fault: t.Type<Fault> = new t.Type(
  'Fault',
  (value): value is Fault => kind.is(value) && byKind[value.kind].is(value),
  (value, context) =>
    pipe(
      kind.validate(value, context),
      E.chain((known): t.Validation<Fault> => byKind[known.kind].validate(value, context)),
    ),
  t.identity,
)

/**
 * What is wrong with a value, by the first complaint: `headers: expected …`.
 *
 * @category decoding
 * @since 0.1.0
 */
export const firstComplaint = (errors: t.Errors): string => {
  const context = errors[0]?.context ?? []
  const path = context
    .map(({ key }) => key)
    // An intersection adds the number of its member to the path.
    .filter((key) => key !== '' && !/^\d$/.test(key))
    .join('.')
  const expected = errors[0]?.message ?? context.at(-1)?.type.name ?? 'something else'
  return path === '' ? `expected ${expected}` : `${path}: expected ${expected}`
}
