import { expect } from 'chai'
import { backoffMs } from '../../lib/directmail/backoff.js'

describe('backoff', () => {
  const after = (failures: ReadonlyArray<number>, random: number): ReadonlyArray<number> =>
    failures.map((count) => backoffMs(count, () => random))

  it('doubles from 200 ms to 5 s', () =>
    expect(after([1, 2, 3, 4, 5, 6, 60], 1)).to.deep.equal([200, 400, 800, 1_600, 3_200, 5_000, 5_000]))

  it('is half as long at least, and anything between by chance', () => {
    expect(after([1, 6], 0)).to.deep.equal([100, 2_500])
    expect(after([1, 6], 0.5)).to.deep.equal([150, 3_750])
  })
})
