/**
 * EventBridge's certificates, fetched from where it keeps them and kept for an hour. Whose URL it is has been looked
 * at before: see signature.ts.
 */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { type CertificateUnavailable, certificateUnavailable } from './event-error.js'

/** Gives the certificate at a URL, as PEM. */
export type FetchCertificate = (url: string) => Promise<string>

/** Finds the key of the certificate at a URL. */
export type FindKey = (url: string, now: number) => TE.TaskEither<CertificateUnavailable, KeyObject>

interface Certificate {
  readonly key: KeyObject
  readonly validFrom: number
  readonly validTo: number
}

const maxBytes = 65_536
const timeoutMs = 5_000
const keptMs = 3_600_000
/** There is one for each region, and its successor; the path of a URL can be anything, and who asks is not known. */
const maxKept = 16
const maxFetching = 8

/**
 * Remembers what it has found, by URL; a failure is not remembered. Those who ask for the same URL at the same time
 * share one fetch.
 */
export const makeFindKey = (fetchCertificate: FetchCertificate): FindKey => {
  const kept = new Map<string, { readonly certificate: Certificate; readonly until: number }>()
  const fetching = new Map<string, Promise<E.Either<CertificateUnavailable, Certificate>>>()

  const keep = (url: string, certificate: Certificate, now: number): void => {
    kept.delete(url)
    const [oldest] = kept.keys()
    if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest)
    kept.set(url, { certificate, until: Math.min(now + keptMs, certificate.validTo) })
  }

  const load = async (url: string): Promise<E.Either<CertificateUnavailable, Certificate>> => {
    try {
      const pem = await withTimeout(fetchCertificate(url))
      return readCertificate(pem)
    } catch (error) {
      return E.left(failedFetch(error))
    } finally {
      fetching.delete(url)
    }
  }

  const share = (url: string): Promise<E.Either<CertificateUnavailable, Certificate>> => {
    const underWay = fetching.get(url)
    if (underWay !== undefined) return underWay
    if (fetching.size >= maxFetching) return Promise.resolve(E.left(certificateUnavailable('busy')))
    const started = load(url)
    fetching.set(url, started)
    return started
  }

  return (url, now) => async () => {
    const known = kept.get(url)
    if (known !== undefined && now < known.until) return E.right(known.certificate.key)
    const loaded = await share(url)
    if (E.isLeft(loaded)) return loaded
    const certificate = loaded.right
    if (!(certificate.validFrom <= now && now < certificate.validTo))
      return E.left(certificateUnavailable('expired'))
    keep(url, certificate, now)
    return E.right(certificate.key)
  }
}

/** A bare public key does as well: in tests, where Node can make a key but no certificate. */
const readCertificate = (pem: string): E.Either<CertificateUnavailable, Certificate> => {
  try {
    const certificate = pem.includes('BEGIN PUBLIC KEY') ? undefined : new X509Certificate(pem)
    const key = certificate?.publicKey ?? createPublicKey(pem)
    const validFrom = certificate === undefined ? -Infinity : Date.parse(certificate.validFrom)
    const validTo = certificate === undefined ? Infinity : Date.parse(certificate.validTo)
    return key.asymmetricKeyType === 'rsa'
      ? E.right({ key, validFrom, validTo })
      : E.left(certificateUnavailable('malformed'))
  } catch {
    return E.left(certificateUnavailable('malformed'))
  }
}

// ------------------------------------------------------------------------------------------------------------
// Fetching
// ------------------------------------------------------------------------------------------------------------

/** A fetch of the caller's own may hang, too. */
const withTimeout = async <A>(promise: Promise<A>): Promise<A> => {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DOMException('The certificate did not come in time.', 'TimeoutError'))
    }, timeoutMs)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** Fetches a certificate from EventBridge. No redirect is followed: it could lead anywhere. */
export const download: FetchCertificate = async (url) => {
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
  if (!answer.ok || answer.body === null) throw new Error(`HTTP ${answer.status}`)
  const body: AsyncIterable<Uint8Array> = answer.body
  const chunks: Array<Uint8Array> = []
  let size = 0
  // Leaving the loop closes the connection.
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.byteLength
    if (size > maxBytes) throw new Error('The certificate is too large.')
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The code of what went wrong: fetch gives it in the cause of its error. */
const failedFetch = (error: unknown): CertificateUnavailable => {
  if (error instanceof Error && error.name === 'TimeoutError') return certificateUnavailable('timeout')
  const causes = error instanceof Error ? [error, error.cause] : []
  const codes = causes.flatMap((cause) => (cause instanceof Error && 'code' in cause ? [cause.code] : []))
  const code = codes.find((value) => typeof value === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(value))
  return certificateUnavailable('fetch', typeof code === 'string' ? code : undefined)
}
