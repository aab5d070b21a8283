/** What goes back over the wire: the service's two answers, a receipt or an error, each as JSON or as XML. */
import type { ReceivedMail } from './mail.js'
import type { Refusal } from './refusal.js'

/** An answer, ready to be sent. */
export interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** How the client wants to read it. */
export type Format = 'json' | 'xml'

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character] ?? '')

const xml = (root: string, fields: Readonly<Record<string, string>>): string => {
  const elements = Object.entries(fields).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
  return `<?xml version='1.0' encoding='UTF-8'?><${root}>${elements.join('')}</${root}>`
}

const contentTypes: Readonly<Record<Format, string>> = {
  json: 'application/json;charset=utf-8',
  // Exactly so: SDKs compare the whole value before they parse XML.
  xml: 'text/xml;charset=utf-8',
}

const answer = (
  statusCode: number,
  format: Format,
  root: string,
  fields: Readonly<Record<string, string>> & { readonly RequestId: string },
): Answer => ({
  statusCode,
  headers: { 'content-type': contentTypes[format], 'x-acs-request-id': fields.RequestId },
  body: Buffer.from(format === 'json' ? JSON.stringify(fields) : xml(root, fields)),
})

/** The answer to a mail that was accepted. */
export const receiptAnswer = (mail: ReceivedMail, format: Format): Answer =>
  answer(200, format, 'SingleSendMailResponse', { EnvId: mail.envId, RequestId: mail.requestId })

/**
 * The answer to a request that was refused. `host` is the name under which the client reached the service.
 */
export const refusalAnswer = (refusal: Refusal, requestId: string, host: string, format: Format): Answer => {
  const plain = answer(refusal.statusCode, format, 'Error', {
    RequestId: requestId,
    Message: refusal.message,
    Recommend:
      refusal.recommend ??
      `https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(refusal.code)}&product=Dm&requestId=${requestId}`,
    HostId: host,
    Code: refusal.code,
  })
  return refusal.retryAfterMs === undefined
    ? plain
    : { ...plain, headers: { ...plain.headers, 'x-acs-retry-after': String(refusal.retryAfterMs) } }
}
