import { expect } from 'chai'
import { backoffMs, findConcurrency } from '../src/job.js'

describe('the pause before another attempt', () => {
  it('doubles, up to half a minute, and is whole', () => {
    for (const [attempts, longest] of [
      [1, 500],
      [2, 1_000],
      [5, 8_000],
      [7, 30_000],
      [1_000, 30_000],
    ] as const)
      for (let count = 0; count < 50; count += 1)
        expect(backoffMs(attempts))
          .to.satisfy(Number.isInteger)
          .and.to.be.within(longest / 2, longest)
  })

  it('is not the same for all', () => {
    expect(new Set(Array.from({ length: 50 }, () => backoffMs(9))).size).to.be.greaterThan(10)
  })
})

describe('how many mails are under way at once', () => {
  it('follows the rate and the time that a mail takes, within bounds', () => {
    expect(findConcurrency(50, 300)).to.equal(19)
    expect(findConcurrency(50, 2_000)).to.equal(125)
    expect(findConcurrency(1, 10)).to.equal(4)
    expect(findConcurrency(1_000, 30_000)).to.equal(256)
    expect(findConcurrency(Infinity, 10)).to.equal(64)
  })
})
