import { expect } from 'chai'
import type { AccountOptions, SandboxOptions } from 'aliyun-dm-sandbox'
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

  it('says so in words', async () => {
    const mails = { dailyQuota: 5, monthQuota: 9 }
    const { entries } = right((await verify({ sandbox: { account: mails } })).result)
    expect(entries.map(({ message }) => message)).to.deep.equal([
      'Key and secret are right',
      'The account is active',
      '5 of 5 mails are left today',
      '9 of 9 mails are left this month',
      'no-reply@mail.example.com exists',
      'It is for triggered mail',
      'It is not frozen',
      'mail.example.com is verified',
      ...['SPF', 'DKIM', 'MX', 'CNAME', 'DMARC'].map((name) => `The ${name} record is right`),
    ])
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
    expect(find(verification, 'dailyQuota')).to.deep.include({
      message: 'All 2 mails of today are used up',
      cure: "Wait until tomorrow (China's time), or ask Alibaba Cloud for a higher quota",
      quota: { limit: 2, used: 2, left: 0 },
    })
    const month = right((await verify({ sandbox: { account: { monthQuota: 0 } } })).result)
    expect(find(month, 'monthlyQuota')).to.include({
      message: 'All 0 mails of this month are used up',
      cure: "Wait until next month (China's time), or ask Alibaba Cloud for a higher quota",
    })
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

  const seeNotices = 'See the notices in the DirectMail console, or open a ticket'
  const problems: ReadonlyArray<
    readonly [question: VerificationQuestion, account: AccountOptions, message: string, cure: string]
  > = [
    ['account', { userStatus: 1 }, 'The account is frozen', seeNotices],
    [
      'account',
      { userStatus: 2 },
      'The account has overdue payments',
      'Pay what is due in the Alibaba Cloud console',
    ],
    ['account', { userStatus: 4 }, 'The account may not send to the outside', seeNotices],
    [
      'account',
      { userStatus: 8 },
      'DirectMail is closed for this account',
      'Activate DirectMail in its console',
    ],
    [
      'account',
      { userStatus: 7 },
      'The account has the status 7, which is not documented',
      'See the notices in the DirectMail console',
    ],
    ['senderStatus', { frozenSenders: [config.accountName] }, 'It is frozen', seeNotices],
    [
      'senderType',
      { batchSenders: [config.accountName] },
      'It is not for triggered mail',
      'Create another sender address of the type triggered mail (触发邮件) in the DirectMail console',
    ],
  ]
  for (const [question, account, message, cure] of problems)
    it(`finds a problem of ${question} and nothing else under ${JSON.stringify(account)}`, async () => {
      const verification = right((await verify({ sandbox: { account } })).result)
      expect(verification.passed).to.equal(false)
      expect(tags(verification)).to.deep.equal({ ...allOk, [question]: 'Problem' })
      expect(find(verification, question)).to.include({ message, cure })
    })

  it('finds that the sender address does not exist, and asks no more about it', async () => {
    const verification = right((await verify({ sandbox: { senders: ['other@mail.example.com'] } })).result)
    const { senderType, senderStatus, ...rest } = allOk
    expect(tags(verification)).to.deep.equal({ ...rest, sender: 'Problem' })
    expect(find(verification, 'sender')).to.deep.equal({
      _tag: 'Problem',
      question: 'sender',
      message: 'no-reply@mail.example.com does not exist',
      cure: 'Create the sender address (发信地址) in the DirectMail console, or check accountName and regionId: each region has its own',
    })
  })

  it('finds that the domain is not of this account, and asks no more about it', async () => {
    const verification = right((await verify({ sandbox: { senders: ['no-reply@example.com'] } })).result)
    expect(tags(verification)).to.include({ sender: 'Problem', domain: 'Problem' })
    expect(tags(verification)).not.to.have.property('spf')
    expect(find(verification, 'domain')).to.include({
      message: 'mail.example.com is not a domain of this account',
      cure: 'Add the domain in the DirectMail console',
    })
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
    const setRecords =
      'Set the records that DirectMail asks for in the DNS of the domain, then press Verify (验证) in its console'
    for (const [question, message] of [
      ['senderStatus', 'It is not usable: its domain is not verified'],
      ['domain', 'mail.example.com is not verified'],
      ['spf', 'The SPF record is missing or wrong'],
      ['dmarc', 'The DMARC record is missing or wrong'],
    ] as const)
      expect(find(verification, question)).to.include({ message, cure: setRecords })
    expect(find(verification, 'cname')?.message).to.equal(
      'The CNAME record is missing, and needed for clickTrace only',
    )
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
      expect(find(verification, 'domain')).to.deep.equal({
        _tag: 'NotAllowed',
        question: 'domain',
        message: 'The key may not ask: it lacks the permission dm:QueryDomainByParam',
        action: 'dm:QueryDomainByParam',
      })
      for (const question of ['account', 'dailyQuota', 'monthlyQuota'] as const)
        expect(find(verification, question)).to.include({ action: 'dm:DescAccountSummary' })
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

  it('knows a code that nobody has written down for one of what was asked', () =>
    withSandbox(async (sandbox) => {
      right(sandbox.failNext({ kind: 'error', code: 'Foo.InvalidAccessKeyId', statusCode: 409 })())
      expect(right(await connect(sandbox.endpoint).verify()).entries[1]).to.deep.equal({
        _tag: 'Problem',
        question: 'account',
        message: 'DirectMail answers Foo.InvalidAccessKeyId (HTTP 409)',
        cure: 'Look the code up in the help of DirectMail',
      })
    }, keys))

  describe('of answers that lack something', () => {
    const { accountName } = config
    /** A client of the user's own that gives these answers, and what it was asked. */
    const ask = async (answers: Readonly<Record<string, object>>, more: object = {}) => {
      const requests: Array<object> = []
      const answer = (name: string) => (request: object) => {
        requests.push(JSON.parse(JSON.stringify(request)) as object)
        const body = answers[name]
        return body instanceof Error ? Promise.reject(body) : Promise.resolve({ body: body ?? {} })
      }
      const client = {
        singleSendMailWithOptions: () => Promise.resolve({}),
        descAccountSummaryWithOptions: answer('summary'),
        queryMailAddressByParamWithOptions: answer('senders'),
        queryDomainByParamWithOptions: answer('domains'),
        descDomainWithOptions: answer('domain'),
      }
      const options = { client, maxAttempts: 1 }
      return { result: await right(createConnector({ ...config, ...more }, options)).verify(), requests }
    }
    const summary = { userStatus: 0, dailyQuota: 5, monthQuota: 9 }
    const domains = { data: { domain: [{ domainId: 7, domainName: 'MAIL.example.com' }] } }
    const senders = { data: { mailAddress: [{ accountName: accountName.toUpperCase() }] } }

    it('takes what is not told for nothing wrong, and only a trigger for one', async () => {
      const { result, requests } = await ask({ summary, domains, senders, domain: { domainStatus: 0 } })
      expect(tags(right(result))).to.deep.equal({ ...allOk, senderType: 'Problem' })
      expect(requests).to.deep.equal([
        {},
        { pageNo: 1, pageSize: 50 },
        { keyWord: accountName, pageNo: 1, pageSize: 50 },
        { keyWord: 'mail.example.com', pageNo: 1, pageSize: 50 },
        { domainId: 7, requireRealTimeDnsRecords: true },
      ])
    })

    it('finds no sender and no domain where there are none', async () => {
      for (const empty of [{}, { data: {} }]) {
        const { result } = await ask({ summary, senders: empty, domains: empty })
        expect(tags(right(result))).to.include({ dailyQuota: 'Ok', sender: 'Problem', domain: 'Problem' })
      }
    })

    it('tells the name of a record that is wanted, though not what is', async () => {
      const failed = Object.fromEntries(
        ['spf', 'dkim', 'mx', 'cname', 'dmarc'].map((name) => [`${name}AuthStatus`, 1]),
      )
      const domain = { domainStatus: 1, ...failed }
      const { result } = await ask({ summary, domains, senders, domain }, { clickTrace: true, tagName: 'a' })
      const name = 'mail.example.com'
      expect(
        right(result).entries.flatMap((entry) => ('record' in entry && entry.record ? [entry.record] : [])),
      ).to.deep.equal([
        { type: 'TXT', name, wanted: '', found: undefined },
        { type: 'TXT', name, wanted: '' },
        { type: 'MX', name, wanted: '', found: undefined },
        { type: 'CNAME', name, wanted: '' },
        { type: 'TXT', name, wanted: '', found: undefined },
      ])
    })

    it('names the quota where senders may not be asked for, and all of a domain', async () => {
      const refused = Object.assign(new Error('no'), { code: 'NoPermission', statusCode: 403 })
      const { result } = await ask({ summary, senders: refused, domains, domain: refused })
      const verification = right(result)
      expect(tags(verification)).to.deep.equal({
        ...Object.fromEntries(Object.keys(allOk).map((question) => [question, 'NotAllowed'])),
        keyPair: 'Ok',
        account: 'Ok',
      })
      expect(find(verification, 'dailyQuota')).to.include({ action: 'dm:QueryMailAddressByParam' })
      expect(find(verification, 'spf')).to.include({ action: 'dm:DescDomain' })
    })

    it('finds a key that ends between two questions', async () => {
      const refused = Object.assign(new Error('no'), { code: 'InvalidAccessKeyId.Inactive', statusCode: 404 })
      const { result } = await ask({ summary, senders: refused })
      expect(right(result)).to.have.property('passed', false)
      expect(right(result).entries.at(-1)).to.include({ _tag: 'Problem', question: 'keyPair' })
    })
  })

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
