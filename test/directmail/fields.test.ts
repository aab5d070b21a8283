import { expect } from 'chai'
import { isObject, match, nodeCodeForm, readNumber } from '../../lib/directmail/fields.js'

describe('fields of what others made', () => {
  it('are those of an object', () => {
    for (const object of [{}, [], new Error('x')]) expect(isObject(object)).to.equal(true)
    for (const other of [null, undefined, 'x', 7, () => 1]) expect(isObject(other)).to.equal(false)
  })

  it('are numbers, or something else instead', () => {
    expect(readNumber(404, 0)).to.equal(404)
    for (const other of ['404', null, undefined, {}]) expect(readNumber(other, 7)).to.equal(7)
  })

  it('are texts of a form', () => {
    expect(match(/^a+$/, 'aa')).to.equal('aa')
    for (const other of ['ab', '', null, ['aa'], { toString: () => 'aa' }])
      expect(match(/^a+$/, other)).to.equal(undefined)
  })

  it('are codes of Node’s', () => {
    for (const code of ['ECONNREFUSED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'E2BIG', `E${'A'.repeat(60)}`])
      expect(match(nodeCodeForm, code)).to.equal(code)
    for (const other of ['E', 'e2big', 'xECONN', 'ECONN refused', '2BIG', `E${'A'.repeat(61)}`])
      expect(match(nodeCodeForm, other), other).to.equal(undefined)
  })
})
