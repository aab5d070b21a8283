/**
 * Whether the account can send under a config: what DirectMail says of the key pair, the account, its quota, the sender
 * address and its domain. Nothing is sent.
 *
 * A refusal is an answer, too. A key that lacks the permission for a question is a good key: DirectMail looks at key and
 * signature before it looks at permissions.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { findCure, isPermissionCode } from '../errors/codes.js'
import type { Rejected, SendError } from '../errors/send-error.js'
import { Amount, answerOf, Line, page } from './account-codecs.js'
import type { Ask, Operation } from './ask.js'

/**
 * What is asked:
 *
 * - `keyPair`: is the AccessKey known, active, and its secret right?
 * - `account`: may it send?
 * - `dailyQuota`, `monthlyQuota`: what is left of it?
 * - `sender`: does the sender address (发信地址) exist? `senderType`: is it for triggered mail? `senderStatus`: is it usable,
 *   not frozen?
 * - `domain`: is the domain of the sender address verified? `spf`, `dkim`, `mx`, `cname`, `dmarc`: does its DNS have the
 *   record?
 *
 * @category model
 * @since 0.1.0
 */
export type VerificationQuestion =
  | 'keyPair'
  | 'account'
  | 'dailyQuota'
  | 'monthlyQuota'
  | 'sender'
  | 'senderType'
  | 'senderStatus'
  | 'domain'
  | 'spf'
  | 'dkim'
  | 'mx'
  | 'cname'
  | 'dmarc'

/**
 * Mails of the account, by the count of DirectMail.
 *
 * @category model
 * @since 0.1.0
 */
export interface Quota {
  readonly limit: number
  readonly used: number
  readonly left: number
}

/**
 * A record of the domain's DNS: what DirectMail wants, and what it finds, where it tells.
 *
 * @category model
 * @since 0.1.0
 */
export interface DnsRecord {
  readonly type: 'TXT' | 'MX' | 'CNAME'
  /** The whole name: `_dmarc.mail.example.com`. */
  readonly name: string
  readonly wanted: string
  readonly found?: string | undefined
}

/**
 * The answer to one question. `Problem` says in `cure` what to do. `NotAllowed` names the permission in RAM that the key
 * lacks to ask; it may send all the same.
 *
 * @category model
 * @since 0.1.0
 */
export type VerificationEntry =
  | {
      readonly _tag: 'Ok'
      readonly question: VerificationQuestion
      readonly message: string
      readonly quota?: Quota | undefined
    }
  | {
      readonly _tag: 'Problem'
      readonly question: VerificationQuestion
      readonly message: string
      readonly cure: string
      readonly quota?: Quota | undefined
      readonly record?: DnsRecord | undefined
    }
  | {
      readonly _tag: 'NotAllowed'
      readonly question: VerificationQuestion
      readonly message: string
      readonly action: string
    }

/**
 * What DirectMail says of the account. There is an entry for each question that could be asked: after a wrong key pair
 * for that alone, and none about the records of a domain that is not there.
 *
 * @category model
 * @since 0.1.0
 */
export interface Verification {
  /** Whether no entry is a `Problem`. */
  readonly passed: boolean
  readonly entries: ReadonlyArray<VerificationEntry>
}

/** The parts of a config that are asked about. */
export interface VerifiedConfig {
  readonly accountName: string
  readonly clickTrace?: boolean | undefined
}

type Entries = ReadonlyArray<VerificationEntry>
type Step = (ask: Ask, config: VerifiedConfig) => Promise<E.Either<SendError, Entries>>

export const verify =
  (config: VerifiedConfig, startAsking: () => Ask): TE.TaskEither<SendError, Verification> =>
  async () => {
    const ask = startAsking()
    const entries: Array<VerificationEntry> = []
    for (const step of [checkAccount, checkSender, checkDomain]) {
      const found = await step(ask, config)
      if (E.isLeft(found)) return found
      entries.push(...found.right)
      if (found.right.some(isWrongKeyPair)) break
    }
    return E.right({ passed: !entries.some(({ _tag }) => _tag === 'Problem'), entries })
  }

// ------------------------------------------------------------------------------------------------------------
// Entries
// ------------------------------------------------------------------------------------------------------------

const ok = (question: VerificationQuestion, message: string, quota?: Quota): VerificationEntry => ({
  _tag: 'Ok',
  question,
  message,
  ...(quota && { quota }),
})

const problem = (
  question: VerificationQuestion,
  message: string,
  cure: string,
  details: { readonly quota?: Quota; readonly record?: DnsRecord } = {},
): VerificationEntry => ({ _tag: 'Problem', question, message, cure, ...details })

const notAllowed = (question: VerificationQuestion, operation: Operation): VerificationEntry => ({
  _tag: 'NotAllowed',
  question,
  message: `The key may not ask: it lacks the permission dm:${operation}`,
  action: `dm:${operation}`,
})

const isWrongKeyPair = ({ _tag, question }: VerificationEntry): boolean =>
  _tag === 'Problem' && question === 'keyPair'

/** Codes of the gateway, which looks at key, signature and clock before anything else. */
const isKeyCode = (code: string): boolean =>
  /^(?:InvalidAccessKeyId|InvalidSecurityToken|SignatureDoesNotMatch|IncompleteSignature|InvalidTimeStamp)\b/.test(
    code,
  )

/** What a refusal says about the questions that the operation was to answer. Other failures stay failures. */
const explainRefusal = (
  error: SendError,
  operation: Operation,
  questions: readonly [VerificationQuestion, ...ReadonlyArray<VerificationQuestion>],
): E.Either<SendError, Entries> => {
  if (error._tag !== 'Rejected') return E.left(error)
  if (isPermissionCode(error.code))
    return E.right(questions.map((question) => notAllowed(question, operation)))
  return E.right([describeRefusal(isKeyCode(error.code) ? 'keyPair' : questions[0], error)])
}

const describeRefusal = (question: VerificationQuestion, { code, statusCode }: Rejected): VerificationEntry =>
  problem(
    question,
    `DirectMail answers ${code} (HTTP ${statusCode})`,
    findCure(code) ?? 'Look the code up in the help of DirectMail',
  )

// ------------------------------------------------------------------------------------------------------------
// Key pair, account, quota
// ------------------------------------------------------------------------------------------------------------

const Summary = answerOf({ userStatus: Amount, dailyQuota: Amount, monthQuota: Amount }, {})
type Summary = t.TypeOf<typeof Summary>

const MailAddress = answerOf(
  { accountName: Line },
  {
    accountStatus: Amount,
    domainStatus: Amount,
    sendtype: Line,
    dailyReqCount: Amount,
    monthReqCount: Amount,
  },
)
type MailAddress = t.TypeOf<typeof MailAddress>

const MailAddresses = answerOf({}, { data: answerOf({}, { mailAddress: page(MailAddress) }) })

/** https://www.alibabacloud.com/help/en/direct-mail/api-dm-2015-11-23-descaccountsummary */
const userStatuses: Readonly<Record<number, readonly [message: string, cure: string]>> = {
  1: ['The account is frozen', 'See the notices in the DirectMail console, or open a ticket'],
  2: ['The account has overdue payments', 'Pay what is due in the Alibaba Cloud console'],
  4: [
    'The account may not send to the outside',
    'See the notices in the DirectMail console, or open a ticket',
  ],
  8: ['DirectMail is closed for this account', 'Activate DirectMail in its console'],
}

const describeAccount = ({ userStatus }: Summary): VerificationEntry => {
  if (userStatus === 0) return ok('account', 'The account is active')
  const [message, cure] = userStatuses[userStatus] ?? [
    `The account has the status ${userStatus}, which is not documented`,
    'See the notices in the DirectMail console',
  ]
  return problem('account', message, cure)
}

const describeQuota = (
  question: 'dailyQuota' | 'monthlyQuota',
  limit: number,
  used: number,
): VerificationEntry => {
  const quota: Quota = { limit, used, left: Math.max(0, limit - used) }
  const [period, next] = question === 'dailyQuota' ? ['today', 'tomorrow'] : ['this month', 'next month']
  if (quota.left > 0) return ok(question, `${quota.left} of ${limit} mails are left ${period}`, quota)
  const cure = `Wait until ${next} (China's time), or ask Alibaba Cloud for a higher quota`
  return problem(question, `All ${limit} mails of ${period} are used up`, cure, { quota })
}

const sum = (numbers: ReadonlyArray<number | undefined>): number =>
  numbers.reduce((total: number, n) => total + (n ?? 0), 0)

const checkAccount: Step = async (ask) => {
  const right = ok('keyPair', 'Key and secret are right')
  const withRightKey = (entries: Entries): Entries =>
    entries.some(isWrongKeyPair) ? entries : [right, ...entries]

  const summary = await ask('DescAccountSummary', {}, Summary)
  if (E.isLeft(summary))
    return pipe(
      explainRefusal(summary.left, 'DescAccountSummary', ['account', 'dailyQuota', 'monthlyQuota']),
      E.map(withRightKey),
    )
  const account = [right, describeAccount(summary.right)]

  // The summary has the limits only. An account has 10 sender addresses at most, unless it bought more:
  // https://help.aliyun.com/zh/direct-mail/product-overview/limits
  const senders = await ask('QueryMailAddressByParam', { pageNo: 1, pageSize: 50 }, MailAddresses)
  if (E.isLeft(senders))
    return pipe(
      explainRefusal(senders.left, 'QueryMailAddressByParam', ['dailyQuota', 'monthlyQuota']),
      E.map((entries) => [...account, ...entries]),
    )
  const addresses = senders.right.data?.mailAddress ?? []
  const { dailyQuota, monthQuota } = summary.right
  return E.right([
    ...account,
    describeQuota('dailyQuota', dailyQuota, sum(addresses.map(({ dailyReqCount }) => dailyReqCount))),
    describeQuota('monthlyQuota', monthQuota, sum(addresses.map(({ monthReqCount }) => monthReqCount))),
  ])
}

// ------------------------------------------------------------------------------------------------------------
// Sender address
// ------------------------------------------------------------------------------------------------------------

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

const checkSender: Step = async (ask, { accountName }) => {
  const parameters = { keyWord: accountName, pageNo: 1, pageSize: 50 }
  const found = await ask('QueryMailAddressByParam', parameters, MailAddresses)
  if (E.isLeft(found))
    return explainRefusal(found.left, 'QueryMailAddressByParam', ['sender', 'senderType', 'senderStatus'])
  const sender = found.right.data?.mailAddress?.find((address) => isSame(address.accountName, accountName))
  return E.right(
    sender === undefined
      ? [problem('sender', `${accountName} does not exist`, createSender)]
      : [ok('sender', `${accountName} exists`), describeType(sender), describeStatus(sender)],
  )
}

const createSender =
  'Create the sender address (发信地址) in the DirectMail console, or check accountName and regionId: each region has its own'

const describeType = ({ sendtype }: MailAddress): VerificationEntry =>
  sendtype === 'trigger'
    ? ok('senderType', 'It is for triggered mail')
    : problem(
        'senderType',
        'It is not for triggered mail',
        'Create another sender address of the type triggered mail (触发邮件) in the DirectMail console',
      )

const describeStatus = ({ accountStatus, domainStatus }: MailAddress): VerificationEntry => {
  if (accountStatus === 1)
    return problem(
      'senderStatus',
      'It is frozen',
      'See the notices in the DirectMail console, or open a ticket',
    )
  return domainStatus === 1
    ? problem('senderStatus', 'It is not usable: its domain is not verified', verifyDomain)
    : ok('senderStatus', 'It is not frozen')
}

// ------------------------------------------------------------------------------------------------------------
// Domain
// ------------------------------------------------------------------------------------------------------------

const verifyDomain =
  'Set the records that DirectMail asks for in the DNS of the domain, then press Verify (验证) in its console'

const Domains = answerOf(
  {},
  {
    data: answerOf({}, { domain: page(answerOf({ domainId: Amount, domainName: Line }, {})) }),
  },
)

/** https://www.alibabacloud.com/help/en/direct-mail/api-dm-2015-11-23-descdomain */
const Domain = answerOf(
  { domainStatus: Amount },
  {
    tlDomainName: Line,
    spfAuthStatus: Amount,
    spfRecord: Line,
    spfRecordV2: Line,
    dnsSpf: Line,
    dkimAuthStatus: Amount,
    dkimRR: Line,
    dkimPublicKey: Line,
    mxAuthStatus: Amount,
    mxRecord: Line,
    dnsMx: Line,
    cnameAuthStatus: Amount,
    cnameRecord: Line,
    tracefRecord: Line,
    dmarcAuthStatus: Amount,
    dmarcHostRecord: Line,
    dmarcRecord: Line,
    dnsDmarc: Line,
  },
)
type Domain = t.TypeOf<typeof Domain>

const checkDomain: Step = async (ask, config) => {
  const name = config.accountName.slice(config.accountName.lastIndexOf('@') + 1)
  const found = await ask('QueryDomainByParam', { keyWord: name, pageNo: 1, pageSize: 50 }, Domains)
  if (E.isLeft(found)) return explainRefusal(found.left, 'QueryDomainByParam', domainQuestions)
  const known = found.right.data?.domain?.find(({ domainName }) => isSame(domainName, name))
  if (known === undefined)
    return E.right([
      problem(
        'domain',
        `${name} is not a domain of this account`,
        'Add the domain in the DirectMail console',
      ),
    ])
  // With real-time records the answer tells what the DNS has now.
  const parameters = { domainId: known.domainId, requireRealTimeDnsRecords: true }
  const described = await ask('DescDomain', parameters, Domain)
  return E.isLeft(described)
    ? explainRefusal(described.left, 'DescDomain', domainQuestions)
    : E.right(describeDomain(name, described.right, config))
}

const domainQuestions = ['domain', 'spf', 'dkim', 'mx', 'cname', 'dmarc'] as const

const describeDomain = (name: string, domain: Domain, { clickTrace }: VerifiedConfig): Entries => [
  domain.domainStatus === 1
    ? problem('domain', `${name} is not verified`, verifyDomain)
    : ok('domain', `${name} is verified`),
  ...findRecords(name, domain).map(({ question, status, ...record }): VerificationEntry => {
    const message = `The ${question.toUpperCase()} record`
    // A status that is not told is not a failed one.
    if (status !== 1) return ok(question, `${message} is right`)
    if (question === 'cname' && clickTrace !== true)
      return ok(question, `${message} is missing, and needed for clickTrace only`)
    return problem(question, `${message} is missing or wrong`, verifyDomain, { record })
  }),
]

interface Looked extends DnsRecord {
  readonly question: 'spf' | 'dkim' | 'mx' | 'cname' | 'dmarc'
  readonly status: number | undefined
}

/** The hosts of DKIM and DMARC are below the main domain, that of CNAME is below this one. */
const findRecords = (name: string, domain: Domain): ReadonlyArray<Looked> => {
  const main = domain.tlDomainName ?? name
  const below = (host: string | undefined, parent: string): string =>
    host === undefined ? parent : `${host}.${parent}`
  return [
    {
      question: 'spf',
      status: domain.spfAuthStatus,
      type: 'TXT',
      name,
      wanted: domain.spfRecordV2 ?? domain.spfRecord ?? '',
      found: domain.dnsSpf,
    },
    {
      question: 'dkim',
      status: domain.dkimAuthStatus,
      type: 'TXT',
      name: below(domain.dkimRR, main),
      wanted: domain.dkimPublicKey ?? '',
    },
    {
      question: 'mx',
      status: domain.mxAuthStatus,
      type: 'MX',
      name,
      wanted: domain.mxRecord ?? '',
      found: domain.dnsMx,
    },
    {
      question: 'cname',
      status: domain.cnameAuthStatus,
      type: 'CNAME',
      name: below(domain.cnameRecord, name),
      wanted: domain.tracefRecord ?? '',
    },
    {
      question: 'dmarc',
      status: domain.dmarcAuthStatus,
      type: 'TXT',
      name: below(domain.dmarcHostRecord, main),
      wanted: domain.dmarcRecord ?? '',
      found: domain.dnsDmarc,
    },
  ]
}
