import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import sinon from 'sinon'
import {
  afterFailure,
  type Decision,
  type Deliver,
  type DeliveryOptions,
  firstAttempt,
  makeDeliver,
  type Progress,
} from '../../lib/delivery/deliver.js'
import type { Attempt } from '../../lib/directmail/directmail.js'
import type { Receipt } from '../../lib/directmail/answer.js'
import {
  connectionFailed,
  invalidConfig,
  invalidMessage,
  invalidResponse,
  missingVariables,
  possiblyDelivered,
  rejected,
  type SendError,
  templateNotFound,
  throttled,
  timeout,
  unavailable,
} from '../../lib/errors/send-error.js'
import { emitTo, type SendEvent } from '../../lib/delivery/send-event.js'
import { mailTo } from '../support/arbitraries.js'

const refusal = (code: string): SendError => rejected({ code, statusCode: 400, requestId: 'r' })
const nonceUsed = refusal('SignatureNonceUsed')
const throttling = (retryAfterMs?: number): SendError =>
  throttled({
    code: 'Throttling.User',
    requestId: 'r',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })

/** Not delivered for certain, and may pass. */
const harmless: Readonly<Record<string, SendError>> = {
  'a refused connection': connectionFailed('ECONNREFUSED', 'no'),
  'a name that does not resolve': connectionFailed('ENOTFOUND', 'no'),
  'a connect timeout': timeout('connect'),
  throttling: throttling(),
}

/** Nobody knows whether the mail went out. */
const doubtful: Readonly<Record<string, SendError>> = {
  'a closed connection': connectionFailed('ECONNRESET', 'unknown'),
  'a read timeout': timeout('read'),
  'a 5xx': unavailable({ code: 'InternalError', statusCode: 500 }),
  'an unreadable answer': invalidResponse('its body is not JSON'),
}

/** Stays so. */
const lasting: Readonly<Record<string, SendError>> = {
  'a refusal': refusal('InvalidToAddress'),
  'a nonce that somebody else has used': nonceUsed,
  'a wrong certificate': connectionFailed('DEPTH_ZERO_SELF_SIGNED_CERT', 'no'),
  'a package that is not there': connectionFailed('ERR_MODULE_NOT_FOUND', 'no'),
  'an invalid message': invalidMessage([]),
  'an invalid config': invalidConfig([]),
  'a missing template': templateNotFound('SignIn'),
  'missing variables': missingVariables('SignIn', ['code']),
}

const plentyMs = 1_000_000
const middle = (): number => 0.5

const decide = (
  error: SendError,
  progress: Progress = firstAttempt(),
  { maxAttempts = 3, remainingMs = plentyMs, random = middle } = {},
): Decision => afterFailure(maxAttempts, remainingMs, random, progress, error)

const again = (decision: Decision): { readonly afterMs: number; readonly next: Progress } => {
  if (decision._tag === 'TryAgain') return decision
  throw new Error(`gave up: ${decision.error.message}`)
}

const givenUp = (decision: Decision): SendError => {
  if (decision._tag === 'GiveUp') return decision.error
  throw new Error(`again after ${decision.afterMs} ms`)
}

/** The progress of a message after these failures. */
const after = (...failures: ReadonlyArray<SendError>): Progress =>
  failures.reduce(
    (progress, error) => again(decide(error, progress, { maxAttempts: 99 })).next,
    firstAttempt(),
  )

const reset = connectionFailed('ECONNRESET', 'unknown')
const refused = connectionFailed('ECONNREFUSED', 'no')

describe('delivery', () => {
  describe('firstAttempt', () => {
    it('counts from 1, in no doubt', () => {
      expect(firstAttempt().attempt).to.equal(1)
      expect(firstAttempt()).not.to.have.property('doubt')
    })

    it('has a random UUID for a nonce', () =>
      expect(firstAttempt().nonce).to.match(
        /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
      ))

    it('has a fresh nonce each time', () =>
      expect(new Set(Array.from({ length: 1000 }, () => firstAttempt().nonce)).size).to.equal(1000))
  })

  describe('afterFailure', () => {
    for (const [what, error] of Object.entries(harmless)) {
      it(`tries again under a fresh nonce after ${what}`, () => {
        const first = firstAttempt()
        const { next } = again(decide(error, first))
        expect(next.nonce).not.to.equal(first.nonce)
        expect(next).not.to.have.property('doubt')
        expect(next.attempt).to.equal(2)
      })

      it(`gives up with ${what} itself after the last attempt`, () =>
        expect(givenUp(decide(error, after(error, error)))).to.equal(error))

      it(`keeps the nonce after ${what} that follows a doubt`, () => {
        const doubting = after(reset)
        expect(again(decide(error, doubting)).next).to.include({ nonce: doubting.nonce, doubt: reset })
      })

      it(`says of ${what} that ends a message in doubt that it may have arrived`, () =>
        expect(givenUp(decide(error, after(reset, error)))).to.deep.equal(possiblyDelivered(error)))
    }

    for (const [what, error] of Object.entries(doubtful)) {
      it(`tries again under the same nonce after ${what}`, () => {
        const first = firstAttempt()
        expect(again(decide(error, first)).next).to.include({ nonce: first.nonce, doubt: error, attempt: 2 })
      })

      it(`gives up with ${what} itself after the last attempt`, () =>
        expect(givenUp(decide(error, after(error, error)))).to.deep.equal(error))

      it(`takes SignatureNonceUsed after ${what} for an arrival, and returns the doubt`, () =>
        expect(givenUp(decide(nonceUsed, after(error)))).to.equal(error))

      it(`remembers ${what} through later failures of other kinds`, () =>
        expect(givenUp(decide(nonceUsed, after(error, refused, throttling())))).to.equal(error))

      it(`keeps the first doubt when ${what} follows it`, () => {
        const doubting = after(reset)
        expect(again(decide(error, doubting)).next).to.include({ nonce: doubting.nonce, doubt: reset })
      })

      it(`says that the mail may have been delivered when a refusal follows ${what}`, () =>
        expect(givenUp(decide(refusal('InvalidToAddress'), after(error)))).to.deep.equal(
          possiblyDelivered(refusal('InvalidToAddress')),
        ))
    }

    for (const [what, error] of Object.entries(lasting))
      it(`gives up at once after ${what}`, () => expect(givenUp(decide(error))).to.equal(error))

    it('does not take another refusal after a doubt for an arrival', () =>
      expect(givenUp(decide(refusal('SignatureDoesNotMatch'), after(reset)))).to.include({
        _tag: 'Rejected',
        code: 'SignatureDoesNotMatch',
        delivered: 'unknown',
      }))

    it('does not take the code of a refusal for one where the service itself has failed', () => {
      const failure = unavailable({ code: 'SignatureNonceUsed', statusCode: 500 })
      const doubting = after(reset)
      expect(again(decide(failure, doubting)).next).to.include({ nonce: doubting.nonce, doubt: reset })
    })

    it('begins a doubt with the first failure that raises one, not with what came before', () =>
      expect(givenUp(decide(nonceUsed, after(refused, reset, timeout('read'))))).to.equal(reset))

    it('never changes the nonce once there is a doubt, and never keeps it before', () =>
      fc.assert(
        fc.property(
          fc.array(fc.constantFrom(...Object.values(harmless), ...Object.values(doubtful)), { maxLength: 8 }),
          (failures) => {
            let progress = firstAttempt()
            for (const error of failures) {
              const { next } = again(decide(error, progress, { maxAttempts: 99 }))
              const inDoubt = progress.doubt !== undefined || error.delivered === 'unknown'
              expect(next.nonce === progress.nonce).to.equal(inDoubt)
              progress = next
            }
          },
        ),
      ))

    it('never says "no" of a message that may have been delivered', () =>
      fc.assert(
        fc.property(
          fc.array(fc.constantFrom(...Object.values(harmless), ...Object.values(doubtful)), { maxLength: 5 }),
          fc.constantFrom(...Object.values(harmless), ...Object.values(doubtful), ...Object.values(lasting)),
          (failures, last) => {
            const progress = after(...failures)
            const error = givenUp(decide(last, progress, { remainingMs: 0 }))
            const everInDoubt = [...failures, last].some(({ delivered }) => delivered === 'unknown')
            expect(error.delivered).to.equal(everInDoubt ? 'unknown' : 'no')
          },
        ),
      ))

    describe('counts attempts:', () => {
      it('with maxAttempts 1 nothing is tried again', () => {
        for (const error of [...Object.values(harmless), ...Object.values(doubtful)])
          expect(givenUp(decide(error, firstAttempt(), { maxAttempts: 1 }))).to.equal(error)
      })

      it('with maxAttempts n the nth failure is the last', () =>
        fc.assert(
          fc.property(fc.integer({ min: 1, max: 40 }), (maxAttempts) => {
            let progress = firstAttempt()
            for (let attempt = 1; attempt < maxAttempts; attempt++)
              progress = again(decide(refused, progress, { maxAttempts })).next
            expect(progress.attempt).to.equal(maxAttempts)
            expect(decide(refused, progress, { maxAttempts })._tag).to.equal('GiveUp')
          }),
        ))
    })

    describe('waits', () => {
      const delays = (count: number, random: () => number): ReadonlyArray<number> => {
        let progress = firstAttempt()
        return Array.from({ length: count }, () => {
          const { afterMs, next } = again(decide(refused, progress, { maxAttempts: 99, random }))
          progress = next
          return afterMs
        })
      }

      it('half of each step at least', () =>
        expect(delays(7, () => 0)).to.deep.equal([100, 200, 400, 800, 1600, 2500, 2500]))

      it('the whole of it at most', () =>
        expect(delays(7, () => 1)).to.deep.equal([200, 400, 800, 1600, 3200, 5000, 5000]))

      it('somewhere between, by chance', () =>
        fc.assert(
          fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
            const [first = NaN] = delays(1, () => random)
            expect(first).to.be.within(100, 200)
            expect(first).to.be.closeTo(100 + 100 * random, 1e-9)
          }),
        ))

      it('never longer than the cap, however many attempts there were', () =>
        expect(Math.max(...delays(98, () => 1))).to.equal(5000))

      it('as long as DirectMail asks', () => expect(again(decide(throttling(7_000))).afterMs).to.equal(7_000))

      it('its own delay where DirectMail asks for less', () =>
        expect(again(decide(throttling(10))).afterMs).to.equal(150))

      it('its own delay where DirectMail asks for nothing', () =>
        expect(again(decide(throttling())).afterMs).to.equal(150))

      it('not at all when the time that remains is over by then', () => {
        for (const remainingMs of [150, 149, 0, -1])
          expect(givenUp(decide(refused, firstAttempt(), { remainingMs }))).to.equal(refused)
        expect(again(decide(refused, firstAttempt(), { remainingMs: 151 })).afterMs).to.equal(150)
      })

      it('not at all when DirectMail asks for more than the time that remains', () => {
        const error = throttling(7_000)
        expect(givenUp(decide(error, firstAttempt(), { remainingMs: 7_000 }))).to.equal(error)
        expect(again(decide(error, firstAttempt(), { remainingMs: 7_001 })).afterMs).to.equal(7_000)
      })

      it('not at all when DirectMail asks for ever', () =>
        expect(decide(throttling(Infinity))._tag).to.equal('GiveUp'))
    })
  })

  describe('makeDeliver', () => {
    let clock: sinon.SinonFakeTimers

    beforeEach(() => {
      clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    })

    afterEach(() => {
      clock.restore()
    })

    const receipt: Receipt = { envId: 'env', requestId: 'req' }
    const accepted: E.Either<SendError, Receipt> = E.right(receipt)

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
      readonly budgetMs: number
      readonly atMs: number
    }

    /** An attempt that takes a while and answers each call in turn; the last answer goes on for good. */
    const answering = (
      tookMs: number,
      ...answers: ReadonlyArray<E.Either<SendError, Receipt>>
    ): {
      readonly attempt: Attempt
      readonly calls: Array<Call>
      readonly inFlight: { now: number; most: number }
    } => {
      const calls: Array<Call> = []
      const inFlight = { now: 0, most: 0 }
      const attempt: Attempt =
        ({ to }, nonce, { budgetMs }) =>
        async () => {
          const answer = answers[Math.min(calls.length, answers.length - 1)] ?? accepted
          calls.push({ to, nonce, budgetMs, atMs: performance.now() })
          inFlight.most = Math.max(inFlight.most, ++inFlight.now)
          await new Promise((resolve) => setTimeout(resolve, tookMs))
          inFlight.now--
          return answer
        }
      return { attempt, calls, inFlight }
    }

    const deliverWith = (
      attempt: Attempt,
      options: Partial<DeliveryOptions> = {},
    ): { readonly deliver: Deliver; readonly events: Array<SendEvent> } => {
      const events: Array<SendEvent> = []
      return {
        deliver: makeDeliver(attempt, { ...defaults, ...options }, (event) => events.push(event)),
        events,
      }
    }

    /** Runs tasks at once, lets the clock run until nothing waits any more, and says what came of them. */
    const settle = async <A>(...tasks: ReadonlyArray<() => Promise<A>>): Promise<ReadonlyArray<A>> => {
      const running = Promise.all(tasks.map((task) => task()))
      await clock.runAllAsync()
      return running
    }

    const mails = (count: number): ReadonlyArray<string> =>
      Array.from({ length: count }, (_, index) => `user${index}@example.com`)

    it('gives the receipt of the first attempt that succeeds', async () => {
      const { attempt, calls } = answering(10, accepted)
      const { deliver } = deliverWith(attempt)
      expect(await settle(deliver(mailTo('ann@example.com')))).to.deep.equal([accepted])
      expect(calls).to.have.length(1)
    })

    it('hands the attempt its time limits', async () => {
      const attempt = sinon.fake.returns(() => Promise.resolve(accepted))
      const { deliver } = deliverWith(attempt, { connectTimeoutMs: 1, readTimeoutMs: 2, deadlineMs: 3 })
      await settle(deliver(mailTo('ann@example.com')))
      sinon.assert.calledOnceWithExactly(attempt, mailTo('ann@example.com'), sinon.match.string, {
        connectTimeoutMs: 1,
        readTimeoutMs: 2,
        budgetMs: 3,
      })
    })

    it('does nothing before the task runs', () => {
      const { attempt, calls } = answering(10, accepted)
      const { deliver, events } = deliverWith(attempt)
      deliver(mailTo('ann@example.com'))
      expect([calls, events]).to.deep.equal([[], []])
      expect(clock.countTimers()).to.equal(0)
    })

    it('sends once for each time the task runs, under a nonce of its own', async () => {
      const { attempt, calls } = answering(10, accepted)
      const task = deliverWith(attempt).deliver(mailTo('ann@example.com'))
      await settle(task, task)
      expect(new Set(calls.map(({ nonce }) => nonce)).size).to.equal(2)
    })

    it('tries again after a failure that passes, under a fresh nonce', async () => {
      const { attempt, calls } = answering(10, E.left(refused), accepted)
      const { deliver } = deliverWith(attempt)
      expect(await settle(deliver(mailTo('ann@example.com')))).to.deep.equal([accepted])
      expect(new Set(calls.map(({ nonce }) => nonce)).size).to.equal(2)
    })

    it('tries again under the same nonce after a doubt', async () => {
      const { attempt, calls } = answering(10, E.left(reset), E.left(refused), accepted)
      const { deliver } = deliverWith(attempt)
      expect(await settle(deliver(mailTo('ann@example.com')))).to.deep.equal([accepted])
      expect(calls).to.have.length(3)
      expect(new Set(calls.map(({ nonce }) => nonce)).size).to.equal(1)
    })

    it('returns the doubt when DirectMail has seen the nonce', async () => {
      const { attempt, calls } = answering(10, E.left(reset), E.left(nonceUsed))
      const { deliver } = deliverWith(attempt)
      expect(await settle(deliver(mailTo('ann@example.com')))).to.deep.equal([E.left(reset)])
      expect(calls).to.have.length(2)
    })

    it('gives up after maxAttempts', async () => {
      const { attempt, calls } = answering(10, E.left(refused))
      const { deliver } = deliverWith(attempt, { maxAttempts: 5 })
      expect(await settle(deliver(mailTo('ann@example.com')))).to.deep.equal([E.left(refused)])
      expect(calls).to.have.length(5)
    })

    it('waits between attempts for as long as it decided', async () => {
      const { attempt, calls } = answering(0, E.left(throttling(2_000)), accepted)
      const { deliver } = deliverWith(attempt)
      await settle(deliver(mailTo('ann@example.com')))
      expect(calls.map(({ atMs }) => atMs)).to.deep.equal([0, 2_000])
    })

    it('gives each attempt what remains of the deadline', async () => {
      const { attempt, calls } = answering(500, E.left(throttling(2_000)), accepted)
      const { deliver } = deliverWith(attempt, { deadlineMs: 10_000 })
      await settle(deliver(mailTo('ann@example.com')))
      expect(calls.map(({ budgetMs }) => budgetMs)).to.deep.equal([10_000, 7_500])
    })

    it('ends before the deadline whatever fails', async () => {
      const { attempt } = answering(300, E.left(refused))
      const { deliver } = deliverWith(attempt, { deadlineMs: 2_000, maxAttempts: 1_000 })
      expect(await settle(deliver(mailTo('ann@example.com')))).to.deep.equal([E.left(refused)])
      expect(clock.now).to.be.at.most(2_300)
    })

    describe('in turn', () => {
      it('sends in the order in which the tasks were run', async () => {
        for (const maxConcurrency of [1, 3, 100]) {
          const { attempt, calls } = answering(10, accepted)
          const { deliver } = deliverWith(attempt, { maxConcurrency })
          await settle(...mails(20).map((to) => deliver(mailTo(to))))
          expect(calls.map(({ to }) => to)).to.deep.equal(mails(20))
        }
      })

      it('has maxConcurrency mails under way, and never more', async () => {
        for (const maxConcurrency of [1, 3, 7]) {
          const { attempt, inFlight, calls } = answering(10, accepted)
          const { deliver } = deliverWith(attempt, { maxConcurrency })
          await settle(...mails(50).map((to) => deliver(mailTo(to))))
          expect(inFlight).to.deep.equal({ now: 0, most: maxConcurrency })
          expect(calls).to.have.length(50)
        }
      })

      it('keeps a place while it waits to be tried again', async () => {
        const { attempt, calls } = answering(10, E.left(refused), accepted)
        const { deliver } = deliverWith(attempt, { maxConcurrency: 1 })
        await settle(...mails(2).map((to) => deliver(mailTo(to))))
        expect(calls.map(({ to }) => to)).to.deep.equal([
          'user0@example.com',
          'user0@example.com',
          'user1@example.com',
        ])
      })

      it('lets the next one in after a failure', async () => {
        const { attempt, calls } = answering(10, E.left(refusal('InvalidToAddress')), accepted)
        const { deliver } = deliverWith(attempt, { maxConcurrency: 1 })
        expect(await settle(...mails(2).map((to) => deliver(mailTo(to))))).to.deep.equal([
          E.left(refusal('InvalidToAddress')),
          accepted,
        ])
        expect(calls).to.have.length(2)
      })

      it('delivers a burst of 20 000', async () => {
        const attempt: Attempt = () => () => Promise.resolve(accepted)
        const { deliver } = deliverWith(attempt)
        const results = await settle(...mails(20_000).map((to) => deliver(mailTo(to))))
        expect(results.every((result) => result === accepted)).to.equal(true)
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
        const { deliver, events } = deliverWith(attempt, { maxConcurrency: 1, deadlineMs: 500 })
        const results = await settle(...mails(3).map((to) => deliver(mailTo(to))))
        return { results, calls, events }
      }

      it('fails with a Timeout in the queue', async () => {
        expect((await overdue()).results).to.deep.equal([
          accepted,
          E.left(timeout('queue')),
          E.left(timeout('queue')),
        ])
      })

      it('was never sent', async () => {
        expect((await overdue()).calls.map(({ to }) => to)).to.deep.equal(['user0@example.com'])
      })

      it('fails when its deadline comes, not when its turn does', async () => {
        await clock.tickAsync(1_234)
        const failed = (await overdue(60_000)).events.filter(({ _tag }) => _tag === 'Failed')
        expect(failed.map((event) => event._tag === 'Failed' && event.durationMs)).to.deep.equal([500, 500])
      })

      it('is told as failed with no attempt', async () => {
        expect((await overdue()).events.filter(({ _tag }) => _tag === 'Failed')).to.deep.equal(
          [1, 2].map(() => ({
            _tag: 'Failed',
            usageType: 'SignIn',
            attempts: 0,
            error: timeout('queue'),
            durationMs: 500,
          })),
        )
      })

      it('leaves its place to those who come later', async () => {
        const { attempt, calls } = answering(1_000, accepted)
        const { deliver } = deliverWith(attempt, { maxConcurrency: 1, deadlineMs: 500 })
        await settle(...mails(2).map((to) => deliver(mailTo(to))))
        expect(await settle(deliver(mailTo('late@example.com')))).to.deep.equal([accepted])
        expect(calls.map(({ to }) => to)).to.deep.equal(['user0@example.com', 'late@example.com'])
      })

      it('is sent with a hundredth of its time left, and not with less', async () => {
        const sentAfter = async (tookMs: number): Promise<ReadonlyArray<number>> => {
          const { attempt, calls } = answering(tookMs, accepted)
          const { deliver } = deliverWith(attempt, { maxConcurrency: 1, deadlineMs: 500 })
          await settle(...mails(2).map((to) => deliver(mailTo(to))))
          return calls.map(({ budgetMs }) => budgetMs)
        }
        expect(await sentAfter(495)).to.deep.equal([500, 5])
        expect(await sentAfter(496)).to.deep.equal([500])
      })

      it('is not sent once it has failed, not even where timers run ahead of the clock', async () => {
        const now = performance.now.bind(performance)
        const slow = sinon.stub(performance, 'now').callsFake(() => now() / 10)
        try {
          const { results, calls } = await overdue()
          expect(results).to.deep.equal([accepted, E.left(timeout('queue')), E.left(timeout('queue'))])
          expect(calls.map(({ to }) => to)).to.deep.equal(['user0@example.com'])
        } finally {
          slow.restore()
        }
      })

      it('is not sent either when the machine was too busy to notice the deadline', async () => {
        const sent: Array<string> = []
        let busyMs = 0
        const attempt: Attempt =
          ({ to }) =>
          () => {
            sent.push(to)
            // Time passes and the event loop does not turn: the next mail has its turn before any timer.
            busyMs += 1_000
            return Promise.resolve(accepted)
          }
        const now = performance.now.bind(performance)
        const late = sinon.stub(performance, 'now').callsFake(() => now() + busyMs)
        try {
          const { deliver } = deliverWith(attempt, { maxConcurrency: 1, deadlineMs: 500 })
          expect(await settle(...mails(2).map((to) => deliver(mailTo(to))))).to.deep.equal([
            accepted,
            E.left(timeout('queue')),
          ])
          expect(sent).to.deep.equal(['user0@example.com'])
        } finally {
          late.restore()
        }
      })
    })

    describe('events', () => {
      it('tell of a mail that is delivered at once', async () => {
        const { attempt } = answering(20, accepted)
        const { deliver, events } = deliverWith(attempt)
        await settle(deliver(mailTo('ann@example.com', 'Register')))
        expect(events).to.deep.equal([
          { _tag: 'AttemptStarted', usageType: 'Register', attempt: 1 },
          { _tag: 'Delivered', usageType: 'Register', attempts: 1, ...receipt, durationMs: 20 },
        ])
      })

      it('tell of a mail that is tried again', async () => {
        await clock.tickAsync(1_234)
        const { attempt } = answering(20, E.left(throttling(2_000)), accepted)
        const { deliver, events } = deliverWith(attempt)
        await settle(deliver(mailTo('ann@example.com')))
        expect(events).to.deep.equal([
          { _tag: 'AttemptStarted', usageType: 'SignIn', attempt: 1 },
          {
            _tag: 'Retried',
            usageType: 'SignIn',
            attempt: 1,
            error: throttling(2_000),
            attemptMs: 20,
            delayMs: 2_000,
          },
          { _tag: 'AttemptStarted', usageType: 'SignIn', attempt: 2 },
          { _tag: 'Delivered', usageType: 'SignIn', attempts: 2, ...receipt, durationMs: 2_040 },
        ])
      })

      it('tell of a mail that fails, with the error that is returned', async () => {
        const { attempt } = answering(20, E.left(reset), E.left(nonceUsed))
        const { deliver, events } = deliverWith(attempt)
        const [result] = await settle(deliver(mailTo('ann@example.com')))
        const last = events.at(-1)
        expect(last).to.include({ _tag: 'Failed', usageType: 'SignIn', attempts: 2 })
        expect(last?._tag === 'Failed' && E.left(last.error)).to.deep.equal(result)
      })

      it('count the time in the queue', async () => {
        const { attempt } = answering(100, accepted)
        const { deliver, events } = deliverWith(attempt, { maxConcurrency: 1 })
        await settle(...mails(3).map((to) => deliver(mailTo(to))))
        expect(
          events.flatMap((event) => (event._tag === 'Delivered' ? [event.durationMs] : [])),
        ).to.deep.equal([100, 200, 300])
      })

      it('say nothing of the recipient or the mail', async () => {
        const { attempt } = answering(20, E.left(reset), E.left(refused), accepted)
        const { deliver, events } = deliverWith(attempt)
        await settle(deliver(mailTo('ann@example.com')))
        expect(JSON.stringify(events)).not.to.match(/ann@|123456|no-reply/)
      })

      it('may go to an observer that throws: nothing changes', async () => {
        for (const answers of [[accepted], [E.left(reset), E.left(refused)], [E.left(refusal('X'))]]) {
          const quiet = makeDeliver(answering(20, ...answers).attempt, defaults, () => undefined)
          const loud = makeDeliver(
            answering(20, ...answers).attempt,
            defaults,
            emitTo(() => {
              throw new Error('observer')
            }),
          )
          expect(await settle(loud(mailTo('ann@example.com')))).to.deep.equal(
            await settle(quiet(mailTo('ann@example.com'))),
          )
        }
      })
    })

    describe('in doubt, with an hour until the deadline', () => {
      const hour = { deadlineMs: 3_600_000, maxAttempts: 9 }
      const minutes = (n: number): number => n * 60_000
      const callsAfter = async (
        tookMs: number,
        ...failures: ReadonlyArray<SendError>
      ): Promise<ReadonlyArray<Call>> => {
        const { attempt, calls } = answering(tookMs, ...failures.map((error) => E.left(error)), accepted)
        await settle(deliverWith(attempt, hour).deliver(mailTo('ann@example.com')))
        return calls
      }

      it('tries again while DirectMail knows the nonce', async () => {
        expect(await callsAfter(minutes(13), reset)).to.have.length(2)
      })

      it('does not try again once DirectMail may have forgotten it', async () => {
        expect(await callsAfter(minutes(15), reset)).to.have.length(1)
      })

      it('does not forget the doubt of an earlier attempt', async () => {
        expect(await callsAfter(minutes(8), reset, refused)).to.have.length(2)
      })

      it('without a doubt is tried again as long as there is time', async () => {
        expect(await callsAfter(minutes(15), refused)).to.have.length(2)
      })
    })

    describe('timers', () => {
      const outcomes: Readonly<Record<string, ReadonlyArray<E.Either<SendError, Receipt>>>> = {
        'a receipt': [accepted],
        'a refusal': [E.left(refusal('X'))],
        'a retry': [E.left(reset), accepted],
        'all attempts': [E.left(refused)],
      }
      for (const [what, answers] of Object.entries(outcomes))
        it(`are all stopped after ${what}`, async () => {
          const { deliver } = deliverWith(answering(0, ...answers).attempt)
          const running = deliver(mailTo('ann@example.com'))()
          // In steps, far short of the deadline, so that a timer that is left behind is still there.
          for (let step = 0; step < 100; step++) await clock.tickAsync(20)
          await running
          expect(clock.countTimers()).to.equal(0)
        })

      it('are set for the messages that have to wait, and for no others', async () => {
        const { deliver } = deliverWith(answering(10, accepted).attempt, { maxConcurrency: 3 })
        const timers: Array<number> = []
        await settle(
          ...mails(5).map((to) => () => {
            const running = deliver(mailTo(to))()
            timers.push(clock.countTimers())
            return running
          }),
        )
        expect(timers).to.deep.equal([0, 0, 0, 1, 2])
      })

      it('are all stopped for the messages that waited', async () => {
        const { deliver } = deliverWith(answering(10, accepted).attempt, { maxConcurrency: 1 })
        const running = Promise.all(mails(5).map((to) => deliver(mailTo(to))()))
        await clock.tickAsync(100)
        await running
        expect(clock.countTimers()).to.equal(0)
      })
    })
  })

  it('lets a process end by itself once its last message is done', async () => {
    const url = (module: string): string =>
      JSON.stringify(new URL(`../../lib/${module}.ts`, import.meta.url).href)
    const program = `
      import { makeDeliver } from ${url('delivery/deliver')}
      const answers = [{ _tag: 'Left', left: { _tag: 'Timeout', phase: 'connect', delivered: 'no', message: '' } }]
      const attempt = () => async () => answers.pop() ?? { _tag: 'Right', right: { envId: '1', requestId: '2' } }
      const limits = { connectTimeoutMs: 1e8, readTimeoutMs: 1e8, deadlineMs: 1e8, maxConcurrency: 1, maxAttempts: 3 }
      const deliver = makeDeliver(attempt, limits, () => {})
      const results = await Promise.all([deliver({ usageType: 'SignIn' })(), deliver({ usageType: 'SignIn' })()])
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
