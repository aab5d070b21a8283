/**
 * A request of EventBridge's becomes a delivery event.
 *
 *     request ─ read ─▶ signature ─ certificate ─▶ verified body ─ decode ─▶ event ─ once ─▶ event
 */
import { types } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { identity, pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { download, makeFindKey } from './certificate.js'
import { decodeEvent, type DeliveryEvent } from './delivery-event.js'
import {
  type EventError,
  invalidEvent,
  type InvalidEvent,
  invalidRequest,
  type InvalidRequest,
  invalidSignature,
  replayed,
} from './event-error.js'
import { readSignature, type ReceivedRequest, windowMs } from './signature.js'

/**
 * A request as any framework has it.
 *
 * @category model
 * @since 0.1.0
 */
export interface EventRequest {
  /** The request's URL, or its path with the query. What counts is `targetUrl`, where that is given. */
  readonly url: string
  /** In any case, as they came. */
  readonly headers: Readonly<Record<string, string | Array<string> | undefined>>
  /** As it came: a body that was parsed and written again is no longer what was signed. At most 1 MiB. */
  readonly body: string | Uint8Array
}

/**
 * How a receiver checks what it is given.
 *
 * @category model
 * @since 0.1.0
 */
export interface ReceiveOptions {
  /**
   * The token of the rule's HTTP target. Always set one: EventBridge signs for everybody, and whoever knows the URL
   * can point a rule of their own at it. The token tells your rule from theirs. An empty one lets nothing pass.
   */
  readonly token?: string | undefined
  /**
   * The URL of the rule's HTTP target, to the letter as it was entered there. EventBridge signs it, and behind a proxy
   * a server sees another. Without it, the request's own URL counts, or its path after its Host header.
   */
  readonly targetUrl?: string | undefined
  /**
   * How to get a certificate as PEM. Is asked only for URLs that are EventBridge's, once an hour for each. Unless
   * given, the certificate is fetched from there, without following redirects.
   */
  readonly fetchCertificate?: ((url: string) => Promise<string>) | undefined
  /** The time in milliseconds since the epoch. `Date.now` unless given. */
  readonly now?: (() => number) | undefined
}

const maxBodyBytes = 1_048_576

/**
 * Makes a receiver: it checks that EventBridge signed a request, at most 60 seconds ago, and reads the delivery event
 * in it. Make one and keep it, since it remembers certificates, and for two minutes which requests it has taken.
 *
 * Never throws, and its tasks never reject, whatever they are given: what is not a good event is an `EventError`,
 * which says what status to answer with.
 *
 * @example
 * import * as E from 'fp-ts/lib/Either.js'
 * import { receiveEvent } from 'aliyun-dm-connector/events'
 *
 * const receive = receiveEvent({ token: 'the-token', targetUrl: 'https://example.com/mail-events' })
 *
 * const result = await receive({ url: '/mail-events', headers: {}, body: '{}' })()
 * if (E.isLeft(result)) console.log(result.left.httpStatus, result.left._tag) // 401 InvalidSignature
 * else console.log(result.right._tag, result.right.envId)
 *
 * @category constructors
 * @since 0.1.0
 */
export const receiveEvent = (
  options: ReceiveOptions = {},
): ((request: EventRequest) => TE.TaskEither<EventError, DeliveryEvent>) => {
  const takeOnce = makeTakeOnce()
  const findKey = makeFindKey((url) => (options.fetchCertificate ?? download)(url))

  const receive = (request: EventRequest, now: number): TE.TaskEither<EventError, DeliveryEvent> =>
    pipe(
      TE.Do,
      TE.bind('received', () => TE.fromEither(readRequest(request))),
      TE.bindW('signature', ({ received }) => TE.fromEither(readSignature(received, { ...options, now }))),
      TE.bindW('key', ({ signature }) => findKey(signature.certificateUrl, now)),
      TE.filterOrElseW(
        ({ signature, key }) => signature.isMadeWith(key),
        () => invalidSignature('mismatch'),
      ),
      TE.chainEitherKW(({ received, signature }) =>
        pipe(
          parseBody(received.body),
          E.chainW(decodeEvent),
          E.filterOrElseW(
            ({ id }) => takeOnce(`${signature.timestamp} ${id}`, signature.timestamp + windowMs, now),
            () => replayed,
          ),
        ),
      ),
    )

  return (request) =>
    pipe(
      TE.tryCatch(
        () => receive(request, (options.now ?? Date.now)())(),
        () => invalidRequest('unreadable'),
      ),
      TE.chainEitherKW(identity),
    )
}

// ------------------------------------------------------------------------------------------------------------
// Reading
// ------------------------------------------------------------------------------------------------------------

/** Reads each part once and copies the body, so that what is verified is what is decoded. */
const readRequest = (request: EventRequest): E.Either<InvalidRequest, ReceivedRequest> => {
  const unreadable = E.left(invalidRequest('unreadable'))
  // What the caller says of the types may not be true.
  const { url, headers, body }: Readonly<Record<keyof EventRequest, unknown>> = request
  if (typeof url !== 'string' || typeof headers !== 'object' || headers === null) return unreadable
  if (typeof body !== 'string' && !types.isUint8Array(body)) return unreadable
  if (body.length > maxBodyBytes) return E.left(invalidRequest('tooLarge'))
  // One of its overloads takes bytes, another a text, and both do the same.
  const bytes = Buffer.from(body as Uint8Array)
  if (bytes.length > maxBodyBytes) return E.left(invalidRequest('tooLarge'))
  const values = readHeaders(headers)
  return values === undefined ? unreadable : E.right({ url, headers: values, body: bytes })
}

const readHeaders = (headers: object): ReceivedRequest['headers'] | undefined => {
  const values = new Map<string, Array<string>>()
  for (const [key, value] of Object.entries<unknown>({ ...headers })) {
    const name = key.toLowerCase()
    if (value === undefined || !(name.startsWith('x-eventbridge-') || name === 'host')) continue
    const several: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
    const texts = several.filter((text) => typeof text === 'string')
    if (texts.length < several.length) return undefined
    values.set(name, [...(values.get(name) ?? []), ...texts])
  }
  return values
}

const parseBody = (body: Uint8Array): E.Either<InvalidEvent, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)),
    () => invalidEvent([{ path: '', message: 'expected JSON in UTF-8' }]),
  )

// ------------------------------------------------------------------------------------------------------------
// Once
// ------------------------------------------------------------------------------------------------------------

/** More than EventBridge sends in two minutes; beyond that the oldest are forgotten. */
const maxTaken = 100_000

/**
 * Whether this is the first time, until it no longer matters. A request is known by its event and by when it was
 * signed, and not by its bytes: the same event may be signed in both versions.
 */
const makeTakeOnce = (): ((key: string, until: number, now: number) => boolean) => {
  const taken = new Map<string, number>()
  return (key, until, now) => {
    for (const [old, end] of taken) {
      if (end >= now && taken.size < maxTaken) break
      taken.delete(old)
    }
    if (taken.has(key)) return false
    taken.set(key, until)
    return true
  }
}
