import { expect } from 'chai'
import { rememberNonces } from '../src/nonces.js'

const minute = 60_000

describe('sandbox/nonces', () => {
  it('remembers a nonce for half an hour, for its key only', () => {
    const nonces = rememberNonces()
    nonces.record('key', 'n', 0)
    expect(nonces.has('key', 'n', 0)).to.be.true
    expect(nonces.has('key', 'n', 30 * minute - 1)).to.be.true
    expect(nonces.has('key', 'n', 30 * minute)).to.be.false
    expect(nonces.has('other', 'n', 0)).to.be.false
    expect(nonces.has('ke', 'yn', 0)).to.be.false
  })

  it('drops what is too old when something new comes', () => {
    const nonces = rememberNonces()
    for (let i = 0; i < 100; i += 1) nonces.record('key', String(i), i)
    nonces.record('key', 'late', 30 * minute + 98)
    expect(nonces.size()).to.equal(2)
    nonces.record('key', 'later', 30 * minute + 99)
    expect(nonces.size()).to.equal(2)
    nonces.record('key', 'last', 62 * minute)
    expect(nonces.size()).to.equal(1)
  })

  it('never holds more than its limit, and drops the oldest first', () => {
    const nonces = rememberNonces(10)
    for (let i = 0; i < 1000; i += 1) nonces.record('key', String(i), i)
    expect(nonces.size()).to.equal(10)
    expect(nonces.has('key', '989', 1000)).to.be.false
    expect(nonces.has('key', '990', 1000)).to.be.true
  })

  it('counts a nonce that comes again as a new one', () => {
    const nonces = rememberNonces(2)
    nonces.record('key', 'again', 0)
    nonces.record('key', 'other', 1)
    nonces.record('key', 'again', 2)
    nonces.record('key', 'new', 3)
    expect(nonces.size()).to.equal(2)
    expect([nonces.has('key', 'again', 4), nonces.has('key', 'other', 4)]).to.deep.equal([true, false])
  })
})
