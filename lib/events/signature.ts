/**
 * EventBridge's signature on the requests that it sends to an HTTP target.
 *
 * Sources: the help page "Signature algorithm for HTTP/HTTPS event targets"
 * (https://www.alibabacloud.com/help/en/eventbridge/user-guide/signature-algorithm), today's for v2 and an older one
 * for v1, and Alibaba's Java SDK (aliyun/alibabacloud-eventbridge-sdk, com.aliyun.eventbridge.signature).
 *
 * What a signature proves: v2 is RSA over SHA-256. v1 is an HMAC under a secret that anybody can open who has the
 * certificate, and that is bound to no request: whoever has received one request of v1 can sign others. And either
 * version says only that EventBridge sent the request, not on whose account: anybody may point a rule of theirs at any
 * URL. What tells one's own rule from theirs is the token.
 */
import { createHash, createHmac, type KeyObject, publicDecrypt, timingSafeEqual, verify } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type InvalidSignature, invalidSignature } from './event-error.js'

/** A request, read once and copied. */
export interface ReceivedRequest {
  readonly url: string
  /** By lower-case name; a header that came more than once has several values. */
  readonly headers: ReadonlyMap<string, ReadonlyArray<string>>
  readonly body: Uint8Array
}

/** A signature whose parts are in order. Whether it is this request's takes the key to tell. */
export interface Signature {
  readonly certificateUrl: string
  /** When it was made, in milliseconds since the epoch. */
  readonly timestamp: number
  readonly isMadeWith: (key: KeyObject) => boolean
}

interface Settings {
  readonly now: number
  readonly token?: unknown
  readonly targetUrl?: string | undefined
}

/** A request that is older, or from further in the future, is refused, and remembered no longer. */
export const windowMs = 60_000

type Read<A> = E.Either<InvalidSignature, A>

// ------------------------------------------------------------------------------------------------------------
// Headers
// ------------------------------------------------------------------------------------------------------------

const timestampHeader = 'x-eventbridge-signature-timestamp'
const versionHeader = 'x-eventbridge-signature-version'
const urlHeader = 'x-eventbridge-signature-url'
const tokenHeader = 'x-eventbridge-signature-token'

/** A line break in a value would be one in the string to sign. */
const printable = /^[\x20-\x7e]{1,4096}$/

const readHeader = ({ headers }: ReceivedRequest, name: string, form: RegExp = printable): Read<string> => {
  const [value = '', ...others] = headers.get(name) ?? []
  if (others.length > 0) return E.left(invalidSignature('repeated', name))
  if (value === '') return E.left(invalidSignature('missing', name))
  return form.test(value) ? E.right(value) : E.left(invalidSignature('malformed', name))
}

/** Base64 as it is written. Node also reads it with other characters between, and with other bits at its end. */
const readBase64 = (request: ReceivedRequest, name: string): Read<Buffer> =>
  pipe(
    readHeader(request, name),
    E.map((text) => ({ text, bytes: Buffer.from(text, 'base64') })),
    E.filterOrElse(
      ({ text, bytes }) => bytes.toString('base64') === text,
      () => invalidSignature('malformed', name),
    ),
    E.map(({ bytes }) => bytes),
  )

const readTimestamp = (request: ReceivedRequest, now: number): Read<number> =>
  pipe(
    readHeader(request, timestampHeader, /^\d{13}$/),
    E.map(Number),
    // So that a clock that is NaN lets nothing pass.
    E.filterOrElse(
      (timestamp) => Math.abs(now - timestamp) <= windowMs,
      () => invalidSignature('expired', timestampHeader),
    ),
  )

/**
 * Where EventBridge runs (https://help.aliyun.com/document_detail/609691.htm), without Mumbai, which Alibaba Cloud has
 * closed. DirectMail publishes in four of these regions only, but an event bus can pass events on to another region.
 */
const regions = [
  ...['cn-hangzhou', 'cn-shanghai', 'cn-qingdao', 'cn-beijing', 'cn-zhangjiakou', 'cn-huhehaote'],
  ...['cn-wulanchabu', 'cn-shenzhen', 'cn-heyuan', 'cn-guangzhou', 'cn-chengdu', 'cn-hongkong'],
  ...['ap-northeast-1', 'ap-northeast-2', 'ap-southeast-1', 'ap-southeast-3', 'ap-southeast-5'],
  ...['ap-southeast-6', 'ap-southeast-7', 'eu-central-1', 'eu-west-1', 'us-east-1', 'us-west-1'],
]

/**
 * Where EventBridge keeps its certificates: a bucket of the region. Its name has to be known as a whole, since a
 * bucket is anybody's who takes its name first, and so may be any other `…-eventbridge`. The second host of a bucket is
 * that of the test in Alibaba's Java SDK.
 */
const certificateUrl = new RegExp(
  `^https://(${regions.join('|')})-eventbridge\\.(?:oss-accelerate|oss-\\1)\\.aliyuncs\\.com(?:/\\w[\\w.-]*)+$`,
)

const readCertificateUrl = (request: ReceivedRequest): Read<string> =>
  pipe(
    readHeader(request, urlHeader),
    E.filterOrElse(
      (url) => certificateUrl.test(url),
      () => invalidSignature('certificateUrl', urlHeader),
    ),
  )

const isSame = (a: string, b: string): boolean => {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** The token of the request, or '' where it has none. One that is asked for but empty is nobody's. */
const readToken = (request: ReceivedRequest, token: unknown): Read<string> => {
  const [value = '', ...others] = request.headers.get(tokenHeader) ?? []
  if (others.length > 0) return E.left(invalidSignature('repeated', tokenHeader))
  if (value !== '' && !printable.test(value)) return E.left(invalidSignature('malformed', tokenHeader))
  if (token === undefined) return E.right(value)
  return typeof token === 'string' && token !== '' && isSame(value, token)
    ? E.right(value)
    : E.left(invalidSignature('token', tokenHeader))
}

// ------------------------------------------------------------------------------------------------------------
// The two versions
// ------------------------------------------------------------------------------------------------------------

/** Whether a text is the one that was signed. */
type Check = (text: Buffer) => boolean

interface Version {
  readonly signatureHeader: string
  readonly methodHeader: string
  readonly method: RegExp
  /** How to check it, once the key is there. */
  readonly read: (request: ReceivedRequest) => Read<(key: KeyObject) => Check>
}

const v2: Version = {
  signatureHeader: 'x-eventbridge-signature-v2',
  methodHeader: 'x-eventbridge-hash-method',
  method: /^SHA256$/,
  read: (request) =>
    pipe(
      readBase64(request, v2.signatureHeader),
      E.map((signature) => (key) => (text) => verify('RSA-SHA256', text, key, signature)),
    ),
}

const secretHeader = 'x-eventbridge-signature-secret'

const v1: Version = {
  signatureHeader: 'x-eventbridge-signature',
  methodHeader: 'x-eventbridge-signature-method',
  method: /^HMAC-SHA1$/,
  read: (request) =>
    pipe(
      E.Do,
      E.bind('signature', () => readBase64(request, v1.signatureHeader)),
      E.bind('sealed', () => readBase64(request, secretHeader)),
      E.map(({ signature, sealed }) => (key) => {
        const secret = openSecret(key, sealed)
        return (text) => {
          if (secret === undefined) return false
          const expected = createHmac('sha1', secret).update(text).digest()
          return expected.length === signature.length && timingSafeEqual(expected, signature)
        }
      }),
    ),
}

/**
 * The secret is sealed as a signature is made, with the private key over PKCS#1. So what opens may also be a signature
 * of v2, or the certificate's own, and thus known to all: those hold the DER of a digest, and are no secrets.
 */
const openSecret = (key: KeyObject, sealed: Buffer): Buffer | undefined => {
  try {
    const secret = publicDecrypt(key, sealed)
    const isDigest = secret[0] === 0x30 && secret[2] === 0x30 && secret[4] === 0x06
    return secret.length === 0 || isDigest ? undefined : secret
  } catch {
    return undefined
  }
}

// ------------------------------------------------------------------------------------------------------------
// The string to sign
// ------------------------------------------------------------------------------------------------------------

/**
 * The URLs that EventBridge may have signed: the one that the caller names; else the request's own. A server knows of
 * that only the path, and behind a proxy that ends TLS takes https for http; neither says anything about the sender.
 */
const findUrls = (
  { url, headers }: ReceivedRequest,
  targetUrl: string | undefined,
): ReadonlyArray<string> => {
  const host = (headers.get('host') ?? []).join()
  const ownUrls = url.startsWith('/')
    ? [url, `https://${host}${url}`, `http://${host}${url}`]
    : [url, url.replace(/^http:/, 'https:')]
  const urls = targetUrl === undefined ? ownUrls : [targetUrl]
  return [...new Set(urls)].filter((candidate) => !/[\r\n]/.test(candidate))
}

/**
 * Of the token's line there are three forms: with the token; none; and, in the Java SDK as it is today, an empty one
 * where there is no token. Receivers in use also meet a token that was not signed. To accept it is safe: the token is
 * compared by itself, and a line moved into the body makes that no JSON.
 */
const findTokenLines = (token: string): ReadonlyArray<string> => ['', `${tokenHeader}: ${token}\n`]

/**
 * By the help page the body ends the string, by the Java SDK a line break after it; receivers in use meet both. A body
 * that ends with a line break itself would be two bodies for one signature, so there only the SDK's form counts.
 */
const findEndings = (body: Uint8Array): ReadonlyArray<string> => (body.at(-1) === 0x0a ? ['\n'] : ['\n', ''])

const matchesAny = (
  urls: ReadonlyArray<string>,
  headerLines: string,
  token: string,
  body: Uint8Array,
  check: Check,
): boolean =>
  urls.some((url) =>
    findTokenLines(token).some((tokenLine) =>
      findEndings(body).some((ending) =>
        check(Buffer.concat([Buffer.from(`${url}\n${headerLines}${tokenLine}`), body, Buffer.from(ending)])),
      ),
    ),
  )

/**
 * Reads the signature of a request, and refuses what needs no certificate to be refused. A request with a signature of
 * v2 must pass as v2, whatever else it carries.
 */
export const readSignature = (
  request: ReceivedRequest,
  { now, token, targetUrl }: Settings,
): Read<Signature> => {
  const version = request.headers.has(v2.signatureHeader) ? v2 : v1
  return pipe(
    E.Do,
    E.bind('openWith', () => version.read(request)),
    E.bind('timestamp', () => readTimestamp(request, now)),
    E.bind('method', () => readHeader(request, version.methodHeader, version.method)),
    E.bind('signatureVersion', () => readHeader(request, versionHeader, /^1\.0$/)),
    E.bind('certificateUrl', () => readCertificateUrl(request)),
    E.bind('token', () => readToken(request, token)),
    E.map(({ openWith, timestamp, method, signatureVersion, certificateUrl, token }) => {
      const headerLines = [
        [timestampHeader, timestamp],
        [version.methodHeader, method],
        [versionHeader, signatureVersion],
        [urlHeader, certificateUrl],
      ]
        .map(([name, value]) => `${name}: ${value}\n`)
        .join('')
      return {
        certificateUrl,
        timestamp,
        isMadeWith: (key) =>
          matchesAny(findUrls(request, targetUrl), headerLines, token, request.body, openWith(key)),
      }
    }),
  )
}
