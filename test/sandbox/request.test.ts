import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { decodeForm, splitTarget } from '../../lib/sandbox/request.js'
import { form } from './client.js'

const decoded = (text: string): ReadonlyArray<readonly [string, string]> => {
  const result = decodeForm(text)
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

describe('sandbox/request', () => {
  it('decodes what was encoded, code point for code point, for any Unicode', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, (name, value) => {
        expect(decoded(`x=1&${form({ [name]: value })}`)).to.deep.equal([
          ['x', '1'],
          [name, value],
        ])
      }),
    )
  })

  it('decodes what URLSearchParams wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string())), (pairs) => {
        expect(decoded(new URLSearchParams(pairs).toString())).to.deep.equal(pairs)
      }),
    )
  })

  it('keeps duplicates and takes a name alone for an empty value', () => {
    expect(decoded('a=1&a=2&b&&c=')).to.deep.equal([
      ['a', '1'],
      ['a', '2'],
      ['b', ''],
      ['c', ''],
    ])
  })

  for (const bad of ['a=%', 'a=%zz', 'a=%e4%b8', 'a=%ff', '%=1']) {
    it(`refuses ${bad} instead of guessing`, () => expect(E.isLeft(decodeForm(bad))).to.be.true)
  }

  it('is total: any text is decoded or refused', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void decodeForm(text)))
  })

  it('refuses more than a thousand parameters', () => {
    expect(E.isRight(decodeForm('a=1&'.repeat(999) + 'a=1'))).to.be.true
    expect(E.isLeft(decodeForm('a=1&'.repeat(1000) + 'a=1'))).to.be.true
  })

  it('splits a target at its first question mark', () => {
    expect(splitTarget('/a?b?c')).to.deep.equal({ path: '/a', query: 'b?c' })
    expect(splitTarget('/a')).to.deep.equal({ path: '/a', query: '' })
  })
})
