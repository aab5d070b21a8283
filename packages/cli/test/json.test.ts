/**
 * JSON and its positions.
 */
import { inspect } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import fc from 'fast-check'
import { createPositions, isRecord, parseJson, type Source } from '../src/json.js'
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
    expect(source.findPosition('a[0].b.c')).to.deep.equal({ line: 3, column: 9 })
    expect(source.findPosition('')).to.deep.equal({ line: 1, column: 1 })
  })

  it('finds names of several letters', () =>
    expect(parse('{"abc": {"de": [1, 23]}}').findPosition('abc.de[1]')).to.deep.equal({
      line: 1,
      column: 20,
    }))

  it('points at a value that has no characters as a whole', () =>
    expect(parse('{"a": 12}').findPosition('a', 1)).to.deep.equal({ line: 1, column: 7 }))

  it('points at the last of duplicate keys, which is the one that counts', () => {
    const source = parse('{"a": 1, "b": {}, "a": 2}')
    expect(source.findPosition('a')).to.deep.equal({ line: 1, column: 24 })
    expect(source.findKey('', 'a')).to.deep.equal({ line: 1, column: 19 })
    expect(source.findKey('', 'none')).to.deep.equal({ line: 1, column: 1 })
    expect(source.findDuplicates('')).to.deep.equal(['a'])
    expect(source.findDuplicates('b')).to.deep.equal([])
  })

  it('finds keys in objects only', () => {
    const source = parse('[1, 2]')
    expect(source.findKey('', 'undefined')).to.deep.equal({ line: 1, column: 1 })
    expect(source.findDuplicates('')).to.deep.equal([])
    expect(parse('"text"').findDuplicates('')).to.deep.equal([])
  })

  it('takes comments, and counts lines and columns with them', () => {
    const source = parse('{ // "a": 1\n/* é\n */ "a": "// 2" }')
    expect(source.value).to.deep.equal({ a: '// 2' })
    expect(source.findPosition('a')).to.deep.equal({ line: 3, column: 10 })
  })

  describe('tells what is wrong with JSON, and where', () => {
    const cases: ReadonlyArray<
      readonly [name: string, text: string, line: number, column: number, message: string]
    > = [
      ['nothing', ' \n', 1, 1, 'nothing there: expected a config as JSON'],
      [
        'a trailing comma',
        '{\n  "a": 1,\n}',
        3,
        1,
        'not JSON: a comma stands before this, but nothing follows it',
      ],
      [
        'one right before the end',
        `[1,]${' '.repeat(2000)}`,
        1,
        4,
        'not JSON: a comma stands before this, but nothing follows it',
      ],
      ['one far before', '[1,\n\n ]', 3, 2, 'not JSON: a comma stands before this, but nothing follows it'],
      ['two commas', '{"a": 1,, "b": 2}', 1, 9, 'not JSON: expected a property name in double quotes'],
      ['no value', '{"a": 1, "b": }', 1, 15, 'not JSON: expected a value'],
      ['no colon', '{"a": 1, "b" }', 1, 14, 'not JSON: expected a colon after the property name'],
      ['a missing comma', '{"a": 1\r\n "b": 2}', 2, 2, 'not JSON: expected a comma before this'],
      ['a comment that does not end', '{ /* x }', 1, 3, 'not JSON: JSON has no comments'],
      [
        'single quotes',
        "{'a': 1}",
        1,
        2,
        'not JSON: expected a value in double quotes, a number, true, false or null',
      ],
      [
        'a line break in a string',
        '{"a": "b\nc"}',
        1,
        7,
        'not JSON: a string begins here that does not end on its line; a line break in it is written \\n',
      ],
      ['an object that is not closed', '{"a": {', 1, 8, 'not JSON: expected "}": an object is not closed'],
      ['an array that is not closed', '{"a": [', 1, 8, 'not JSON: expected "]": an array is not closed'],
      [
        'a bare word',
        `{"accessKeySecret": ${secret}}`,
        1,
        21,
        'not JSON: expected a value in double quotes, a number, true, false or null',
      ],
      ['something after it', '{} {}', 1, 4, 'not JSON: expected nothing more after the config'],
      ['half a number', '{"a": 1.}', 1, 7, 'not JSON: this number is not complete'],
      [
        'half an escape',
        '{"a": "\\u12"}',
        1,
        7,
        'not JSON: a string begins here with an incomplete \\u escape; it takes four hexadecimal digits',
      ],
      [
        'an unknown escape',
        '{"a": "C:\\path"}',
        1,
        7,
        'not JSON: a string begins here with an unknown escape; a backslash is written \\\\',
      ],
      [
        'a tab',
        '{"a": "\t"}',
        1,
        7,
        'not JSON: a string begins here with a control character; a tab is written \\t',
      ],
      ['too many brackets', '['.repeat(1_000_000), 1, 1, 'nested too deeply for a config'],
    ]
    for (const [name, text, line, column, message] of cases)
      it(name, () =>
        expect(parseJson(text)).to.deep.equal(E.left({ path: '', message, position: { line, column } })),
      )
  })
})

describe('isRecord', () => {
  const cases: ReadonlyArray<readonly [unknown, boolean]> = [
    [{}, true],
    [Object.create(null), true],
    [[], false],
    [null, false],
    [undefined, false],
    ['text', false],
    [() => 1, false],
  ]
  for (const [value, expected] of cases)
    it(`is ${expected} for ${inspect(value)}`, () => expect(isRecord(value)).to.equal(expected))
})

describe('createPositions', () => {
  it('counts lines that end in any way', () => {
    const toPosition = createPositions('a\nb\r\nc\rd')
    expect([0, 1, 2, 3, 5, 7].map(toPosition)).to.deep.equal([
      { line: 1, column: 1 },
      { line: 1, column: 2 },
      { line: 2, column: 1 },
      { line: 2, column: 2 },
      { line: 3, column: 1 },
      { line: 4, column: 1 },
    ])
  })
})
