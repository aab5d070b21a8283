import type { ReceivedMail } from '../src/mail.js'

/** A mail with nothing in it that it need not have. */
export const receivedMail: ReceivedMail = {
  envId: '600000123456789012',
  requestId: 'REQ-1',
  receivedAt: '2026-01-02T03:04:05.678Z',
  toAddress: 'a@b.c',
  accountName: 'noreply@example.com',
  subject: 's',
  replyToAddress: false,
  size: 0,
  parameters: {},
  signature: { scheme: 'HMAC-SHA1', verified: true, accessKeyId: 'k', nonce: 'n' },
}
