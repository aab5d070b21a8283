import { expect } from 'chai'
import fc from 'fast-check'
import { describeFailure } from '../../lib/directmail/provider-failure.js'

const secret = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEX'
const token = `CAIS${'x'.repeat(40)}0/+==`

describe('provider-failure', () => {
  // As @alicloud/credentials 2.4.7 words them.
  for (const [message, reason] of [
    ['the vault is sealed', 'the vault is sealed'],
    [
      'unable to get credentials from enviroment variables, Access key ID must be specified via environment variable (ALIBABA_CLOUD_ACCESS_KEY_ID)',
      'unable to get credentials from enviroment variables, Access key ID must be specified via environment variable (ALIBABA_CLOUD_ACCESS_KEY_ID)',
    ],
    [
      "reading aliyun cli config from '/home/ann/.aliyun/config.json' failed.",
      "reading aliyun cli config from '…' failed.",
    ],
    ['connect ECONNREFUSED 100.100.100.200:80', 'connect ECONNREFUSED 100.100.100.200:80'],
    [
      'get sts token failed, httpStatus: 404, message = nothing here.',
      'get sts token failed, …: 404, message … here.',
    ],
    [
      `error retrieving credentials from credentialsURI result: {"AccessKeyId":"LTAI5t","AccessKeySecret":"${secret}"}.`,
      'error retrieving credentials from … result: …',
    ],
    [
      `parse aliyun cli config from '/x' failed: { "profiles": [{ "sts_token": "${token}" }], "current": "d`,
      "parse aliyun cli config from '…' failed: …",
    ],
    [
      'get sts token failed with OIDC: {"RequestId":"17","Code":"AuthenticationFail.OIDCToken.Expired","Message":"x"}',
      'AuthenticationFail.OIDCToken.Expired: get sts token failed with OIDC: …',
    ],
  ] as const)
    it(`keeps the words of: ${message.slice(0, 60)}`, () =>
      expect(describeFailure(new Error(message))).to.equal(reason))

  for (const [begin, end] of ['{}', '[]', '""', '``', '<>'].map((pair) => pair.split('')))
    it(`leaves out what stands between ${begin} and ${end}, or after a ${begin} without an end`, () => {
      expect(describeFailure(`before ${begin}one two${end} after`)).to.equal('before … after')
      expect(describeFailure(`before ${begin}one two`)).to.equal('before …')
    })

  it('leaves out a value, however far it stands from its equals sign', () => {
    for (const sign of ['=', '= ', '=  ']) expect(describeFailure(`id ${sign}one two`)).to.equal('id … two')
  })

  it('names the kind of error and its code', () => {
    const error = Object.assign(new TypeError('no answer'), { code: 'ETIMEDOUT' })
    expect(describeFailure(error)).to.equal('TypeError: ETIMEDOUT: no answer')
    expect(describeFailure({ name: 'TypeError', code: 'ETIMEDOUT', message: '' })).to.equal(
      'TypeError: ETIMEDOUT',
    )
    for (const name of ['TypeErrors', '9TypeError', 'TypeError9'])
      expect(describeFailure({ name, code: 'etimedout', message: 'no answer' })).to.equal('no answer')
  })

  it('looks no further than 2 000 characters', () => {
    const code = '"Code":"EntityNotExist.Role"'
    expect(describeFailure('a '.repeat(900) + code)).to.match(/^EntityNotExist\.Role: a a/)
    expect(describeFailure('a '.repeat(1_000) + code)).to.match(/^a a/)
  })

  it('takes a text for a message', () => expect(describeFailure('no vault')).to.equal('no vault'))

  for (const [what, error] of [
    ['nothing', undefined],
    ['an error without a text', new Error()],
    ['an object', {}],
    ['a message that is no text', { message: 17 }],
  ] as const)
    it(`has no reason in ${what}`, () =>
      expect(describeFailure(error)).to.equal('their provider failed without a reason'))

  it('is one line of at most 500 characters', () => {
    expect(describeFailure(new Error('a\r\nb\u2028c\td\u001b[31m'))).to.equal('a b c d …')
    const long = describeFailure(new Error('word '.repeat(100_000)))
    expect(long).to.have.length(500).and.to.match(/…$/)
    const fits = `${'word '.repeat(99)}words`
    expect(fits).to.have.length(500)
    expect(describeFailure(fits)).to.equal(fits)
  })

  it('shows no key, token or code, wherever it stands', () => {
    // What keys, tokens and codes look like: letters and digits, or letters of both cases, or long.
    const secrets = fc.oneof(
      fc.constantFrom(secret, token, '739182', 'eyJhbGciOi.eyJzdWIiOi.x', 'LTAI5tABCDEFGHIJKLMNOP12'),
      fc.stringMatching(/^[a-z]{2,9}\d[a-z\d]{5,20}$/),
      fc.stringMatching(/^[A-Z][a-z]{1,4}[A-Z][A-Za-z]{4,24}$/),
    )
    const around = fc.tuple(
      fc.constantFrom('', 'key ', 'secret=', '"', '{"a":"', "'", '(', 'x: ', 'x,', '[', 'Bearer '),
      fc.constantFrom('', ' gone', '"', '"}', "'", ')', '.', ',y', '\n'),
    )
    fc.assert(
      fc.property(secrets, around, (hidden, [before, after]) => {
        expect(describeFailure(new Error(`${before}${hidden}${after}`))).not.to.contain(hidden)
        expect(describeFailure({ name: hidden, code: hidden, message: hidden })).not.to.contain(hidden)
      }),
    )
  })

  it('reads any error without throwing', () => {
    fc.assert(
      fc.property(fc.anything(), (error) => {
        expect(describeFailure(error)).to.be.a('string').and.not.equal('')
      }),
    )
    const throwing = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no')
        },
      },
    )
    expect(describeFailure(throwing)).to.contain('cannot be read')
  })
})
