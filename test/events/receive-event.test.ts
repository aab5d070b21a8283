import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import sinon from 'sinon'
import {
  type DeliveryEvent,
  type EventError,
  type EventRequest,
  receiveEvent,
  type ReceiveOptions,
} from '../../lib/events.js'
import {
  certificate,
  certificateUrl,
  cloudEvent,
  delivered,
  signed,
  signedAt,
  targetUrl,
  token,
  vectors,
} from './eventbridge.js'

const options = {
  token,
  targetUrl,
  now: () => signedAt,
  fetchCertificate: () => Promise.resolve(certificate),
}

type Result = E.Either<EventError, DeliveryEvent>

/** A receiver of its own for each request, unless it is told to keep one. */
const receive = (request: unknown, changes: ReceiveOptions = {}): Promise<Result> =>
  receiveEvent({ ...options, ...changes })(request as EventRequest)()

const failure = (result: Result): EventError => {
  if (E.isRight(result)) throw new Error(`received ${result.right._tag}`)
  return result.left
}

const byOpenssl = (signature: object): EventRequest => ({
  url: targetUrl,
  headers: {
    'x-eventbridge-signature-timestamp': String(signedAt),
    'x-eventbridge-signature-version': '1.0',
    'x-eventbridge-signature-url': certificateUrl,
    'x-eventbridge-signature-token': token,
    ...signature,
  },
  body: vectors.body,
})
const v2 = byOpenssl({
  'x-eventbridge-hash-method': 'SHA256',
  'x-eventbridge-signature-v2': vectors.v2.signature,
})
const v1 = byOpenssl({
  'x-eventbridge-signature-method': 'HMAC-SHA1',
  'x-eventbridge-signature': vectors.v1.signature,
  'x-eventbridge-signature-secret': vectors.v1.secret,
})

describe('receiveEvent', () => {
  for (const [version, request] of Object.entries({ v2, v1 })) {
    it(`receives an event that openssl signed as ${version}`, async () =>
      expect(await receive(request)).to.deep.nested.include({
        'right._tag': 'Failed',
        'right.envId': '600001234',
        'right.to': 'ann@example.com',
        'right.at': new Date('2024-04-29T03:07:12Z'),
      }))

    it(`receives ${version} as bytes, and under names of headers in any case`, async () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name.toUpperCase(), value]),
      )
      const body = new Uint8Array(Buffer.from(vectors.body))
      expect(E.isRight(await receive({ ...request, headers, body }))).to.equal(true)
    })
  }

  it('takes a header that comes alone in an array, and none that comes twice', async () => {
    const name = 'x-eventbridge-signature-v2'
    const { headers } = v2
    expect(
      E.isRight(await receive({ ...v2, headers: { ...headers, [name]: [vectors.v2.signature] } })),
    ).to.equal(true)
    for (const twice of [
      { [name]: [vectors.v2.signature, vectors.v2.signature] },
      { [name.toUpperCase()]: vectors.v2.signature },
    ])
      expect(failure(await receive({ ...v2, headers: { ...headers, ...twice } }))).to.deep.include({
        _tag: 'InvalidSignature',
        reason: 'repeated',
        httpStatus: 401,
      })
  })

  it('accepts no request of which one byte of what was signed is another', async () => {
    for (const request of [v2, v1]) {
      const body = Buffer.from(vectors.body)
      const receiver = receiveEvent(options)
      const changes: Array<EventRequest> = []
      for (let at = 0; at < body.length; at++) {
        const changed = Buffer.from(body)
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
        changes.push({ ...request, body: changed })
      }
      changes.push(
        { ...request, body: `${vectors.body}\n` },
        { ...request, body: ` ${vectors.body}` },
        { ...request, body: vectors.body.slice(0, -1) },
      )
      for (const [name, value] of Object.entries(request.headers))
        for (let at = 0; at < String(value).length; at++) {
          const text = String(value)
          for (const other of [text[at] === 'A' ? 'B' : 'A', '', '\n', `${text[at]}${text[at]}`])
            changes.push({
              ...request,
              headers: { ...request.headers, [name]: text.slice(0, at) + other + text.slice(at + 1) },
            })
        }
      for (const change of changes)
        expect(E.isLeft(await receiver(change)()), JSON.stringify(change).slice(0, 300)).to.equal(true)
      expect(E.isRight(await receiver(request)())).to.equal(true)
    }
  }).timeout(60_000)

  it('receives what EventBridge signs, and nothing that was changed on the way', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('v1' as const, 'v2' as const),
        fc.constantFrom('\n' as const, '' as const),
        fc.string({ minLength: 1, unit: 'grapheme' }).filter((s) => s.trim() !== ''),
        fc.webUrl({ withQueryParameters: true }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (version, ending, envId, url, at, mask) => {
          const text = JSON.stringify(cloudEvent('dm:Trace:Open', { env_id: envId, rcpt: 'ann@example.com' }))
          const request = signed(text, { version, ending, url })
          expect(await receive(request, { targetUrl: undefined })).to.deep.nested.include({
            'right.envId': envId,
          })
          const body = Buffer.from(text)
          body[at % body.length] = (body[at % body.length] ?? 0) ^ mask
          expect(E.isLeft(await receive({ ...request, body }, { targetUrl: undefined }))).to.equal(true)
        },
      ),
    ))

  it('neither throws nor accepts, whatever it is given', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.anything({
            withBigInt: true,
            withDate: true,
            withMap: true,
            withNullPrototype: true,
            withTypedArray: true,
          }),
          fc.record({
            url: fc.anything(),
            headers: fc.oneof(
              fc.anything(),
              fc.dictionary(fc.constantFrom(...Object.keys({ ...v1.headers, ...v2.headers })), fc.anything()),
            ),
            body: fc.oneof(fc.anything(), fc.string(), fc.uint8Array()),
          }),
        ),
        async (request) => {
          expect(E.isLeft(await receive(request))).to.equal(true)
        },
      ),
    ))

  it('takes hostile objects for no request', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const throwing = new Proxy(
      {},
      {
        get: () => {
          throw new Error('hostile')
        },
        ownKeys: () => {
          throw new Error('hostile')
        },
      },
    )
    const bytes = new Proxy(new Uint8Array(4), {})
    for (const request of [
      proxy,
      throwing,
      { ...v2, headers: proxy },
      { ...v2, headers: throwing },
      { ...v2, headers: { host: throwing } },
      { ...v2, headers: { host: [1] } },
      { ...v2, body: proxy },
      { ...v2, body: bytes },
      { ...v2, body: JSON.parse(vectors.body) as object },
      { ...v2, body: [...Buffer.from(vectors.body)] },
      { ...v2, headers: undefined },
      { ...v2, headers: null },
      { ...v2, headers: 'host' },
      { ...v2, url: undefined },
      { ...v2, url: new URL('http://localhost/') },
      null,
      undefined,
    ])
      expect(failure(await receive(request))).to.deep.include({
        _tag: 'InvalidRequest',
        reason: 'unreadable',
        httpStatus: 400,
      })
  })

  it('does not mind headers that are none of EventBridge’s, or not there', async () => {
    const others = { 'x-custom': 7, cookie: [1, 2], 'x-eventbridge-of-another-version': undefined }
    expect(E.isRight(await receive({ ...v2, headers: { ...v2.headers, ...others } }))).to.equal(true)
  })

  it('takes hostile options for none that lets anything pass', async () => {
    const hostile = (): never => {
      throw new Error('hostile')
    }
    for (const wrong of [
      null,
      1,
      { now: hostile },
      { now: 'x' },
      { fetchCertificate: 1 },
      {
        ...options,
        get token(): never {
          return hostile()
        },
      },
      { ...options, now: () => NaN },
    ])
      expect(E.isLeft(await receiveEvent(wrong as ReceiveOptions)(v2)())).to.equal(true)
  })

  it('refuses a body of over 1 MiB before it does anything with it', async () => {
    for (const body of ['x'.repeat(1_048_577), '验'.repeat(400_000), new Uint8Array(1_048_577)])
      expect(failure(await receive({ ...v2, body }))).to.deep.include({
        _tag: 'InvalidRequest',
        reason: 'tooLarge',
        httpStatus: 413,
      })
    expect(failure(await receive({ ...v2, body: 'x'.repeat(1_048_576) }))).to.include({
      _tag: 'InvalidSignature',
    })
  })

  it('fetches nothing for a request that is wrong without it', async () => {
    const fetchCertificate = sinon.fake.resolves(certificate)
    const url = 'https://evil-eventbridge.oss-accelerate.aliyuncs.com/c.pem'
    for (const request of [
      signed(delivered(), { certificateUrl: url }),
      signed(delivered(), { token: 'another' }),
      signed(delivered(), { timestamp: signedAt - 60_001 }),
      { ...v2, headers: {} },
    ])
      expect(failure(await receive(request, { fetchCertificate }))).to.include({ _tag: 'InvalidSignature' })
    expect(fetchCertificate.callCount).to.equal(0)
  })

  it('says that it is not the sender’s fault when there is no certificate', async () => {
    const fetchCertificate = sinon.fake.rejects(Object.assign(new Error(), { code: 'ECONNREFUSED' }))
    expect(failure(await receive(v2, { fetchCertificate }))).to.deep.include({
      _tag: 'CertificateUnavailable',
      reason: 'fetch',
      code: 'ECONNREFUSED',
      httpStatus: 503,
    })
  })

  it('decodes the bytes that it verified, even if the caller’s change meanwhile', async () => {
    const body = Buffer.from(vectors.body)
    const result = receiveEvent({
      ...options,
      fetchCertificate: () => {
        body.fill(0)
        return Promise.resolve(certificate)
      },
    })({ ...v2, body })()
    expect(E.isRight(await result)).to.equal(true)
  })

  it('tells a body that is no event from one of another kind', async () => {
    expect(failure(await receive(signed('{}')))).to.include({ _tag: 'InvalidEvent', httpStatus: 400 })
    const latin1 = Buffer.from(delivered({ subject: 'é' }), 'latin1')
    for (const body of ['', '{', 'x-eventbridge-signature-token: t\n{}', '\u0000', latin1])
      expect(failure(await receive(signed(body)))).to.deep.include({
        _tag: 'InvalidEvent',
        issues: [{ path: '', message: 'expected JSON in UTF-8' }],
      })
    expect(
      failure(await receive(signed(JSON.stringify(cloudEvent('dm:Validator:GrayListResult', {}))))),
    ).to.include({ _tag: 'UnsupportedEvent', type: 'dm:Validator:GrayListResult', httpStatus: 200 })
  })

  it('runs when the task runs, and not before', async () => {
    const fetchCertificate = sinon.fake.resolves(certificate)
    const task = receiveEvent({ ...options, fetchCertificate })(v2)
    expect(fetchCertificate.callCount).to.equal(0)
    expect(E.isRight(await task())).to.equal(true)
    expect(failure(await task())).to.include({ _tag: 'Replayed' })
  })

  describe('takes a request once', () => {
    it('even if it comes many times at the same moment', async () => {
      const receiver = receiveEvent(options)
      const results = await Promise.all(Array.from({ length: 20 }, () => receiver(v2)()))
      expect(results.filter(E.isRight)).to.have.length(1)
      expect(
        results.filter(E.isLeft).every(({ left }) => left._tag === 'Replayed' && left.httpStatus === 409),
      ).to.equal(true)
    })

    it('also in the other version of the signature', async () => {
      const receiver = receiveEvent(options)
      expect(E.isRight(await receiver(v2)())).to.equal(true)
      expect(failure(await receiver(v1)())).to.include({ _tag: 'Replayed' })
    })

    it('for as long as its signature is good', async () => {
      let now = signedAt - 60_000
      const receiver = receiveEvent({ ...options, now: () => now })
      expect(E.isRight(await receiver(v2)())).to.equal(true)
      now = signedAt + 60_000
      expect(failure(await receiver(v2)())).to.include({ _tag: 'Replayed' })
      now = signedAt + 60_001
      expect(failure(await receiver(v2)())).to.include({ _tag: 'InvalidSignature', reason: 'expired' })
    })

    it('but the same event again when it was signed again', async () => {
      const receiver = receiveEvent({ ...options, now: () => signedAt + 20_000 })
      expect(E.isRight(await receiver(signed(delivered()))())).to.equal(true)
      expect(E.isRight(await receiver(signed(delivered(), { timestamp: signedAt + 20_000 }))())).to.equal(
        true,
      )
    })

    it('and other events that were signed at the same moment', async () => {
      const receiver = receiveEvent(options)
      for (const id of ['1', '2'])
        expect(E.isRight(await receiver(signed(delivered({ id })))())).to.equal(true)
    })

    it('and counts none that it refused', async () => {
      const receiver = receiveEvent(options)
      expect(
        failure(await receiver({ ...v2, body: vectors.body.replace('600001234', '600001235') })()),
      ).to.include({ reason: 'mismatch' })
      expect(E.isRight(await receiver(v2)())).to.equal(true)
    })
  })

  it('puts neither token nor secret into a failure', async () => {
    const failures = [
      await receive(signed(delivered(), { token: 'another-token' })),
      await receive({ ...v2, body: '{}' }),
      await receive({ ...v2, url: 'https://example.com/?key=another-token' }, { targetUrl: undefined }),
      await receive(v2, { fetchCertificate: () => Promise.reject(new Error(token)) }),
    ]
    expect(JSON.stringify(failures.map(failure))).not.to.match(new RegExp(`${token}|another-token`))
  })
})
