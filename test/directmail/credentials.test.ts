import { inspect } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import sinon from 'sinon'
import {
  type Credentials,
  type CredentialsProvider,
  fetchCredentials,
  keepForever,
  type Lease,
} from '../../lib/directmail/credentials.js'
import { hostile } from '../support/arbitraries.js'
import { left, right } from '../support/either.js'

const now = Date.UTC(2026, 10, 25, 12)
const minute = 60_000

const pair = { accessKeyId: 'STS.id', accessKeySecret: 's3cret' }

/** A provider that hands out anything, as one written in JavaScript may. */
const handOut =
  (given: unknown): CredentialsProvider =>
  () =>
    Promise.resolve(given as Credentials)

const fetchLease = async (given: unknown): Promise<Lease> => right(await fetchCredentials(handOut(given))())
const fetchReason = async (given: unknown): Promise<string> =>
  left(await fetchCredentials(handOut(given))()).reason

describe('credentials', () => {
  beforeEach(() => {
    sinon.useFakeTimers({ now, toFake: ['Date'] })
  })
  afterEach(() => sinon.restore())

  it('of the config stay for ever', () => {
    const lease = keepForever({ ...pair, securityToken: 't' })
    expect(lease.credentials).to.deep.equal({ ...pair, securityToken: 't' })
    expect([lease.renewAt, lease.expiresAt]).to.deep.equal([Infinity, Infinity])
  })

  describe('from a provider', () => {
    it('are the pair and the token, and nothing else', async () => {
      const { credentials } = await fetchLease({
        ...pair,
        securityToken: 't',
        type: 'bearer',
        bearerToken: 'b',
      })
      expect(credentials).to.deep.equal({ ...pair, securityToken: 't' })
    })

    for (const securityToken of [undefined, null, ''])
      it(`have no token where it is ${JSON.stringify(securityToken)}`, async () =>
        expect((await fetchLease({ ...pair, securityToken })).credentials).to.deep.equal(pair))

    it('are asked of an object as its method', async () => {
      const client = {
        own: pair,
        getCredential(): Promise<Credentials> {
          return Promise.resolve(this.own)
        },
      }
      expect(right(await fetchCredentials(client)()).credentials).to.deep.equal(pair)
    })
  })

  describe('for a time', () => {
    for (const [lifeMs, renewedAhead, unusedAhead] of [
      [60 * minute, 5 * minute, 10_000],
      [15 * minute, 5 * minute, 10_000],
      [3 * minute, minute, 10_000],
      [3_000, 1_000, 300],
    ] as const)
      it(`of ${lifeMs} ms are renewed ${renewedAhead} ms ahead, and not used in the last ${unusedAhead} ms`, async () => {
        const endsAt = now + lifeMs
        const { renewAt, expiresAt } = await fetchLease({ ...pair, expiration: new Date(endsAt) })
        expect(renewAt).to.equal(endsAt - renewedAhead)
        expect(expiresAt).to.equal(endsAt - unusedAhead)
      })

    for (const expiration of [
      '2026-11-25T13:00:00Z',
      '2026-11-25T13:00:00.000Z',
      '2026-11-25T21:00:00+08:00',
    ])
      it(`may end at ${expiration}`, async () =>
        expect((await fetchLease({ ...pair, expiration })).expiresAt).to.equal(now + 60 * minute - 10_000))

    for (const expiration of [undefined, null])
      it(`that is ${String(expiration)} are asked for again after a minute, and used meanwhile`, async () => {
        const { renewAt, expiresAt } = await fetchLease({ ...pair, expiration })
        expect([renewAt, expiresAt]).to.deep.equal([now + minute, Infinity])
      })

    it('that a client of @alicloud/credentials knows, but does not tell, end then', async () => {
      const session = { expiration: '2026-11-25T13:00:00Z' }
      const client = {
        credential: { provider: { lastUsedProvider: { innerProvider: { session } } } },
        getCredential: () => Promise.resolve(pair),
      }
      expect(right(await fetchCredentials(client)()).expiresAt).to.equal(now + 60 * minute - 10_000)
    })
  })

  describe('that cannot be used', () => {
    for (const [given, reason] of [
      [undefined, 'gave none'],
      [null, 'gave none'],
      ['STS.id', 'gave none'],
      [{}, 'no accessKeyId'],
      [{ ...pair, accessKeyId: '' }, 'no accessKeyId'],
      [{ ...pair, accessKeyId: 'two words' }, 'no accessKeyId'],
      [{ ...pair, accessKeyId: 'id\r\nx-header: 1' }, 'no accessKeyId'],
      [{ accessKeyId: 'STS.id' }, 'no accessKeySecret'],
      [{ ...pair, accessKeySecret: 7 }, 'no accessKeySecret'],
      [{ ...pair, securityToken: 7 }, 'securityToken'],
      [{ ...pair, securityToken: 'a\nb' }, 'securityToken'],
      [{ ...pair, expiration: new Date(NaN) }, 'expiration'],
      [{ ...pair, expiration: 1_795_608_000 }, 'expiration'],
      [{ ...pair, expiration: '2026-11-25T13:00:00' }, 'expiration'],
      [{ ...pair, expiration: '2026-13-25T13:00:00Z' }, 'expiration'],
      [{ ...pair, expiration: 'tomorrow' }, 'expiration'],
      [{ ...pair, expiration: new Date(now) }, "expired already. Check this machine's clock"],
    ] as const)
      it(`are named as such: ${inspect(given)}`, async () => {
        const error = left(await fetchCredentials(handOut(given))())
        expect(error).to.include({ _tag: 'CredentialsUnavailable', delivered: 'no' })
        expect(error.reason).to.contain(reason)
      })
  })

  describe('that are not to be had', () => {
    it('are a failure with the reason, whether the provider rejects or throws', async () => {
      const fail = () => new Error('the vault is sealed')
      const throwing = () => {
        throw fail()
      }
      for (const provider of [() => Promise.reject(fail()), throwing])
        expect(left(await fetchCredentials(provider)())).to.include({ reason: 'the vault is sealed' })
    })

    it('are a failure for anything that a provider may be or do', () =>
      fc.assert(
        fc.asyncProperty(
          hostile,
          fc.constantFrom('resolves', 'rejects', 'throws', 'is'),
          async (make, how) => {
            const value = make()
            const throwing = () => {
              throw value
            }
            const providers: Readonly<Record<typeof how, unknown>> = {
              resolves: () => Promise.resolve(value),
              rejects: () => Promise.resolve().then(throwing),
              throws: throwing,
              is: value,
            }
            // What a provider may not be is what is tested here.
            const result = await fetchCredentials(providers[how] as CredentialsProvider)()
            expect(E.isLeft(result)).to.equal(true)
          },
        ),
      ))
  })

  it('are in no reason, whatever is wrong with them', async () => {
    const secret = 'hunter2hunter2'
    for (const wrong of [
      { expiration: secret },
      { accessKeyId: `${secret} ` },
      { securityToken: `${secret}\n` },
    ])
      expect(await fetchReason({ ...pair, accessKeySecret: secret, ...wrong })).not.to.contain(secret)
  })
})
