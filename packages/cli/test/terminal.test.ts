/**
 * What reaches a terminal, whoever wrote the text.
 */
import { Writable } from 'node:stream'
import { expect } from 'chai'
import fc from 'fast-check'
import { createSink } from './support/command.js'
import { type Line, type Output, styled, wrap, writeTo } from '../src/terminal.js'

const write = (use: (output: Output) => void): string => {
  let text = ''
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      text += chunk.toString()
      done()
    },
  })
  use(writeTo(stream, (code) => expect.fail(code)))
  return text
}

/** Any text, often with characters that a terminal obeys or hides. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '\n',
        '\r',
        '\u001b[2J',
        '\u009b',
        '\u061c',
        '\u2028',
        '\u202e',
        '\ud800',
        '\u{e0041}',
        'x',
      ),
    )
    .map((parts) => parts.join('')),
)

const line: fc.Arbitrary<Line> = fc.oneof(
  text,
  fc.array(
    fc.oneof(
      text,
      text.map((each) => styled('red', each)),
    ),
  ),
)

const obeyed = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

describe('an output', () => {
  it('prints as many lines as it is given, and no character that a terminal obeys', () => {
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const printed = write(({ print }) => print(...lines))
        expect(printed.split('\n')).to.have.length(lines.length + 1)
        expect(printed).not.to.match(obeyed)
      }),
    )
  })

  it('writes JSON that means what it was given, without such characters', () => {
    fc.assert(
      fc.property(fc.array(text), (values) => {
        const printed = write(({ json }) => json(values))
        expect(printed).not.to.match(obeyed)
        expect(JSON.parse(printed)).to.deep.equal(values)
      }),
    )
  })

  it('leaves joined emoji and tabs as they are', () => {
    expect(write(({ print }) => print('👩‍💻\tمی‌خواهم'))).to.equal('👩‍💻\tمی‌خواهم\n')
  })
})

describe('an output that is', () => {
  const open = (terminal?: object) => {
    const { stream, text } = createSink()
    Object.assign(stream, terminal)
    const broken: Array<string> = []
    return { stream, text, broken, output: writeTo(stream, (code) => broken.push(code)) }
  }

  const red = [styled('red', 'x'), 'y']
  it('no terminal has neither colours nor columns', () => {
    const { output, text } = open({ columns: 80, hasColors: () => true })
    output.print(red)
    expect(text()).to.equal('xy\n')
    expect(output).to.include({ columns: undefined, isTerminal: false })
  })

  it('a terminal has both', () => {
    const { output, text } = open({ isTTY: true, columns: 70, hasColors: () => true })
    output.print(red)
    expect(text()).to.equal('\u001b[31mx\u001b[39my\n')
    expect(output).to.include({ columns: 70, isTerminal: true })
  })

  it('a terminal without colours has none, and one of unknown width has 80 columns', () => {
    for (const terminal of [{ hasColors: () => false }, {}]) {
      const { output, text } = open({ isTTY: true, ...terminal })
      output.print(red)
      expect(text()).to.equal('xy\n')
      expect(output.columns).to.equal(80)
    }
  })

  it('a very narrow terminal has 40', () =>
    expect(open({ isTTY: true, columns: 5 }).output.columns).to.equal(40))

  it('broken says so once, and is not written to any more', () => {
    const { stream, output, text, broken } = open()
    stream.emit('error', Object.assign(new Error('no'), { code: 'ENOSPC' }))
    stream.emit('error', Object.assign(new Error('no'), { code: 'EIO' }))
    output.print('lost')
    expect(broken).to.deep.equal(['ENOSPC'])
    expect(text()).to.equal('')
  })

  it('broken in a way without a code says what it is', () => {
    const { stream, broken } = open()
    stream.emit('error', new Error('gone'))
    expect(broken).to.deep.equal(['gone'])
  })

  it('not read to its end says nothing', () => {
    const { stream, output, text, broken } = open()
    stream.emit('error', Object.assign(new Error('no'), { code: 'EPIPE' }))
    output.print('lost')
    expect(broken).to.deep.equal([])
    expect(text()).to.equal('')
  })
})

describe('wrap', () => {
  it('breaks at spaces only, so that an address stays a link', () => {
    expect(wrap('one two three', 9, '  ')).to.deep.equal(['  one two', '  three'])
    expect(wrap('to https://example.com/long', 9)).to.deep.equal(['to https://example.com/long'])
    expect(wrap('one two', undefined)).to.deep.equal(['one two'])
  })

  it('fills lines to the last column', () => {
    expect(wrap('one two', 7)).to.deep.equal(['one two'])
    expect(wrap('one two', 6)).to.deep.equal(['one', 'two'])
    expect(wrap('one two', 8, '  ')).to.deep.equal(['  one', '  two'])
    expect(wrap('a https', 5)).to.deep.equal(['a', 'https'])
    expect(wrap('a httpss', 5)).to.deep.equal(['a httpss'])
    expect(wrap('', 5, '  ')).to.deep.equal(['  '])
  })
})
