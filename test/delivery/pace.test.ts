import { expect } from 'chai'
import fc from 'fast-check'
import { makePace } from '../../lib/delivery/pace.js'
import { bucketService, openService, simulate, windowService } from '../support/simulation.js'

const roundTripsMs = [5, 50, 150]
const seeds = [1, 2, 3, 4, 5, 6]
const runs = roundTripsMs.flatMap((roundTripMs) => seeds.map((seed) => ({ roundTripMs, seed })))

const services = { 'a token bucket': bucketService, 'a fixed window': windowService }

/** By how many requests a stretch of time, of any length, exceeds a pace. */
const excess = (sentAt: ReadonlyArray<number>, perSecond: number): number => {
  let most = 0
  for (const [first, from] of sentAt.entries())
    for (const count of [1, 2, 3, 5, 20, 100, 400]) {
      const until = sentAt[first + count - 1] ?? Infinity
      most = Math.max(most, count - ((until - from) * perSecond) / 1000)
    }
  return most
}

describe('pace', () => {
  for (const [what, makeService] of Object.entries(services)) {
    describe(`against ${what}`, () => {
      it('delivers 1 000 mails at 100 a second in 1.2 × the ideal time, with at most 1.15 requests a mail', () => {
        for (const run of runs) {
          const { tookMs, sentAt, deliveredAt } = simulate({
            ...run,
            service: makeService(100),
            mailsEach: 1_000,
          })
          expect(deliveredAt[0]).to.have.length(1_000)
          expect(tookMs).to.be.lessThan(12_000)
          expect(sentAt.length).to.be.lessThan(1_150)
        }
      })

      it('with maxPerSecond does so with at most 1.02 requests a mail', () => {
        for (const run of runs) {
          const { tookMs, sentAt } = simulate({
            ...run,
            service: makeService(100),
            mailsEach: 1_000,
            maxPerSecond: 100,
          })
          expect(tookMs).to.be.lessThan(12_000)
          expect(sentAt.length).to.be.lessThan(1_020)
        }
      })

      it('lets four processes deliver 100 mails each at 50 a second in 1.2 × the ideal time, with at most 1.35', () => {
        for (const run of runs) {
          const { tookMs, sentAt } = simulate({
            ...run,
            service: makeService(50),
            processes: 4,
            mailsEach: 100,
          })
          expect(tookMs).to.be.lessThan(9_600)
          expect(sentAt.length).to.be.lessThan(540)
        }
      })

      it('finds a pace of 10 a second, whether or not the service says how long to wait', () => {
        for (const run of runs)
          for (const hints of [true, false]) {
            const { tookMs, sentAt } = simulate({ ...run, service: makeService(10), mailsEach: 200, hints })
            expect(tookMs).to.be.lessThan(24_000)
            expect(sentAt.length).to.be.lessThan(270)
          }
      })

      it('gives processes that have much to send shares that are not far from equal', () => {
        for (const run of runs) {
          const { deliveredAt } = simulate({ ...run, service: makeService(50), processes: 4, mailsEach: 600 })
          const shares = deliveredAt.map((times) => times.filter((at) => at > 5_000 && at < 35_000).length)
          expect(Math.min(...shares) / Math.max(...shares), shares.join()).to.be.greaterThan(0.5)
        }
      })

      it('holds for several processes that have been told a limit which is too high', () => {
        for (const run of runs) {
          const { tookMs, sentAt } = simulate({
            ...run,
            service: makeService(50),
            processes: 4,
            mailsEach: 100,
            maxPerSecond: 50,
          })
          expect(tookMs).to.be.lessThan(9_600)
          expect(sentAt.length).to.be.lessThan(540)
        }
      })
    })
  }

  describe('without a limit that is known', () => {
    it('begins politely: the first second has less than 100 requests', () => {
      for (const run of runs) {
        const { sentAt } = simulate({ ...run, service: openService, mailsEach: 500 })
        expect(sentAt.filter((at) => at < 1_000).length).to.be.within(50, 99)
      }
    })

    it('lets a few go at once, without a wait', () => {
      const pace = makePace(undefined, 0)
      expect(Array.from({ length: 20 }, () => pace.take(0))).to.deep.equal(Array(20).fill(0))
      expect(pace.take(0)).to.equal(50)
    })

    it('rises quickly while nothing is refused', () => {
      const { tookMs } = simulate({ service: openService, mailsEach: 2_000, roundTripMs: 5, seed: 1 })
      expect(tookMs).to.be.lessThan(5_000)
    })

    it('does not rise while the callers ask for less than they may', () => {
      const pace = makePace(undefined, 0)
      for (let at = 0; at < 60_000; at += 100) {
        expect(pace.take(at)).to.equal(0)
        pace.accepted(at)
      }
      while (pace.take(60_000) === 0);
      expect(pace.take(60_000)).to.be.closeTo(50, 1)
    })
  })

  it('does not rise while nobody sends', () => {
    const pace = makePace(undefined, 0)
    while (pace.take(0) === 0);
    pace.throttled(50, 0, 100)
    for (const at of [250, 350]) expect(pace.take(at)).to.equal(0)
    expect(pace.take(3_600_000)).to.equal(0)
    expect(pace.take(3_600_000)).to.be.closeTo(1000 / 14, 5)
  })

  describe('with maxPerSecond', () => {
    for (const [maxPerSecond, burst] of [
      [1, 1],
      [20, 1],
      [100, 2],
      [500, 10],
    ] as const)
      it(`${maxPerSecond} sends so many in any second, and at no time more than ${burst} at once`, () => {
        for (const run of runs.slice(0, 12)) {
          const mailsEach = Math.min(600, maxPerSecond * 10)
          const { sentAt } = simulate({ ...run, service: openService, mailsEach, maxPerSecond })
          expect(excess(sentAt, maxPerSecond)).to.be.within(1, burst + 1e-6)
        }
      })

    it('uses nearly all that it may', () => {
      for (const run of runs) {
        const { tookMs } = simulate({ ...run, service: openService, mailsEach: 500, maxPerSecond: 100 })
        expect(tookMs).to.be.lessThan(5_000 * 1.05 + 200)
      }
    })

    it('saves nothing up while nobody sends', () => {
      const pace = makePace(100, 0)
      const atOnce = Array.from({ length: 10 }, () => pace.take(3_600_000)).filter((pauseMs) => pauseMs === 0)
      expect(atOnce).to.have.length(2)
    })

    it('never rises above it, not even after a refusal', () => {
      const { sentAt } = simulate({
        service: bucketService(80),
        mailsEach: 2_000,
        roundTripMs: 50,
        maxPerSecond: 100,
        seed: 1,
      })
      expect(excess(sentAt, 100)).to.be.at.most(2 + 1e-6)
    })
  })

  describe('a refusal', () => {
    const noChance = (): number => 0

    /** A pace of 100 a second that has been refused once, 10 ms after its first request. */
    const refusedOnce = (retryAfterMs?: number) => {
      const pace = makePace(100, 0, noChance)
      expect(pace.take(0)).to.equal(0)
      const pauseMs = pace.throttled(10, 0, retryAfterMs)
      return { pace, pauseMs }
    }

    it('stops all for as long as the service asks', () => {
      const { pace, pauseMs } = refusedOnce(1_234)
      expect(pauseMs).to.equal(1_234)
      expect(pace.take(10)).to.equal(1_234)
      expect(pace.take(1_243)).to.equal(1)
      expect(pace.take(1_244)).to.equal(0)
    })

    it('stops all for the length of a turn where the service asks for nothing', () =>
      expect(refusedOnce().pauseMs).to.be.closeTo(1000 / 70, 1e-9))

    it('stops all for no longer than 10 s, whatever the service asks', () => {
      for (const retryAfterMs of [10_001, 3_600_000, Infinity])
        expect(refusedOnce(retryAfterMs).pauseMs).to.equal(10_000)
    })

    it('never shortens the pause of another', () => {
      const { pace } = refusedOnce(5_000)
      expect(pace.throttled(20, 0, 100)).to.equal(4_990)
      expect(pace.take(30)).to.equal(4_980)
    })

    it('is followed by one request, not by all that waited', () => {
      const { pace } = refusedOnce(5_000)
      expect(pace.take(5_010)).to.equal(0)
      expect(pace.take(5_010)).to.be.closeTo(1000 / 70, 1)
    })

    it('slows the pace to seven tenths', () => {
      const { pace } = refusedOnce(100)
      pace.take(110)
      expect(pace.take(110)).to.be.closeTo(1000 / 70, 0.01)
    })

    it('of requests that were under way by then counts once', () => {
      const pace = makePace(100, 0, noChance)
      for (const at of [0, 10, 20, 30]) expect(pace.take(at)).to.equal(0)
      pace.throttled(35, 0)
      for (const sentAt of [10, 20, 30]) pace.throttled(40, sentAt)
      const pauseMs = pace.take(40)
      // Neither a pace of 0.7⁴ nor a pause of 2³ turns.
      expect(pauseMs).to.be.closeTo(1000 / 70, 0.01)
      const at = Math.ceil(40 + pauseMs)
      expect(pace.take(at)).to.equal(0)
      expect(pace.take(at)).to.be.closeTo(1000 / 70, 1)
    })

    it('of requests that were under way by then counts once, even after one of later was accepted', () => {
      const pace = makePace(100, 0, noChance)
      for (const at of [0, 10]) expect(pace.take(at)).to.equal(0)
      const resumeAt = Math.ceil(15 + pace.throttled(15, 0))
      expect(pace.take(resumeAt)).to.equal(0)
      pace.accepted(resumeAt)
      pace.throttled(resumeAt + 1, 10, 500)
      expect(pace.take(resumeAt + 501)).to.equal(0)
      expect(pace.take(resumeAt + 501)).to.be.closeTo(1000 / 70, 1)
    })

    it('cuts once until a request that was sent at the slower pace is accepted', () => {
      const pace = makePace(100, 0, noChance)
      for (const at of [0, 10]) expect(pace.take(at)).to.equal(0)
      const resumeAt = Math.ceil(15 + pace.throttled(15, 0))
      pace.accepted(10)
      expect(pace.take(resumeAt)).to.equal(0)
      pace.throttled(resumeAt + 1, resumeAt, 500)
      expect(pace.take(resumeAt + 501)).to.equal(0)
      expect(pace.take(resumeAt + 501)).to.be.closeTo(1000 / 70, 1)
    })

    it('of the request that tries it again doubles the pause, up to 10 s, and not the cut', () => {
      const pace = makePace(100, 0, noChance)
      let at = 0
      const pauses = Array.from({ length: 12 }, () => {
        expect(pace.take(at)).to.equal(0)
        const pauseMs = pace.throttled(at + 1, at)
        at = Math.ceil(at + 1 + pauseMs)
        return pauseMs
      })
      const turnMs = 1000 / 70
      for (const [count, pauseMs] of pauses.entries())
        expect(pauseMs).to.be.closeTo(Math.min(10_000, turnMs * 2 ** count), 1e-6)
    })

    it('after one that was accepted begins with a short pause, and cuts again', () => {
      const { pace, pauseMs } = refusedOnce()
      const at = 10 + pauseMs
      pace.take(at)
      pace.accepted(at)
      pace.take(at + 100)
      expect(pace.throttled(at + 101, at + 100)).to.be.closeTo(1000 / 49, 1)
    })

    it('never slows the pace below one a second', () => {
      const pace = makePace(undefined, 0, noChance)
      let at = 0
      for (let count = 0; count < 50; count++) {
        at += pace.take(at)
        pace.accepted(at)
        at += 1 + pace.throttled(at + 1, at)
      }
      pace.take(at)
      expect(pace.take(at)).to.be.at.most(1_000)
    })

    it('leaves a limit of less than one a second as it is', () => {
      const pace = makePace(0.5, 0, noChance)
      expect(pace.take(0)).to.equal(0)
      expect(pace.throttled(10, 0)).to.equal(2_000)
    })

    it('is not answered by two processes at the same moment', () =>
      fc.assert(
        fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
          const pace = makePace(100, 0, () => random)
          pace.take(0)
          expect(pace.throttled(0, 0)).to.be.closeTo((1000 / 70) * (1 + random / 2), 1e-6)
        }),
      ))

    for (const perSecond of [100, 1_000])
      it(`is made good step by step: a pace of ${perSecond} is back within 6 s of use`, () => {
        const pace = makePace(perSecond, 0, noChance)
        pace.take(0)
        pace.throttled(10, 0)
        const sentAt: Array<number> = []
        // As a queue that always has something to send: it asks again when it is told to.
        for (let at = 50; at < 8_000;) {
          const pauseMs = pace.take(at)
          if (pauseMs === 0) sentAt.push(at)
          at += Math.ceil(pauseMs)
        }
        const inSecond = (second: number): number =>
          sentAt.filter((at) => Math.floor(at / 1000) === second).length / perSecond
        expect(inSecond(0)).to.be.within(0.65, 0.75)
        expect(inSecond(3)).to.be.within(0.8, 0.9)
        expect(inSecond(7)).to.be.within(0.98, 1.01)
      })
  })
})
