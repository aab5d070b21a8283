/**
 * The account behind the API: its quota, sender addresses, domains, suppression list, and what became of its mails. It
 * refuses mails that such an account may not send, and answers the operations that ask about it with the service's own
 * shapes: https://www.alibabacloud.com/help/en/direct-mail/api-dm-2015-11-23-overview
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { IO } from 'fp-ts/lib/IO.js'
import * as O from 'fp-ts/lib/Option.js'
import type { ReceivedMail } from './mail.js'
import { invalid, missing, refusals, type Refusal } from './refusal.js'
import { decideFate, type Fate, splitRecipients } from './simulator.js'

/** What the account is like. Addresses and domains are in lower case. */
export interface AccountSettings {
  /** Mails that it may send on a day, and in a month, of China's time. */
  readonly dailyQuota: number
  readonly monthQuota: number
  /** 0 normal, 1 frozen, 2 overdue, 4 restricted, 8 deleted. */
  readonly userStatus: number
  readonly frozenSenders: ReadonlySet<string>
  /** Sender addresses for batches, not for triggered mail. */
  readonly batchSenders: ReadonlySet<string>
  readonly unverifiedDomains: ReadonlySet<string>
  /** Key ids that may call SingleSendMail and nothing else. */
  readonly sendOnlyKeys: ReadonlySet<string>
}

type Parameters = ReadonlyMap<string, string>

/** A part of an answer. */
export type Field = string | number | ReadonlyArray<Fields> | Fields
export interface Fields {
  readonly [name: string]: Field
}

/** Answers a request at a time (ms since the epoch). */
type Operation = (parameters: Parameters, now: number) => E.Either<Refusal, Fields>

export interface Account {
  /** Why it may not send this mail, whose parameters are well formed. */
  readonly refuseMail: (parameters: Parameters, now: number) => O.Option<Refusal>
  /** Counts a mail that was accepted. */
  readonly record: (mail: ReceivedMail, now: number) => void
  /** By name: those that ask about the account. */
  readonly operations: ReadonlyMap<string, Operation>
}

/** A map of these forgets its oldest entries. */
const maxEntries = 10_000

const remember = <K, V>(map: Map<K, V>, key: K, value: V): void => {
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > maxEntries && oldest !== undefined) map.delete(oldest)
}

const chinaMs = 8 * 3_600_000

/** A time as China's clocks show it, in ISO 8601: the service counts days by them. */
const toChinaTime = (ms: number): string => new Date(ms + chinaMs).toISOString()

/** As the service has it, with a Z that is not UTC's. */
const formatUpdate = (ms: number): string => `${toChinaTime(ms).slice(0, 16)}Z`

const toSeconds = (ms: number): number => Math.floor(ms / 1000)

const get = (parameters: Parameters, name: string): string => parameters.get(name) ?? ''

const findDomain = (address: string): string => address.slice(address.lastIndexOf('@') + 1)

/** An account of these sender addresses, undefined for any, and of these mails. */
export const createAccount = (
  settings: AccountSettings,
  senders: ReadonlySet<string> | undefined,
  mails: IO<ReadonlyArray<ReceivedMail>>,
): Account => {
  const usage = new Map<string, Usage>()
  const suppressions = new Map<string, Suppression>()
  const ids = new Map<string, number>()
  let nextId = 10_001

  const readUsage = (sender: string, now: number): Usage => {
    const day = toChinaTime(now).slice(0, 10)
    const before = usage.get(sender)
    return {
      day,
      daily: before?.day === day ? before.daily : 0,
      monthly: before?.day.slice(0, 7) === day.slice(0, 7) ? before.monthly : 0,
    }
  }
  const sumUsage = (period: 'daily' | 'monthly', now: number): number =>
    [...usage.keys()].reduce((sum, sender) => sum + readUsage(sender, now)[period], 0)

  const refuseMail: Account['refuseMail'] = (parameters, now) => {
    const sender = get(parameters, 'AccountName').toLowerCase()
    const recipients = splitRecipients({ toAddress: get(parameters, 'ToAddress') })
    const exceeds = (period: 'daily' | 'monthly', quota: number): boolean =>
      sumUsage(period, now) + recipients.length > quota
    const rules: ReadonlyArray<readonly [breaks: boolean, refusal: Refusal]> = [
      [settings.userStatus !== 0, refusals.userStatus],
      [settings.frozenSenders.has(sender), refusals.senderStatus],
      [settings.batchSenders.has(sender), refusals.sendType],
      [settings.unverifiedDomains.has(findDomain(sender)), refusals.senderDomain],
      [exceeds('daily', settings.dailyQuota) || exceeds('monthly', settings.monthQuota), refusals.spam],
      [recipients.some((address) => suppressions.has(address.toLowerCase())), refusals.suppressed],
    ]
    return pipe(
      O.fromNullable(rules.find(([breaks]) => breaks)),
      O.map(([, refusal]) => refusal),
    )
  }

  const record: Account['record'] = (mail, now) => {
    const sender = mail.accountName.toLowerCase()
    const recipients = splitRecipients(mail)
    const { day, daily, monthly } = readUsage(sender, now)
    remember(usage, sender, {
      day,
      daily: daily + recipients.length,
      monthly: monthly + recipients.length,
    })
    for (const address of recipients) {
      if (decideFate(address).status !== 2) continue
      remember(suppressions, address.toLowerCase(), { address, id: nextId++, at: now })
    }
  }

  // ------------------------------------------------------------------------------------------------------------
  // Operations
  // ------------------------------------------------------------------------------------------------------------

  const knownSenders = (): ReadonlyArray<string> => [...(senders ?? usage.keys())]

  const describeAccount: Operation = (_, now) =>
    E.right({
      UserStatus: settings.userStatus,
      DailyQuota: settings.dailyQuota,
      MonthQuota: settings.monthQuota,
      DailyRemainFreeQuota: Math.max(0, Math.min(200, settings.dailyQuota) - sumUsage('daily', now)),
      RemainFreeQuota: Math.max(0, Math.min(2000, settings.monthQuota) - sumUsage('monthly', now)),
      QuotaLevel: 2,
      MaxQuotaLevel: 10,
      MailAddresses: knownSenders().length,
      Domains: new Set(knownSenders().map(findDomain)).size,
      EnableTimes: 0,
      Receivers: 0,
      Tags: 0,
      Templates: 0,
    })

  const describeSender = (sender: string, now: number): Fields => {
    const { daily, monthly } = readUsage(sender, now)
    return {
      MailAddressId: String(findId(sender)),
      AccountName: sender,
      AccountStatus: settings.frozenSenders.has(sender) ? '1' : '0',
      DomainStatus: settings.unverifiedDomains.has(findDomain(sender)) ? '1' : '0',
      Sendtype: settings.batchSenders.has(sender) ? 'batch' : 'trigger',
      DailyCount: String(settings.dailyQuota),
      DailyReqCount: String(daily),
      MonthCount: String(settings.monthQuota),
      MonthReqCount: String(monthly),
      ReplyStatus: '0',
      CreateTime: '2026-01-01T08:00Z',
    }
  }

  const findId = (name: string): number => {
    const known = ids.get(name)
    if (known !== undefined) return known
    const id = nextId++
    remember(ids, name, id)
    return id
  }

  /** An account without a list of senders has whichever is asked for. */
  const search = (names: ReadonlyArray<string>, keyWord: string, isWhole: boolean): ReadonlyArray<string> => {
    const found = names.filter((name) => name.includes(keyWord))
    return senders === undefined && isWhole && !found.includes(keyWord) ? [...found, keyWord] : found
  }

  const listSenders: Operation = (parameters, now) => {
    const keyWord = get(parameters, 'KeyWord').toLowerCase()
    const type = get(parameters, 'Sendtype')
    const found = search(knownSenders(), keyWord, /^[^@]+@[^@]+$/.test(keyWord))
      .map((sender) => describeSender(sender, now))
      .filter(({ Sendtype }) => type === '' || Sendtype === type)
    return paginate(parameters, found, (mailAddress) => ({ data: { mailAddress } }))
  }

  const listDomains: Operation = (parameters) => {
    const keyWord = get(parameters, 'KeyWord').toLowerCase()
    const domains = [...new Set(knownSenders().map(findDomain))]
    const found = search(domains, keyWord, keyWord.includes('.')).map((name) => {
      const failed = settings.unverifiedDomains.has(name) ? '1' : '0'
      return {
        DomainId: String(findId(name)),
        DomainName: name,
        DomainStatus: failed,
        SpfAuthStatus: failed,
        MxAuthStatus: failed,
        CnameAuthStatus: failed,
        ConfirmStatus: '0',
        IcpStatus: '1',
        CreateTime: '2026-01-01T08:00Z',
      }
    })
    return paginate(parameters, found, (domain) => ({ data: { domain } }))
  }

  const describeDomain: Operation = (parameters) => {
    const id = Number(get(parameters, 'DomainId'))
    const name = [...ids].find(([known, knownId]) => knownId === id && !known.includes('@'))?.[0]
    if (name === undefined) return E.left(invalid('DomainId'))
    const isVerified = !settings.unverifiedDomains.has(name)
    const status = isVerified ? '0' : '1'
    const looksUp = get(parameters, 'RequireRealTimeDnsRecords') === 'true'
    const found = (record: string, instead = ''): string => {
      if (!looksUp) return ''
      return isVerified ? record : instead
    }
    const labels = name.split('.')
    const main = labels.slice(-2).join('.')
    const host = labels.slice(0, -2).join('.')
    const below = (record: string): string => (host === '' ? record : `${record}.${host}`)
    const [spf, mx, dmarc, ownership] = [
      'v=spf1 include:spf1.dm.aliyun.com -all',
      'mx01.dm.aliyun.com',
      'v=DMARC1;p=none;rua=mailto:dmarc_report@service.aliyun.com',
      '0c40d5f125af4e42892a',
    ]
    return E.right({
      DomainId: String(id),
      DomainName: name,
      TlDomainName: main,
      HostRecord: host,
      DomainStatus: status,
      DomainType: ownership,
      DnsTxt: found(ownership),
      SpfAuthStatus: status,
      SpfRecord: 'include:spf1.dm.aliyun.com',
      SpfRecordV2: spf,
      DnsSpf: found(spf, 'v=spf1 -all'),
      DkimAuthStatus: status,
      DkimRR: below('aliyun-cn-hangzhou._domainkey'),
      DkimPublicKey: 'v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ',
      MxAuthStatus: status,
      MxRecord: mx,
      DnsMx: found(mx),
      CnameAuthStatus: status,
      CnameConfirmStatus: '0',
      CnameRecord: 'dmtrace',
      TracefRecord: 'tracedm.aliyuncs.com',
      DmarcAuthStatus: isVerified ? 0 : 1,
      DmarcHostRecord: below('_dmarc'),
      DmarcRecord: dmarc,
      DnsDmarc: found(dmarc),
      IcpStatus: '1',
      DefaultDomain: '0',
      CreateTime: '2026-01-01T08:00Z',
    })
  }

  const listOutcomes: Operation = (parameters, now) => {
    const filters = ['AccountName', 'TagName', 'ToAddress'].filter((name) => get(parameters, name) !== '')
    if (filters.length > 1) return E.left(refusals.tooManyFilters)
    const from = readMinute(parameters, 'StartTime', now - maxSpanMs)
    const until = readMinute(parameters, 'EndTime', now)
    if (Number.isNaN(from) || Number.isNaN(until)) return E.left(refusals.date)
    if (until < from || until - from > maxSpanMs) return E.left(refusals.timeSpan)
    const isSame = (name: string, value: string | undefined): boolean =>
      get(parameters, name) === '' || get(parameters, name).toLowerCase() === value?.toLowerCase()
    const details = mails()
      .filter((mail) => isSame('AccountName', mail.accountName) && isSame('TagName', mail.tagName))
      .flatMap((mail) => findOutcomes(mail, now))
      .filter(
        ({ at, to, fate }) =>
          at >= from && at <= until && isSame('ToAddress', to) && isSame('Status', String(fate.status)),
      )
      .map(describeOutcome)
      .reverse()
    return readOn(parameters, details)
  }

  const describeSuppression = ({ address, id, at }: Suppression): Fields => ({
    SuppressionId: id,
    Address: address,
    Type: 'system',
    CreateTime: toSeconds(at),
    LastBounceTime: toSeconds(at),
  })

  const listSuppressions: Operation = (parameters) => {
    const address = get(parameters, 'Address').toLowerCase()
    const found = [...suppressions].filter(([key]) => key.includes(address))
    return paginate(
      parameters,
      found.map(([, suppression]) => describeSuppression(suppression)),
      (items) => ({ Data: { UserSuppressions: items } }),
    )
  }

  const removeSuppressions: Operation = (parameters) => {
    const ids = get(parameters, 'SuppressionIds')
    if (ids === '') return E.left(missing('SuppressionIds'))
    const numbers = new Set(ids.split(',').map(Number))
    for (const [key, { id }] of suppressions) if (numbers.has(id)) suppressions.delete(key)
    return E.right({})
  }

  const listInvalidAddresses: Operation = (parameters) => {
    const keyWord = get(parameters, 'KeyWord').toLowerCase()
    const found = [...suppressions.values()]
      .filter(({ address }) => address.toLowerCase().includes(keyWord))
      .map(({ address, at }) => ({
        ToAddress: address,
        LastUpdateTime: formatUpdate(at),
        UtcLastUpdateTime: toSeconds(at),
      }))
    return pipe(
      readOn(parameters, found),
      E.map((fields) => ({ ...fields, TotalCount: found.length })),
    )
  }

  return {
    refuseMail,
    record,
    operations: new Map([
      ['DescAccountSummary', describeAccount],
      ['QueryMailAddressByParam', listSenders],
      ['QueryDomainByParam', listDomains],
      ['DescDomain', describeDomain],
      ['SenderStatisticsDetailByParam', listOutcomes],
      ['ListUserSuppression', listSuppressions],
      ['RemoveUserSuppression', removeSuppressions],
      ['QueryInvalidAddress', listInvalidAddresses],
    ]),
  }
}

interface Usage {
  readonly day: string
  readonly daily: number
  readonly monthly: number
}

interface Suppression {
  readonly address: string
  readonly id: number
  readonly at: number
}

const maxSpanMs = 30 * 24 * 3_600_000

/** `yyyy-MM-dd HH:mm` of China's time; NaN for anything else. */
const readMinute = (parameters: Parameters, name: 'StartTime' | 'EndTime', otherwise: number): number => {
  const text = get(parameters, name)
  if (text === '') return otherwise
  return /^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(text) ? Date.parse(`${text.replace(' ', 'T')}+08:00`) : NaN
}

interface Outcome {
  readonly mail: ReceivedMail
  readonly to: string
  readonly fate: Fate
  readonly at: number
}

/** What is known of a mail by now, for each of its recipients. */
const findOutcomes = (mail: ReceivedMail, now: number): ReadonlyArray<Outcome> =>
  splitRecipients(mail)
    .map((to) => ({ mail, to, fate: decideFate(to) }))
    .map((decided) => ({ ...decided, at: Date.parse(mail.receivedAt) + decided.fate.afterMs }))
    .filter(({ at }) => at <= now)

const describeOutcome = ({ mail, to, fate, at }: Outcome): Fields => ({
  AccountName: mail.accountName,
  ToAddress: to,
  Subject: mail.subject,
  Status: fate.status,
  Message: fate.message,
  ErrorClassification: fate.errorClassification,
  LastUpdateTime: formatUpdate(at),
  UtcLastUpdateTime: String(toSeconds(at)),
})

// ------------------------------------------------------------------------------------------------------------
// Pages
// ------------------------------------------------------------------------------------------------------------

const readCount = (parameters: Parameters, name: string, otherwise: number, max: number): number => {
  const text = get(parameters, name)
  const count = /^\d{1,9}$/.test(text) ? Number(text) : text === '' ? otherwise : NaN
  return count >= 1 && count <= max ? count : NaN
}

/** A page by its number. */
const paginate = (
  parameters: Parameters,
  items: ReadonlyArray<Fields>,
  wrap: (items: ReadonlyArray<Fields>) => Fields,
): E.Either<Refusal, Fields> => {
  const page = readCount(parameters, 'PageNo', 1, 1_000_000)
  const size = readCount(parameters, 'PageSize', 10, 100)
  if (Number.isNaN(page)) return E.left(invalid('PageNo'))
  if (Number.isNaN(size)) return E.left(invalid('PageSize'))
  return E.right({
    ...wrap(items.slice((page - 1) * size, page * size)),
    PageNumber: page,
    PageSize: size,
    TotalCount: items.length,
  })
}

/** What follows where the last answer ended. */
const readOn = (parameters: Parameters, mailDetail: ReadonlyArray<Fields>): E.Either<Refusal, Fields> => {
  const length = readCount(parameters, 'Length', 10, 100)
  const [, offset = '0'] = /^(?:sandbox#(\d{1,9}))?$/.exec(get(parameters, 'NextStart')) ?? [
    undefined,
    'none',
  ]
  const start = Number(offset)
  if (Number.isNaN(length)) return E.left(invalid('Length'))
  if (Number.isNaN(start)) return E.left(invalid('NextStart'))
  const end = start + length
  return E.right({
    data: { mailDetail: mailDetail.slice(start, end) },
    ...(end < mailDetail.length ? { NextStart: `sandbox#${end}` } : {}),
  })
}
