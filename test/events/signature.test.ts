import { X509Certificate } from 'node:crypto'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { readSignature, type ReceivedRequest } from '../../lib/events/signature.js'
import type { EventRequest } from '../../lib/events.js'
import {
  certificate,
  certificateUrl,
  delivered,
  signed,
  signedAt,
  targetUrl,
  token,
  vectors,
} from './eventbridge.js'

const key = new X509Certificate(certificate).publicKey

const received = ({ url, headers, body }: EventRequest): ReceivedRequest => ({
  url,
  headers: new Map(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value].flat()]])),
  ),
  body: Buffer.from(body),
})

const settings = { now: signedAt, token, targetUrl }

/** Whether the request passes; else what is wrong with it. */
const check = (request: EventRequest, changes: object = {}): string => {
  const signature = readSignature(received(request), { ...settings, ...changes })
  if (E.isLeft(signature)) return signature.left.reason
  return signature.right.isMadeWith(key) ? 'passes' : 'mismatch'
}

const common = {
  'x-eventbridge-signature-timestamp': String(signedAt),
  'x-eventbridge-signature-version': '1.0',
  'x-eventbridge-signature-url': certificateUrl,
  'x-eventbridge-signature-token': token,
}
const byOpenssl = {
  v2: {
    url: targetUrl,
    headers: {
      ...common,
      'x-eventbridge-hash-method': 'SHA256',
      'x-eventbridge-signature-v2': vectors.v2.signature,
    },
    body: vectors.body,
  },
  v1: {
    url: targetUrl,
    headers: {
      ...common,
      'x-eventbridge-signature-method': 'HMAC-SHA1',
      'x-eventbridge-signature': vectors.v1.signature,
      'x-eventbridge-signature-secret': vectors.v1.secret,
    },
    body: vectors.body,
  },
}

describe('readSignature', () => {
  for (const version of ['v2', 'v1'] as const) {
    describe(version, () => {
      it('passes what openssl signed', () => expect(check(byOpenssl[version])).to.equal('passes'))

      it('passes in each of the forms in which receivers meet the string to sign', () => {
        for (const ending of ['\n', ''] as const)
          for (const [header, tokenLine] of [
            [token, undefined],
            [token, ''],
            [undefined, ''],
            [undefined, 'x-eventbridge-signature-token: \n'],
          ] as const)
            expect(
              check(
                signed(delivered(), {
                  version,
                  ending,
                  token: header,
                  ...(tokenLine === undefined ? {} : { tokenLine }),
                }),
                { token: undefined },
              ),
            ).to.equal('passes')
      })

      it('does not pass without the token’s line where the token is another', () =>
        expect(check(signed(delivered(), { version, tokenLine: '', token: 'another' }))).to.equal('token'))

      it('passes a body that ends with a line break, but in one form only', () => {
        expect(check(signed('{}\n', { version }))).to.equal('passes')
        expect(check({ ...signed('{}', { version }), body: '{}\n' })).to.equal('mismatch')
      })

      it('passes bytes that are not UTF-8', () => {
        const request = signed('', { version, ending: '' })
        expect(check(request)).to.equal('passes')
        expect(check({ ...request, body: Buffer.from([0xff]) })).to.equal('mismatch')
      })

      for (const [what, changed] of [
        ['another body', { body: vectors.body.replace('600001234', '600001235') }],
        ['no body', { body: '' }],
      ] as const)
        it(`does not pass with ${what}`, () =>
          expect(check({ ...byOpenssl[version], ...changed })).to.equal('mismatch'))

      it('does not pass for another target', () =>
        expect(check(byOpenssl[version], { targetUrl: 'https://example.com/mail-events' })).to.equal(
          'mismatch',
        ))

      const { headers } = byOpenssl[version]
      for (const name of Object.keys(headers).filter((name) => !name.endsWith('token'))) {
        it(`misses ${name}`, () => {
          const others = Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name))
          expect(check({ ...byOpenssl[version], headers: others })).to.equal('missing')
          expect(check({ ...byOpenssl[version], headers: { ...headers, [name]: '' } })).to.equal('missing')
        })
        it(`refuses ${name} twice`, () => {
          const value = headers[name as keyof typeof headers]
          expect(check({ ...byOpenssl[version], headers: { ...headers, [name]: [value, value] } })).to.equal(
            'repeated',
          )
        })
        it(`refuses ${name} with a line break`, () => {
          const value = `${headers[name as keyof typeof headers]}\n`
          expect(check({ ...byOpenssl[version], headers: { ...headers, [name]: value } })).to.equal(
            'malformed',
          )
        })
      }

      it('takes no other base64 for the same signature', () => {
        const name = version === 'v2' ? 'x-eventbridge-signature-v2' : 'x-eventbridge-signature'
        const value = vectors[version].signature
        for (const other of [
          value.replace('=', ''),
          ` ${value}`,
          `${value}=`,
          value.replace(/.(=*)$/, '/$1'),
          '*',
        ])
          expect(check({ ...byOpenssl[version], headers: { ...headers, [name]: other } })).to.be.oneOf([
            'malformed',
            'mismatch',
          ])
        expect(
          check({
            ...byOpenssl[version],
            headers: {
              ...headers,
              [name]: value.replace(
                /(\w)(=+)$/,
                (_, last: string, pad: string) =>
                  `${last === 'z' ? 'y' : String.fromCharCode(last.charCodeAt(0) + 1)}${pad}`,
              ),
            },
          }),
        ).to.equal('malformed')
      })

      it('passes within 60 seconds only', () => {
        for (const off of [-60_000, -1, 0, 60_000])
          expect(check(byOpenssl[version], { now: signedAt + off })).to.equal('passes')
        for (const off of [-60_001, 60_001, NaN])
          expect(check(byOpenssl[version], { now: signedAt + off })).to.equal('expired')
      })

      it('knows no other method and no other version', () => {
        const method = version === 'v2' ? 'x-eventbridge-hash-method' : 'x-eventbridge-signature-method'
        const known = version === 'v2' ? 'SHA256' : 'HMAC-SHA1'
        for (const change of [
          { [method]: 'MD5' },
          { [method]: `x${known}` },
          { [method]: `${known}x` },
          { 'x-eventbridge-signature-version': 'x1.0' },
          { 'x-eventbridge-signature-version': '1.00' },
          { 'x-eventbridge-signature-timestamp': `0${signedAt}` },
          { 'x-eventbridge-signature-timestamp': `${signedAt}0` },
          { 'x-eventbridge-signature-version': '2.0' },
          { 'x-eventbridge-signature-timestamp': '1714360032.5' },
        ])
          expect(check({ ...byOpenssl[version], headers: { ...headers, ...change } })).to.equal('malformed')
      })
    })
  }

  it('asks for no token unless told to', () => {
    expect(check(signed(delivered(), { token: undefined }), { token: undefined })).to.equal('passes')
    expect(check(signed(delivered(), { token: 'whatever' }), { token: undefined })).to.equal('passes')
  })

  it('takes no other token, none, two, or a part', () => {
    for (const other of ['another', undefined, token.slice(1), `${token} `])
      expect(check(signed(delivered(), { token: other }))).to.equal('token')
    for (const other of [`\u0001${token}`, `${token}\u0001`, 'x'.repeat(4_097)])
      expect(check(signed(delivered(), { token: other }))).to.equal('malformed')
    const request = signed(delivered())
    const headers = { ...request.headers, 'x-eventbridge-signature-token': [token, token] }
    expect(check({ ...request, headers })).to.equal('repeated')
  })

  it('lets nothing pass where the token is empty or no text', () => {
    for (const nothing of ['', null, 1])
      for (const given of [undefined, token])
        expect(check(signed(delivered(), { token: given }), { token: nothing })).to.equal('token')
  })

  it('does not fall back to v1 where v2 is wrong', () => {
    const v1 = byOpenssl.v1
    const headers = {
      ...v1.headers,
      'x-eventbridge-hash-method': 'SHA256',
      'x-eventbridge-signature-v2': vectors.v1.secret,
    }
    expect(check({ ...v1, headers })).to.equal('mismatch')
  })

  it('takes no signature of the key for a secret of v1: everybody knows what is in it', () => {
    // What an attacker has: a signature of v2, and thereby the DER of its digest, under which to make an HMAC.
    const request = signed(delivered(), {
      version: 'v1',
      secret: Buffer.from('3031300d060960864801650304020105000420' + '00'.repeat(32), 'hex'),
    })
    expect(check(request)).to.equal('mismatch')
  })

  it('takes a secret that only resembles a digest', () => {
    for (const start of [
      [0x30, 1, 0x30, 1, 1],
      [0x30, 1, 1, 1, 0x06],
      [1, 1, 0x30, 1, 0x06],
      [0x30, 1, 1, 1, 1],
    ]) {
      const secret = Buffer.from([...start, ...Buffer.alloc(11, 7)])
      expect(check(signed(delivered(), { version: 'v1', secret }))).to.equal('passes')
    }
  })

  it('takes no HMAC of another length', () => {
    const { headers } = byOpenssl.v1
    for (const signature of ['AAAA', Buffer.alloc(32).toString('base64')])
      expect(
        check({ ...byOpenssl.v1, headers: { ...headers, 'x-eventbridge-signature': signature } }),
      ).to.equal('mismatch')
  })

  it('takes no secret that the key does not open, and none that is empty', () => {
    expect(check(signed(delivered(), { version: 'v1', secret: Buffer.alloc(0) }))).to.equal('mismatch')
    const { headers } = byOpenssl.v1
    const sealed = Buffer.alloc(256, 1).toString('base64')
    expect(
      check({ ...byOpenssl.v1, headers: { ...headers, 'x-eventbridge-signature-secret': sealed } }),
    ).to.equal('mismatch')
  })

  describe('knows EventBridge’s certificates by their URL', () => {
    const withUrl = (url: string): string => check(signed(delivered(), { certificateUrl: url }))

    for (const url of [
      certificateUrl,
      'https://cn-hangzhou-eventbridge.oss-cn-hangzhou.aliyuncs.com/x509_public_certificate_2021012101.pem',
      'https://ap-southeast-1-eventbridge.oss-accelerate.aliyuncs.com/x509_public_certificate_2021012501.pem',
      'https://eu-central-1-eventbridge.oss-accelerate.aliyuncs.com/certificate.pem',
      'https://cn-shanghai-eventbridge.oss-accelerate.aliyuncs.com/certificate.pem',
      'https://us-east-1-eventbridge.oss-us-east-1.aliyuncs.com/certificates/2021.pem',
    ])
      it(`takes ${url}`, () => expect(withUrl(url)).to.equal('passes'))

    it('takes those of every region in which EventBridge runs', () => {
      const regions =
        'cn-hangzhou cn-shanghai cn-qingdao cn-beijing cn-zhangjiakou cn-huhehaote cn-wulanchabu cn-shenzhen ' +
        'cn-heyuan cn-guangzhou cn-chengdu cn-hongkong ap-northeast-1 ap-northeast-2 ap-southeast-1 ap-southeast-3 ' +
        'ap-southeast-5 ap-southeast-6 ap-southeast-7 eu-central-1 eu-west-1 us-east-1 us-west-1'
      for (const region of regions.split(' '))
        expect(withUrl(`https://${region}-eventbridge.oss-accelerate.aliyuncs.com/c.pem`)).to.equal('passes')
    })

    for (const url of [
      'http://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/c.pem',
      'HTTPS://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/c.pem',
      'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com',
      'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/',
      'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com:8443/c.pem',
      'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com:443/c.pem',
      'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com.evil.example/c.pem',
      'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com@evil.example/c.pem',
      'https://evil.example#@cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/c.pem',
      'https://evil.example\\@cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/c.pem',
      'https://evil.example/cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/c.pem',
      'https://user@cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/c.pem',
      // A bucket that anybody could have made.
      'https://evil-eventbridge.oss-accelerate.aliyuncs.com/c.pem',
      'https://ap-southeast-2-eventbridge.oss-accelerate.aliyuncs.com/c.pem',
      'https://cn-nowhere-1-eventbridge.oss-accelerate.aliyuncs.com/c.pem',
      'https://evil.cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/c.pem',
      'https://cn-hangzhou-eventbridge.oss-us-east-1.aliyuncs.com/c.pem',
      'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/../c.pem',
      'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com//evil.example/c.pem',
      'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/c.pem?x=1',
      'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/c.pem#x',
      'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/%2e%2e/c.pem',
      'https://cn-hangzhou-eventbridge\u3002oss-accelerate.aliyuncs.com/c.pem',
      'https://127.0.0.1/c.pem',
      'file:///etc/passwd',
      'c.pem',
    ])
      it(`refuses ${url}`, () => expect(withUrl(url)).to.be.oneOf(['certificateUrl', 'malformed']))
  })

  describe('finds the URL that was signed', () => {
    const path = '/mail-events?from=eventbridge'
    const own = { targetUrl: undefined }
    const request = signed(delivered())
    const headers = { ...request.headers, host: 'example.com' }

    it('in the request', () => expect(check(request, own)).to.equal('passes'))
    it('in a path and the Host header', () =>
      expect(check({ ...request, headers, url: path }, own)).to.equal('passes'))
    it('in a path and the Host header of a target without TLS', () => {
      const plain = signed(delivered(), { url: `http://example.com${path}` })
      expect(
        check({ ...plain, headers: { ...plain.headers, host: 'example.com' }, url: path }, own),
      ).to.equal('passes')
    })
    it('behind a proxy that ends TLS', () =>
      expect(check({ ...request, url: `http://example.com${path}` }, own)).to.equal('passes'))
    it('as the caller names it, whatever the request says', () =>
      expect(
        check({ ...request, headers: { ...headers, host: 'internal:3000' }, url: '/rewritten' }),
      ).to.equal('passes'))

    it('and does not pass for another', () => {
      for (const [url, host] of [
        [path, 'example.org'],
        [path, ['example.com', 'example.com']],
        ['/mail-events', 'example.com'],
        ['http://example.org/mail-events?from=eventbridge', 'example.com'],
      ] as const)
        expect(check({ ...request, headers: { ...headers, host: [host].flat() }, url }, own)).to.equal(
          'mismatch',
        )
    })

    it('and takes no line break in it for the start of a header', () => {
      const [first, rest] = [targetUrl, `x-eventbridge-signature-timestamp: ${signedAt}`]
      const forged = signed(delivered(), { url: `${first}\n${rest}` })
      expect(check({ ...forged, url: `${first}\n${rest}` }, own)).to.equal('mismatch')
    })
  })
})
