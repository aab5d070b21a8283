import { createHash } from 'node:crypto'
import { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import type dmModule from '@alicloud/dm20151123'
import type * as openapiModule from '@alicloud/openapi-client'
import type * as teaUtilModule from '@alicloud/tea-util'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import type { Sandbox } from '../src/index.js'
import { readCall, type Call } from '../src/request.js'
import { createAccount } from '../src/account.js'
import { completeAccount } from '../src/options.js'
import { createService } from '../src/service.js'
import { unthrottled } from '../src/throttle.js'
import {
  codeOf,
  form,
  iso,
  keyId,
  keys,
  mail,
  secret,
  send,
  sendV3,
  signedV1,
  start,
  v3,
  type V3,
} from './client.js'

// `require` gives the same module whether the tests are run as ES modules or not; `import` does not. It gives any.
const load = createRequire(import.meta.url)
const dm = load('@alicloud/dm20151123') as typeof dmModule
const openapi = load('@alicloud/openapi-client') as typeof openapiModule
const teaUtil = load('@alicloud/tea-util') as typeof teaUtilModule

const without = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(mail).filter(([key]) => key !== name))

const withBody = (more: Record<string, string>): V3 => ({ body: form({ ...mail, ...more }) })

const minutes = (n: number): string => iso(Date.now() + n * 60_000)

describe('sandbox/service', () => {
  let sandbox: Sandbox
  beforeEach(async () => {
    sandbox = await start({ ...keys, senders: ['NoReply@Example.com'] })
  })
  afterEach(() => sandbox.stop())

  it('accepts a V3 request and keeps everything that was asked for', async () => {
    const more = {
      FromAlias: '小红',
      TagName: 'sign-in_1',
      ClickTrace: '0',
      ReplyToAddress: 'true',
      ReplyAddress: 'reply@example.com',
      ReplyAddressAlias: 'Reply',
      Unheard_Of: 'kept',
    }
    const reply = await sendV3(sandbox, { ...withBody(more), nonce: 'nonce-1' })
    expect(reply.statusCode).to.equal(200)
    const [received] = sandbox.inbox()
    expect(JSON.parse(reply.text)).to.deep.equal({ EnvId: received?.envId, RequestId: received?.requestId })
    expect(received?.envId).to.match(/^600000\d{12}$/)
    expect(received?.requestId).to.match(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/)
    expect(received).to.deep.include({
      toAddress: 'user@example.org',
      accountName: 'noreply@example.com',
      fromAlias: '小红',
      subject: '验证码 code',
      htmlBody: mail['HtmlBody'],
      tagName: 'sign-in_1',
      replyToAddress: true,
      replyAddress: 'reply@example.com',
      replyAddressAlias: 'Reply',
      size: 33,
      parameters: { ...mail, ...more },
      signature: { scheme: 'ACS3-HMAC-SHA256', verified: true, accessKeyId: keyId, nonce: 'nonce-1' },
    })
    expect(received).not.to.have.property('textBody')
  })

  it('accepts a text body and counts its size in bytes', async () => {
    await sendV3(sandbox, { body: form({ ...without('HtmlBody'), TextBody: '验证码' }) })
    expect(sandbox.inbox()[0]).to.include({ textBody: '验证码', size: 9, replyToAddress: false })
  })

  it('accepts V3 with query parameters, a GET, and the header of a security token', async () => {
    const query = form(Object.fromEntries(Object.entries(mail).sort()))
    const reply = await sendV3(sandbox, {
      method: 'GET',
      query,
      body: '',
      headers: { 'x-acs-security-token': 'sts-token' },
    })
    expect(reply.text).to.contain('EnvId')
  })

  it('keeps no field for what was sent empty, as for what was not sent', async () => {
    await sendV3(sandbox, withBody({ FromAlias: '', TagName: '', TextBody: '', ReplyAddress: '' }))
    expect(sandbox.inbox()[0]).to.have.all.keys(
      ...['envId', 'requestId', 'receivedAt', 'toAddress', 'accountName', 'subject', 'htmlBody'],
      ...['replyToAddress', 'size', 'parameters', 'signature', 'text', 'code'],
    )
  })

  it('gives every mail its own envId, which grows by one', async () => {
    await Promise.all(Array.from({ length: 20 }, () => sendV3(sandbox)))
    const envIds = sandbox.inbox().map(({ envId }) => BigInt(envId))
    expect(envIds.map((envId) => Number(envId - (envIds[0] ?? 0n)))).to.deep.equal([...Array(20).keys()])
  })

  it('takes a hash in capitals, a date with milliseconds, and headers that nobody signed but need not', async () => {
    const body = form(mail)
    const hash = createHash('sha256').update(body).digest('hex').toUpperCase()
    const date = new Date().toISOString()
    for (const options of [
      { body, headers: { 'x-acs-content-sha256': hash } },
      { body, date },
      { body, date: date.replace(/\d\dZ$/, 'Z') },
      { body, unsigned: ['content-type'] },
    ]) {
      expect((await sendV3(sandbox, options)).text).to.contain('EnvId')
    }
  })

  /** What is said of a code, and where one code has several meanings, of the reason. */
  const messages: Readonly<Record<string, string>> = {
    'InvalidAction.NotFound': 'Specified api is not found, please check your url and method.',
    'InvalidAccessKeyId.NotFound': 'Specified access key is not found.',
    SignatureDoesNotMatch: 'Specified signature is not matched with our calculation.',
    'a body that is not the hashed one': 'Specified x-acs-content-sha256 is not matched with the body.',
    IncompleteSignature: 'The request signature does not conform to Aliyun standards.',
    'InvalidTimeStamp.Format': 'Specified time stamp or date value is not well formatted.',
    'InvalidTimeStamp.Expired': 'Specified time stamp or date value is expired.',
    'InvalidMailAddress.NotFound': 'The specified mailAddress does not exist.',
    InvalidToAddress: 'The specified toAddress is wrongly formed.',
    'InvalidSubject.Malformed': 'The specified subject is wrongly formed.',
    'InvalidFromAlias.Malformed': 'The specified fromAlias is wrongly formed.',
    'InvalidTagName.Malformed': 'The specified tagName is wrongly formed.',
    InvalidBody: 'The specified textBody or htmlBody is wrongly formed.',
    InvalidParameter: 'The parameters are not percent-encoded UTF-8.',
    'thousands of parameters': 'The request has too many parameters.',
  }
  const messageOf = (code: string, why: string): string | undefined =>
    messages[why] ??
    messages[code] ??
    code
      .replace(/^Missing(.*)$/, '$1 is mandatory for this action.')
      .replace(/^Invalid(.*)$/, 'Specified parameter $1 is not valid.')

  const refusals: ReadonlyArray<readonly [code: string, status: number, why: string, request: V3]> = [
    ['InvalidAction.NotFound', 404, 'another action', { headers: { 'x-acs-action': 'BatchSendMail' } }],
    ['InvalidVersion', 400, 'another version', { headers: { 'x-acs-version': '2014-05-26' } }],
    ['MissingVersion', 400, 'no version', { headers: { 'x-acs-version': '' } }],
    ['InvalidAccessKeyId.NotFound', 404, 'an unknown key', { keyId: 'LTAIother' }],
    ['InvalidAccessKeyId.NotFound', 404, 'a key named like a property', { keyId: 'constructor' }],
    ['MissingAccessKeyId', 400, 'no key', { keyId: '' }],
    ['SignatureDoesNotMatch', 400, 'a wrong secret', { secret: 'wrong' }],
    ['SignatureDoesNotMatch', 400, 'a body that is not the hashed one', { hash: 'a'.repeat(64) }],
    ['IncompleteSignature', 400, 'an unsigned nonce', { unsigned: ['x-acs-signature-nonce'] }],
    ['IncompleteSignature', 400, 'an unsigned host', { unsigned: ['host'] }],
    ['IncompleteSignature', 400, 'no hash of the body', { headers: { 'x-acs-content-sha256': '' } }],
    ['MissingSignatureNonce', 400, 'no nonce', { headers: { 'x-acs-signature-nonce': '' } }],
    ['MissingTimestamp', 400, 'no date', { headers: { 'x-acs-date': '' } }],
    ['InvalidTimeStamp.Format', 400, 'a date of another form', { date: 'yesterday' }],
    ['InvalidTimeStamp.Format', 400, 'a date without a zone', { date: iso(Date.now()).slice(0, -1) }],
    [
      'InvalidTimeStamp.Format',
      400,
      'a date of another zone',
      { date: iso(Date.now()).replace('Z', '+00:00') },
    ],
    ['InvalidTimeStamp.Format', 400, 'a year of six digits', { date: `+00${iso(Date.now())}` }],
    [
      'InvalidTimeStamp.Format',
      400,
      'a ten-thousandth of a second',
      { date: iso(Date.now()).replace('Z', '.0000Z') },
    ],
    ['InvalidTimeStamp.Format', 400, 'a date that is none', { date: '2026-13-41T25:61:61Z' }],
    ['InvalidTimeStamp.Expired', 400, 'a clock an hour slow', { date: minutes(-60) }],
    ['InvalidTimeStamp.Expired', 400, 'a clock an hour fast', { date: minutes(60) }],
    ['MissingAccountName', 400, 'no sender', { body: form(without('AccountName')) }],
    ['MissingAddressType', 400, 'no address type', { body: form(without('AddressType')) }],
    ['MissingReplyToAddress', 400, 'no ReplyToAddress', { body: form(without('ReplyToAddress')) }],
    ['MissingToAddress', 400, 'no recipient', { body: form(without('ToAddress')) }],
    ['MissingSubject', 400, 'no subject', { body: form(without('Subject')) }],
    ['MissingSubject', 400, 'an empty subject', withBody({ Subject: '' })],
    ['MissingAccountName', 400, 'an empty body', { body: '' }],
    ['InvalidAddressType', 400, 'an address type of 2', withBody({ AddressType: '2' })],
    ['InvalidReplyToAddress', 400, 'a ReplyToAddress of yes', withBody({ ReplyToAddress: 'yes' })],
    ['InvalidClickTrace', 400, 'a click trace of 2', withBody({ ClickTrace: '2' })],
    ['InvalidMailAddress.NotFound', 404, 'another sender', withBody({ AccountName: 'x@example.com' })],
    ['InvalidToAddress', 400, 'a recipient without @', withBody({ ToAddress: 'nobody' })],
    ['InvalidToAddress', 400, 'an empty recipient among two', withBody({ ToAddress: 'a@example.com,' })],
    ['InvalidToAddress', 400, '101 recipients', withBody({ ToAddress: Array(101).fill('a@b.co').join() })],
    ['InvalidToAddress', 400, 'a line break', withBody({ ToAddress: 'a@example.com\n' })],
    ['InvalidSubject.Malformed', 400, '257 characters of subject', withBody({ Subject: '题'.repeat(257) })],
    ['InvalidFromAlias.Malformed', 400, '15 characters of alias', withBody({ FromAlias: '名'.repeat(15) })],
    ['InvalidTagName.Malformed', 400, 'a space in the tag', withBody({ TagName: 'a b' })],
    ['InvalidTagName.Malformed', 400, '129 characters of tag', withBody({ TagName: 'a'.repeat(129) })],
    ['InvalidBody', 400, 'no body', { body: form(without('HtmlBody')) }],
    ['InvalidBody', 400, 'two bodies', withBody({ TextBody: 'x' })],
    ['InvalidBody', 400, 'more than 8 MiB of body', withBody({ HtmlBody: 'x'.repeat(8 * 1024 * 1024 + 1) })],
    ['InvalidParameter', 400, 'bad percent-encoding', { body: `${form(mail)}&X=%zz` }],
    ['InvalidParameter', 400, 'bytes that are no UTF-8', { body: Buffer.from([0x41, 0x3d, 0xff]) }],
    ['InvalidParameter', 400, 'thousands of parameters', { body: 'a=1&'.repeat(5000) }],
  ]
  for (const [code, status, why, request] of refusals) {
    it(`answers ${String(status)} ${code} to ${why}`, async () => {
      const reply = await sendV3(sandbox, request)
      expect(codeOf(reply)).to.equal(code)
      expect(reply.statusCode).to.equal(status)
      expect(reply.headers['content-type']).to.equal('application/json;charset=utf-8')
      const error = JSON.parse(reply.text) as Record<string, unknown>
      expect(error).to.have.all.keys('Code', 'Message', 'RequestId', 'HostId', 'Recommend')
      expect(error['Message']).to.equal(messageOf(code, why))
      expect(error['HostId']).to.equal(sandbox.endpoint.slice('http://'.length))
      expect(reply.text).not.to.contain(secret).and.not.to.contain('123456')
      expect(sandbox.inbox()).to.have.length(0)
      expect(sandbox.refused()).to.have.length(1)
      expect(sandbox.refused()[0]).to.include({ code, statusCode: status, message: error['Message'] })
    })
  }

  it('accepts all that is just within the limits', async () => {
    const reply = await sendV3(sandbox, {
      date: minutes(-14),
      ...withBody({
        AccountName: 'NOREPLY@example.com',
        ToAddress: Array(100).fill('a+b@example.com').join(', '),
        Subject: '😀'.repeat(256),
        FromAlias: '名'.repeat(14),
        TagName: 'a'.repeat(128),
        HtmlBody: '%'.repeat(8 * 1024 * 1024),
        AddressType: '0',
        ClickTrace: '1',
      }),
    })
    expect(reply.text).to.contain('EnvId')
    expect(sandbox.inbox()[0]?.size).to.equal(8 * 1024 * 1024)
  })

  it('answers InvalidBody, and does not fall over, when the request is larger than it can ever need', async () => {
    const reply = await send(sandbox, { ...v3(sandbox), body: Buffer.alloc(40 * 1024 * 1024, 'a') })
    expect(codeOf(reply)).to.equal('InvalidBody')
  })

  it('refuses a nonce the second time, with a fresh signature and whatever came of the first', async () => {
    const nonce = 'once'
    expect((await sendV3(sandbox, { nonce, ...withBody({ Subject: '' }) })).statusCode).to.equal(400)
    expect(codeOf(await sendV3(sandbox, { nonce }))).to.equal('SignatureNonceUsed')
  })

  it('accepts one of many simultaneous requests with the same nonce', async () => {
    const replies = await Promise.all(Array.from({ length: 10 }, () => sendV3(sandbox, { nonce: 'race' })))
    expect(replies.filter(({ statusCode }) => statusCode === 200)).to.have.length(1)
    expect(sandbox.inbox()).to.have.length(1)
  })

  it('does not let a wrong signature use a nonce up', async () => {
    await sendV3(sandbox, { nonce: 'mine', secret: 'wrong' })
    expect((await sendV3(sandbox, { nonce: 'mine' })).statusCode).to.equal(200)
  })

  it('treats __proto__ as a parameter like any other', async () => {
    await sendV3(sandbox, { body: `${form(mail)}&__proto__=x&constructor=y` })
    const parameters = sandbox.inbox()[0]?.parameters ?? {}
    expect(Object.keys(parameters)).to.include.members(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf({})).not.to.have.property('x')
  })

  it('notices a signed header that was changed on the way', async () => {
    const sent = v3(sandbox)
    const reply = await send(sandbox, { ...sent, headers: { ...sent.headers, 'content-type': 'text/plain' } })
    expect(codeOf(reply)).to.equal('SignatureDoesNotMatch')
  })

  for (const [why, authorization, code] of [
    ['is garbage', 'garbage', 'MissingAccessKeyId'],
    [
      'names another algorithm',
      `ACS3-RSA-SHA256 Credential=${keyId},SignedHeaders=host,Signature=x`,
      'IncompleteSignature',
    ],
    ['has no signature', `ACS3-HMAC-SHA256 Credential=${keyId},SignedHeaders=host`, 'MissingSignature'],
  ] as const) {
    it(`answers ${code} when the authorization ${why}`, async () => {
      const sent = v3(sandbox)
      const reply = await send(sandbox, { ...sent, headers: { ...sent.headers, authorization } })
      expect(codeOf(reply)).to.equal(code)
    })
  }

  describe('what occurs twice, of which swapped values have the same signature,', () => {
    const refusal = 'InvalidParameter'
    /** The values under one name, signed in one order and sent in the other. */
    const swapped = (name: string, values: readonly [string, string]): ReturnType<typeof v3> => {
      const sent = v3(sandbox, { headers: { [name]: [...values].sort().join(',') } })
      return { ...sent, headers: { ...sent.headers, [name]: [...values].reverse() } }
    }

    it('is refused among the signed headers', async () => {
      expect(codeOf(await send(sandbox, swapped('x-acs-extra', ['a', 'b'])))).to.equal(refusal)
      expect(codeOf(await send(sandbox, swapped('x-acs-signature-nonce', ['n1', 'n2'])))).to.equal(refusal)
      expect(sandbox.inbox()).to.have.length(0)
    })

    it('is refused in a form, in a query, and in both', async () => {
      const other = 'ToAddress=eve%40example.com'
      expect(codeOf(await sendV3(sandbox, { body: `${form(mail)}&${other}` }))).to.equal(refusal)
      expect(codeOf(await sendV3(sandbox, { query: 'a=1&a=2' }))).to.equal(refusal)
      expect(codeOf(await sendV3(sandbox, { query: other }))).to.equal(refusal)
      const v1 = form(signedV1('GET'))
      expect(codeOf(await send(sandbox, { path: `/?${v1}&${other}` }))).to.equal(refusal)
      expect(sandbox.inbox()).to.have.length(0)
    })

    it('is taken where it counts for nothing', async () => {
      const sent = v3(sandbox)
      const reply = await send(sandbox, { ...sent, headers: { ...sent.headers, via: ['a', 'b'] } })
      expect(reply.statusCode).to.equal(200)
    })
  })

  describe('signature V1', () => {
    const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' }

    it('accepts parameters in the query, in the form, and in both', async () => {
      const inQuery = await send(sandbox, { path: `/?${form(signedV1('GET'))}` })
      const inForm = await send(sandbox, {
        method: 'POST',
        headers: formHeaders,
        body: form(signedV1('POST')),
      })
      const entries = Object.entries(signedV1('POST'))
      const inBoth = await send(sandbox, {
        method: 'POST',
        path: `/?${form(Object.fromEntries(entries.slice(0, 5)))}`,
        headers: formHeaders,
        body: form(Object.fromEntries(entries.slice(5))),
      })
      expect([inQuery, inForm, inBoth].map(({ statusCode }) => statusCode)).to.deep.equal([200, 200, 200])
      expect(sandbox.inbox()[0]?.signature).to.include({ scheme: 'HMAC-SHA1', verified: true })
    })

    it('keeps neither the signature nor the security token', async () => {
      await send(sandbox, { path: `/?${form(signedV1('GET', { SecurityToken: 'sts' }))}` })
      expect(sandbox.inbox()[0]?.parameters).to.not.have.any.keys('Signature', 'SecurityToken')
    })

    it('answers XML unless Format is JSON', async () => {
      const good = await send(sandbox, { path: `/?${form(signedV1('GET', { Format: 'XML' }))}` })
      expect(good.headers['content-type']).to.equal('text/xml;charset=utf-8')
      expect(good.text).to.match(/<SingleSendMailResponse><EnvId>\d{18}<\/EnvId><RequestId>[\dA-F-]{36}</)
      const bad = await send(sandbox, { path: '/?Action=SingleSendMail' })
      expect(bad.statusCode).to.equal(400)
      expect(bad.text).to.match(/<Error>.*<Code>MissingVersion<\/Code><\/Error>$/)
    })

    it('notices a parameter that was changed or added', async () => {
      const parameters = signedV1('GET')
      for (const path of [
        `/?${form({ ...parameters, ToAddress: 'thief@example.com' })}`,
        `/?${form({ ...parameters, TagName: 'x' })}`,
      ]) {
        expect(codeOf(await send(sandbox, { path }))).to.equal('SignatureDoesNotMatch')
      }
    })

    const empty: ReadonlyArray<readonly [name: string, code: string]> = [
      ['Action', 'InvalidAction.NotFound'],
      ['Version', 'MissingVersion'],
      ['AccessKeyId', 'MissingAccessKeyId'],
      ['SignatureNonce', 'MissingSignatureNonce'],
      ['Timestamp', 'MissingTimestamp'],
      ['SignatureMethod', 'IncompleteSignature'],
    ]
    for (const [name, code] of empty) {
      it(`answers ${code} to an empty ${name}`, async () => {
        const reply = await send(sandbox, { path: `/?${form(signedV1('GET', { [name]: '' }))}` })
        expect(codeOf(reply)).to.equal(code)
      })
    }

    it('answers MissingSignature to an empty one', async () => {
      const reply = await send(sandbox, { path: `/?${form({ ...signedV1('GET'), Signature: '' })}` })
      expect(codeOf(reply)).to.equal('MissingSignature')
    })

    it('refuses a replayed nonce and another signature method', async () => {
      const path = `/?${form(signedV1('GET'))}`
      await send(sandbox, { path })
      const replayed = await send(sandbox, { path })
      expect(replayed.statusCode).to.equal(400)
      expect(JSON.parse(replayed.text)).to.include({
        Code: 'SignatureNonceUsed',
        Message: 'Specified signature nonce was used already.',
      })
      const other = `/?${form(signedV1('GET', { SignatureMethod: 'HMAC-SHA256' }))}`
      expect(codeOf(await send(sandbox, { path: other }))).to.equal('IncompleteSignature')
    })
  })

  describe('with the real SDK', () => {
    const clientOf = (to: Sandbox, accessKeySecret: string, accessKeyId = keyId, securityToken?: string) =>
      new dm.default(
        // Two versions of one package: their Config classes are alike, not the same.
        // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
        new openapi.Config({
          accessKeyId,
          accessKeySecret,
          ...(securityToken === undefined ? {} : { securityToken }),
          endpoint: to.endpoint.slice('http://'.length),
          protocol: 'http',
        }),
      )
    const request = (more: object = {}) =>
      new dm.SingleSendMailRequest({
        accountName: 'noreply@example.com',
        addressType: 1,
        replyToAddress: false,
        toAddress: 'user@example.org',
        subject: "验证码 !'()*~ +&=",
        htmlBody: '<b>123456 & 中文 😀 %zz</b>\r\n',
        ...more,
      })
    const codeFrom = (sending: Promise<unknown>): Promise<unknown> =>
      sending.then(
        () => 'sent',
        (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
      )

    it('accepts its requests, byte for byte', async () => {
      const { body } = await clientOf(sandbox, secret).singleSendMail(request())
      const [received] = sandbox.inbox()
      expect(body?.envId).to.equal(received?.envId)
      expect(body?.requestId).to.equal(received?.requestId)
      expect(received).to.deep.include({
        subject: "验证码 !'()*~ +&=",
        htmlBody: '<b>123456 & 中文 😀 %zz</b>\r\n',
      })
      expect(received?.signature.verified).to.be.true
    })

    it('accepts its security token', async () => {
      await clientOf(sandbox, secret, keyId, 'sts-token').singleSendMail(request())
      expect(sandbox.inbox()).to.have.length(1)
    })

    it('turns down its wrong secret and its unknown key', async () => {
      expect(await codeFrom(clientOf(sandbox, 'wrong').singleSendMail(request()))).to.equal(
        'SignatureDoesNotMatch',
      )
      expect(await codeFrom(clientOf(sandbox, secret, 'LTAIother').singleSendMail(request()))).to.equal(
        'InvalidAccessKeyId.NotFound',
      )
    })

    it('turns down the nonce that it is told to use twice', async () => {
      const runtime = new teaUtil.RuntimeOptions({
        extendsParameters: new teaUtil.ExtendsParameters({ headers: { 'x-acs-signature-nonce': 'twice' } }),
      })
      const client = clientOf(sandbox, secret)
      await client.singleSendMailWithOptions(request(), runtime)
      expect(await codeFrom(client.singleSendMailWithOptions(request(), runtime))).to.equal(
        'SignatureNonceUsed',
      )
      expect(sandbox.inbox()[0]?.signature.nonce).to.equal('twice')
    })
  })

  describe('by its own clock', () => {
    const now = Date.parse('2026-01-01T12:00:00Z')
    const unlimited = {
      accessKeys: undefined,
      senders: undefined,
      throttle: unthrottled,
      sendOnlyKeys: new Set<string>(),
      account: createAccount(completeAccount(), undefined, () => []),
    }
    const callOf = (date: string, SignatureNonce = 'n'): Call => {
      const parameters = signedV1('POST', { Timestamp: date, SignatureNonce })
      return {
        ...readCall(new IncomingMessage(new Socket()), Buffer.from(form(parameters))),
        method: 'POST',
      }
    }

    it('accepts a date up to a quarter of an hour off, on either side', () => {
      const service = createService(unlimited)
      for (const [date, code] of [
        ['2026-01-01T11:44:59.999Z', 'InvalidTimeStamp.Expired'],
        ['2026-01-01T11:45:00Z', 'accepted'],
        ['2026-01-01T12:15:00Z', 'accepted'],
        ['2026-01-01T12:15:00.001Z', 'InvalidTimeStamp.Expired'],
      ] as const) {
        const outcome = service(callOf(date, date), now)
        expect(E.isLeft(outcome) ? outcome.left.code : 'accepted', date).to.equal(code)
      }
    })

    it('forgets a nonce after half an hour, when its request has long been too old', () => {
      const service = createService({ ...unlimited, accessKeys: new Map([[keyId, secret]]) })
      const codeAt = (date: string, time: number): string => {
        const outcome = service(callOf(date), time)
        return E.isLeft(outcome) ? outcome.left.code : 'accepted'
      }
      const later = (n: number): number => now + n * 60_000
      expect(codeAt('2026-01-01T12:00:00Z', now)).to.equal('accepted')
      expect(codeAt('2026-01-01T12:00:00Z', later(15))).to.equal('SignatureNonceUsed')
      expect(codeAt('2026-01-01T12:00:00Z', later(30))).to.equal('InvalidTimeStamp.Expired')
      expect(codeAt('2026-01-01T12:29:00Z', later(29))).to.equal('SignatureNonceUsed')
      expect(codeAt('2026-01-01T12:30:00Z', later(30))).to.equal('accepted')
    })

    it('says when a mail was received', () => {
      const outcome = createService(unlimited)(callOf('2026-01-01T12:00:00Z'), now)
      expect(outcome).to.have.nested.property('right.mail.receivedAt').that.equals('2026-01-01T12:00:00.000Z')
    })
  })

  describe('with other options', () => {
    it('accepts any key and any signature when it knows none, but no replay, no old date and no wrong hash', async () => {
      const open = await start({})
      try {
        expect((await sendV3(open, { keyId: 'any', secret: 'any', nonce: 'n' })).statusCode).to.equal(200)
        expect(open.inbox()[0]?.signature.verified).to.be.false
        expect(codeOf(await sendV3(open, { keyId: 'any', nonce: 'n' }))).to.equal('SignatureNonceUsed')
        expect(codeOf(await sendV3(open, { date: minutes(-16) }))).to.equal('InvalidTimeStamp.Expired')
        expect(codeOf(await sendV3(open, { hash: 'a'.repeat(64) }))).to.equal('SignatureDoesNotMatch')
      } finally {
        await open.stop()
      }
    })

    it('throttles, says for how long, and lets the same request through afterwards', async () => {
      const slow = await start({ ...keys, throttlePerSecond: 1 })
      try {
        await sendV3(slow)
        const reply = await sendV3(slow, { nonce: 'again' })
        expect(JSON.parse(reply.text)).to.include({
          Code: 'Throttling.User',
          Message: 'Request was denied due to user flow control.',
        })
        expect(reply.statusCode).to.equal(400)
        const wait = Number(reply.headers['x-acs-retry-after'])
        expect(wait).to.be.within(1, 1000)
        await new Promise((resolve) => setTimeout(resolve, wait + 20))
        expect((await sendV3(slow, { nonce: 'again' })).statusCode).to.equal(200)
      } finally {
        await slow.stop()
      }
    })

    it('is late by its latency, with refusals too', async () => {
      const late = await start({ ...keys, latencyMs: 150 })
      try {
        const began = performance.now()
        await Promise.all([sendV3(late), sendV3(late, { secret: 'wrong' })])
        expect(performance.now() - began).to.be.at.least(145)
      } finally {
        await late.stop()
      }
    })

    it('keeps as many mails as it is told to', async () => {
      const small = await start({ ...keys, capacity: 2 })
      try {
        for (const Subject of ['1', '2', '3']) await sendV3(small, withBody({ Subject }))
        expect(small.inbox().map(({ subject }) => subject)).to.deep.equal(['2', '3'])
      } finally {
        await small.stop()
      }
    })
  })
})
