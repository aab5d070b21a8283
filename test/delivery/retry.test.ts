import { expect } from 'chai'
import fc from 'fast-check'
import { type Decision, decide, firstAttempt, type Key, type Progress } from '../../lib/delivery/retry.js'
import {
  cancelled,
  connectionFailed,
  credentialsUnavailable,
  duplicate,
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

/** Not delivered for certain, and may pass; each uses up an attempt. */
const harmless: Readonly<Record<string, SendError>> = {
  'a refused connection': refused,
  'a name that does not resolve': connectionFailed('ENOTFOUND', 'no'),
  'a connect timeout': timeout('connect'),
  'an SDK that was not loaded in time': timeout('load'),
  'credentials that are not to be had': credentialsUnavailable('no metadata service'),
}

/** Nobody knows whether the mail went out. */
const doubtful: Readonly<Record<string, SendError>> = {
  'a closed connection': reset,
  'a read timeout': timeout('read'),
  'a 5xx': unavailable({ code: 'InternalError', statusCode: 500 }),
  'an unreadable answer': invalidResponse('its body is not JSON'),
}

/** Stays so. */
const lasting: Readonly<Record<string, SendError>> = {
  'a refusal': refusal('InvalidToAddress'),
  'a wrong certificate': connectionFailed('DEPTH_ZERO_SELF_SIGNED_CERT', 'no'),
  'a package that is not there': connectionFailed('ERR_MODULE_NOT_FOUND', 'no'),
  'a cancellation before anything was sent': cancelled('no'),
  'a cancellation under way': cancelled('unknown'),
  'an invalid message': invalidMessage([]),
  'an invalid config': invalidConfig([]),
  'a missing template': templateNotFound('SignIn'),
  'missing variables': missingVariables('SignIn', ['code']),
}

const anyPassing = fc.constantFrom(...Object.values(harmless), ...Object.values(doubtful), throttling())

const key: Key = { account: 'no-reply@mail.example.com', idempotencyKey: 'order-1' }

const after = (
  error: SendError,
  progress: Progress = firstAttempt(),
  { maxAttempts = 3, remainingMs = 1_000_000, random = (): number => 0.5 } = {},
): Decision => decide(error, progress, { maxAttempts, remainingMs, random })

const again = (decision: Decision): { readonly afterMs: number; readonly next: Progress } => {
  if (decision._tag === 'TryAgain') return decision
  throw new Error(`gave up: ${decision.error.message}`)
}

const givenUp = (decision: Decision): SendError => {
  if (decision._tag === 'GiveUp') return decision.error
  throw new Error(`again after ${decision.afterMs} ms`)
}

/** The progress of a message after these failures. */
const having = (failures: ReadonlyArray<SendError>, first: Progress = firstAttempt()): Progress =>
  failures.reduce((progress, error) => again(after(error, progress, { maxAttempts: 99 })).next, first)

describe('firstAttempt', () => {
  it('counts from 1, in no doubt', () =>
    expect(firstAttempt()).to.include({
      requests: 1,
      attempts: 1,
      ordinal: 0,
      refused: false,
      doubt: undefined,
    }))

  it('has a random UUID for a nonce, each time another', () => {
    const nonces = Array.from({ length: 1000 }, () => firstAttempt().nonce)
    for (const nonce of nonces)
      expect(nonce).to.match(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect(new Set(nonces)).to.have.property('size', 1000)
  })

  describe('with an idempotency key', () => {
    it('has the nonce that any other process makes of it', () =>
      // Must never change: an older release of the library may run beside a newer one.
      expect(firstAttempt(key).nonce).to.equal('b7b595c706d3a6165e8c89a28cf6ac38'))

    it('says nothing of the key in the nonce', () => {
      expect(firstAttempt({ ...key, idempotencyKey: 'ann@example.com' }).nonce).to.match(/^[\da-f]{32}$/)
    })

    it('has another nonce for each account, key and ordinal', () =>
      fc.assert(
        fc.property(
          fc.uniqueArray(fc.tuple(fc.string(), fc.string(), fc.nat()), {
            selector: (parts) => JSON.stringify(parts),
          }),
          (all) => {
            const nonces = all.map(
              ([account, idempotencyKey, ordinal]) =>
                firstAttempt({ account, idempotencyKey }, ordinal).nonce,
            )
            expect(new Set(nonces)).to.have.property('size', all.length)
          },
        ),
      ))

    it('does not take the end of an account for the beginning of a key', () => {
      const nonces = [
        firstAttempt({ account: 'a', idempotencyKey: 'bc' }).nonce,
        firstAttempt({ account: 'ab', idempotencyKey: 'c' }).nonce,
      ]
      expect(nonces[0]).not.to.equal(nonces[1])
    })

    it('begins where the message before it ended', () =>
      expect(firstAttempt(key, 2, true)).to.include({ requests: 1, attempts: 1, ordinal: 2, refused: true }))
  })
})

describe('decide', () => {
  for (const [what, error] of Object.entries(harmless)) {
    it(`tries again under a fresh nonce after ${what}`, () => {
      const first = firstAttempt()
      const { next } = again(after(error, first))
      expect(next.nonce).not.to.equal(first.nonce)
      expect(next).to.include({ requests: 2, attempts: 2, doubt: undefined })
    })

    it(`gives up with ${what} itself after the last attempt`, () =>
      expect(givenUp(after(error, having([error, error])))).to.equal(error))

    it(`keeps the nonce after ${what} that follows a doubt`, () => {
      const doubting = having([reset])
      expect(again(after(error, doubting)).next).to.include({ nonce: doubting.nonce, doubt: reset })
    })

    it(`says of ${what} that ends a message in doubt that it may have arrived`, () =>
      expect(givenUp(after(error, having([reset, error])))).to.deep.equal(possiblyDelivered(error)))
  }

  for (const [what, error] of Object.entries(doubtful)) {
    it(`tries again under the same nonce after ${what}`, () => {
      const first = firstAttempt()
      expect(again(after(error, first)).next).to.include({ nonce: first.nonce, doubt: error, attempts: 2 })
    })

    it(`gives up with ${what} itself after the last attempt`, () =>
      expect(givenUp(after(error, having([error, error])))).to.deep.equal(error))

    it(`keeps the first doubt when ${what} follows it`, () => {
      const doubting = having([timeout('read')])
      expect(again(after(error, doubting)).next).to.include({ nonce: doubting.nonce, doubt: doubting.doubt })
    })

    it(`says that the mail may have been delivered when a refusal follows ${what}`, () =>
      expect(givenUp(after(refusal('InvalidToAddress'), having([error])))).to.deep.equal(
        possiblyDelivered(refusal('InvalidToAddress')),
      ))

    it(`says that the mail may have been delivered when it is cancelled after ${what}`, () =>
      expect(givenUp(after(cancelled('no'), having([error])))).to.deep.equal(
        possiblyDelivered(cancelled('no')),
      ))
  }

  for (const [what, error] of Object.entries(lasting))
    it(`gives up at once after ${what}`, () => expect(givenUp(after(error))).to.equal(error))

  it('does not take the code of a refusal for one where the service itself has failed', () => {
    const doubting = having([reset])
    const failure = unavailable({ code: 'SignatureNonceUsed', statusCode: 500 })
    expect(again(after(failure, doubting)).next).to.include({ nonce: doubting.nonce, doubt: reset })
  })

  describe('after throttling', () => {
    it('uses up no attempt', () => {
      const often = having(Array.from({ length: 50 }, () => throttling()))
      expect(often).to.include({ requests: 51, attempts: 1 })
      expect(again(after(throttling(), often, { maxAttempts: 1 })).next).to.include({
        requests: 52,
        attempts: 1,
      })
    })

    it('tries again under a fresh nonce, since DirectMail may have noted the first', () => {
      const first = firstAttempt()
      expect(again(after(throttling(), first)).next.nonce).not.to.equal(first.nonce)
    })

    it('keeps the nonce of a message in doubt', () => {
      const doubting = having([reset])
      expect(again(after(throttling(), doubting)).next).to.include({ nonce: doubting.nonce, doubt: reset })
    })

    it('leaves the wait to the queue, which knows the pace', () => {
      expect(again(after(throttling())).afterMs).to.equal(0)
      expect(again(after(throttling(7_000))).afterMs).to.equal(0)
    })

    it('gives up where DirectMail asks for more than the time that remains', () => {
      const error = throttling(7_000)
      expect(givenUp(after(error, firstAttempt(), { remainingMs: 7_000 }))).to.equal(error)
      expect(after(error, firstAttempt(), { remainingMs: 7_001 })._tag).to.equal('TryAgain')
      expect(after(throttling(Infinity))._tag).to.equal('GiveUp')
    })

    it('gives up where no time remains', () =>
      expect(after(throttling(), firstAttempt(), { remainingMs: 0 })._tag).to.equal('GiveUp'))
  })

  describe('after SignatureNonceUsed', () => {
    for (const [what, error] of Object.entries(doubtful)) {
      it(`takes ${what} for an arrival, and returns the doubt`, () =>
        expect(givenUp(after(nonceUsed, having([error])))).to.equal(error))

      it(`remembers ${what} through later failures of other kinds`, () =>
        expect(givenUp(after(nonceUsed, having([error, refused, throttling()])))).to.equal(error))

      it(`returns ${what} with an idempotency key too`, () =>
        expect(givenUp(after(nonceUsed, having([throttling(), error], firstAttempt(key))))).to.equal(error))
    }

    it('begins a doubt with the first failure that raises one, not with what came before', () =>
      expect(givenUp(after(nonceUsed, having([refused, reset, timeout('read')])))).to.equal(reset))

    it('does not take another refusal after a doubt for an arrival', () =>
      expect(givenUp(after(refusal('SignatureDoesNotMatch'), having([reset])))).to.include({
        code: 'SignatureDoesNotMatch',
        delivered: 'unknown',
      }))

    it('of a nonce that we made fresh knows that a copy of the request arrived', () =>
      expect(givenUp(after(nonceUsed))).to.deep.equal(possiblyDelivered(nonceUsed)))

    it('of a fresh nonce after throttling knows that a copy of the request arrived', () =>
      expect(givenUp(after(nonceUsed, having([throttling()])))).to.deep.equal(possiblyDelivered(nonceUsed)))

    it('with an idempotency key is a Duplicate', () =>
      expect(givenUp(after(nonceUsed, firstAttempt(key)))).to.deep.equal(duplicate('order-1')))

    it('with a key that never reached DirectMail before is a Duplicate', () =>
      expect(givenUp(after(nonceUsed, having([refused], firstAttempt(key))))).to.deep.equal(
        duplicate('order-1'),
      ))

    it('with a key of which DirectMail has refused all requests goes on to its next nonce, at once', () => {
      const { afterMs, next } = again(after(nonceUsed, having([throttling()], firstAttempt(key))))
      expect(afterMs).to.equal(0)
      expect(next).to.include({ requests: 3, attempts: 1, ordinal: 1, refused: false })
      expect(next.nonce).to.equal(firstAttempt(key, 1).nonce)
    })

    it('goes on so after a refusal of an earlier message with the key', () =>
      expect(again(after(nonceUsed, firstAttempt(key, 0, true))).next.nonce).to.equal(
        firstAttempt(key, 1).nonce,
      ))

    it('is a Duplicate under the next nonce as well, until that is refused too', () => {
      const second = having([throttling(), nonceUsed], firstAttempt(key))
      expect(givenUp(after(nonceUsed, second))).to.deep.equal(duplicate('order-1'))
      expect(again(after(nonceUsed, having([throttling()], second))).next.ordinal).to.equal(2)
    })
  })

  describe('with an idempotency key', () => {
    for (const [what, error] of Object.entries({ ...harmless, throttling: throttling() }))
      it(`keeps the nonce after ${what}, so that another process with the key is still refused`, () => {
        const first = firstAttempt(key)
        expect(again(after(error, first)).next).to.include({ nonce: first.nonce, doubt: undefined })
      })
  })

  describe('never', () => {
    it('changes the nonce once there is a doubt, and never keeps it before', () =>
      fc.assert(
        fc.property(fc.array(anyPassing, { maxLength: 8 }), (failures) => {
          let progress = firstAttempt()
          for (const error of failures) {
            const { next } = again(after(error, progress, { maxAttempts: 99 }))
            const inDoubt = progress.doubt !== undefined || error.delivered === 'unknown'
            expect(next.nonce === progress.nonce).to.equal(inDoubt)
            progress = next
          }
        }),
      ))

    it('changes the nonce of a key, except where it is used and all requests with it were refused', () =>
      fc.assert(
        fc.property(
          fc.array(fc.oneof(anyPassing, fc.constant(nonceUsed)), { maxLength: 12 }),
          fc.boolean(),
          (failures, refusedBefore) => {
            let progress = firstAttempt(key, 0, refusedBefore)
            let sinceNonce: Array<SendError> = []
            for (const error of failures) {
              const decision = after(error, progress, { maxAttempts: 99 })
              const isRefused = sinceNonce.some(({ _tag }) => _tag === 'Throttled')
              const mayMoveOn =
                error === nonceUsed &&
                sinceNonce.every(({ delivered }) => delivered === 'no') &&
                (isRefused || (refusedBefore && progress.ordinal === 0))
              expect(decision._tag === 'TryAgain' && decision.next.nonce !== progress.nonce).to.equal(
                mayMoveOn,
              )
              if (decision._tag === 'GiveUp') return
              sinceNonce = mayMoveOn ? [] : [...sinceNonce, error]
              progress = decision.next
            }
          },
        ),
      ))

    it('says "no" of a message that may have been delivered', () =>
      fc.assert(
        fc.property(
          fc.array(anyPassing, { maxLength: 5 }),
          fc.oneof(anyPassing, fc.constantFrom(...Object.values(lasting), nonceUsed)),
          fc.boolean(),
          (failures, last, keyed) => {
            const progress = having(failures, keyed ? firstAttempt(key) : firstAttempt())
            const decision = after(last, progress, { remainingMs: 0 })
            // The next nonce of a key: the message goes on.
            if (decision._tag === 'TryAgain') return
            const everInDoubt = [...failures, last].some(({ delivered }) => delivered === 'unknown')
            expect(decision.error.delivered).to.equal(everInDoubt || last === nonceUsed ? 'unknown' : 'no')
          },
        ),
      ))
  })

  describe('counts attempts:', () => {
    it('with maxAttempts 1 nothing is tried again', () => {
      for (const error of [...Object.values(harmless), ...Object.values(doubtful)])
        expect(givenUp(after(error, firstAttempt(), { maxAttempts: 1 }))).to.equal(error)
    })

    it('with maxAttempts n the nth failure is the last', () =>
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 40 }), (maxAttempts) => {
          let progress = firstAttempt()
          for (let attempt = 1; attempt < maxAttempts; attempt++)
            progress = again(after(refused, progress, { maxAttempts })).next
          expect(progress).to.include({ attempts: maxAttempts, requests: maxAttempts })
          expect(after(refused, progress, { maxAttempts })._tag).to.equal('GiveUp')
        }),
      ))

    it('leaves out those that were throttled', () => {
      const progress = having([throttling(), refused, throttling(), refused])
      expect(progress).to.include({ requests: 5, attempts: 3 })
      expect(after(refused, progress)._tag).to.equal('GiveUp')
    })
  })

  describe('waits', () => {
    const delays = (count: number, random: () => number): ReadonlyArray<number> => {
      let progress = firstAttempt()
      return Array.from({ length: count }, () => {
        const { afterMs, next } = again(after(refused, progress, { maxAttempts: 99, random }))
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
          expect(delays(1, () => random)[0]).to.be.closeTo(100 + 100 * random, 1e-9)
        }),
      ))

    it('never longer than the cap, however many attempts there were', () =>
      expect(Math.max(...delays(98, () => 1))).to.equal(5000))

    it('no longer for those that were throttled', () =>
      expect(again(after(refused, having([throttling(), throttling()]))).afterMs).to.equal(150))

    it('not at all when the time that remains is over by then', () => {
      for (const remainingMs of [150, 149, 0, -1])
        expect(givenUp(after(refused, firstAttempt(), { remainingMs }))).to.equal(refused)
      expect(again(after(refused, firstAttempt(), { remainingMs: 151 })).afterMs).to.equal(150)
    })
  })
})
