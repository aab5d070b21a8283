/**
 * EventBridge as the tests need it: events as DirectMail publishes them, and a signer of its own, written from the help
 * page and not from the receiver.
 */
import { createHmac, privateEncrypt, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { EventRequest } from '../../lib/events.js'

const fixture = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, 'fixtures', name), 'utf8')

const key = fixture('key.pem')
export const certificate = fixture('certificate.pem')
export const expiredCertificate = fixture('expired.pem')

export const certificateUrl =
  'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/x509_public_certificate_2021012501.pem'
export const targetUrl = 'https://example.com/mail-events?from=eventbridge'
export const token = 'a-token-of-ours'
/** When the requests were signed: 2024-04-29T03:07:12.500Z. */
export const signedAt = 1_714_360_032_500

/** What openssl signed; fixtures/make.sh says how. */
export const vectors = {
  body: fixture('body.txt'),
  v2: { signature: fixture('v2.signature'), text: fixture('v2.txt') },
  v1: { signature: fixture('v1.signature'), secret: fixture('v1.secret'), text: fixture('v1.txt') },
}

/** An event as on the help page, of a type. */
export const cloudEvent = (type: string, data: object, changes: object = {}): object => ({
  id: '8734hhidu983hi457',
  source: 'acs.dm',
  specversion: '1.0',
  subject: 'acs:dm:cn-hangzhou:1234:*',
  time: '2024-04-29T11:07:12+08:00',
  type,
  aliyunregionid: 'cn-hangzhou',
  data,
  ...changes,
})

export const delivered = (changes: object = {}): string =>
  JSON.stringify(
    cloudEvent(
      'dm:Deliver:Succeed',
      { env_id: '600001', rcpt: 'ann@example.com', deliver_time: '2024-04-29T11:07:12', status: '0' },
      changes,
    ),
  )

interface Signing {
  readonly url?: string
  readonly timestamp?: number
  readonly version?: 'v1' | 'v2'
  readonly certificateUrl?: string
  /** What the header says; without one, nothing. */
  readonly token?: string | undefined
  /** What is signed in place of the token's line. */
  readonly tokenLine?: string
  /** What comes after the body. */
  readonly ending?: '\n' | ''
  readonly secret?: Buffer
}

type Signed = EventRequest & { readonly headers: Record<string, string> }

/** A request with EventBridge's signature. */
export const signed = (body: string | Buffer, signing: Signing = {}): Signed => {
  const given = {
    url: targetUrl,
    timestamp: signedAt,
    version: 'v2',
    certificateUrl,
    token,
    ending: '\n',
    secret: Buffer.from('0123456789abcdef'),
    ...signing,
  }
  const headers: Record<string, string> = {
    'x-eventbridge-signature-timestamp': String(given.timestamp),
    ...(given.version === 'v2'
      ? { 'x-eventbridge-hash-method': 'SHA256' }
      : { 'x-eventbridge-signature-method': 'HMAC-SHA1' }),
    'x-eventbridge-signature-version': '1.0',
    'x-eventbridge-signature-url': given.certificateUrl,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`)
  const tokenLine =
    signing.tokenLine ?? (given.token === undefined ? '' : `x-eventbridge-signature-token: ${given.token}\n`)
  if (given.token !== undefined) headers['x-eventbridge-signature-token'] = given.token
  // Of Buffer.from one overload takes bytes, another a text.
  const text = Buffer.concat(
    [`${given.url}\n${lines.join('')}${tokenLine}`, body, given.ending].map((part) =>
      Buffer.from(part as string),
    ),
  )
  if (given.version === 'v2') {
    headers['x-eventbridge-signature-v2'] = sign('RSA-SHA256', text, key).toString('base64')
  } else {
    headers['x-eventbridge-signature-secret'] = privateEncrypt(key, given.secret).toString('base64')
    headers['x-eventbridge-signature'] = createHmac('sha1', given.secret).update(text).digest('base64')
  }
  return { url: given.url, headers, body }
}
