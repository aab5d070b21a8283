import { expect } from 'chai'
import type { VerificationEntry, VerificationQuestion } from 'aliyun-dm-connector'
import { formatVerification } from '../src/verification.js'

const questions: ReadonlyArray<readonly [VerificationQuestion, label: string]> = [
  ['keyPair', 'key pair'],
  ['account', 'account'],
  ['dailyQuota', "today's quota"],
  ['monthlyQuota', "this month's quota"],
  ['sender', 'sender address'],
  ['senderType', 'type of the sender address'],
  ['senderStatus', 'status of the sender address'],
  ['domain', 'domain'],
  ['spf', 'SPF'],
  ['dkim', 'DKIM'],
  ['mx', 'MX'],
  ['cname', 'CNAME'],
  ['dmarc', 'DMARC'],
]

const ok = (question: VerificationQuestion): VerificationEntry => ({ _tag: 'Ok', question, message: 'yes' })
const notAllowed = (question: VerificationQuestion, action: string): VerificationEntry => ({
  _tag: 'NotAllowed',
  question,
  action,
  message: `needs ${action}`,
})
const problem = (question: VerificationQuestion, rest: object = {}): VerificationEntry => ({
  _tag: 'Problem',
  question,
  message: 'no',
  cure: 'do it',
  ...rest,
})

const format = (entries: ReadonlyArray<VerificationEntry>, columns?: number) =>
  formatVerification({ passed: !entries.some(({ _tag }) => _tag === 'Problem'), entries }, columns)

describe('formatVerification', () => {
  it('ticks every question by its name', () => {
    expect(format(questions.map(([question]) => ok(question)))).to.deep.equal([
      ...questions.map(([, label]) => ['  ', { style: 'green', text: '✓' }, ' ', `${label}: yes`]),
      [{ style: 'green', text: 'DirectMail found no problem.' }],
    ])
  })

  it('says what to do about a problem, and counts them', () => {
    const record = { type: 'TXT', name: 'example.com', wanted: 'v=spf1 a' }
    expect(
      format([
        ok('keyPair'),
        problem('mx', { record }),
        problem('spf', { record: { ...record, found: 'b' } }),
      ]),
    ).to.deep.equal([
      ['  ', { style: 'green', text: '✓' }, ' ', 'key pair: yes'],
      ['  ', { style: 'red', text: '✗' }, ' ', 'MX: no'],
      '      do it',
      '      TXT example.com',
      '        wanted  v=spf1 a',
      ['  ', { style: 'red', text: '✗' }, ' ', 'SPF: no'],
      '      do it',
      '      TXT example.com',
      '        wanted  v=spf1 a',
      '        found   b',
      [{ style: 'red', text: 'DirectMail found 2 problems.' }],
    ])
    expect(format([problem('mx')])).to.deep.equal([
      ['  ', { style: 'red', text: '✗' }, ' ', 'MX: no'],
      '      do it',
      [{ style: 'red', text: 'DirectMail found 1 problem.' }],
    ])
  })

  it('names neighbours that lack the same permission together', () => {
    const entries = [
      notAllowed('account', 'dm:A'),
      notAllowed('dailyQuota', 'dm:A'),
      notAllowed('sender', 'dm:B'),
      ok('domain'),
      notAllowed('spf', 'dm:B'),
    ]
    expect(format(entries)).to.deep.equal([
      ['  ', { style: 'dim', text: '–' }, ' ', "account, today's quota: needs dm:A"],
      ['  ', { style: 'dim', text: '–' }, ' ', 'sender address: needs dm:B'],
      ['  ', { style: 'green', text: '✓' }, ' ', 'domain: yes'],
      ['  ', { style: 'dim', text: '–' }, ' ', 'SPF: needs dm:B'],
      [{ style: 'green', text: 'DirectMail found no problem.' }],
      '– is not checked. A key that may only send is a good key.',
    ])
  })

  it('fits the terminal, but for records, which are to be copied', () => {
    const wanted = 'v=spf1 include:spf1.example.com -all'
    const record = { type: 'TXT', name: 'example.com', wanted }
    expect(
      format(
        [
          {
            ...problem('mx', { record }),
            message: 'one two three',
            cure: 'four five six',
          } as VerificationEntry,
        ],
        18,
      ),
    ).to.deep.equal([
      ['  ', { style: 'red', text: '✗' }, ' ', 'MX: one two'],
      '    three',
      '      four five',
      '      six',
      '      TXT example.com',
      `        wanted  ${wanted}`,
      [{ style: 'red', text: 'DirectMail found 1 problem.' }],
    ])
  })
})
