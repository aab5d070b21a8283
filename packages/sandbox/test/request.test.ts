import { createHash } from 'node:crypto'
import { IncomingMessage, createServer, request as httpRequest, type OutgoingHttpHeaders } from 'node:http'
import { Socket, type AddressInfo } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { decodeForm, readCall, splitTarget, type Call } from '../src/request.js'
import { form } from './client.js'

const decoded = (text: string): ReadonlyArray<readonly [string, string]> => {
  const result = decodeForm(text)
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
}

/** A request that went over a socket, as it was read. */
const received = ({ method = 'POST', path = '/', headers = {}, body = '' }: Sent): Promise<Call> =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      resolve(readCall(request, Buffer.from(body)))
      response.end()
      server.close()
    })
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false })
      request.on('error', reject)
      request.on('response', (response) => response.resume())
      request.end()
    })
  })

const v3Headers = {
  host: 'dm.example',
  'x-acs-action': 'SingleSendMail',
  'x-acs-version': '2015-11-23',
  'x-acs-date': '2026-01-01T00:00:00Z',
  'x-acs-signature-nonce': 'n',
  authorization: 'ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host;x-acs-date,Signature=abc',
}

describe('sandbox/request', () => {
  it('decodes what was encoded, code point for code point, for any Unicode', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, (name, value) => {
        expect(decoded(`x=1&${form({ [name]: value })}`)).to.deep.equal([
          ['x', '1'],
          [name, value],
        ])
      }),
    )
  })

  it('decodes what URLSearchParams wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string())), (pairs) => {
        expect(decoded(new URLSearchParams(pairs).toString())).to.deep.equal(pairs)
      }),
    )
  })

  it('keeps duplicates and takes a name alone for an empty value', () => {
    expect(decoded('a=1&a=2&b&&c=')).to.deep.equal([
      ['a', '1'],
      ['a', '2'],
      ['b', ''],
      ['c', ''],
    ])
  })

  for (const bad of ['a=%', 'a=%zz', 'a=%e4%b8', 'a=%ff', '%=1']) {
    it(`refuses ${bad} instead of guessing`, () => expect(E.isLeft(decodeForm(bad))).to.be.true)
  }

  it('is total: any text is decoded or refused', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void decodeForm(text)))
  })

  it('refuses more than a thousand parameters', () => {
    expect(E.isRight(decodeForm('a=1&'.repeat(999) + 'a=1'))).to.be.true
    expect(E.isLeft(decodeForm('a=1&'.repeat(1000) + 'a=1'))).to.be.true
  })

  it('splits a target at its first question mark', () => {
    expect(splitTarget('/a?b?c')).to.deep.equal({ path: '/a', query: 'b?c' })
    expect(splitTarget('?b')).to.deep.equal({ path: '', query: 'b' })
    expect(splitTarget('/a')).to.deep.equal({ path: '/a', query: '' })
  })

  it('says why a form could not be read', () => {
    expect(decodeForm('a=%')).to.deep.equal(
      E.left({
        code: 'InvalidParameter',
        statusCode: 400,
        message: 'The parameters are not percent-encoded UTF-8.',
      }),
    )
    expect(decodeForm('a&'.repeat(1001))).to.deep.equal(
      E.left({ code: 'InvalidParameter', statusCode: 400, message: 'The request has too many parameters.' }),
    )
  })

  it('takes nothing for no parameters, and an equals sign alone for an empty one', () => {
    expect(decoded('')).to.deep.equal([])
    expect(decoded('=')).to.deep.equal([['', '']])
    expect(decoded('a+b=c+d=e')).to.deep.equal([['a b', 'c d=e']])
  })

  describe('a V3 call', () => {
    it('has its credentials in headers, and its parameters in query and form', async () => {
      const body = 'c=3&d=4'
      const call = await received({ path: '/x?a=1&b=2', headers: v3Headers, body })
      const { headers, parameters, ...rest } = call
      expect(rest).to.deep.equal({
        scheme: 'ACS3-HMAC-SHA256',
        action: 'SingleSendMail',
        version: '2015-11-23',
        format: 'json',
        accessKeyId: 'id',
        nonce: 'n',
        date: '2026-01-01T00:00:00Z',
        signature: 'abc',
        signedHeaders: ['host', 'x-acs-date'],
        algorithm: 'ACS3-HMAC-SHA256',
        method: 'POST',
        path: '/x',
        query: [
          ['a', '1'],
          ['b', '2'],
        ],
        bodySha256: createHash('sha256').update(body).digest('hex'),
        host: 'dm.example',
        all: [
          ['a', '1'],
          ['b', '2'],
          ['c', '3'],
          ['d', '4'],
        ],
        unreadable: undefined,
      })
      expect([...parameters]).to.deep.equal([
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
        ['d', '4'],
      ])
      expect(headers.get('x-acs-date')).to.deep.equal(['2026-01-01T00:00:00Z'])
    })

    it('that has a parameter in query and form has the first, and is not to be handled', async () => {
      const call = await received({ path: '/?b=1', headers: v3Headers, body: 'b=2' })
      expect([...call.parameters]).to.deep.equal([['b', '1']])
      expect(call.unreadable).to.include({ code: 'InvalidParameter' })
    })

    it('has every value of a header that was sent twice', async () => {
      const call = await received({ headers: { ...v3Headers, 'X-Acs-Tag': ['b', 'a'] } })
      expect(call.headers.get('x-acs-tag')).to.deep.equal(['b', 'a'])
    })

    const authorizations: ReadonlyArray<
      readonly [authorization: string, read: Partial<Record<keyof Call, unknown>>]
    > = [
      [
        'ACS3-HMAC-SHA256 Credential=id, SignedHeaders=host, Signature=abc',
        { accessKeyId: 'id', signedHeaders: ['host'], signature: 'abc' },
      ],
      [
        'ACS3-HMAC-SHA256 Signature = abc ,SignedHeaders=HOST;;X-Acs-Date;,Credential= id',
        { accessKeyId: 'id', signedHeaders: ['host', 'x-acs-date'], signature: 'abc' },
      ],
      [
        'ACS3-HMAC-SHA256 Credential=a=b c,Signature=c==',
        { accessKeyId: 'a=b c', signedHeaders: [], signature: 'c==' },
      ],
      [
        'ACS3-HMAC-SHA256 Credential1,Signature',
        { accessKeyId: undefined, signedHeaders: [], signature: undefined },
      ],
      ['Basic', { algorithm: 'Basic', accessKeyId: undefined, signature: undefined }],
      ['', { algorithm: '', accessKeyId: undefined, signature: undefined }],
    ]
    for (const [authorization, read] of authorizations) {
      it(`with the authorization ${JSON.stringify(authorization)} is read as far as it can be`, async () => {
        expect(await received({ headers: { ...v3Headers, authorization } })).to.deep.include(read)
      })
    }

    it('is known by its authorization, or by its action where there is no signature', async () => {
      const { authorization, 'x-acs-action': action } = v3Headers
      expect(await received({ headers: { 'x-acs-action': action } })).to.deep.include({
        scheme: 'ACS3-HMAC-SHA256',
        algorithm: '',
        accessKeyId: undefined,
        signedHeaders: [],
      })
      expect(await received({ headers: { authorization } })).to.include({
        scheme: 'ACS3-HMAC-SHA256',
        action: undefined,
        accessKeyId: 'id',
      })
      expect((await received({ headers: { 'x-acs-date': 'x' } })).scheme).to.equal('HMAC-SHA1')
      const body = form({ Signature: 'abc=', SignatureMethod: 'HMAC-SHA1' })
      expect(await received({ headers: { 'x-acs-action': action }, body })).to.include({
        scheme: 'HMAC-SHA1',
        signature: 'abc=',
      })
    })
  })

  describe('a V1 call', () => {
    it('has everything among its parameters', async () => {
      const body = form({
        Action: 'SingleSendMail',
        Version: '2015-11-23',
        AccessKeyId: 'id',
        SignatureNonce: 'n',
        Timestamp: '2026-01-01T00:00:00Z',
        Signature: 'abc=',
        SignatureMethod: 'HMAC-SHA1',
      })
      expect(await received({ body })).to.deep.include({
        scheme: 'HMAC-SHA1',
        action: 'SingleSendMail',
        version: '2015-11-23',
        format: 'xml',
        accessKeyId: 'id',
        nonce: 'n',
        date: '2026-01-01T00:00:00Z',
        signature: 'abc=',
        signedHeaders: [],
        algorithm: 'HMAC-SHA1',
        query: [],
      })
    })

    it('is answered in JSON when it asks for that, in capitals or not', async () => {
      for (const [format, expected] of [
        ['JSON', 'json'],
        ['json', 'json'],
        ['XML', 'xml'],
        ['', 'xml'],
      ] as const) {
        expect((await received({ body: form({ Format: format }) })).format).to.equal(expected)
      }
    })
  })

  describe('what cannot be read', () => {
    for (const [what, sent, query] of [
      ['a query', { path: '/?a=%zz', body: 'ToAddress=x' }, []],
      ['a form', { path: '/?ToAddress=x', body: 'a=%zz' }, [['ToAddress', 'x']]],
      [
        'bytes that are no UTF-8',
        { path: '/?ToAddress=x', body: Buffer.from([0x61, 0xff]) },
        [['ToAddress', 'x']],
      ],
    ] as const) {
      it(`leaves no parameters: ${what}`, async () => {
        const call = await received(sent)
        expect(call.unreadable).to.include({ code: 'InvalidParameter' })
        expect(call).to.deep.include({ all: [], parameters: new Map(), query })
      })
    }

    it('does not include a byte order mark, which is a character like any other', async () => {
      const { parameters } = await received({ body: '\uFEFFa=\uFEFFb' })
      expect([...parameters]).to.deep.equal([['\uFEFFa', '\uFEFFb']])
    })
  })

  it('has no host and no parameters when nothing was sent', () => {
    const call = readCall(new IncomingMessage(new Socket()), new Uint8Array())
    expect(call).to.deep.include({ method: 'GET', host: '', all: [], parameters: new Map() })
  })
})
