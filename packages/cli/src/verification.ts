/**
 * What DirectMail says of an account, as a list with ticks.
 */
import type { Verification, VerificationEntry, VerificationQuestion } from 'aliyun-dm-connector'
import { pluralize } from './diagnostics.js'
import { type Line, type Styled, styled, wrap } from './terminal.js'

const labels: Readonly<Record<VerificationQuestion, string>> = {
  keyPair: 'key pair',
  account: 'account',
  dailyQuota: "today's quota",
  monthlyQuota: "this month's quota",
  sender: 'sender address',
  senderType: 'type of the sender address',
  senderStatus: 'status of the sender address',
  domain: 'domain',
  spf: 'SPF',
  dkim: 'DKIM',
  mx: 'MX',
  cname: 'CNAME',
  dmarc: 'DMARC',
}

const marks: Readonly<Record<VerificationEntry['_tag'], Styled>> = {
  Ok: styled('green', '✓'),
  Problem: styled('red', '✗'),
  NotAllowed: styled('dim', '–'),
}

export const formatVerification = (
  { passed, entries }: Verification,
  columns: number | undefined,
): ReadonlyArray<Line> => {
  const problems = entries.filter(({ _tag }) => _tag === 'Problem').length
  const verdict = passed
    ? styled('green', 'DirectMail found no problem.')
    : styled('red', `DirectMail found ${pluralize(problems, 'problem')}.`)
  const isPartial = entries.some(({ _tag }) => _tag === 'NotAllowed')
  return [
    ...groupNotAllowed(entries).flatMap((group) => formatGroup(group, columns)),
    [verdict],
    ...(isPartial ? wrap('– is not checked. A key that may only send is a good key.', columns) : []),
  ]
}

interface Group {
  readonly questions: ReadonlyArray<VerificationQuestion>
  readonly entry: VerificationEntry
}

/** One permission is often all that several questions lack. */
const groupNotAllowed = (entries: ReadonlyArray<VerificationEntry>): ReadonlyArray<Group> =>
  entries.reduce((groups: ReadonlyArray<Group>, entry) => {
    const last = groups.at(-1)
    return last?.entry._tag === 'NotAllowed' &&
      entry._tag === 'NotAllowed' &&
      last.entry.action === entry.action
      ? [...groups.slice(0, -1), { ...last, questions: [...last.questions, entry.question] }]
      : [...groups, { questions: [entry.question], entry }]
  }, [])

const formatGroup = ({ questions, entry }: Group, columns: number | undefined): ReadonlyArray<Line> => {
  const indent = '    '
  const label = questions.map((question) => labels[question]).join(', ')
  const [first = '', ...rest] = wrap(`${label}: ${entry.message}`, columns, indent)
  return [
    ['  ', marks[entry._tag], ' ', first.slice(indent.length)],
    ...rest,
    ...(entry._tag === 'Problem' ? formatCure(entry, columns) : []),
  ]
}

/** A record is not wrapped: it is to be copied. */
const formatCure = (
  { cure, record }: Extract<VerificationEntry, { _tag: 'Problem' }>,
  columns: number | undefined,
): ReadonlyArray<Line> => [
  ...wrap(cure, columns, '      '),
  ...(record === undefined
    ? []
    : [
        `      ${record.type} ${record.name}`,
        `        wanted  ${record.wanted}`,
        ...(record.found === undefined ? [] : [`        found   ${record.found}`]),
      ]),
]
