import { expect } from 'chai'
import {
  complain,
  type Diagnostic,
  formatDiagnostics,
  giveUp,
  pluralize,
  printDiagnostics,
  summarize,
  toReport,
} from '../src/diagnostics.js'
import { createShell, createSink, type Terminal } from './support/command.js'

const error: Diagnostic = { severity: 'error', path: 'a.b', message: 'expected a text', place: 'x.json' }
const warning: Diagnostic = { ...error, severity: 'warning', code: 'mail/form', line: 2, column: 3 }

/** What is printed, on a terminal or not. */
const print = (print: (shell: ReturnType<typeof createShell>) => unknown, terminal?: Terminal) => {
  const [out, err] = [createSink(terminal), createSink(terminal)]
  print(createShell(out.stream, err.stream))
  return { out: out.text(), err: err.text().replaceAll('\u001b', '␛') }
}

describe('diagnostics', () => {
  it('are shown with place, severity and path, and what was expected below', () => {
    expect(formatDiagnostics([error, warning], undefined)).to.deep.equal([
      [{ style: 'bold', text: 'x.json' }, '  ', { style: 'red', text: 'error' }, '  a.b'],
      '    expected a text',
      [{ style: 'bold', text: 'x.json:2:3' }, '  ', { style: 'yellow', text: 'warning' }, '  a.b'],
      '    expected a text (mail/form)',
    ])
  })

  it('are shown without a path where they are about the whole, and at column 1 unless they have one', () => {
    expect(formatDiagnostics([{ ...error, path: '', line: 7 }], undefined)[0]).to.deep.equal([
      { style: 'bold', text: 'x.json:7:1' },
      '  ',
      { style: 'red', text: 'error' },
      '',
    ])
  })

  it('fit the terminal', () => {
    expect(formatDiagnostics([{ ...error, message: 'one two three four' }], 16).slice(1)).to.deep.equal([
      '    one two',
      '    three four',
    ])
  })

  it('are sorted by place, line and column', () => {
    const at = (place: string, line?: number, column?: number): Diagnostic => ({
      ...error,
      place,
      message: `${place} ${line ?? '-'} ${column ?? '-'}`,
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    })
    const sorted = [
      at('a', 2, 1),
      at('b'),
      at('b', 1),
      at('b', 1, 2),
      at('b', 2, 1),
      at('b', 10, 1),
      at('c', 1, 1),
    ]
    const messages = sorted.map(({ message }) => `    ${message}`)
    for (const given of [sorted, [...sorted].reverse(), [...sorted.slice(3), ...sorted.slice(0, 3)]])
      expect(formatDiagnostics(given, undefined).filter((_, index) => index % 2 === 1)).to.deep.equal(
        messages,
      )
    expect(sorted.map(({ place }) => place).join('')).to.equal('abbbbbc')
  })

  it('are shown up to a hundred', () => {
    const many = (count: number) =>
      formatDiagnostics(
        Array.from({ length: count }, () => error),
        undefined,
      )
    expect(many(100)).to.have.length(200)
    expect(many(101)).to.have.length(201)
    expect(many(101).at(-1)).to.equal('and 1 more, which --json shows')
  })

  it('are counted', () => {
    expect(summarize([error, error, warning])).to.equal('2 errors, 1 warning')
    expect(summarize([warning, warning])).to.equal('2 warnings')
    expect(pluralize(0, 'template')).to.equal('0 templates')
    expect(pluralize(1, 'template')).to.equal('1 template')
  })

  it('are printed on standard error, with the count', () => {
    expect(print((shell) => printDiagnostics(shell, [error]))).to.deep.equal({
      out: '',
      err: 'x.json  error  a.b\n    expected a text\n1 error\n',
    })
    expect(print((shell) => printDiagnostics(shell, [error]), { columns: 80, colours: true }).err).to.equal(
      '␛[1mx.json␛[22m  ␛[31merror␛[39m  a.b\n    expected a text\n␛[31m1 error␛[39m\n',
    )
  })

  it('are a report for programs', () => {
    expect(toReport(true, [error, warning])).to.deep.equal({
      valid: true,
      issues: [{ path: 'a.b', message: 'expected a text', place: 'x.json' }],
      warnings: [
        { path: 'a.b', message: 'expected a text', place: 'x.json', code: 'mail/form', line: 2, column: 3 },
      ],
    })
  })

  it('end a command as lines or as JSON', () => {
    const failure = { exitCode: 2, diagnostics: [error] } as const
    const lines = print((shell) => expect(giveUp(shell, failure)).to.equal(2))
    expect(lines).to.include({ out: '' })
    expect(lines.err).to.match(/^x\.json {2}error/)
    const json = print((shell) => expect(giveUp(shell, failure, true)).to.equal(2))
    expect(json.err).to.equal('')
    expect(JSON.parse(json.out)).to.deep.equal(toReport(false, [error]))
  })
})

describe('complain', () => {
  it('says what is wrong, and gives advice on lines of its own', () => {
    expect(print((shell) => complain(shell, 'no', 'try yes', 'or maybe'))).to.deep.equal({
      out: '',
      err: 'error: no\n  try yes\n  or maybe\n',
    })
  })

  it('fits the terminal, and has the first word in red', () => {
    const text = 'one two three four five six seven eight nine ten'
    expect(print((shell) => complain(shell, text, text), { columns: 40, colours: true }).err).to.equal(
      [
        '␛[31merror:␛[39m one two three four five six seven',
        'eight nine ten',
        '  one two three four five six seven',
        '  eight nine ten',
        '',
      ].join('\n'),
    )
  })
})
