import { expect } from 'chai'
import fc from 'fast-check'
import * as O from 'fp-ts/lib/Option.js'
import { createThrottle, unthrottled } from '../src/throttle.js'

describe('sandbox/throttle', () => {
  it("grants a second's worth at once and then says when to come back", () => {
    const throttle = createThrottle(2)
    expect([throttle(0), throttle(0), throttle(0)]).to.deep.equal([O.none, O.none, O.some(500)])
    expect(throttle(499)).to.deep.equal(O.some(1))
    expect(throttle(500)).to.deep.equal(O.none)
  })

  it('keeps no more than a second of idleness for later', () => {
    const throttle = createThrottle(2)
    throttle(0)
    expect([60_000, 60_000, 60_000].map(throttle)).to.deep.equal([O.none, O.none, O.some(500)])
  })

  it('says when to come back in whole milliseconds, and keeps its word', () => {
    const throttle = createThrottle(3)
    for (const now of [0, 0, 0]) throttle(now)
    expect(throttle(0)).to.deep.equal(O.some(334))
    expect(throttle(333)).to.deep.equal(O.some(1))
    expect(throttle(334)).to.deep.equal(O.none)
  })

  it('grants everything when there is no limit', () => expect(unthrottled(0)).to.deep.equal(O.none))

  it('does not mind a clock that goes backwards', () => {
    const throttle = createThrottle(1)
    expect(O.isNone(throttle(1000))).to.be.true
    expect(O.isSome(throttle(0))).to.be.true
  })

  it('grants no more than the rate and one bucket over any time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(200)), (rate, gaps) => {
        const throttle = createThrottle(rate)
        let now = 0
        let granted = 0
        for (const gap of gaps) {
          now += gap
          if (O.isNone(throttle(now))) granted += 1
        }
        expect(granted).to.be.at.most(rate + (rate * now) / 1000 + 1e-6)
      }),
    )
  })
})
