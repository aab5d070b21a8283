import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { decodeAll } from '../../lib/config/decode.js'
import { Amount, answerOf, Line, page, Time } from '../../lib/directmail/account-codecs.js'

const read = <A>(type: t.Type<A>, input: unknown): A | string => {
  const decoded = decodeAll(type)(input)
  return E.isRight(decoded) ? decoded.right : decoded.left.map(({ message }) => message).join()
}

describe('what an answer about the account holds', () => {
  it('a number, or the digits of one', () => {
    for (const [input, amount] of [
      [0, 0],
      [7, 7],
      ['7', 7],
      ['007', 7],
      ['9'.repeat(15), 999_999_999_999_999],
    ])
      expect(read(Amount, input)).to.equal(amount)
    for (const input of [
      '',
      ' 7',
      '7 ',
      '7.5',
      '-7',
      'x7',
      '7x',
      '9'.repeat(16),
      1.5,
      2 ** 53,
      NaN,
      null,
      true,
      [7],
    ])
      expect(read(Amount, input)).to.match(/^expected a whole number/)
  })

  it('a text on one line, shortened', () => {
    expect(read(Line, ' a\r\nb\u0000\u202ec ')).to.equal('a  b  c')
    expect(read(Line, 'x'.repeat(1_001))).to.equal('x'.repeat(1_000))
    for (const input of [7, null, ['x']]) expect(read(Line, input)).to.match(/^expected a text/)
  })

  it('a time in seconds or in milliseconds', () => {
    const at = new Date('2024-05-14T06:17:15.000Z')
    for (const input of [at, 1_715_667_435, '1715667435', 1_715_667_435_000, '1715667435000'])
      expect(read(Time, input)).to.deep.equal(at)
    for (const input of [
      '',
      '171566743',
      '17156674350',
      'x1715667435',
      '1715667435x',
      'x1715667435000',
      '1715667435000x',
      true,
      ['1715667435'],
    ])
      expect(read(Time, input)).to.match(/^expected a time in seconds since the epoch/)
  })

  it('at most a thousand items', () => {
    expect(read(page(Amount), ['1', 2])).to.deep.equal([1, 2])
    expect(read(page(Amount), Array(1_000).fill(1))).to.have.length(1_000)
    expect(read(page(Amount), Array(1_001).fill(1))).to.equal('expected at most 1000 items')
  })

  it('objects, whose other fields are left out', () =>
    expect(read(answerOf({ a: Amount }, { b: Line }), { a: '1', b: null, c: 2 })).to.deep.equal({ a: 1 }))
})
