import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalQuery, percentEncode, stringToSignV1, type Parameter } from '../src/canonical.js'
import { sameSignature, sha256, signV1, signV3, type SignedRequest } from '../src/signature.js'

// The example of Alibaba Cloud's page on the V3 mechanism.
const example: SignedRequest = {
  method: 'POST',
  path: '/',
  query: [
    ['RegionId', 'cn-shanghai'],
    ['ImageId', 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd'],
  ],
  headers: new Map([
    ['host', ['ecs.cn-shanghai.aliyuncs.com']],
    ['x-acs-action', ['RunInstances']],
    ['x-acs-content-sha256', ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']],
    ['x-acs-date', ['2023-10-26T10:22:32Z']],
    ['x-acs-signature-nonce', ['3156853299f313e23d1673dc12e1703d']],
    ['x-acs-version', ['2014-05-26']],
    ['accept', ['*/*']],
  ]),
  signedHeaders: [
    'x-acs-version',
    'host',
    'x-acs-action',
    'x-acs-content-sha256',
    'x-acs-date',
    'x-acs-signature-nonce',
  ],
  bodySha256: sha256(''),
}

describe('sandbox/signature', () => {
  it('signs the example of the V3 specification as the specification does', () => {
    expect(signV3('YourAccessKeySecret', example)).to.equal(
      '06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
    )
  })

  it('trims the headers that V3 signs', () => {
    const padded = new Map(example.headers).set('host', ['  ecs.cn-shanghai.aliyuncs.com\t'])
    expect(signV3('YourAccessKeySecret', { ...example, headers: padded })).to.match(/^06563a9e/)
  })

  it('signs a header that was sent twice the same in either order', () => {
    const twice = (...values: ReadonlyArray<string>): string =>
      signV3('s', {
        ...example,
        headers: new Map(example.headers).set('x-acs-tag', values),
        signedHeaders: [...example.signedHeaders, 'x-acs-tag'],
      })
    expect(twice('a', 'b')).to.equal(twice('b', 'a')).and.to.equal(twice('a,b')).and.not.to.equal(twice('a'))
  })

  it('takes a signed header that was not sent for an empty one', () => {
    const signedHeaders = [...example.signedHeaders, 'x-acs-tag']
    const headers = new Map(example.headers).set('x-acs-tag', [''])
    expect(signV3('s', { ...example, signedHeaders }))
      .to.equal(signV3('s', { ...example, signedHeaders, headers }))
      .and.not.to.equal(signV3('s', example))
  })

  it('sorts parameters by their characters, capitals first, and by value where names are the same', () => {
    const parameters: ReadonlyArray<Parameter> = [
      ['b', '2'],
      ['a', '1'],
      ['b', '10'],
      ['B', 'x'],
      ['', 'y'],
      ['b', ''],
    ]
    expect(canonicalQuery(parameters)).to.equal('=y&B=x&a=1&b=&b=10&b=2')
  })

  it('covers method, path, query, headers and body with V3', () => {
    const variants: ReadonlyArray<Partial<SignedRequest>> = [
      { method: 'GET' },
      { path: '/x' },
      { query: [] },
      { headers: new Map() },
      { signedHeaders: ['host'] },
      { bodySha256: sha256('x') },
    ]
    const signatures = variants.map((variant) => signV3('s', { ...example, ...variant }))
    expect(new Set([...signatures, signV3('s', example), signV3('t', example)]).size).to.equal(8)
  })

  it('signs the example of the V1 specification as the specification does', () => {
    const parameters: ReadonlyArray<Parameter> = [
      ['Timestamp', '2016-02-23T12:46:24Z'],
      ['Format', 'XML'],
      ['AccessKeyId', 'testid'],
      ['Action', 'DescribeRegions'],
      ['SignatureMethod', 'HMAC-SHA1'],
      ['SignatureNonce', '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf'],
      ['Version', '2014-05-26'],
      ['SignatureVersion', '1.0'],
      ['Signature', 'not part of what is signed'],
    ]
    expect(signV1('testsecret', 'GET', parameters)).to.equal('OLeaidS1JvxuMvnyHOwuJ+uX5qY=')
  })

  it('encodes twice and sorts in a V1 string written out by hand', () => {
    const parameters: ReadonlyArray<Parameter> = [
      ['b', 'x y*'],
      ['a', '中~'],
    ]
    const toSign = 'POST&%2F&a%3D%25E4%25B8%25AD~%26b%3Dx%2520y%252A'
    expect(stringToSignV1('POST', parameters)).to.equal(toSign)
    expect(signV1('k', 'POST', parameters)).to.equal(createHmac('sha1', 'k&').update(toSign).digest('base64'))
  })

  it('leaves only unreserved characters unencoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const encoded = percentEncode(text)
        expect(encoded).to.match(/^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/)
        expect(decodeURIComponent(encoded)).to.equal(text)
      }),
    )
  })

  it('has one canonical query for every order of the parameters, duplicates included', () => {
    const parameter = fc.tuple(fc.constantFrom('a', 'b', 'A', 'a-'), fc.constantFrom('', '1', '2', ' '))
    fc.assert(
      fc.property(
        fc
          .array(parameter)
          .chain((list) =>
            fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
          ),
        ([list, shuffled]) => {
          expect(canonicalQuery(shuffled)).to.equal(canonicalQuery(list))
          expect(canonicalQuery(list).split('&').filter(Boolean)).to.have.length(list.length)
        },
      ),
    )
  })

  it('compares signatures of any lengths', () => {
    expect(sameSignature('abc', 'abc')).to.be.true
    expect(sameSignature('abc', 'abd')).to.be.false
    expect(sameSignature('abc', '')).to.be.false
    expect(sameSignature('abc', 'abcd')).to.be.false
  })
})
