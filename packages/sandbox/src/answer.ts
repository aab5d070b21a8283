/** What goes back over the wire: a receipt, what is known of the account, or an error, each as JSON or as XML. */
import type { Field, Fields } from './account.js'
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

/** A list is an element for each of its items. */
const element = (name: string, field: Field): string => {
  if (isList(field)) return field.map((item) => element(name, item)).join('')
  const content = typeof field === 'object' ? elements(field) : escapeXml(String(field))
  return `<${name}>${content}</${name}>`
}

const isList = (field: Field): field is ReadonlyArray<Fields> => Array.isArray(field)

const elements = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, field]) => element(name, field))
    .join('')

const xml = (root: string, fields: Fields): string =>
  `<?xml version='1.0' encoding='UTF-8'?>${element(root, fields)}`

const contentTypes: Readonly<Record<Format, string>> = {
  json: 'application/json;charset=utf-8',
  // Exactly so: SDKs compare the whole value before they parse XML.
  xml: 'text/xml;charset=utf-8',
}

const answer = (
  statusCode: number,
  format: Format,
  root: string,
  fields: Fields & { readonly RequestId: string },
): Answer => ({
  statusCode,
  headers: { 'content-type': contentTypes[format], 'x-acs-request-id': fields.RequestId },
  body: Buffer.from(format === 'json' ? JSON.stringify(fields) : xml(root, fields)),
})

/** The answer to a mail that was accepted. */
export const receiptAnswer = (mail: ReceivedMail, format: Format): Answer =>
  answer(200, format, 'SingleSendMailResponse', { EnvId: mail.envId, RequestId: mail.requestId })

/** The answer to a question about the account. */
export const accountAnswer = (
  { action, fields }: { readonly action: string; readonly fields: Fields },
  requestId: string,
  format: Format,
): Answer => answer(200, format, `${action}Response`, { ...fields, RequestId: requestId })

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
