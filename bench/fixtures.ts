/**
 * What all contenders send: the same mail, under the same config, with the same timeouts. The library and Logto's
 * connector render it; the bare SDK is given it rendered.
 */
import type { Message } from '../lib/index.js'

export const timeouts = { connectTimeoutMs: 5_000, readTimeoutMs: 10_000 }

const requiredUsageTypes = ['Register', 'SignIn', 'ForgotPassword', 'Generic']

const paragraph =
  '<p>Your verification code, which nobody else should ever be told. 您的验证码，请勿告诉他人。</p>\n'

const opening = '<html><body><p>{{code}}</p>\n'
const ending = '</body></html>'

const bytesOf = (text: string): number => Buffer.byteLength(text)

/** An HTML template of about `bytes` bytes, with one placeholder. */
export const content = (bytes: number): string => {
  const room = Math.max(0, bytes - bytesOf(opening + ending))
  return opening + paragraph.repeat(Math.floor(room / bytesOf(paragraph))) + ending
}

export const code = '123456'

export const subject = 'Your sign-in code'

export const rendered = (bytes: number): string => content(bytes).replace('{{code}}', code)

/** A config with `templates` templates; the fifth and later ones are of usage types of their own. */
export const configOf = (bytes: number, templates = 4) => ({
  accessKeyId: 'bench-access-key-id',
  accessKeySecret: 'bench-access-key-secret',
  accountName: 'no-reply@mail.example.com',
  fromAlias: 'Example',
  templates: Array.from({ length: templates }, (_, index) => ({
    usageType: requiredUsageTypes[index] ?? `Custom${index}`,
    subject,
    content: content(bytes),
  })),
})

export const to = 'ann@example.com'

export const message: Message = { to, type: 'SignIn', payload: { code } }
