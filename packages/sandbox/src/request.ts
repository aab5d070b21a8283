/**
 * One HTTP request read as a call of the API: action, parameters, credentials. Total: whatever bytes arrive, a
 * `Call` comes out, with what could not be read left undefined, so that even a refused request can be listed.
 */
import type { IncomingMessage } from 'node:http'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import type { Scheme } from './mail.js'
import { refusals, type Refusal } from './refusal.js'
import type { Parameter } from './canonical.js'
import { sha256, type SignedRequest } from './signature.js'

/** A request to the API, as far as it could be read. */
export interface Call extends SignedRequest {
  /** What the client thinks it talks to. */
  readonly host: string
  readonly scheme: Scheme
  readonly action: string | undefined
  readonly version: string | undefined
  /** V3 answers JSON; V1 answers XML unless `Format=JSON`. */
  readonly format: 'json' | 'xml'
  readonly accessKeyId: string | undefined
  readonly nonce: string | undefined
  /** ISO 8601, as the client wrote it. */
  readonly date: string | undefined
  readonly signature: string | undefined
  /** The name of the signing algorithm that the client claims. */
  readonly algorithm: string | undefined
  /** Query, then form; a name that occurs twice occurs twice. */
  readonly all: ReadonlyArray<Parameter>
  /** By name; of several, the first, as a servlet's `getParameter` has it. */
  readonly parameters: ReadonlyMap<string, string>
  /** Set when query or form could not be read, and `all` and `parameters` are empty; or when something occurs twice. */
  readonly unreadable: Refusal | undefined
}

/** A call has some thirty parameters. Sorting millions would keep the process busy for seconds. */
const maxParameters = 1000

const decodeComponent = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

const decodePair = (pair: string): Parameter => {
  const equals = pair.indexOf('=')
  return equals < 0
    ? [decodeComponent(pair), '']
    : [decodeComponent(pair.slice(0, equals)), decodeComponent(pair.slice(equals + 1))]
}

/**
 * Decodes `application/x-www-form-urlencoded` text. Left when it is no percent-encoded UTF-8 (replacing what
 * is wrong would change a mail without a word), or when it has more than 1000 parameters.
 */
export const decodeForm = (text: string): E.Either<Refusal, ReadonlyArray<Parameter>> => {
  const pairs = text.split('&', maxParameters + 1).filter((pair) => pair !== '')
  return pairs.length > maxParameters
    ? E.left(refusals.tooManyParameters)
    : E.tryCatch(
        () => pairs.map(decodePair),
        () => refusals.malformedRequest,
      )
}

const decodeUtf8 = (bytes: Uint8Array): E.Either<Refusal, string> =>
  E.tryCatch(
    () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    () => refusals.malformedRequest,
  )

const firstOfEachName = (parameters: ReadonlyArray<Parameter>): ReadonlyMap<string, string> => {
  const first = new Map<string, string>()
  for (const [name, value] of parameters) if (!first.has(name)) first.set(name, value)
  return first
}

/**
 * Whether a parameter occurs twice, or a header that is signed or read here. Both signatures sort the values of one name,
 * so that swapped ones would pass under the same signature, and which of them counts is anybody's guess.
 */
const hasRepetition = (
  all: ReadonlyArray<Parameter>,
  headers: SignedRequest['headers'],
  signedHeaders: ReadonlyArray<string>,
): boolean =>
  new Set(all.map(([name]) => name)).size < all.length ||
  [...headers].some(
    ([name, values]) =>
      values.length > 1 &&
      (name.startsWith('x-acs-') ||
        name === 'authorization' ||
        name === 'host' ||
        signedHeaders.includes(name)),
  )

const distinctHeaders = (request: IncomingMessage): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(Object.entries(request.headersDistinct).map(([name, values]) => [name, values ?? []]))

/** `Credential=…,SignedHeaders=…,Signature=…`, in any order and with spaces after the commas or not. */
const authorizationFields = (fields: string): ReadonlyMap<string, string> =>
  new Map(
    fields.split(',').map((field) => {
      const equals = field.indexOf('=')
      return [field.slice(0, Math.max(equals, 0)).trim(), field.slice(equals + 1).trim()]
    }),
  )

const readV3 = (header: (name: string) => string | undefined) => {
  const [algorithm, ...rest] = (header('authorization') ?? '').split(' ')
  const fields = authorizationFields(rest.join(' '))
  return {
    scheme: 'ACS3-HMAC-SHA256',
    action: header('x-acs-action'),
    version: header('x-acs-version'),
    format: 'json',
    accessKeyId: fields.get('Credential'),
    nonce: header('x-acs-signature-nonce'),
    date: header('x-acs-date'),
    signature: fields.get('Signature'),
    signedHeaders: (fields.get('SignedHeaders') ?? '').toLowerCase().split(';').filter(Boolean),
    algorithm,
  } as const
}

const readV1 = (parameters: ReadonlyMap<string, string>) =>
  ({
    scheme: 'HMAC-SHA1',
    action: parameters.get('Action'),
    version: parameters.get('Version'),
    format: parameters.get('Format')?.toUpperCase() === 'JSON' ? 'json' : 'xml',
    accessKeyId: parameters.get('AccessKeyId'),
    nonce: parameters.get('SignatureNonce'),
    date: parameters.get('Timestamp'),
    signature: parameters.get('Signature'),
    signedHeaders: [],
    algorithm: parameters.get('SignatureMethod'),
  }) as const

/** Splits a request target into its path and its query, still encoded and without the `?`. */
export const splitTarget = (target: string): { readonly path: string; readonly query: string } => {
  const mark = target.indexOf('?')
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

/**
 * The signature that is there decides: `Authorization` is V3's, a parameter `Signature` is V1's. The headers do not
 * tell: pop-core, the legacy SDK, sends `x-acs-action` with a V1 signature. Where there is no signature at all, they
 * are the only hint at what the client meant.
 */
const isV3 = (headers: ReadonlyMap<string, unknown>, parameters: ReadonlyMap<string, string>): boolean =>
  headers.has('authorization') || (headers.has('x-acs-action') && !parameters.has('Signature'))

/** Reads a request whose body has arrived. */
export const readCall = (request: IncomingMessage, body: Uint8Array): Call => {
  const headers = distinctHeaders(request)
  const { path, query: queryText } = splitTarget(request.url ?? '/')
  const query = decodeForm(queryText)
  const form = pipe(decodeUtf8(body), E.chain(decodeForm))
  const all = pipe(
    query,
    E.chain((fromQuery) =>
      pipe(
        form,
        E.map((fromForm) => [...fromQuery, ...fromForm]),
      ),
    ),
  )
  const parameters = firstOfEachName(E.isRight(all) ? all.right : [])
  const header = (name: string): string | undefined => headers.get(name)?.[0]
  const claims = isV3(headers, parameters) ? readV3(header) : readV1(parameters)
  const isRepeating = E.isRight(all) && hasRepetition(all.right, headers, claims.signedHeaders)
  return {
    ...claims,
    method: request.method ?? 'GET',
    path,
    query: E.isRight(query) ? query.right : RA.empty,
    headers,
    bodySha256: sha256(body),
    host: header('host') ?? '',
    all: E.isRight(all) ? all.right : RA.empty,
    parameters,
    unreadable: E.isLeft(all) ? all.left : isRepeating ? refusals.repetition : undefined,
  }
}
