import { AsyncLocalStorage } from 'node:async_hooks'
import { execFile } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import sinon from 'sinon'
import {
  type Delivery,
  type DeliveryOptions,
  makeDelivery,
  type SendOptions,
} from '../../lib/delivery/deliver.js'
import { emitTo, type SendEvent } from '../../lib/delivery/send-event.js'
import type { Receipt } from '../../lib/directmail/answer.js'
import type { Attempt } from '../../lib/directmail/directmail.js'
import type { Limits } from '../../lib/directmail/request-watch.js'
import {
  cancelled,
  connectionFailed,
  duplicate,
  possiblyDelivered,
  rejected,
  type SendError,
  throttled,
  timeout,
} from '../../lib/errors/send-error.js'
import { mailTo } from '../support/arbitraries.js'

const refusal = (code: string): SendError => rejected({ code, statusCode: 400, requestId: 'r' })
const nonceUsed = refusal('SignatureNonceUsed')
const throttling = (retryAfterMs?: number): SendError =>
  throttled({
    code: 'Throttling.User',
    requestId: 'r',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
const reset = connectionFailed('ECONNRESET', 'unknown')
const refused = connectionFailed('ECONNREFUSED', 'no')

const receipt: Receipt = { envId: 'env', requestId: 'req' }
const accepted: E.Either<SendError, Receipt> = E.right(receipt)

const account = 'no-reply@mail.example.com'

const defaults: DeliveryOptions = {
  connectTimeoutMs: 5_000,
  readTimeoutMs: 10_000,
  deadlineMs: 30_000,
  maxConcurrency: 64,
  maxAttempts: 3,
}

interface Call {
  readonly to: string
  readonly nonce: string
  readonly limits: Limits
  readonly atMs: number
}

/** An attempt that takes a while and answers each call in turn; the last answer goes on for good. */
const answering = (
  tookMs: number,
  ...answers: ReadonlyArray<SendError | typeof accepted>
): {
  readonly attempt: Attempt
  readonly calls: Array<Call>
  readonly inFlight: { now: number; most: number }
} => {
  const calls: Array<Call> = []
  const inFlight = { now: 0, most: 0 }
  const attempt: Attempt =
    ({ to }, nonce, limits) =>
    async () => {
      const answer = answers[Math.min(calls.length, answers.length - 1)] ?? accepted
      calls.push({ to, nonce, limits, atMs: performance.now() })
      inFlight.most = Math.max(inFlight.most, ++inFlight.now)
      await new Promise((resolve) => setTimeout(resolve, tookMs))
      inFlight.now--
      return 'delivered' in answer ? E.left(answer) : answer
    }
  return { attempt, calls, inFlight }
}

/** DirectMail as it remembers nonces: each is accepted once, and `refuses` says what becomes of a request before. */
const remembering = (
  refuses: (to: string, nonce: string) => SendError | undefined = () => undefined,
): { readonly attempt: Attempt; readonly mails: Array<string>; readonly nonces: Set<string> } => {
  const mails: Array<string> = []
  const nonces = new Set<string>()
  const attempt: Attempt =
    ({ to }, nonce) =>
    () => {
      if (nonces.has(nonce)) return Promise.resolve(E.left(nonceUsed))
      const refusedWith = refuses(to, nonce)
      if (refusedWith !== undefined) return Promise.resolve(E.left(refusedWith))
      nonces.add(nonce)
      mails.push(to)
      return Promise.resolve(accepted)
    }
  return { attempt, mails, nonces }
}

describe('delivery', () => {
  let clock: sinon.SinonFakeTimers

  beforeEach(() => {
    clock = sinon.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'],
      loopLimit: 10_000,
      now: Date.UTC(2026, 10, 26),
    })
  })

  afterEach(() => {
    clock.restore()
    sinon.restore()
  })

  const deliveryOf = (
    attempt: Attempt,
    options: Partial<DeliveryOptions> = {},
  ): Delivery & { readonly events: Array<SendEvent> } => {
    const events: Array<SendEvent> = []
    const delivery = makeDelivery(attempt, account, { ...defaults, ...options }, (event) =>
      events.push(event),
    )
    return { ...delivery, events }
  }

  /** Lets the clock run until nothing waits any more, and says what came of it. */
  const settle = async <A>(...running: ReadonlyArray<Promise<A>>): Promise<ReadonlyArray<A>> => {
    const all = Promise.all(running)
    await clock.runAllAsync()
    return all
  }

  const ann = mailTo('ann@example.com')

  const deliverAnn = async (
    attempt: Attempt,
    options: Partial<DeliveryOptions> = {},
    sendOptions: SendOptions = {},
  ): Promise<E.Either<SendError, Receipt> | undefined> =>
    (await settle(deliveryOf(attempt, options).deliver(ann, sendOptions)))[0]

  const addresses = (count: number): ReadonlyArray<string> =>
    Array.from({ length: count }, (_, index) => `user${index}@example.com`)

  const deliverAll = (
    { deliver }: Delivery,
    count: number,
    sendOptions: SendOptions = {},
  ): Promise<ReadonlyArray<E.Either<SendError, Receipt>>> =>
    settle(...addresses(count).map((to) => deliver(mailTo(to), sendOptions)))

  it('gives the receipt of the first attempt that succeeds', async () => {
    const { attempt, calls } = answering(10, accepted)
    expect(await deliverAnn(attempt)).to.equal(accepted)
    expect(calls).to.have.length(1)
  })

  it('hands the attempt its time limits and its signal', async () => {
    const attempt = sinon.fake.returns(() => Promise.resolve(accepted))
    const { signal } = new AbortController()
    await deliverAnn(attempt, { connectTimeoutMs: 1, readTimeoutMs: 2, deadlineMs: 100 }, { signal })
    sinon.assert.calledOnceWithExactly(attempt, ann, sinon.match.string, {
      connectTimeoutMs: 1,
      readTimeoutMs: 2,
      budgetMs: 100,
      // The last 2 % are not used.
      startMs: 98,
      signal,
    })
  })

  it('sends each message under a nonce of its own', async () => {
    const { attempt, calls } = answering(10, accepted)
    await deliverAll(deliveryOf(attempt), 10)
    expect(new Set(calls.map(({ nonce }) => nonce)).size).to.equal(10)
  })

  it('tries again after a failure that passes, under a fresh nonce', async () => {
    const { attempt, calls } = answering(10, refused, accepted)
    expect(await deliverAnn(attempt)).to.equal(accepted)
    expect(new Set(calls.map(({ nonce }) => nonce)).size).to.equal(2)
  })

  it('tries again under the same nonce after a doubt', async () => {
    const { attempt, calls } = answering(10, reset, refused, accepted)
    expect(await deliverAnn(attempt)).to.equal(accepted)
    expect(calls).to.have.length(3)
    expect(new Set(calls.map(({ nonce }) => nonce)).size).to.equal(1)
  })

  it('returns the doubt when DirectMail has seen the nonce', async () => {
    const { attempt, calls } = answering(10, reset, nonceUsed)
    expect(await deliverAnn(attempt)).to.deep.equal(E.left(reset))
    expect(calls).to.have.length(2)
  })

  it('gives up after maxAttempts', async () => {
    const { attempt, calls } = answering(10, refused)
    expect(await deliverAnn(attempt, { maxAttempts: 5 })).to.deep.equal(E.left(refused))
    expect(calls).to.have.length(5)
  })

  it('waits between attempts for as long as it decided', async () => {
    sinon.stub(Math, 'random').returns(0.5)
    const { attempt, calls } = answering(0, refused, refused, accepted)
    await deliverAnn(attempt)
    expect(calls.map(({ atMs }) => atMs)).to.deep.equal([0, 150, 450])
  })

  it('gives each attempt what remains of the deadline', async () => {
    const { attempt, calls } = answering(500, throttling(2_000), accepted)
    await deliverAnn(attempt, { deadlineMs: 10_000 })
    expect(calls.map(({ limits }) => limits.budgetMs)).to.deep.equal([10_000, 7_500])
  })

  it('ends before the deadline whatever fails', async () => {
    const { attempt } = answering(300, refused)
    expect(await deliverAnn(attempt, { deadlineMs: 2_000, maxAttempts: 1_000 })).to.deep.equal(
      E.left(refused),
    )
    expect(performance.now()).to.be.at.most(2_300)
  })

  describe('in turn', () => {
    it('sends in the order in which the messages came', async () => {
      for (const maxConcurrency of [1, 3, 100]) {
        const { attempt, calls } = answering(10, accepted)
        await deliverAll(deliveryOf(attempt, { maxConcurrency }), 20)
        expect(calls.map(({ to }) => to)).to.deep.equal(addresses(20))
      }
    })

    it('has maxConcurrency mails under way, and never more', async () => {
      for (const maxConcurrency of [1, 3, 7]) {
        const { attempt, inFlight, calls } = answering(500, accepted)
        await deliverAll(deliveryOf(attempt, { maxConcurrency }), 50)
        expect(inFlight).to.deep.equal({ now: 0, most: maxConcurrency })
        expect(calls).to.have.length(50)
      }
    })

    it('keeps a place while it waits to be tried again', async () => {
      const { attempt, calls } = answering(10, refused, accepted)
      await deliverAll(deliveryOf(attempt, { maxConcurrency: 1 }), 2)
      expect(calls.map(({ to }) => to)).to.deep.equal([
        'user0@example.com',
        'user0@example.com',
        'user1@example.com',
      ])
    })

    const endings: Readonly<Record<string, ReadonlyArray<SendError | typeof accepted>>> = {
      'a receipt': [accepted],
      'a refusal': [refusal('InvalidToAddress'), accepted],
      'all its attempts': [refused, refused, refused, accepted],
      'a used nonce': [nonceUsed, accepted],
    }
    for (const [what, answers] of Object.entries(endings))
      it(`lets the next one in after ${what}`, async () => {
        const { attempt } = answering(10, ...answers)
        expect((await deliverAll(deliveryOf(attempt, { maxConcurrency: 1 }), 2))[1]).to.equal(accepted)
      })

    it('delivers a burst of 2 000', async () => {
      const attempt: Attempt = () => () => Promise.resolve(accepted)
      const results = await deliverAll(deliveryOf(attempt), 2_000)
      expect(results.every((result) => result === accepted)).to.equal(true)
    })

    it('sends sooner after refusals too, since DirectMail has taken the requests', async () => {
      const { attempt, calls } = answering(5, refusal('InvalidToAddress'))
      await deliverAll(deliveryOf(attempt), 60)
      expect(calls.at(-1)?.atMs).to.be.lessThan(1_500)
    })

    it('keeps to maxPerSecond', async () => {
      const { attempt, calls } = answering(5, accepted)
      await deliverAll(deliveryOf(attempt, { maxPerSecond: 10 }), 5)
      expect(calls.map(({ atMs }) => atMs)).to.deep.equal([0, 100, 200, 300, 400])
    })
  })

  describe('throttling', () => {
    it('uses up no attempt: the message is tried again until it is delivered', async () => {
      const { attempt, calls } = answering(10, ...Array<SendError>(8).fill(throttling(50)), accepted)
      expect(await deliverAnn(attempt, { maxAttempts: 1 })).to.equal(accepted)
      expect(calls).to.have.length(9)
    })

    it('lasts until the deadline: then its error is returned, and the mail was not delivered', async () => {
      const { attempt, calls } = answering(10, throttling(2_000))
      expect(await deliverAnn(attempt, { deadlineMs: 10_000 })).to.deep.equal(E.left(throttling(2_000)))
      expect(calls.map(({ atMs }) => atMs)).to.deep.equal([0, 2_010, 4_020, 6_030, 8_040])
      expect(performance.now()).to.be.at.most(10_000)
    })

    it('that lasts longer than the deadline is returned at once', async () => {
      expect(await deliverAnn(answering(10, throttling(60_000)).attempt)).to.deep.equal(
        E.left(throttling(60_000)),
      )
      expect(performance.now()).to.equal(10)
    })

    it('of one message makes all others wait', async () => {
      const { attempt, calls } = answering(10, throttling(5_000), accepted)
      const delivery = deliveryOf(attempt)
      const first = delivery.deliver(ann, {})
      await clock.tickAsync(20)
      await deliverAll(delivery, 3)
      await first
      expect(calls[1]).to.include({ to: ann.to, atMs: 5_010 })
      expect(calls[2]?.atMs).to.be.greaterThan(5_010)
    })

    it('does not disturb the order', async () => {
      const { attempt, calls } = answering(10, throttling(500), throttling(500), accepted)
      await deliverAll(deliveryOf(attempt, { maxPerSecond: 10 }), 5)
      const [first, ...others] = addresses(5)
      expect(calls.map(({ to }) => to)).to.deep.equal([first, first, first, ...others])
    })

    it('after a doubt leaves the doubt', async () => {
      const { attempt, calls } = answering(10, reset, throttling(500), nonceUsed)
      expect(await deliverAnn(attempt)).to.deep.equal(E.left(reset))
      expect(new Set(calls.map(({ nonce }) => nonce)).size).to.equal(1)
    })

    it('until the deadline, after a doubt, does not make it certain that nothing was delivered', async () => {
      const { attempt } = answering(10, reset, throttling(2_000))
      expect(await deliverAnn(attempt, { deadlineMs: 10_000 })).to.deep.equal(
        E.left(possiblyDelivered(throttling(2_000))),
      )
    })
  })

  describe('a message that waits past its deadline', () => {
    const overdue = async (
      tookMs = 1_000,
    ): Promise<{
      readonly results: ReadonlyArray<unknown>
      readonly calls: ReadonlyArray<Call>
      readonly events: ReadonlyArray<SendEvent>
    }> => {
      const { attempt, calls } = answering(tookMs, accepted)
      const delivery = deliveryOf(attempt, { maxConcurrency: 1, deadlineMs: 500 })
      const results = await deliverAll(delivery, 3)
      return { results, calls, events: delivery.events }
    }

    it('fails with a Timeout in the queue, and was never sent', async () => {
      const { results, calls } = await overdue()
      expect(results).to.deep.equal([accepted, E.left(timeout('queue')), E.left(timeout('queue'))])
      expect(calls.map(({ to }) => to)).to.deep.equal(['user0@example.com'])
    })

    it('fails when its time is over, not when its turn comes', async () => {
      await clock.tickAsync(1_234)
      const failed = (await overdue(60_000)).events.filter(({ _tag }) => _tag === 'Failed')
      expect(failed.map((event) => event._tag === 'Failed' && event.durationMs)).to.deep.equal([490, 490])
    })

    it('is told as failed with no attempt', async () => {
      for (const event of (await overdue()).events.filter(({ _tag }) => _tag === 'Failed'))
        expect(event).to.deep.include({ usageType: 'SignIn', attempts: 0, error: timeout('queue') })
    })

    it('leaves its place to those who come later', async () => {
      const { attempt, calls } = answering(1_000, accepted)
      const delivery = deliveryOf(attempt, { maxConcurrency: 1, deadlineMs: 500 })
      await deliverAll(delivery, 2)
      expect(await settle(delivery.deliver(ann, {}))).to.deep.equal([accepted])
      expect(calls.map(({ to }) => to)).to.deep.equal(['user0@example.com', ann.to])
    })
  })

  describe('the last 2 % of the deadline are not used', () => {
    /** Time passes and the event loop does not turn: timers fire only afterwards. */
    const busyFor = (ms: number): void => {
      const now = performance.now.bind(performance)
      sinon.stub(performance, 'now').callsFake(() => now() + ms)
    }

    it('for a first attempt', async () => {
      const sentAfter = async (tookMs: number): Promise<ReadonlyArray<number>> => {
        const { attempt, calls } = answering(tookMs, accepted)
        await deliverAll(deliveryOf(attempt, { maxConcurrency: 1, deadlineMs: 500 }), 2)
        return calls.map(({ limits }) => limits.budgetMs)
      }
      expect(await sentAfter(489)).to.deep.equal([500, 11])
      expect(await sentAfter(490)).to.deep.equal([500])
    })

    it('for the next one after a wait that the service asked for', async () => {
      const sentAfter = async (retryAfterMs: number): Promise<number> => {
        const { attempt, calls } = answering(0, throttling(retryAfterMs), accepted)
        const result = await deliverAnn(attempt, { deadlineMs: 5_000 })
        expect(result).to.deep.equal(calls.length === 2 ? accepted : E.left(throttling(retryAfterMs)))
        return calls.length
      }
      expect(await sentAfter(4_890)).to.equal(2)
      expect(await sentAfter(4_900)).to.equal(1)
      expect(await sentAfter(4_990)).to.equal(1)
    })

    it('for the next one after a wait of our own', async () => {
      sinon.stub(Math, 'random').returns(0.5)
      const sentAfter = async (tookMs: number): Promise<number> => {
        const { attempt, calls } = answering(tookMs, refused, accepted)
        const result = await deliverAnn(attempt, { deadlineMs: 5_000 })
        expect(result).to.deep.equal(calls.length === 2 ? accepted : E.left(refused))
        return calls.length
      }
      expect(await sentAfter(4_700)).to.equal(2)
      expect(await sentAfter(4_800)).to.equal(1)
    })

    it('where the machine was too busy to notice during the wait', async () => {
      const { attempt, calls } = answering(0, refused, accepted)
      const running = deliveryOf(attempt).deliver(ann, {})
      await clock.tickAsync(50)
      busyFor(29_500)
      expect(await settle(running)).to.deep.equal([E.left(refused)])
      expect(calls).to.have.length(1)
    })

    it('where the machine was too busy to notice before the first attempt', async () => {
      const { attempt, calls } = answering(10, accepted)
      const { deliver } = makeDelivery(attempt, account, { ...defaults, maxConcurrency: 1 }, ({ _tag }) => {
        // The next one gets its turn within the same turn of the event loop.
        if (_tag === 'Delivered') busyFor(29_500)
      })
      expect(await settle(deliver(ann, {}), deliver(ann, {}))).to.deep.equal([
        accepted,
        E.left(timeout('queue')),
      ])
      expect(calls).to.have.length(1)
    })

    it('where timers run ahead of the clock', async () => {
      const now = performance.now.bind(performance)
      sinon.stub(performance, 'now').callsFake(() => now() / 10)
      const { attempt, calls } = answering(1_000, accepted)
      const results = await deliverAll(deliveryOf(attempt, { maxConcurrency: 1, deadlineMs: 50 }), 2)
      expect(results).to.deep.equal([accepted, E.left(timeout('queue'))])
      expect(calls).to.have.length(1)
    })
  })

  describe('in doubt, with hours until the deadline', () => {
    const hours = { deadlineMs: 36_000_000, maxAttempts: 9 }
    const minutes = (n: number): number => n * 60_000

    // The process has run for an hour: no clock shows 0.
    beforeEach(() => clock.tick(minutes(60)))

    const callsAfter = async (tookMs: number, ...failures: ReadonlyArray<SendError>): Promise<number> => {
      const { attempt, calls } = answering(tookMs, ...failures, accepted)
      await deliverAnn(attempt, hours)
      return calls.length
    }

    it('tries again while DirectMail knows the nonce', async () => {
      expect(await callsAfter(minutes(13), reset)).to.equal(2)
    })

    it('does not try again once DirectMail may have forgotten it', async () => {
      expect(await callsAfter(minutes(15), reset)).to.equal(1)
    })

    it('does not forget the doubt of an earlier attempt', async () => {
      expect(await callsAfter(minutes(8), reset, refused)).to.equal(2)
    })

    it('without a doubt is tried again as long as there is time', async () => {
      expect(await callsAfter(minutes(15), refused)).to.equal(2)
    })

    /** The machine sleeps: the wall clock goes on, and nothing else does. */
    const sleepsFor = (ms: number): void => {
      const { now } = Date
      sinon.stub(Date, 'now').callsFake(() => now() + ms)
    }

    it('does not try again after the machine has slept for 31 minutes between two attempts', async () => {
      const { attempt, calls } = answering(0, reset, accepted)
      const running = deliveryOf(attempt, hours).deliver(ann, {})
      await clock.tickAsync(50)
      sleepsFor(minutes(31))
      expect(await settle(running)).to.deep.equal([E.left(reset)])
      expect(calls).to.have.length(1)
    })

    it('does not try again after the machine has slept for 31 minutes during the attempt', async () => {
      const { attempt, calls } = answering(1_000, reset, accepted)
      const running = deliveryOf(attempt, hours).deliver(ann, {})
      await clock.tickAsync(500)
      sleepsFor(minutes(31))
      expect(await settle(running)).to.deep.equal([E.left(reset)])
      expect(calls).to.have.length(1)
    })

    it('does not try again after a sleep that followed a throttled attempt', async () => {
      const { attempt, calls } = answering(0, reset, throttling(5_000), accepted)
      const running = deliveryOf(attempt, hours).deliver(ann, {})
      await clock.tickAsync(2_000)
      expect(calls).to.have.length(2)
      sleepsFor(minutes(31))
      expect(await settle(running)).to.deep.equal([E.left(possiblyDelivered(throttling(5_000)))])
      expect(calls).to.have.length(2)
    })

    it('tries again where only the wall clock was set back', async () => {
      const { attempt, calls } = answering(0, reset, accepted)
      const running = deliveryOf(attempt, hours).deliver(ann, {})
      await clock.tickAsync(50)
      sleepsFor(-minutes(31))
      expect(await settle(running)).to.deep.equal([accepted])
      expect(calls).to.have.length(2)
    })

    it('does not try again once DirectMail may have forgotten it, though the wall clock was set back', async () => {
      const { attempt, calls } = answering(minutes(15), reset, accepted)
      const running = deliveryOf(attempt, hours).deliver(ann, {})
      await clock.tickAsync(50)
      sleepsFor(-minutes(31))
      expect(await settle(running)).to.deep.equal([E.left(reset)])
      expect(calls).to.have.length(1)
    })

    it('does not announce another attempt that it will not make', async () => {
      const { deliver, events } = deliveryOf(answering(minutes(15), reset, accepted).attempt, hours)
      await settle(deliver(ann, {}))
      expect(events.map(({ _tag }) => _tag)).to.deep.equal(['AttemptStarted', 'Failed'])
    })

    it('without a doubt is tried again however long the machine slept', async () => {
      const { attempt, calls } = answering(0, refused, accepted)
      const running = deliveryOf(attempt, hours).deliver(ann, {})
      await clock.tickAsync(50)
      sleepsFor(minutes(31))
      expect(await settle(running)).to.deep.equal([accepted])
      expect(calls).to.have.length(2)
    })
  })

  describe('a signal', () => {
    it('that is aborted before the send ends it: nothing is sent', async () => {
      const { attempt, calls } = answering(10, accepted)
      expect(await deliverAnn(attempt, {}, { signal: AbortSignal.abort() })).to.deep.equal(
        E.left(cancelled('no')),
      )
      expect(calls).to.have.length(0)
    })

    it('ends a message that waits for its turn, at once: nothing is sent', async () => {
      const { attempt, calls } = answering(1_000, accepted)
      const { deliver, events } = deliveryOf(attempt, { maxConcurrency: 1 })
      const controller = new AbortController()
      const first = deliver(ann, {})
      const second = deliver(mailTo('bob@example.org'), { signal: controller.signal })
      await clock.tickAsync(100)
      controller.abort()
      expect(await second).to.deep.equal(E.left(cancelled('no')))
      expect(await settle(first)).to.deep.equal([accepted])
      expect(calls).to.have.length(1)
      expect(events.find(({ toDomain }) => toDomain === 'example.org')).to.deep.include({
        _tag: 'Failed',
        attempts: 0,
        error: cancelled('no'),
        durationMs: 100,
      })
    })

    it('ends a message that waits to be tried again, at once: nothing was delivered', async () => {
      const { attempt, calls } = answering(10, refused, accepted)
      const controller = new AbortController()
      const running = deliveryOf(attempt).deliver(ann, { signal: controller.signal })
      await clock.tickAsync(20)
      controller.abort()
      expect(await running).to.deep.equal(E.left(cancelled('no')))
      expect(calls).to.have.length(1)
      expect(clock.countTimers()).to.equal(0)
    })

    it('ends a message that is throttled, at once: nothing was delivered', async () => {
      const { attempt, calls } = answering(10, throttling(5_000), accepted)
      const controller = new AbortController()
      const running = deliveryOf(attempt).deliver(ann, { signal: controller.signal })
      await clock.tickAsync(20)
      controller.abort()
      expect(await running).to.deep.equal(E.left(cancelled('no')))
      expect(calls).to.have.length(1)
      expect(clock.countTimers()).to.equal(0)
    })

    it('does not make a doubt certain', async () => {
      const { attempt } = answering(10, reset, accepted)
      const controller = new AbortController()
      const running = deliveryOf(attempt).deliver(ann, { signal: controller.signal })
      await clock.tickAsync(20)
      controller.abort()
      expect(await running).to.deep.equal(E.left(possiblyDelivered(cancelled('no'))))
    })

    it('that ends the attempt itself ends the message: it may have been delivered', async () => {
      const { attempt, calls } = answering(10, cancelled('unknown'))
      expect(await deliverAnn(attempt)).to.deep.equal(E.left(cancelled('unknown')))
      expect(calls).to.have.length(1)
    })

    it('that is aborted by an observer of the failure ends the wait at once', async () => {
      const controller = new AbortController()
      const { attempt, calls } = answering(10, refused, accepted)
      const { deliver } = makeDelivery(attempt, account, defaults, ({ _tag }) => {
        if (_tag === 'Retried') controller.abort()
      })
      const running = deliver(ann, { signal: controller.signal })
      await clock.tickAsync(10)
      expect(await running).to.deep.equal(E.left(cancelled('no')))
      expect(calls).to.have.length(1)
    })

    it('that is aborted just when the turn comes prevents the request', async () => {
      const controller = new AbortController()
      const { attempt, calls } = answering(10, accepted)
      const options = { ...defaults, maxConcurrency: 1 }
      const { deliver } = makeDelivery(attempt, account, options, ({ _tag }) => {
        if (_tag === 'Delivered') controller.abort()
      })
      const running = [deliver(ann, {}), deliver(ann, { signal: controller.signal }), deliver(ann, {})]
      expect(await settle(...running)).to.deep.equal([accepted, E.left(cancelled('no')), accepted])
      expect(calls).to.have.length(2)
    })

    it('has no listener left once the message has ended', async () => {
      const { signal } = new AbortController()
      const { attempt } = answering(10, refused, throttling(100), accepted)
      await deliverAll(deliveryOf(attempt, { maxConcurrency: 1 }), 3, { signal })
      expect(getEventListeners(signal, 'abort')).to.have.length(0)
    })

    it('may be that of many messages, without a warning of a leak', async () => {
      const warnings = sinon.stub(process, 'emitWarning')
      const { signal } = new AbortController()
      await deliverAll(deliveryOf(answering(10, accepted).attempt, { maxConcurrency: 1 }), 20, { signal })
      expect(warnings.called).to.equal(false)
    })
  })

  describe('an idempotency key', () => {
    const keyed: SendOptions = { idempotencyKey: 'order-1' }
    const noncesOf = async (
      attempt: Attempt,
      calls: ReadonlyArray<Call>,
      sendOptions: SendOptions = keyed,
    ): Promise<ReadonlyArray<string>> => {
      await deliverAnn(attempt, {}, sendOptions)
      return calls.map(({ nonce }) => nonce)
    }

    it('gives the same nonce in another process', async () => {
      const [first, second] = [answering(0, accepted), answering(0, accepted)]
      expect(await noncesOf(first.attempt, first.calls)).to.deep.equal(
        await noncesOf(second.attempt, second.calls),
      )
    })

    it('gives another nonce than another key', async () => {
      const { attempt, calls } = answering(0, accepted)
      await noncesOf(attempt, calls)
      await noncesOf(attempt, calls, { idempotencyKey: 'order-2' })
      expect(calls[0]?.nonce).not.to.equal(calls[1]?.nonce)
    })

    it('gives another nonce for another account', async () => {
      const { attempt, calls } = answering(0, accepted)
      for (const sender of [account, 'other@mail.example.com'])
        await settle(makeDelivery(attempt, sender, defaults, undefined).deliver(ann, keyed))
      expect(calls[0]?.nonce).not.to.equal(calls[1]?.nonce)
    })

    it('sends one mail, whichever process sends it', async () => {
      const { attempt, mails } = remembering()
      const results = [await deliverAnn(attempt, {}, keyed), await deliverAnn(attempt, {}, keyed)]
      expect(results).to.deep.equal([accepted, E.left(duplicate('order-1'))])
      expect(mails).to.have.length(1)
    })

    it('sends one mail, however often one process sends it', async () => {
      const { attempt, mails } = remembering()
      const results = await deliverAll(deliveryOf(attempt), 3, keyed)
      expect(results.filter(E.isRight)).to.have.length(1)
      expect(results.filter(E.isLeft)).to.deep.equal(Array(2).fill(E.left(duplicate('order-1'))))
      expect(mails).to.have.length(1)
    })

    describe('after a certain refusal', () => {
      /** DirectMail notes the nonce of what it then refuses; `noting: false`: it does not. */
      const refusesOnce = (error: SendError, noting: boolean) => {
        let left = 1
        const { attempt, mails, nonces } = remembering((_, nonce) => {
          if (left-- <= 0) return undefined
          if (noting) nonces.add(nonce)
          return error
        })
        return { attempt, mails }
      }

      for (const error of [refusal('InvalidToAddress'), throttling(60_000)])
        for (const noting of [true, false])
          it(`as ${error._tag} sends one mail, ${noting ? 'though' : 'where not'} the nonce counts as used`, async () => {
            const { attempt, mails } = refusesOnce(error, noting)
            const { deliver } = deliveryOf(attempt)
            const results = []
            for (let count = 0; count < 4; count++) results.push(...(await settle(deliver(ann, keyed))))
            expect(results).to.deep.equal([
              E.left(error),
              accepted,
              E.left(duplicate('order-1')),
              E.left(duplicate('order-1')),
            ])
            expect(mails).to.have.length(1)
          })

      it('goes on to the next nonce only when DirectMail says that this one is used', async () => {
        const { attempt, calls } = answering(0, refusal('InvalidToAddress'), nonceUsed, accepted)
        const { deliver } = deliveryOf(attempt)
        await settle(deliver(ann, keyed))
        await settle(deliver(ann, keyed))
        const [first, second, third] = calls.map(({ nonce }) => nonce)
        expect(second).to.equal(first)
        expect(third).not.to.equal(first)
      })

      it('does not go on in another process, which knows nothing of it', async () => {
        const { attempt, mails } = refusesOnce(refusal('InvalidToAddress'), true)
        await deliverAnn(attempt, {}, keyed)
        expect(await deliverAnn(attempt, {}, keyed)).to.deep.equal(E.left(duplicate('order-1')))
        expect(mails).to.have.length(0)
      })

      it('does not go on where the message never reached DirectMail', async () => {
        const { attempt } = answering(0, refused, refused, refused, nonceUsed)
        const { deliver } = deliveryOf(attempt)
        await settle(deliver(ann, keyed))
        expect(await settle(deliver(ann, keyed))).to.deep.equal([E.left(duplicate('order-1'))])
      })

      it('remembers where it was through a failure that did not reach DirectMail', async () => {
        const { attempt, calls } = answering(
          0,
          refusal('InvalidToAddress'),
          ...[nonceUsed, refused, refused, refused],
          accepted,
        )
        const { deliver } = deliveryOf(attempt)
        for (let count = 0; count < 3; count++) await settle(deliver(ann, keyed))
        const nonces = calls.map(({ nonce }) => nonce)
        expect(new Set(nonces.slice(0, 2)).size).to.equal(1)
        expect(new Set(nonces.slice(2)).size).to.equal(1)
        expect(nonces).to.have.length(6)
      })

      it('remembers a throttled request through a failure that did not reach DirectMail', async () => {
        const { attempt } = answering(0, throttling(10), ...[refused, refused, refused], nonceUsed, accepted)
        const { deliver } = deliveryOf(attempt)
        await settle(deliver(ann, keyed))
        expect(await settle(deliver(ann, keyed))).to.deep.equal([accepted])
      })

      it('forgets it once a message with the key is in doubt', async () => {
        const { attempt } = answering(
          0,
          refusal('InvalidToAddress'),
          ...[reset, reset, reset],
          nonceUsed,
          accepted,
        )
        const { deliver } = deliveryOf(attempt)
        for (const expected of [refusal('InvalidToAddress'), reset, duplicate('order-1')])
          expect(await settle(deliver(ann, keyed))).to.deep.equal([E.left(expected)])
      })

      it('remembers the last 1 000 keys', async () => {
        const refusing = { now: true }
        const { attempt, nonces } = remembering((_, nonce) => {
          if (refusing.now) nonces.add(nonce)
          return refusing.now ? refusal('InvalidToAddress') : undefined
        })
        const { deliver } = deliveryOf(attempt, { deadlineMs: 600_000 })
        const sendAll = (keys: ReadonlyArray<number>) =>
          settle(...keys.map((key) => deliver(ann, { idempotencyKey: String(key) })))
        await sendAll(Array.from({ length: 1_001 }, (_, index) => index))
        refusing.now = false
        expect(await sendAll([0, 1, 1_000])).to.deep.equal([E.left(duplicate('0')), accepted, accepted])
      })
    })
  })

  describe('events', () => {
    const of = (events: ReadonlyArray<SendEvent>): ReadonlyArray<unknown> =>
      events.map(({ sendId, usageType, toDomain, ...rest }) => {
        expect(sendId).to.match(/^[\da-f-]{36}$/)
        return { ...rest, about: `${usageType} ${toDomain}` }
      })

    it('tell of a mail that is delivered at once', async () => {
      const { deliver, events } = deliveryOf(answering(20, accepted).attempt)
      await settle(deliver(mailTo('ann@mail.example.org', 'Register'), {}))
      const about = 'Register mail.example.org'
      expect(of(events)).to.deep.equal([
        { _tag: 'AttemptStarted', about, attempt: 1, waitedMs: 0 },
        { _tag: 'Delivered', about, attempts: 1, ...receipt, durationMs: 20 },
      ])
    })

    it('tell of a mail that is tried again', async () => {
      await clock.tickAsync(1_234)
      sinon.stub(Math, 'random').returns(0.5)
      const { deliver, events } = deliveryOf(answering(20, refused, throttling(2_000), accepted).attempt)
      await settle(deliver(ann, {}))
      const about = 'SignIn example.com'
      expect(of(events)).to.deep.equal([
        { _tag: 'AttemptStarted', about, attempt: 1, waitedMs: 0 },
        { _tag: 'Retried', about, attempt: 1, error: refused, attemptMs: 20, delayMs: 150 },
        { _tag: 'AttemptStarted', about, attempt: 2, waitedMs: 170 },
        { _tag: 'Retried', about, attempt: 2, error: throttling(2_000), attemptMs: 20, delayMs: 2_000 },
        { _tag: 'AttemptStarted', about, attempt: 3, waitedMs: 2_190 },
        { _tag: 'Delivered', about, attempts: 3, ...receipt, durationMs: 2_210 },
      ])
    })

    it('tell of a mail that fails, with the error that is returned', async () => {
      const { deliver, events } = deliveryOf(answering(20, reset, nonceUsed).attempt)
      const [result] = await settle(deliver(ann, {}))
      const last = events.at(-1)
      expect(last).to.include({ _tag: 'Failed', usageType: 'SignIn', attempts: 2 })
      expect(last?._tag === 'Failed' && E.left(last.error)).to.deep.equal(result)
    })

    it('tell how long a message waited, and how long it took in all', async () => {
      const delivery = deliveryOf(answering(100, accepted).attempt, { maxConcurrency: 1 })
      await deliverAll(delivery, 3)
      expect(
        delivery.events.map((event) =>
          event._tag === 'AttemptStarted' ? event.waitedMs : event._tag === 'Delivered' && event.durationMs,
        ),
      ).to.deep.equal([0, 100, 100, 200, 200, 300])
    })

    it('count the requests, throttled ones included', async () => {
      const delivery = deliveryOf(answering(0, throttling(10), throttling(10), refusal('X')).attempt)
      await settle(delivery.deliver(ann, {}))
      expect(delivery.events.at(-1)).to.include({ _tag: 'Failed', attempts: 3 })
    })

    it('carry an id that is the same in all events of a message, and in those of no other', async () => {
      const delivery = deliveryOf(answering(20, refused, accepted).attempt)
      await deliverAll(delivery, 5)
      const tags = new Map<string, Array<string>>()
      for (const { sendId, _tag } of delivery.events) tags.set(sendId, [...(tags.get(sendId) ?? []), _tag])
      expect([...tags.values()].map((sequence) => sequence.join(' ')).sort()).to.deep.equal([
        ...Array<string>(4).fill('AttemptStarted Delivered'),
        'AttemptStarted Retried AttemptStarted Delivered',
      ])
    })

    it('say nothing of the recipient or the mail', async () => {
      const { deliver, events } = deliveryOf(answering(20, reset, throttling(10), accepted).attempt)
      await settle(deliver(ann, {}))
      expect(JSON.stringify(events)).not.to.match(/ann@|123456|no-reply/)
    })

    it("come in the sender's own asynchronous context, though another message's end gives the turn", async () => {
      const context = new AsyncLocalStorage<string>()
      const seen: Array<string> = []
      const { attempt } = answering(20, refused, throttling(500), accepted)
      const { deliver } = makeDelivery(attempt, account, { ...defaults, maxConcurrency: 1 }, (event) =>
        seen.push(`${event.toDomain} in ${context.getStore()}`),
      )
      const running = ['a.example', 'b.example', 'c.example'].map((domain) =>
        context.run(domain, () => deliver(mailTo(`ann@${domain}`), {})),
      )
      const controller = new AbortController()
      running.push(
        context.run('d.example', () => deliver(mailTo('ann@d.example'), { signal: controller.signal })),
      )
      await clock.tickAsync(10)
      context.run('whoever aborts', () => controller.abort())
      await settle(...running)
      expect([...new Set(seen)].sort()).to.deep.equal(
        ['a', 'b', 'c', 'd'].map((name) => `${name}.example in ${name}.example`),
      )
    })

    it('may go to an observer that throws: nothing changes', async () => {
      const loud = emitTo(() => {
        throw new Error('observer')
      })
      for (const answers of [[accepted], [reset, refused], [refusal('X')]]) {
        const attempts = [undefined, loud].map((emit) =>
          makeDelivery(answering(20, ...answers).attempt, account, defaults, emit),
        )
        const [quietly, loudly] = await settle(...attempts.map(({ deliver }) => deliver(ann, {})))
        expect(loudly).to.deep.equal(quietly)
      }
    })
  })

  describe('whenIdle', () => {
    const watched = ({ whenIdle }: Delivery): { resolvedAt: number | undefined } => {
      const state: { resolvedAt: number | undefined } = { resolvedAt: undefined }
      void whenIdle().then(() => (state.resolvedAt = performance.now()))
      return state
    }

    it('resolves at once where nothing is under way', async () => {
      const state = watched(deliveryOf(answering(10, accepted).attempt))
      await clock.tickAsync(0)
      expect(state.resolvedAt).to.equal(0)
    })

    it('resolves once the last message has ended, those that waited included', async () => {
      const delivery = deliveryOf(answering(100, refusal('X'), accepted).attempt, { maxConcurrency: 1 })
      const running = addresses(3).map((to) => delivery.deliver(mailTo(to), {}))
      const states = [watched(delivery), watched(delivery)]
      await settle(...running)
      expect(states.map(({ resolvedAt }) => resolvedAt)).to.deep.equal([300, 300])
    })

    it('waits anew for what comes later', async () => {
      const delivery = deliveryOf(answering(100, accepted).attempt)
      await settle(delivery.deliver(ann, {}))
      const running = delivery.deliver(ann, {})
      const state = watched(delivery)
      await settle(running)
      expect(state.resolvedAt).to.equal(200)
    })
  })

  describe('timers', () => {
    const outcomes: Readonly<Record<string, ReadonlyArray<SendError | typeof accepted>>> = {
      'a receipt': [accepted],
      'a refusal': [refusal('X')],
      'a retry': [reset, accepted],
      'a throttled attempt': [throttling(100), accepted],
      'all attempts': [refused],
    }
    for (const [what, answers] of Object.entries(outcomes))
      it(`are all stopped after ${what}`, async () => {
        const running = deliveryOf(answering(0, ...answers).attempt).deliver(ann, {})
        // In steps, far short of the deadline, so that a timer that is left behind is still there.
        for (let step = 0; step < 100; step++) await clock.tickAsync(20)
        await running
        expect(clock.countTimers()).to.equal(0)
      })

    it('are all stopped for the messages that waited', async () => {
      const delivery = deliveryOf(answering(10, accepted).attempt, { maxConcurrency: 1 })
      const running = Promise.all(addresses(5).map((to) => delivery.deliver(mailTo(to), {})))
      await clock.tickAsync(100)
      await running
      expect(clock.countTimers()).to.equal(0)
    })
  })
})

describe('a process that delivers', () => {
  it('ends by itself once its last message is done', async () => {
    const url = (module: string): string =>
      JSON.stringify(new URL(`../../lib/${module}.ts`, import.meta.url).href)
    const program = `
      import { makeDelivery } from ${url('delivery/deliver')}
      const answers = [{ _tag: 'Left', left: { _tag: 'Throttled', delivered: 'no', message: '' } }]
      const attempt = () => async () => answers.pop() ?? { _tag: 'Right', right: { envId: '1', requestId: '2' } }
      const limits = { connectTimeoutMs: 1e8, readTimeoutMs: 1e8, deadlineMs: 1e8, maxConcurrency: 1, maxAttempts: 3 }
      const { deliver } = makeDelivery(attempt, 'account', limits, undefined)
      const mail = { usageType: 'SignIn', to: 'ann@example.com' }
      const results = await Promise.all([deliver(mail, {}), deliver(mail, { signal: new AbortController().signal })])
      process.stdout.write(results.map(({ _tag }) => _tag).join())
    `
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        timeout: 15_000,
        // Its coverage would be counted against the files as it has compiled them.
        env: { ...process.env, NODE_V8_COVERAGE: undefined },
      },
    )
    expect(stdout).to.equal('Right,Right')
  })
})
