/**
 * JSON and its positions.
 */
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import fc from 'fast-check'
import { parseJson, type Source } from '../src/json.js'
import { secret } from './support/files.js'

const parse = (text: string): Source => {
  const source = parseJson(text)
  if (E.isLeft(source)) throw new Error(source.left.message)
  return source.right
}

describe('parseJson', () => {
  it('reads what JSON.parse reads, and refuses what it refuses', () => {
    const texts = fc.oneof(
      fc.json(),
      fc.json().chain((text) => fc.nat(text.length).map((at) => text.slice(0, at) + text.slice(at + 1))),
      fc.stringMatching(/^[{}[\]",:\-.e01tru\\ \n]*$/),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const source = parseJson(text)
        const expected = E.tryCatch(
          (): unknown => JSON.parse(text),
          () => 'refused',
        )
        expect(E.isRight(source)).to.equal(E.isRight(expected))
        if (E.isRight(source) && E.isRight(expected)) expect(source.right.value).to.deep.equal(expected.right)
      }),
      { numRuns: 1000 },
    )
  })

  it('finds the character of a string behind any escapes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.boolean(),
        (before, after, ascii) => {
          const json = JSON.stringify({ a: [`${before}@${after}`] })
          const text = ascii
            ? json.replace(/[^\u0020-\u007e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
            : json
          const { line, column } = parse(text).findPosition('a[0]', before.length)
          expect({ line, character: text[column - 1] }).to.deep.equal({ line: 1, character: '@' })
        },
      ),
    )
  })

  it('points at the nearest value around one that is missing', () => {
    const source = parse('{\n "a": [\n  {"b": 1}]}')
    expect(source.findPosition('a[0].c')).to.deep.equal({ line: 3, column: 3 })
    expect(source.findPosition('x.y')).to.deep.equal({ line: 1, column: 1 })
  })

  it('points at the last of duplicate keys, which is the one that counts', () => {
    const source = parse('{"a": 1, "a": 2}')
    expect(source.findPosition('a')).to.deep.equal({ line: 1, column: 15 })
    expect(source.findDuplicates('')).to.deep.equal(['a'])
  })

  it('takes comments, and counts lines and columns with them', () => {
    const source = parse('{ // "a": 1\n/* é\n */ "a": "// 2" }')
    expect(source.value).to.deep.equal({ a: '// 2' })
    expect(source.findPosition('a')).to.deep.equal({ line: 3, column: 10 })
  })

  describe('tells what is wrong with JSON, and where', () => {
    const cases: ReadonlyArray<
      readonly [name: string, text: string, line: number, column: number, message: RegExp]
    > = [
      ['nothing', ' \n', 1, 1, /nothing there/],
      ['a trailing comma', '{\n  "a": 1,\n}', 3, 1, /a comma stands before this/],
      ['a missing comma', '{"a": 1\r\n "b": 2}', 2, 2, /expected a comma/],
      ['a comment that does not end', '{ /* x }', 1, 3, /comment|double quotes/],
      ['single quotes', "{'a': 1}", 1, 2, /double quotes/],
      ['a line break in a string', '{"a": "b\nc"}', 1, 7, /does not end on its line/],
      ['an object that is not closed', '{"a": {', 1, 8, /not closed/],
      ['a bare word', `{"accessKeySecret": ${secret}}`, 1, 21, /double quotes/],
      ['something after it', '{} {}', 1, 4, /nothing more/],
    ]
    for (const [name, text, line, column, message] of cases)
      it(name, () => {
        const source = parseJson(text)
        expect(source).to.have.nested.property('left.position').that.deep.equals({ line, column })
        expect(source)
          .to.have.nested.property('left.message')
          .that.matches(message)
          .and.does.not.include(secret)
      })
  })
})
