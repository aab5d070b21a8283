import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import fc from 'fast-check'
import sinon from 'sinon'
import { makeTurns, type Place, type Turns } from '../../lib/delivery/turns.js'

describe('turns', () => {
  let clock: sinon.SinonFakeTimers

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })

  afterEach(() => {
    clock.restore()
  })

  /** Places that write down when they get their turn: `a granted 100`. */
  const line = (turns: Turns) => {
    const log: Array<string> = []
    return {
      log,
      enter: (latest = 30_000, signal?: AbortSignal): Place => turns.enter(latest, signal),
      ask: (name: string, place: Place): void => {
        void Promise.resolve(turns.next(place)).then((turn) =>
          log.push(`${name} ${turn} ${performance.now()}`),
        )
      },
    }
  }

  /** A line in which a place is named when it enters and asks at once. */
  const queue = (maxConcurrency: number, maxPerSecond?: number) => {
    const turns = makeTurns(maxConcurrency, maxPerSecond)
    const { log, enter, ask } = line(turns)
    const join = (name: string, latest?: number, signal?: AbortSignal): Place => {
      const place = enter(latest, signal)
      ask(name, place)
      return place
    }
    return { turns, log, ask, join }
  }

  /** Time passes, and no timer has fired yet. */
  const lateBy = async (ms: number, action: () => void): Promise<void> => {
    const now = performance.now()
    const ahead = sinon.stub(performance, 'now').returns(now + ms)
    try {
      action()
      await clock.tickAsync(0)
    } finally {
      ahead.restore()
    }
  }

  it('come at once while nobody waits', () => {
    const turns = makeTurns(2, undefined)
    expect(turns.next(turns.enter(1_000, undefined))).to.equal('granted')
    expect(clock.countTimers()).to.equal(0)
  })

  it('come to maxConcurrency messages at once, and to the next when one of them leaves', async () => {
    const { turns, log, join } = queue(2)
    const [a, b] = ['a', 'b', 'c', 'd'].map((name) => join(name))
    await clock.tickAsync(10)
    expect(log).to.deep.equal(['a granted 0', 'b granted 0'])
    turns.leave(b!)
    await clock.tickAsync(10)
    turns.leave(a!)
    await clock.tickAsync(10)
    expect(log.slice(2)).to.deep.equal(['c granted 10', 'd granted 20'])
  })

  it('come in order, at the pace', async () => {
    const { log, join } = queue(9, 10)
    for (const name of ['a', 'b', 'c', 'd']) join(name)
    await clock.tickAsync(1_000)
    expect(log).to.deep.equal(['a granted 0', 'b granted 100', 'c granted 200', 'd granted 300'])
  })

  it('come at whole milliseconds, since a timer of Node counts no others', async () => {
    const { log, join } = queue(9, 30)
    for (const name of ['a', 'b']) join(name)
    await clock.tickAsync(100)
    expect(log).to.deep.equal(['a granted 0', 'b granted 34'])
  })

  it('come to nobody during a pause', async () => {
    const { turns, log, join } = queue(9, 10)
    join('a')
    await clock.tickAsync(10)
    expect(turns.throttled(0, 2_000)).to.equal(2_000)
    for (const name of ['b', 'c']) join(name)
    await clock.tickAsync(3_000)
    expect(log.slice(1, 2)).to.deep.equal(['b granted 2010'])
    expect(log).to.have.length(3)
  })

  it('come sooner for what is accepted, while the pace is not known', async () => {
    const takenIn = async (accepted: boolean): Promise<number> => {
      const { turns, log, join } = queue(99)
      for (let count = 0; count < 60; count++) join('m')
      for (let count = 0; accepted && count < 20; count++) turns.accepted(0)
      await clock.tickAsync(1_000)
      return log.length
    }
    expect(await takenIn(false)).to.equal(40)
    expect(await takenIn(true)).to.be.greaterThan(55)
  })

  it('are not taken by one that comes later, though the timer of the first is late', async () => {
    const { log, join } = queue(9, 10)
    for (const name of ['a', 'b']) join(name)
    await clock.tickAsync(0)
    await lateBy(150, () => join('c'))
    expect(log).to.deep.equal(['a granted 0', 'b granted 150'])
  })

  describe('of a message that is tried again', () => {
    it('come before those of messages that came later', async () => {
      const { log, join, ask } = queue(2, 10)
      const a = join('a')
      const b = join('b')
      for (const name of ['c', 'd']) join(name)
      await clock.tickAsync(100)
      ask('b again', b)
      ask('a again', a)
      await clock.tickAsync(200)
      expect(log).to.deep.equal([
        'a granted 0',
        'b granted 100',
        'a again granted 200',
        'b again granted 300',
      ])
    })

    it('come at once where those that wait are not free to go', () => {
      const { turns, join } = queue(1)
      const a = join('a')
      join('b')
      expect(turns.next(a)).to.equal('granted')
    })

    it('need no second place', async () => {
      const { turns, log, join } = queue(1)
      const a = join('a')
      expect(turns.next(a)).to.equal('granted')
      join('b')
      turns.leave(a)
      await clock.tickAsync(0)
      expect(log).to.deep.equal(['a granted 0', 'b granted 0'])
    })

    it('wait for their pace like any other', async () => {
      const { log, join, ask } = queue(1, 10)
      ask('a again', join('a'))
      await clock.tickAsync(200)
      expect(log).to.deep.equal(['a granted 0', 'a again granted 100'])
    })
  })

  describe('that come too late', () => {
    it('are refused at the last moment, not before and not after', async () => {
      const { log, join } = queue(1)
      join('a')
      join('b', 500)
      await clock.tickAsync(499)
      expect(log).to.deep.equal(['a granted 0'])
      await clock.tickAsync(1)
      expect(log.slice(1)).to.deep.equal(['b late 500'])
    })

    it('are refused where the pace leaves no time', async () => {
      const { log, join } = queue(9, 1)
      join('a')
      join('b', 500)
      await clock.tickAsync(2_000)
      expect(log).to.deep.equal(['a granted 0', 'b late 500'])
    })

    it('are refused at once where the moment is over', () => {
      const turns = makeTurns(1, undefined)
      expect(turns.next(turns.enter(0, undefined))).to.equal('late')
      expect(turns.next(turns.enter(1, undefined))).to.equal('granted')
    })

    it('are refused though the machine was too busy to notice', async () => {
      const { turns, log, join } = queue(1)
      const a = join('a')
      join('b', 500)
      await clock.tickAsync(0)
      await lateBy(500, () => turns.leave(a))
      expect(log).to.deep.equal(['a granted 0', 'b late 500'])
    })

    it('use up no turn', async () => {
      const { turns, log, join } = queue(1, 1)
      const a = join('a')
      join('b', 500)
      join('c', 5_000)
      await clock.tickAsync(600)
      turns.leave(a)
      await clock.tickAsync(400)
      expect(log).to.deep.equal(['a granted 0', 'b late 500', 'c granted 1000'])
    })
  })

  describe('of a message that is cancelled', () => {
    it('do not come', async () => {
      const { turns, log, join } = queue(1)
      const controller = new AbortController()
      const a = join('a')
      join('b', 5_000, controller.signal)
      join('c')
      await clock.tickAsync(10)
      controller.abort()
      await clock.tickAsync(10)
      turns.leave(a)
      await clock.tickAsync(0)
      expect(log).to.deep.equal(['a granted 0', 'b cancelled 10', 'c granted 20'])
    })

    it('do not come where it was cancelled before', () => {
      const turns = makeTurns(1, undefined)
      expect(turns.next(turns.enter(1_000, AbortSignal.abort()))).to.equal('cancelled')
    })

    it('go to the next one at the time at which they would have come', async () => {
      const { log, join } = queue(9, 10)
      const controller = new AbortController()
      join('a')
      join('b', 5_000, controller.signal)
      join('c')
      await clock.tickAsync(50)
      controller.abort()
      await clock.tickAsync(100)
      expect(log).to.deep.equal(['a granted 0', 'b cancelled 50', 'c granted 100'])
    })

    it('are taken from that message only', async () => {
      const { log, join } = queue(9, 10)
      const controller = new AbortController()
      join('a')
      join('b')
      join('c', 5_000, controller.signal)
      join('d')
      await clock.tickAsync(50)
      controller.abort()
      await clock.tickAsync(300)
      expect(log).to.deep.equal(['a granted 0', 'c cancelled 50', 'b granted 100', 'd granted 200'])
    })

    it('are listened for while it waits, and no longer', async () => {
      const { signal } = new AbortController()
      const { turns, join } = queue(1, 10)
      const listeners = (): number => getEventListeners(signal, 'abort').length
      const a = join('a', 5_000, signal)
      expect(listeners()).to.equal(0)
      join('b', 5_000, signal)
      join('c', 300, signal)
      expect(listeners()).to.equal(2)
      turns.leave(a)
      await clock.tickAsync(100)
      expect(listeners()).to.equal(1)
      await clock.tickAsync(200)
      expect(listeners()).to.equal(0)
    })
  })

  describe('have a timer', () => {
    it('for all who wait together', () => {
      const { join } = queue(1, 10)
      for (const name of ['a', 'b', 'c', 'd', 'e']) join(name)
      expect(clock.countTimers()).to.equal(1)
    })

    it('for nobody once the last has had its turn', async () => {
      const { join } = queue(9, 10)
      for (const name of ['a', 'b', 'c']) join(name)
      await clock.tickAsync(200)
      expect(clock.countTimers()).to.equal(0)
    })

    it('for nobody once the last is late', async () => {
      const { join } = queue(1)
      for (const name of ['a', 'b']) join(name, 100)
      await clock.tickAsync(100)
      expect(clock.countTimers()).to.equal(0)
    })

    it('for nobody once the last is cancelled', async () => {
      const { join } = queue(1)
      const controller = new AbortController()
      for (const name of ['a', 'b', 'c']) join(name, 5_000, controller.signal)
      controller.abort()
      await clock.tickAsync(0)
      expect(clock.countTimers()).to.equal(0)
    })
  })

  describe('are given back', () => {
    it('once, however often a message leaves', async () => {
      const { turns, log, join } = queue(1)
      const a = join('a')
      for (const name of ['b', 'c']) join(name)
      for (let count = 0; count < 3; count++) turns.leave(a)
      await clock.tickAsync(10)
      expect(log).to.deep.equal(['a granted 0', 'b granted 0'])
    })

    it('not by a message that never had one', async () => {
      const { turns, log, join } = queue(1)
      join('a')
      const b = join('b', 100)
      join('c')
      await clock.tickAsync(100)
      turns.leave(b)
      await clock.tickAsync(100)
      expect(log).to.deep.equal(['a granted 0', 'b late 100'])
    })
  })

  it('come to no more than maxConcurrency, in order, whatever happens to each message', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.option(fc.integer({ min: 5, max: 50 }), { nil: undefined }),
        fc.array(
          fc.record({
            comesAt: fc.integer({ min: 0, max: 500 }),
            tries: fc.integer({ min: 1, max: 3 }),
            takesMs: fc.integer({ min: 0, max: 200 }),
            cancelledAfter: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }),
            throttled: fc.boolean(),
          }),
          { maxLength: 30 },
        ),
        async (maxConcurrency, maxPerSecond, messages) => {
          const turns = makeTurns(maxConcurrency, maxPerSecond)
          const underWay = new Set<Place>()
          const begun: Array<number> = []
          let ended = 0
          const pass = (ms: number): Promise<void> =>
            new Promise((resolve) => {
              setTimeout(resolve, ms)
            })

          const send = async (message: (typeof messages)[number]): Promise<void> => {
            await pass(message.comesAt)
            const controller = new AbortController()
            if (message.cancelledAfter !== undefined)
              setTimeout(() => controller.abort(), message.cancelledAfter)
            // As long for each, as for the messages of one connector.
            const place = turns.enter(performance.now() + 400, controller.signal)
            for (let attempt = 1; attempt <= message.tries; attempt++) {
              if ((await turns.next(place)) !== 'granted') break
              if (!underWay.has(place)) begun.push(place.order)
              underWay.add(place)
              expect(underWay.size).to.be.at.most(maxConcurrency)
              const sentAt = performance.now()
              await pass(message.takesMs)
              if (message.throttled && attempt < message.tries) turns.throttled(sentAt, undefined)
              else turns.accepted(sentAt)
            }
            underWay.delete(place)
            turns.leave(place)
            ended += 1
          }

          const all = Promise.all(messages.map(send))
          await clock.runAllAsync()
          await all
          expect(ended).to.equal(messages.length)
          expect(begun).to.deep.equal([...begun].sort((a, b) => a - b))
          // Every place is free again, and no timer is left.
          const fresh = Array.from({ length: maxConcurrency }, () => turns.enter(Infinity, undefined))
          const granted = Promise.all(fresh.map(async (place) => turns.next(place)))
          await clock.runAllAsync()
          expect(await granted).to.deep.equal(fresh.map(() => 'granted'))
          expect(clock.countTimers()).to.equal(0)
        },
      ),
      { numRuns: 50 },
    ))
})
