/**
 * What reaches a terminal, whoever wrote the text.
 */
import { Writable } from 'node:stream'
import { expect } from 'chai'
import fc from 'fast-check'
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

describe('wrap', () => {
  it('breaks at spaces only, so that an address stays a link', () => {
    expect(wrap('one two three', 9, '  ')).to.deep.equal(['  one two', '  three'])
    expect(wrap('to https://example.com/long', 9)).to.deep.equal(['to https://example.com/long'])
    expect(wrap('one two', undefined)).to.deep.equal(['one two'])
  })
})
