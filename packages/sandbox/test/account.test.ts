/** Through the SDK's own client, whose models say which fields are numbers and which are texts. */
import { createRequire } from 'node:module'
import type dmModule from '@alicloud/dm20151123'
import type * as models from '@alicloud/dm20151123'
import type * as openapiModule from '@alicloud/openapi-client'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { createAccount } from '../src/account.js'
import type { Sandbox, SandboxOptions } from '../src/index.js'
import { completeAccount } from '../src/options.js'
import { codeOf, form, keyId, keys, mail, secret, send, sendV3, signedV1, start } from './client.js'

const load = createRequire(import.meta.url)
const dm = load('@alicloud/dm20151123') as typeof dmModule & typeof models
const openapi = load('@alicloud/openapi-client') as typeof openapiModule

const accountName = 'noreply@example.com'

const connect = ({ endpoint }: Sandbox) =>
  new dm.default(
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the SDK's own way
    new openapi.Config({
      accessKeyId: keyId,
      accessKeySecret: secret,
      endpoint: endpoint.slice('http://'.length),
      protocol: 'HTTP',
    }),
  )

const use = async (
  options: SandboxOptions,
  run: (sandbox: Sandbox, client: ReturnType<typeof connect>) => Promise<void>,
): Promise<void> => {
  const sandbox = await start({ ...keys, ...options })
  try {
    await run(sandbox, connect(sandbox))
  } finally {
    await sandbox.stop()
  }
}

const sendTo = async (
  sandbox: Sandbox,
  ToAddress: string,
  more: Record<string, string> = {},
): Promise<unknown> => {
  const reply = await sendV3(sandbox, { body: form({ ...mail, ToAddress, ...more }) })
  return reply.statusCode === 200 ? 'sent' : codeOf(reply)
}

const codeFrom = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error as { readonly code: unknown }).code,
  )

/** As China's clocks show it, whatever the zone of this machine is. */
const chinaMinute = (ms: number): string =>
  new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ')

const lastHour = () => ({
  startTime: chinaMinute(Date.now() - 3_600_000),
  endTime: chinaMinute(Date.now() + 60_000),
})

describe('sandbox/account', () => {
  describe('its quota', () => {
    it('is counted down by every recipient of every sender address', () =>
      use({ account: { dailyQuota: 5 } }, async (sandbox, client) => {
        await sendTo(sandbox, 'a@example.org')
        await sendTo(sandbox, 'a@example.org,b@example.org', { AccountName: 'other@example.com' })
        const { body } = await client.descAccountSummary(new dm.DescAccountSummaryRequest({}))
        expect(body).to.include({ userStatus: 0, dailyQuota: 5, monthQuota: 150, dailyRemainFreeQuota: 2 })
        const request = new dm.QueryMailAddressByParamRequest({})
        const addresses = (await client.queryMailAddressByParam(request)).body?.data?.mailAddress
        expect(
          addresses?.map((address) => [address.accountName, address.dailyReqCount, address.monthReqCount]),
        ).to.deep.equal([
          [accountName, '1', '1'],
          ['other@example.com', '2', '2'],
        ])
      }))

    it('refuses what goes beyond it as spam, and what is refused does not count', () =>
      use({ account: { dailyQuota: 2 } }, async (sandbox) => {
        expect(await sendTo(sandbox, 'a@example.org,b@example.org,c@example.org')).to.equal(
          'InvalidSendMail.Spam',
        )
        expect(await sendTo(sandbox, 'a@example.org,b@example.org')).to.equal('sent')
        expect(await sendTo(sandbox, 'a@example.org')).to.equal('InvalidSendMail.Spam')
      }))

    it('is there again on the next day of China, and of the month when that is over', () => {
      const account = createAccount(completeAccount({ dailyQuota: 1, monthQuota: 2 }), undefined, () => [])
      const parameters = new Map([
        ['AccountName', accountName],
        ['ToAddress', 'a@example.org'],
      ])
      const trySend = (time: string): boolean => {
        const now = Date.parse(time)
        if (account.refuseMail(parameters, now)._tag === 'Some') return false
        account.record({ accountName, toAddress: 'a@example.org' } as never, now)
        return true
      }
      expect(trySend('2026-01-30T15:59:00Z')).to.equal(true)
      expect(trySend('2026-01-30T15:59:59Z')).to.equal(false)
      expect(trySend('2026-01-30T16:00:00Z')).to.equal(true)
      expect(trySend('2026-01-31T15:59:00Z')).to.equal(false)
      expect(trySend('2026-01-31T16:00:00Z')).to.equal(true)
    })
  })

  const refusals: ReadonlyArray<readonly [code: string, account: NonNullable<SandboxOptions['account']>]> = [
    ['InvalidStatus.Malformed', { userStatus: 1 }],
    ['InvalidMailAddressStatus.Malformed', { frozenSenders: ['NoReply@example.com'] }],
    ['InvalidMailAddressSendType.Malformed', { batchSenders: [accountName] }],
    ['InvalidMailAddressDomain.Malformed', { unverifiedDomains: ['Example.com'] }],
    ['InvalidSendMail.Spam', { monthQuota: 0 }],
  ]
  for (const [code, account] of refusals)
    it(`refuses a mail with ${code} under ${JSON.stringify(account)}`, () =>
      use({ account }, async (sandbox) => {
        expect(await sendTo(sandbox, 'a@example.org')).to.equal(code)
        expect(sandbox.inbox()).to.deep.equal([])
      }))

  it('tells of sender addresses what it makes of them', () =>
    use(
      {
        senders: [accountName, 'frozen@example.com', 'batch@other.org'],
        account: {
          frozenSenders: ['frozen@example.com'],
          batchSenders: ['batch@other.org'],
          unverifiedDomains: ['other.org'],
        },
      },
      async (_, client) => {
        const find = async (parameters: object) =>
          (await client.queryMailAddressByParam(new dm.QueryMailAddressByParamRequest(parameters))).body
        const all = await find({})
        expect(
          all?.data?.mailAddress?.map(({ accountStatus, sendtype, domainStatus }) => [
            accountStatus,
            sendtype,
            domainStatus,
          ]),
        ).to.deep.equal([
          ['0', 'trigger', '0'],
          ['1', 'trigger', '0'],
          ['0', 'batch', '1'],
        ])
        expect((await find({ keyWord: 'nobody@example.com' }))?.totalCount).to.equal(0)
        expect((await find({ sendtype: 'batch' }))?.totalCount).to.equal(1)
        const page = await find({ pageNo: 2, pageSize: 2 })
        expect(page).to.include({ totalCount: 3, pageNumber: 2, pageSize: 2 })
        expect(page?.data?.mailAddress?.map((address) => address.accountName)).to.deep.equal([
          'batch@other.org',
        ])
        expect(await codeFrom(find({ pageSize: 101 }))).to.equal('InvalidPageSize')
        expect(await codeFrom(find({ pageNo: 0 }))).to.equal('InvalidPageNo')
      },
    ))

  it('has whatever sender address and domain is asked for, where it has no list of them', () =>
    use({}, async (_, client) => {
      const senders = new dm.QueryMailAddressByParamRequest({ keyWord: 'any@sender.org' })
      expect((await client.queryMailAddressByParam(senders)).body?.totalCount).to.equal(1)
      const domains = new dm.QueryDomainByParamRequest({ keyWord: 'sender.org' })
      expect((await client.queryDomainByParam(domains)).body?.data?.domain?.[0]).to.include({
        domainName: 'sender.org',
        domainStatus: '0',
      })
    }))

  it('tells the wanted and the found records of a domain', () =>
    use(
      { senders: ['a@mail.bad.org', 'a@good.org'], account: { unverifiedDomains: ['mail.bad.org'] } },
      async (_, client) => {
        const describe = async (keyWord: string, requireRealTimeDnsRecords = true) => {
          const found = await client.queryDomainByParam(new dm.QueryDomainByParamRequest({ keyWord }))
          const domainId = Number(found.body?.data?.domain?.[0]?.domainId)
          const request = new dm.DescDomainRequest({ domainId, requireRealTimeDnsRecords })
          return (await client.descDomain(request)).body
        }
        expect(await describe('mail.bad.org')).to.include({
          domainStatus: '1',
          spfAuthStatus: '1',
          dnsSpf: 'v=spf1 -all',
          spfRecordV2: 'v=spf1 include:spf1.dm.aliyun.com -all',
          dmarcAuthStatus: 1,
          dmarcHostRecord: '_dmarc.mail',
          tlDomainName: 'bad.org',
        })
        const good = await describe('good.org')
        expect(good).to.include({ domainStatus: '0', dmarcAuthStatus: 0, dmarcHostRecord: '_dmarc' })
        expect(good?.dnsSpf).to.equal(good?.spfRecordV2)
        expect(await describe('good.org', false)).to.include({ dnsSpf: '', spfAuthStatus: '0' })
        expect(await codeFrom(client.descDomain(new dm.DescDomainRequest({ domainId: 1 })))).to.equal(
          'InvalidDomainId',
        )
      },
    ))

  describe('what became of a mail', () => {
    const find = async (client: ReturnType<typeof connect>, parameters: object) =>
      (
        await client.senderStatisticsDetailByParam(
          new dm.SenderStatisticsDetailByParamRequest({ ...lastHour(), ...parameters }),
        )
      ).body

    it('is decided by the address of the simulator', () =>
      use({}, async (sandbox, client) => {
        const names = [
          'ann@example.org',
          'Spam@simulator.test',
          'invalid+1@simulator.test',
          'bounce@simulator.test',
          'slow@simulator.test',
          'other@simulator.test',
          'constructor@simulator.test',
        ]
        for (const name of names) expect(await sendTo(sandbox, name)).to.equal('sent')
        const details = (await find(client, {}))?.data?.mailDetail ?? []
        expect(details.map(({ toAddress, status }) => [toAddress, status])).to.deep.equal([
          ['constructor@simulator.test', 0],
          ['other@simulator.test', 0],
          ['bounce@simulator.test', 4],
          ['invalid+1@simulator.test', 2],
          ['Spam@simulator.test', 3],
          ['ann@example.org', 0],
        ])
        expect(details.at(-1)).to.include({
          accountName,
          subject: mail['Subject'],
          message: '250 Send Mail OK',
          errorClassification: 'SendOk',
        })
        const at = Number(details.at(-1)?.utcLastUpdateTime) * 1000
        expect(Math.abs(Date.now() - at)).to.be.below(60_000)
        expect(details.at(-1)?.lastUpdateTime).to.equal(`${chinaMinute(at).replace(' ', 'T')}Z`)
      }))

    it('of a slow one is known after ten seconds', () => {
      const receivedAt = '2026-01-01T00:00:00.000Z'
      const received = { accountName, toAddress: 'slow@simulator.test', subject: 's', receivedAt } as never
      const account = createAccount(completeAccount(), undefined, () => [received])
      const count = (seconds: number): unknown => {
        const answer = account.operations.get('SenderStatisticsDetailByParam')?.(
          new Map(),
          Date.parse(receivedAt) + seconds * 1000,
        )
        return answer && E.isRight(answer) && answer.right['data']
      }
      expect(count(9)).to.deep.equal({ mailDetail: [] })
      expect(count(10)).to.have.nested.property('mailDetail[0].Status', 0)
    })

    it('is found by recipient, sender address, tag, status and time', () =>
      use({}, async (sandbox, client) => {
        await sendTo(sandbox, 'a@example.org', { TagName: 'one' })
        await sendTo(sandbox, 'b@example.org,spam@simulator.test', { AccountName: 'other@example.com' })
        const count = async (parameters: object) => (await find(client, parameters))?.data?.mailDetail?.length
        expect(await count({})).to.equal(3)
        expect(await count({ toAddress: 'A@example.org' })).to.equal(1)
        expect(await count({ accountName: 'other@example.com' })).to.equal(2)
        expect(await count({ tagName: 'one' })).to.equal(1)
        expect(await count({ status: 3 })).to.equal(1)
        expect(await count({ endTime: chinaMinute(Date.now() - 120_000) })).to.equal(0)
        expect(await count({ startTime: undefined, endTime: undefined })).to.equal(3)
      }))

    it('comes in pages', () =>
      use({}, async (sandbox, client) => {
        await sendTo(sandbox, 'a@example.org,b@example.org,c@example.org')
        const first = await find(client, { length: 2 })
        expect(first?.data?.mailDetail?.map(({ toAddress }) => toAddress)).to.deep.equal([
          'c@example.org',
          'b@example.org',
        ])
        const second = await find(client, { length: 2, nextStart: first?.nextStart })
        expect(second?.data?.mailDetail?.map(({ toAddress }) => toAddress)).to.deep.equal(['a@example.org'])
        expect(second?.nextStart).to.equal(undefined)
      }))

    it('is not told for a wrong question', () =>
      use({}, async (_, client) => {
        for (const [parameters, code] of [
          [{ startTime: '2026-01-01' }, 'InvalidDate.Malformed'],
          [{ startTime: chinaMinute(Date.now() - 31 * 86_400_000) }, 'InvalidBetweenTime.Malformed'],
          [{ endTime: chinaMinute(Date.now() - 7_200_000) }, 'InvalidBetweenTime.Malformed'],
          [{ toAddress: 'a@b.org', tagName: 'a' }, 'InvalidParameter'],
          [{ length: 101 }, 'InvalidLength'],
          [{ nextStart: 'x' }, 'InvalidNextStart'],
        ] as const)
          expect(await codeFrom(find(client, parameters)), code).to.equal(code)
      }))
  })

  describe('an address that is invalid', () => {
    it('gets no more mails until it is taken off the list', () =>
      use({}, async (sandbox, client) => {
        const address = 'invalid+2@simulator.test'
        expect(await sendTo(sandbox, address)).to.equal('sent')
        expect(await sendTo(sandbox, address.toUpperCase())).to.equal('InvalidToAddress.Spam')
        const list = async () =>
          (await client.listUserSuppression(new dm.ListUserSuppressionRequest({ address }))).body
        const listed = await list()
        const [entry] = listed?.data?.userSuppressions ?? []
        expect(listed?.totalCount).to.equal(1)
        expect(entry).to.include({ address, type: 'system' })
        expect(Math.abs(Date.now() / 1000 - (entry?.createTime ?? 0))).to.be.below(60)
        const invalid = await client.queryInvalidAddress(
          new dm.QueryInvalidAddressRequest({ keyWord: 'invalid' }),
        )
        expect(invalid.body?.data?.mailDetail?.[0]?.toAddress).to.equal(address)
        const suppressionIds = String(entry?.suppressionId)
        await client.removeUserSuppression(new dm.RemoveUserSuppressionRequest({ suppressionIds }))
        expect((await list())?.totalCount).to.equal(0)
        expect(await sendTo(sandbox, address)).to.equal('sent')
      }))
  })

  describe('answers, field by field,', () => {
    const now = Date.parse('2026-03-31T16:30:00Z')
    interface Made {
      readonly account?: NonNullable<SandboxOptions['account']>
      readonly senders?: ReadonlyArray<string>
      readonly mails?: ReadonlyArray<object>
    }
    const make = ({ account = {}, senders, mails = [] }: Made = {}) => {
      const made = createAccount(
        completeAccount(account),
        senders === undefined ? undefined : new Set(senders),
        () => mails as never,
      )
      return {
        record: (from: string, to = 'a@example.org') =>
          made.record({ accountName: from, toAddress: to } as never, now),
        refuse: (to: string) =>
          made.refuseMail(
            new Map([
              ['AccountName', accountName],
              ['ToAddress', to],
            ]),
            now,
          ),
        ask: (operation: string, parameters: Readonly<Record<string, string>> = {}): unknown => {
          const answer = made.operations.get(operation)?.(new Map(Object.entries(parameters)), now)
          if (answer === undefined) throw new Error(`no ${operation}`)
          return E.isRight(answer) ? answer.right : answer.left.code
        },
      }
    }

    it('to what the account is like', () => {
      const { record, ask } = make({ account: { dailyQuota: 500, monthQuota: 5_000 } })
      expect(ask('DescAccountSummary')).to.deep.equal({
        UserStatus: 0,
        DailyQuota: 500,
        MonthQuota: 5_000,
        DailyRemainFreeQuota: 200,
        RemainFreeQuota: 2_000,
        QuotaLevel: 2,
        MaxQuotaLevel: 10,
        MailAddresses: 0,
        Domains: 0,
        EnableTimes: 0,
        Receivers: 0,
        Tags: 0,
        Templates: 0,
      })
      record('a@one.org', 'x@example.org,y@example.org')
      record('B@one.org')
      record('c@two.org')
      expect(ask('DescAccountSummary')).to.include({
        DailyRemainFreeQuota: 196,
        RemainFreeQuota: 1_996,
        MailAddresses: 3,
        Domains: 2,
      })
      const small = make({ account: { dailyQuota: 3, monthQuota: 2 } })
      for (const from of ['a@one.org', 'a@one.org', 'a@one.org', 'a@one.org']) small.record(from)
      expect(small.ask('DescAccountSummary')).to.include({ DailyRemainFreeQuota: 0, RemainFreeQuota: 0 })
    })

    it('to which sender addresses there are', () => {
      const account = { dailyQuota: 7, monthQuota: 8 }
      const { record, ask } = make({ account, senders: ['a@one.org', 'b@two.org'] })
      record('a@one.org')
      const of = (name: string, id: string, count: string) => ({
        MailAddressId: id,
        AccountName: name,
        AccountStatus: '0',
        DomainStatus: '0',
        Sendtype: 'trigger',
        DailyCount: '7',
        DailyReqCount: count,
        MonthCount: '8',
        MonthReqCount: count,
        ReplyStatus: '0',
        CreateTime: '2026-01-01T08:00Z',
      })
      const all = {
        data: { mailAddress: [of('a@one.org', '10001', '1'), of('b@two.org', '10002', '0')] },
        PageNumber: 1,
        PageSize: 10,
        TotalCount: 2,
      }
      expect(ask('QueryMailAddressByParam')).to.deep.equal(all)
      // Each keeps its number.
      expect(ask('QueryMailAddressByParam')).to.deep.equal(all)
      expect(ask('QueryMailAddressByParam', { KeyWord: 'ONE' })).to.include({ TotalCount: 1 })
      expect(ask('QueryMailAddressByParam', { KeyWord: 'x@y.org' })).to.include({ TotalCount: 0 })
      expect(ask('QueryMailAddressByParam', { Sendtype: 'batch' })).to.include({ TotalCount: 0 })
    })

    it('to whole sender addresses and domains only, where it has no list of them', () => {
      const { ask } = make()
      for (const [keyWord, count] of [
        ['a@b', 1],
        ['@a@b', 0],
        ['a@b@', 0],
        ['a', 0],
        ['', 0],
      ] as const)
        expect(ask('QueryMailAddressByParam', { KeyWord: keyWord }), keyWord).to.include({
          TotalCount: count,
        })
      expect(ask('QueryDomainByParam', { KeyWord: 'org' })).to.include({ TotalCount: 0 })
      expect(ask('QueryDomainByParam', { KeyWord: 'One.org' })).to.include({ TotalCount: 1 })
    })

    it('to which domains there are, and what is known of one', () => {
      const { ask } = make({
        senders: ['a@mail.bad.org', 'b@good.org', 'c@good.org'],
        account: { unverifiedDomains: ['mail.bad.org'] },
      })
      const of = (name: string, id: string, failed: string) => ({
        DomainId: id,
        DomainName: name,
        DomainStatus: failed,
        SpfAuthStatus: failed,
        MxAuthStatus: failed,
        CnameAuthStatus: failed,
        ConfirmStatus: '0',
        IcpStatus: '1',
        CreateTime: '2026-01-01T08:00Z',
      })
      expect(ask('QueryDomainByParam')).to.deep.equal({
        data: { domain: [of('mail.bad.org', '10001', '1'), of('good.org', '10002', '0')] },
        PageNumber: 1,
        PageSize: 10,
        TotalCount: 2,
      })
      const spf = 'v=spf1 include:spf1.dm.aliyun.com -all'
      const dmarc = 'v=DMARC1;p=none;rua=mailto:dmarc_report@service.aliyun.com'
      const good = {
        DomainId: '10002',
        DomainName: 'good.org',
        TlDomainName: 'good.org',
        HostRecord: '',
        DomainStatus: '0',
        DomainType: '0c40d5f125af4e42892a',
        DnsTxt: '0c40d5f125af4e42892a',
        SpfAuthStatus: '0',
        SpfRecord: 'include:spf1.dm.aliyun.com',
        SpfRecordV2: spf,
        DnsSpf: spf,
        DkimAuthStatus: '0',
        DkimRR: 'aliyun-cn-hangzhou._domainkey',
        DkimPublicKey: 'v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ',
        MxAuthStatus: '0',
        MxRecord: 'mx01.dm.aliyun.com',
        DnsMx: 'mx01.dm.aliyun.com',
        CnameAuthStatus: '0',
        CnameConfirmStatus: '0',
        CnameRecord: 'dmtrace',
        TracefRecord: 'tracedm.aliyuncs.com',
        DmarcAuthStatus: 0,
        DmarcHostRecord: '_dmarc',
        DmarcRecord: dmarc,
        DnsDmarc: dmarc,
        IcpStatus: '1',
        DefaultDomain: '0',
        CreateTime: '2026-01-01T08:00Z',
      }
      const found = { RequireRealTimeDnsRecords: 'true' }
      expect(ask('DescDomain', { DomainId: '10002', ...found })).to.deep.equal(good)
      const notLookedUp = { DnsTxt: '', DnsSpf: '', DnsMx: '', DnsDmarc: '' }
      expect(ask('DescDomain', { DomainId: '10002' })).to.deep.equal({ ...good, ...notLookedUp })
      expect(ask('DescDomain', { DomainId: '10001', ...found })).to.deep.equal({
        ...good,
        DomainId: '10001',
        DomainName: 'mail.bad.org',
        TlDomainName: 'bad.org',
        HostRecord: 'mail',
        ...{ DomainStatus: '1', SpfAuthStatus: '1', DkimAuthStatus: '1', MxAuthStatus: '1' },
        ...{ CnameAuthStatus: '1', DmarcAuthStatus: 1 },
        ...{ DnsTxt: '', DnsSpf: 'v=spf1 -all', DnsMx: '', DnsDmarc: '' },
        DkimRR: 'aliyun-cn-hangzhou._domainkey.mail',
        DmarcHostRecord: '_dmarc.mail',
      })
      // The number of a sender address is none of a domain.
      ask('QueryMailAddressByParam')
      expect(ask('DescDomain', { DomainId: '10003' })).to.equal('InvalidDomainId')
    })

    it('to what became of mails, within the time that is asked about', () => {
      const receivedAt = '2026-03-31T16:00:00.000Z'
      const { ask } = make({
        mails: [
          { accountName, toAddress: 'b@example.org', subject: 's', receivedAt: '2026-03-01T16:29:00.000Z' },
          { accountName, toAddress: 'a@example.org', subject: 's', receivedAt },
        ],
      })
      const ids = (parameters: Readonly<Record<string, string>>): unknown => {
        const answer = ask('SenderStatisticsDetailByParam', parameters)
        return typeof answer === 'object'
          ? (
              answer as {
                readonly data: { readonly mailDetail: ReadonlyArray<{ readonly ToAddress: string }> }
              }
            ).data.mailDetail.map(({ ToAddress }) => ToAddress)
          : answer
      }
      for (const [parameters, expected] of [
        [{}, ['a@example.org']],
        [{ StartTime: '2026-04-01 00:00', EndTime: '2026-04-01 00:00' }, ['a@example.org']],
        [{ StartTime: '2026-04-01 00:01', EndTime: '2026-04-01 00:02' }, []],
        [{ StartTime: '2026-03-02 00:29', EndTime: '2026-04-01 00:29' }, ['a@example.org', 'b@example.org']],
        [{ StartTime: '2026-03-02 00:28', EndTime: '2026-04-01 00:29' }, 'InvalidBetweenTime.Malformed'],
        [{ StartTime: '2026-04-01 00:02', EndTime: '2026-04-01 00:01' }, 'InvalidBetweenTime.Malformed'],
        [{ StartTime: 'x2026-04-01 00:00' }, 'InvalidDate.Malformed'],
        [{ StartTime: '2026-04-01 00:00:00' }, 'InvalidDate.Malformed'],
        [{ EndTime: '2026-04-01' }, 'InvalidDate.Malformed'],
      ] as const)
        expect(ids(parameters), JSON.stringify(parameters)).to.deep.equal(expected)
      const { data } = ask('SenderStatisticsDetailByParam') as { readonly data: object }
      expect(data).to.deep.equal({
        mailDetail: [
          {
            AccountName: accountName,
            ToAddress: 'a@example.org',
            Subject: 's',
            Status: 0,
            Message: '250 Send Mail OK',
            ErrorClassification: 'SendOk',
            LastUpdateTime: '2026-04-01T00:00Z',
            UtcLastUpdateTime: String(Date.parse(receivedAt) / 1000),
          },
        ],
      })
    })

    it('to which addresses are suppressed', () => {
      const { record, refuse, ask } = make()
      record(accountName, 'Invalid@simulator.test,invalid+2@simulator.test,c@example.org')
      const entry = (address: string, id: number) => ({
        SuppressionId: id,
        Address: address,
        Type: 'system',
        CreateTime: now / 1000,
        LastBounceTime: now / 1000,
      })
      const [one, two] = [entry('Invalid@simulator.test', 10_001), entry('invalid+2@simulator.test', 10_002)]
      const page = { PageNumber: 1, PageSize: 10 }
      expect(ask('ListUserSuppression')).to.deep.equal({
        Data: { UserSuppressions: [one, two] },
        ...page,
        TotalCount: 2,
      })
      expect(ask('ListUserSuppression', { Address: 'INVALID@' })).to.deep.equal({
        Data: { UserSuppressions: [one] },
        ...page,
        TotalCount: 1,
      })
      const update = { LastUpdateTime: '2026-04-01T00:30Z', UtcLastUpdateTime: now / 1000 }
      const [first, second] = [one, two].map(({ Address }) => ({ ToAddress: Address, ...update }))
      expect(ask('QueryInvalidAddress')).to.deep.equal({
        data: { mailDetail: [first, second] },
        TotalCount: 2,
      })
      expect(ask('QueryInvalidAddress', { KeyWord: 'INVALID@' })).to.deep.equal({
        data: { mailDetail: [first] },
        TotalCount: 1,
      })
      expect(ask('QueryInvalidAddress', { Length: '1' })).to.deep.equal({
        data: { mailDetail: [first] },
        NextStart: 'sandbox#1',
        TotalCount: 2,
      })
      expect(refuse('c@example.org,INVALID@simulator.test')).to.have.nested.property(
        'value.code',
        'InvalidToAddress.Spam',
      )
      expect(ask('RemoveUserSuppression')).to.equal('MissingSuppressionIds')
      expect(ask('RemoveUserSuppression', { SuppressionIds: '10001,7' })).to.deep.equal({})
      expect(refuse('c@example.org,INVALID@simulator.test')._tag).to.equal('None')
      expect(refuse('invalid+2@simulator.test')._tag).to.equal('Some')
    })

    it('in pages', () => {
      const { ask } = make({ senders: Array.from({ length: 12 }, (_, index) => `${index}@one.org`) })
      const names = (parameters: Readonly<Record<string, string>>): unknown => {
        const answer = ask('QueryMailAddressByParam', parameters)
        return typeof answer === 'object'
          ? (
              answer as {
                readonly data: { readonly mailAddress: ReadonlyArray<{ readonly AccountName: string }> }
              }
            ).data.mailAddress
              .map((address) => address.AccountName.split('@')[0])
              .join(' ')
          : answer
      }
      for (const [parameters, expected] of [
        [{}, '0 1 2 3 4 5 6 7 8 9'],
        [{ PageNo: '2' }, '10 11'],
        [{ PageNo: '12', PageSize: '1' }, '11'],
        [{ PageNo: '13', PageSize: '1' }, ''],
        [{ PageSize: '100' }, '0 1 2 3 4 5 6 7 8 9 10 11'],
        [{ PageNo: '1000000' }, ''],
        [{ PageNo: '1000001' }, 'InvalidPageNo'],
        [{ PageNo: '0' }, 'InvalidPageNo'],
        [{ PageNo: 'x1' }, 'InvalidPageNo'],
        [{ PageNo: '1x' }, 'InvalidPageNo'],
        [{ PageSize: '101' }, 'InvalidPageSize'],
        [{ PageSize: '0' }, 'InvalidPageSize'],
      ] as const)
        expect(names(parameters), JSON.stringify(parameters)).to.equal(expected)
    })

    it('in parts, each from where the last one ended', () => {
      const mails = Array.from({ length: 12 }, (_, index) => ({
        accountName,
        toAddress: `${index}@example.org`,
        subject: 's',
        receivedAt: '2026-03-31T16:00:00.000Z',
      }))
      const { ask } = make({ mails })
      const part = (parameters: Readonly<Record<string, string>>): unknown => {
        const answer = ask('SenderStatisticsDetailByParam', parameters)
        if (typeof answer !== 'object') return answer
        const { data, NextStart } = answer as {
          readonly data: { readonly mailDetail: ReadonlyArray<unknown> }
          readonly NextStart?: string
        }
        return [data.mailDetail.length, NextStart]
      }
      for (const [parameters, expected] of [
        [{}, [10, 'sandbox#10']],
        [{ NextStart: 'sandbox#10' }, [2, undefined]],
        [{ Length: '12' }, [12, undefined]],
        [{ Length: '11' }, [11, 'sandbox#11']],
        [{ NextStart: 'sandbox#2' }, [10, undefined]],
        [{ NextStart: 'xsandbox#2' }, 'InvalidNextStart'],
        [{ NextStart: 'sandbox#2x' }, 'InvalidNextStart'],
        [{ NextStart: 'sandbox#1234567890' }, 'InvalidNextStart'],
      ] as const)
        expect(part(parameters), JSON.stringify(parameters)).to.deep.equal(expected)
    })

    it('and forgets the oldest sender addresses where it has no list of them', () => {
      const { record, ask } = make()
      for (let index = 0; index < 10_000; index++) record(`${index}@one.org`)
      expect(ask('DescAccountSummary')).to.include({ MailAddresses: 10_000 })
      record('another@one.org')
      expect(ask('DescAccountSummary')).to.include({ MailAddresses: 10_000 })
      expect(ask('QueryMailAddressByParam', { KeyWord: '0@one.org' })).to.have.nested.property(
        'data.mailAddress[0].AccountName',
        '10@one.org',
      )
    })
  })

  it('refuses a key that may only send whatever else it asks', () =>
    use({ account: { sendOnlyKeys: [keyId] } }, async (sandbox, client) => {
      expect(await sendTo(sandbox, 'a@example.org')).to.equal('sent')
      expect(await codeFrom(client.descAccountSummary(new dm.DescAccountSummaryRequest({})))).to.equal(
        'Forbidden.RAM',
      )
      expect(sandbox.refused()[0]).to.include({ action: 'DescAccountSummary', code: 'Forbidden.RAM' })
    }))

  it('answers in XML to whoever asks so', () =>
    use({ senders: ['a@b.org', 'c@d.org'] }, async (sandbox) => {
      const parameters = signedV1('POST', { Action: 'QueryMailAddressByParam', Format: 'XML' })
      const reply = await send(sandbox, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form(parameters),
      })
      expect(reply.text).to.match(
        /^<\?xml [^>]*\?><QueryMailAddressByParamResponse><data><mailAddress>.*<AccountName>a@b.org<.*<\/mailAddress><mailAddress>.*<\/mailAddress><\/data>.*<TotalCount>2<\/TotalCount>.*<RequestId>.*<\/QueryMailAddressByParamResponse>$/,
      )
    }))
})
