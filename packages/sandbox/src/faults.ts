/**
 * The ways in which the sandbox can be told to misbehave, as data. They come from tests in the same process and,
 * as JSON, from anywhere else, so they are decoded before they are believed.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { integer, partial, refine, report, snapshot } from './decoding.js'

const isHeader = ([name, value]: readonly [string, string]): boolean =>
  E.isRight(
    E.tryCatch(
      () => {
        validateHeaderName(name)
        validateHeaderValue(name, value)
      },
      () => undefined,
    ),
  )

const maxAnswerBytes = 256 * 1024 * 1024
const milliseconds = integer(0, 86_400_000)
const status = integer(200, 599)
const accepted = partial({ accepted: t.boolean })

const error = t.intersection([
  t.type({ kind: t.literal('error'), code: t.string }),
  partial({
    statusCode: status,
    message: t.string,
    recommend: t.string,
    retryAfterMs: milliseconds,
    format: t.keyof({ json: null, xml: null }),
  }),
  accepted,
])
const delay = t.type({ kind: t.literal('delay'), ms: milliseconds })
const reset = t.intersection([
  t.type({ kind: t.literal('reset'), at: t.keyof({ request: null, headers: null, body: null }) }),
  accepted,
])
const stall = t.intersection([
  t.type({ kind: t.literal('stall'), at: t.keyof({ headers: null, body: null }) }),
  accepted,
])
const drip = t.intersection([t.type({ kind: t.literal('drip'), intervalMs: milliseconds }), accepted])
const answer = t.intersection([
  t.type({ kind: t.literal('answer'), statusCode: status }),
  partial({
    headers: refine('headers that HTTP allows', t.record(t.string, t.string), (headers) =>
      Object.entries(headers).every(isHeader),
    ),
    body: t.string,
    bodyBase64: t.string,
    repeat: integer(0, maxAnswerBytes),
  }),
  accepted,
])

const kinds = t.union(
  [error, delay, reset, stall, drip, answer],
  'a fault whose kind is error, delay, reset, stall, drip or answer',
)

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
export type Fault = t.TypeOf<typeof kinds>

const countBytes = ({ body, bodyBase64, repeat }: t.TypeOf<typeof answer>): number =>
  Buffer.byteLength(body ?? bodyBase64 ?? '') * (repeat ?? 1)

const playable = refine(
  'an answer with body or bodyBase64, and no more than 256 MiB',
  refine(
    'a reset; one at the request cannot be accepted',
    kinds,
    (fault) => fault.kind !== 'reset' || fault.at !== 'request' || fault.accepted !== true,
  ),
  (fault) =>
    fault.kind !== 'answer' ||
    ((fault.body === undefined || fault.bodyBase64 === undefined) && countBytes(fault) <= maxAnswerBytes),
)

/**
 * Codec of `Fault`. What it decodes is a copy.
 *
 * @category model
 * @since 0.1.0
 */
export const Fault: t.Type<Fault> = new t.Type(
  'Fault',
  (value): value is Fault => pipe(snapshot(value), E.exists(playable.is)),
  (value, context) =>
    pipe(
      snapshot(value),
      E.match(
        () => t.failure(value, context, 'a fault that can be read'),
        (copy) => playable.validate(copy, context),
      ),
    ),
  t.identity,
)

const Order = t.intersection([
  t.type({ fault: Fault }, 'an object with a fault'),
  partial({ times: integer(1, Number.MAX_SAFE_INTEGER) }),
])

/** A fault and on how many requests it is to be played. */
export interface FaultOrder {
  readonly fault: Fault
  readonly times: number
}

/** Decodes an order of a fault. Left with what is wrong; once, unless it says how often. */
export const decodeFaultOrder = (given: unknown): E.Either<string, FaultOrder> =>
  pipe(
    Order.decode(given),
    E.bimap(
      (errors) => report(errors).join('; '),
      ({ fault, times = 1 }) => ({ fault, times }),
    ),
  )
