/**
 * A client of the sandbox that owes it nothing: it signs with its own few lines of node:crypto and speaks
 * node:http, so that a mistake in the sandbox's signature code is not made twice.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import * as E from 'fp-ts/lib/Either.js'
import { startSandbox, type Sandbox, type SandboxOptions } from '../src/index.js'

export const keyId = 'LTAItest'
export const secret = 'very-secret'
export const keys = { accessKeys: { [keyId]: secret } }

export interface Reply {
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string | Array<string>>
  readonly body?: string | Buffer
}

export const start = async (options: SandboxOptions = keys): Promise<Sandbox> => {
  const started = await startSandbox(options)()
  if (E.isLeft(started)) throw started.left
  return started.right
}

/** Sends exactly this; rejects when the connection breaks. */
export const send = ({ endpoint }: Sandbox, { method = 'GET', path = '/', headers = {}, body }: Sent) =>
  new Promise<Reply>((resolve, reject) => {
    const request = httpRequest(endpoint, { method, path, headers, agent: false }, (response) => {
      const chunks: Array<Buffer> = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          statusCode: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      )
    })
    request.on('error', reject)
    request.end(body)
  })

const rfc3986 = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

export const form = (parameters: Record<string, string>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${rfc3986(name)}=${rfc3986(value)}`)
    .join('&')

export const mail: Readonly<Record<string, string>> = {
  AccountName: 'noreply@example.com',
  AddressType: '1',
  ReplyToAddress: 'false',
  ToAddress: 'user@example.org',
  Subject: '验证码 code',
  HtmlBody: '<p>Your code is <b>123456</b></p>',
}

export const iso = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')

export interface V3 {
  readonly method?: string
  readonly query?: string
  readonly body?: string | Buffer
  readonly keyId?: string
  readonly secret?: string
  readonly nonce?: string
  readonly date?: string
  readonly hash?: string
  /** More headers, by lower-case name; '' takes one away. */
  readonly headers?: Record<string, string>
  readonly unsigned?: ReadonlyArray<string>
}

/** A V3 request; every header is signed but those in `unsigned`. */
export const v3 = (sandbox: Sandbox, options: V3 = {}): Sent => {
  const { method = 'POST', query = '', body = form(mail), unsigned = [] } = options
  const hash = options.hash ?? createHash('sha256').update(body).digest('hex')
  const headers = Object.fromEntries(
    Object.entries({
      host: sandbox.endpoint.slice('http://'.length),
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-action': 'SingleSendMail',
      'x-acs-version': '2015-11-23',
      'x-acs-date': options.date ?? iso(Date.now()),
      'x-acs-signature-nonce': options.nonce ?? randomUUID(),
      'x-acs-content-sha256': hash,
      ...options.headers,
    }).filter(([, value]) => value !== ''),
  )
  const names = Object.keys(headers)
    .filter((name) => !unsigned.includes(name))
    .sort()
  const canonical = [
    method,
    '/',
    query,
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    '',
    names.join(';'),
    hash,
  ].join('\n')
  const toSign = `ACS3-HMAC-SHA256\n${createHash('sha256').update(canonical).digest('hex')}`
  const signature = createHmac('sha256', options.secret ?? secret)
    .update(toSign)
    .digest('hex')
  const authorization = `ACS3-HMAC-SHA256 Credential=${options.keyId ?? keyId},SignedHeaders=${names.join(';')},Signature=${signature}`
  return {
    method,
    path: query === '' ? '/' : `/?${query}`,
    headers: { ...headers, authorization },
    body,
  }
}

export const sendV3 = (sandbox: Sandbox, options: V3 = {}): Promise<Reply> =>
  send(sandbox, v3(sandbox, options))

/** All parameters of a V1 request, signature included. */
export const signedV1 = (method: string, more: Record<string, string> = {}): Record<string, string> => {
  const parameters: Record<string, string> = {
    Action: 'SingleSendMail',
    Version: '2015-11-23',
    AccessKeyId: keyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: randomUUID(),
    Timestamp: iso(Date.now()),
    Format: 'JSON',
    ...mail,
    ...more,
  }
  const query = Object.keys(parameters)
    .sort()
    .map((name) => `${rfc3986(name)}=${rfc3986(parameters[name] ?? '')}`)
    .join('&')
  const Signature = createHmac('sha1', `${secret}&`)
    .update(`${method}&%2F&${rfc3986(query)}`)
    .digest('base64')
  return { ...parameters, Signature }
}

export const codeOf = (reply: Reply): unknown => {
  const parsed: unknown = JSON.parse(reply.text)
  return typeof parsed === 'object' && parsed !== null && 'Code' in parsed ? parsed.Code : undefined
}
