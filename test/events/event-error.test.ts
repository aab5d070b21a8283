import { expect } from 'chai'
import {
  certificateUnavailable,
  invalidEvent,
  invalidRequest,
  invalidSignature,
  replayed,
  unsupportedEvent,
} from '../../lib/events/event-error.js'

describe('errors of events', () => {
  for (const [error, httpStatus, message] of [
    [
      invalidRequest('unreadable'),
      400,
      'Give the request as { url, headers, body }, with the body as it came: bytes, or their text.',
    ],
    [invalidRequest('tooLarge'), 413, 'The body is over 1 MiB. EventBridge sends no event as large.'],
    [invalidSignature('missing', 'x-a'), 401, 'The request is not signed: a header is missing. (x-a)'],
    [invalidSignature('repeated'), 401, 'A header of the signature comes more than once.'],
    [invalidSignature('malformed'), 401, 'A header of the signature is not as EventBridge writes it.'],
    [
      invalidSignature('expired'),
      401,
      "The request was signed more than 60 seconds ago. If it was not, set this machine's clock.",
    ],
    [
      invalidSignature('token'),
      401,
      "The request does not carry the receiver's token. Enter the same token in the rule's HTTP target.",
    ],
    [
      invalidSignature('certificateUrl'),
      401,
      'The certificate that the request names is not one of EventBridge.',
    ],
    [
      invalidSignature('mismatch'),
      401,
      'The signature does not match. Check that targetUrl is the URL of the HTTP target to the letter, and that the body is given as it came.',
    ],
    [replayed, 409, 'This request was taken before.'],
    [
      certificateUnavailable('fetch', 'ENOTFOUND'),
      503,
      'The certificate of EventBridge could not be fetched (ENOTFOUND). Check that this machine may open connections to oss-accelerate.aliyuncs.com.',
    ],
    [
      certificateUnavailable('fetch'),
      503,
      'The certificate of EventBridge could not be fetched. Check that this machine may open connections to oss-accelerate.aliyuncs.com.',
    ],
    [certificateUnavailable('timeout'), 503, 'The certificate of EventBridge did not come in time.'],
    [certificateUnavailable('busy'), 503, 'Too many certificates are being fetched at once.'],
    [certificateUnavailable('malformed'), 503, 'What was fetched is not a certificate with an RSA key.'],
    [certificateUnavailable('expired'), 503, 'The certificate of EventBridge is not valid at this time.'],
    [
      invalidEvent([
        { path: '', message: 'expected JSON' },
        { path: 'to', message: 'expected an address' },
      ]),
      400,
      'The body is not an event of DirectMail: expected JSON; to: expected an address',
    ],
    [
      unsupportedEvent('acs.oss', 'oss:Put'),
      200,
      "The event is none of a mail's delivery: oss:Put of acs.oss.",
    ],
  ] as const)
    it(`say what is to be done: ${message.slice(0, 60)}`, () =>
      expect(error).to.deep.include({ message, httpStatus }))

  it('have a tag, and keep what they are made of', () => {
    expect(invalidRequest('tooLarge')).to.include({ _tag: 'InvalidRequest', reason: 'tooLarge' })
    expect(invalidSignature('missing', 'x-a')).to.include({
      _tag: 'InvalidSignature',
      reason: 'missing',
      header: 'x-a',
    })
    expect(invalidSignature('missing')).to.not.have.property('header')
    expect(replayed).to.include({ _tag: 'Replayed' })
    expect(certificateUnavailable('fetch', 'E')).to.include({
      _tag: 'CertificateUnavailable',
      reason: 'fetch',
      code: 'E',
    })
    expect(certificateUnavailable('busy')).to.not.have.property('code')
    expect(invalidEvent([])).to.deep.include({ _tag: 'InvalidEvent', issues: [] })
    expect(unsupportedEvent('s', 't')).to.include({ _tag: 'UnsupportedEvent', source: 's', type: 't' })
  })
})
