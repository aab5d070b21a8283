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
