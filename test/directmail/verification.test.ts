import { expect } from 'chai'
import type { SandboxOptions } from 'aliyun-dm-sandbox'
import {
  type ConnectorOptions,
  createConnector,
  type Verification,
  type VerificationQuestion,
} from '../../lib/index.js'
import { createConnector as createPromising } from '../../lib/promises.js'
import { left, right } from '../support/either.js'
import {
  accessKeyId,
  accessKeySecret,
  config,
  connect,
  message,
  SdkClient,
  withSandbox,
} from '../support/sandbox.js'

const keys = { accessKeys: { [accessKeyId]: accessKeySecret } }

interface Account {
  readonly sandbox?: SandboxOptions
  readonly config?: object
  readonly options?: ConnectorOptions
  readonly mails?: number
}

/** What a connector finds out about the account of a sandbox, and how many requests that took. */
const verify = ({ sandbox = {}, config: more = {}, options = {}, mails = 0 }: Account) =>
  withSandbox(
    async ({ endpoint, requests }) => {
      const connector = right(createConnector({ ...config, ...more }, { endpoint, ...options }))
      for (let sent = 0; sent < mails; sent += 1) right(await connector.sendMessage(message)())
      const before = requests()
      const result = await connector.verify()
      return { result, requests: requests() - before }
    },
    { ...keys, ...sandbox },
  )

const tags = ({ entries }: Verification): Readonly<Record<string, string>> =>
  Object.fromEntries(entries.map(({ question, _tag }) => [question, _tag]))

const find = ({ entries }: Verification, question: VerificationQuestion) =>
  entries.find((entry) => entry.question === question)

const allOk = {
  keyPair: 'Ok',
  account: 'Ok',
  dailyQuota: 'Ok',
  monthlyQuota: 'Ok',
  sender: 'Ok',
  senderType: 'Ok',
  senderStatus: 'Ok',
  domain: 'Ok',
  spf: 'Ok',
  dkim: 'Ok',
  mx: 'Ok',
  cname: 'Ok',
  dmarc: 'Ok',
}

describe('verify', () => {
  it('finds an account that can send, and sends nothing', async () => {
    const { result, requests } = await verify({})
    const verification = right(result)
    expect(verification.passed).to.equal(true)
    expect(tags(verification)).to.deep.equal(allOk)
    expect(requests).to.equal(5)
  })

  it('tells what is left of the quota', async () => {
    const { result } = await verify({ sandbox: { account: { dailyQuota: 10 } }, mails: 3 })
    expect(find(right(result), 'dailyQuota')).to.deep.equal({
      _tag: 'Ok',
      question: 'dailyQuota',
      message: '7 of 10 mails are left today',
      quota: { limit: 10, used: 3, left: 7 },
    })
    expect(find(right(result), 'monthlyQuota')).to.deep.include({ quota: { limit: 300, used: 3, left: 297 } })
  })

  it('calls a quota that is used up a problem', async () => {
    const { result } = await verify({ sandbox: { account: { dailyQuota: 2 } }, mails: 2 })
    const verification = right(result)
    expect(verification.passed).to.equal(false)
    expect(tags(verification)).to.deep.equal({ ...allOk, dailyQuota: 'Problem' })
    expect(find(verification, 'dailyQuota')).to.deep.include({ quota: { limit: 2, used: 2, left: 0 } })
    expect(find(verification, 'dailyQuota')).to.have.property('cure').that.includes('tomorrow')
  })

  it('counts the mails of all sender addresses', () =>
    withSandbox(async ({ endpoint }) => {
      const other = right(createConnector({ ...config, accountName: 'other@mail.example.com' }, { endpoint }))
      right(await other.sendMessage(message)())
      expect(find(right(await connect(endpoint).verify()), 'dailyQuota')).to.have.nested.property(
        'quota.used',
        1,
      )
    }, keys))

  const problems: ReadonlyArray<
    readonly [question: VerificationQuestion, sandbox: SandboxOptions, cure: RegExp]
  > = [
    ['account', { account: { userStatus: 1 } }, /console/],
    ['account', { account: { userStatus: 2 } }, /Pay/],
    ['account', { account: { userStatus: 8 } }, /Activate/],
    ['account', { account: { userStatus: 7 } }, /console/],
    ['senderStatus', { account: { frozenSenders: [config.accountName] } }, /console/],
    ['senderType', { account: { batchSenders: [config.accountName] } }, /触发邮件/],
  ]
  for (const [question, sandbox, cure] of problems)
    it(`finds a problem of ${question} and nothing else under ${JSON.stringify(sandbox)}`, async () => {
      const verification = right((await verify({ sandbox })).result)
      expect(verification.passed).to.equal(false)
      expect(tags(verification)).to.deep.equal({ ...allOk, [question]: 'Problem' })
      expect(find(verification, question)).to.have.property('cure').that.matches(cure)
    })

  it('finds that the sender address does not exist, and asks no more about it', async () => {
    const verification = right((await verify({ sandbox: { senders: ['other@mail.example.com'] } })).result)
    const { senderType, senderStatus, ...rest } = allOk
    expect(tags(verification)).to.deep.equal({ ...rest, sender: 'Problem' })
  })

  it('finds that the domain is not of this account, and asks no more about it', async () => {
    const verification = right((await verify({ sandbox: { senders: ['no-reply@example.com'] } })).result)
    expect(tags(verification)).to.include({ sender: 'Problem', domain: 'Problem' })
    expect(tags(verification)).not.to.have.property('spf')
  })

  it('finds the records that a domain lacks, the wanted and the found one', async () => {
    const sandbox = { account: { unverifiedDomains: ['mail.example.com'] } }
    const verification = right((await verify({ sandbox })).result)
    expect(tags(verification)).to.include({
      senderStatus: 'Problem',
      domain: 'Problem',
      spf: 'Problem',
      dkim: 'Problem',
      mx: 'Problem',
      cname: 'Ok',
      dmarc: 'Problem',
    })
    const records = verification.entries.flatMap((entry) =>
      entry._tag === 'Problem' && entry.record ? [entry.record] : [],
    )
    expect(records).to.deep.equal([
      {
        type: 'TXT',
        name: 'mail.example.com',
        wanted: 'v=spf1 include:spf1.dm.aliyun.com -all',
        found: 'v=spf1 -all',
      },
      {
        type: 'TXT',
        name: 'aliyun-cn-hangzhou._domainkey.mail.example.com',
        wanted: 'v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ',
      },
      { type: 'MX', name: 'mail.example.com', wanted: 'mx01.dm.aliyun.com', found: undefined },
      {
        type: 'TXT',
        name: '_dmarc.mail.example.com',
        wanted: 'v=DMARC1;p=none;rua=mailto:dmarc_report@service.aliyun.com',
        found: undefined,
      },
    ])
  })

  it('wants the CNAME record where clicks are traced', async () => {
    const verification = right(
      (
        await verify({
          sandbox: { account: { unverifiedDomains: ['mail.example.com'] } },
          config: { clickTrace: true, tagName: 'codes' },
        })
      ).result,
    )
    expect(find(verification, 'cname')).to.deep.include({
      _tag: 'Problem',
      record: { type: 'CNAME', name: 'dmtrace.mail.example.com', wanted: 'tracedm.aliyuncs.com' },
    })
  })

  describe('with a key that may only send', () => {
    it('finds that the key is right, and what it may not ask', async () => {
      const { result, requests } = await verify({
        sandbox: { account: { sendOnlyKeys: [accessKeyId] } },
        mails: 1,
      })
      const verification = right(result)
      expect(verification.passed).to.equal(true)
      expect(tags(verification)).to.deep.equal({
        ...Object.fromEntries(Object.keys(allOk).map((question) => [question, 'NotAllowed'])),
        keyPair: 'Ok',
      })
      expect(find(verification, 'domain')).to.include({ action: 'dm:QueryDomainByParam' })
      expect(requests).to.equal(3)
    })

    it('does not ask again what was refused', async () => {
      const { requests } = await verify({
        sandbox: { account: { sendOnlyKeys: [accessKeyId] } },
        options: { maxAttempts: 5 },
      })
      expect(requests).to.equal(3)
    })
  })

  for (const [what, more, code] of [
    ['an unknown key', { accessKeyId: 'LTAI5tUnknown' }, 'InvalidAccessKeyId.NotFound'],
    ['a wrong secret', { accessKeySecret: 'wrong' }, 'SignatureDoesNotMatch'],
  ] as const)
    it(`finds ${what}, and asks no more`, async () => {
      const { result, requests } = await verify({ config: more })
      const verification = right(result)
      expect(verification.passed).to.equal(false)
      expect(tags(verification)).to.deep.equal({ keyPair: 'Problem' })
      expect(find(verification, 'keyPair')?.message).to.include(code)
      expect(requests).to.equal(1)
    })

  it('takes any other refusal for a problem of what was asked', () =>
    withSandbox(async (sandbox) => {
      right(sandbox.failNext({ kind: 'error', code: 'InvalidUser.NotFound', statusCode: 404 })())
      const verification = right(await connect(sandbox.endpoint).verify())
      expect(tags(verification)).to.include({ keyPair: 'Ok', account: 'Problem', sender: 'Ok' })
      expect(find(verification, 'account')).to.have.property('cure').that.includes('Activate DirectMail')
    }, keys))

  it('is a Left where DirectMail cannot be asked', async () => {
    const error = left(await connect('http://127.0.0.1:1', { maxAttempts: 1 }).verify())
    expect(error).to.include({ _tag: 'ConnectionFailed', delivered: 'no' })
  })

  it('says of a client that can only send that it has no such method', () =>
    withSandbox(async ({ endpoint }) => {
      const client = { singleSendMailWithOptions: () => Promise.resolve({}) }
      const error = left(await connect(endpoint, { client }).verify())
      expect(error).to.deep.include({
        _tag: 'InvalidConfig',
        issues: [
          {
            path: 'options.client',
            message: 'expected a client with a method descAccountSummaryWithOptions',
          },
        ],
      })
    }, keys))

  it("asks with the SDK's client of the user", () =>
    withSandbox(async ({ endpoint, requests }) => {
      const { Config } = await import('@alicloud/openapi-client')
      const client = new SdkClient(
        // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the SDK's own way
        new Config({
          accessKeyId,
          accessKeySecret,
          endpoint: endpoint.slice('http://'.length),
          protocol: 'HTTP',
        }),
      )
      expect(right(await connect('dm.aliyuncs.com', { client }).verify()).passed).to.equal(true)
      expect(requests()).to.equal(5)
    }, keys))

  it('is a promise in programs of promises', () =>
    withSandbox(async ({ endpoint }) => {
      expect((await createPromising(config, { endpoint }).verify()).passed).to.equal(true)
    }, keys))
})
