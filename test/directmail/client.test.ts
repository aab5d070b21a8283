/**
 * When credentials are fetched, and with which of them a mail goes out.
 */
import { randomUUID } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import sinon from 'sinon'
import type { Sandbox } from 'aliyun-dm-sandbox'
import type { DirectMailClient } from '../../lib/directmail/client.js'
import type { Credentials } from '../../lib/directmail/credentials.js'
import { type DirectMail, makeDirectMail } from '../../lib/directmail/directmail.js'
import { parseEndpoint } from '../../lib/directmail/endpoint.js'
import type { Limits } from '../../lib/directmail/request-watch.js'
import type { Mail } from '../../lib/rendering/render.js'
import { decodeConfig } from '../../lib/config/config.js'
import { left, right } from '../support/either.js'
import { config, withSandbox } from '../support/sandbox.js'

const limits: Limits = { connectTimeoutMs: 5_000, readTimeoutMs: 5_000, budgetMs: 20_000 }

const makeMail = (): Mail => ({
  usageType: 'SignIn',
  to: 'ann@example.com',
  accountName: 'no-reply@mail.example.com',
  subject: 'Your code',
  contentType: 'text/html',
  body: '<p>739182</p>',
  replyToAddress: false,
})

// Shorter than the sandbox remembers a nonce.
const lifeMs = 20 * 60_000
const renewedAfterMs = 15 * 60_000
// The last ten seconds are not used.
const usableMs = lifeMs - 10_000

/** Hands out STS.1, STS.2 and so on, each for 20 minutes; or fails; or does not answer until it is told to. */
const makeProvider = () => {
  const held: Array<() => void> = []
  const control = {
    calls: 0,
    fails: false,
    holds: false,
    release: () => held.splice(0).forEach((go) => go()),
  }
  const provider = async (): Promise<Credentials> => {
    const accessKeyId = `STS.${(control.calls += 1)}`
    if (control.holds) await new Promise<void>((resolve) => held.push(resolve))
    if (control.fails) throw new Error('the vault is sealed')
    const expiration = new Date(Date.now() + lifeMs)
    return { accessKeyId, accessKeySecret: 's3cret', securityToken: 't0ken', expiration }
  }
  return { provider, control }
}

interface Fixture {
  readonly sandbox: Sandbox
  readonly control: ReturnType<typeof makeProvider>['control']
  readonly directMail: DirectMail
  /** Sends a mail, a new one unless given. */
  readonly send: (
    mail?: Mail,
    nonce?: string,
    more?: Partial<Limits>,
  ) => ReturnType<ReturnType<DirectMail['attempt']>>
  /** The keys with which the mails came that were accepted. */
  readonly keysUsed: () => ReadonlyArray<string>
}

const withProvider = (use: (fixture: Fixture) => Promise<void>): Promise<void> =>
  withSandbox(async (sandbox) => {
    const { provider, control } = makeProvider()
    const endpoint = O.toNullable(parseEndpoint(sandbox.endpoint))
    if (endpoint === null) throw new Error('a sandbox is an endpoint')
    const directMail = makeDirectMail(right(decodeConfig(config)), { endpoint, credentials: provider })
    await use({
      sandbox,
      control,
      directMail,
      send: (mail = makeMail(), nonce = randomUUID(), more = {}) =>
        directMail.attempt(mail, nonce, { ...limits, ...more })(),
      keysUsed: () => sandbox.inbox().map(({ signature }) => signature.accessKeyId),
    })
  }, {})

const abortable = () => {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}

const unavailable = { _tag: 'CredentialsUnavailable', delivered: 'no' }

describe('credentials from a provider', () => {
  let clock: sinon.SinonFakeTimers

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: Date.now(), toFake: ['Date'] })
  })
  afterEach(() => sinon.restore())

  it('are used instead of the pair of the config', () =>
    withProvider(async ({ send, keysUsed }) => {
      right(await send())
      expect(keysUsed()).to.deep.equal(['STS.1'])
    }))

  it('are asked for once, however many wait, and not again while they last', () =>
    withProvider(async ({ send, control, keysUsed }) => {
      const results = await Promise.all(Array.from({ length: 20 }, () => send()))
      expect(results.every(E.isRight)).to.equal(true)
      clock.tick(renewedAfterMs - 1)
      right(await send())
      expect(control.calls).to.equal(1)
      expect(new Set(keysUsed())).to.deep.equal(new Set(['STS.1']))
    }))

  it('are renewed ahead, and nobody waits for it', () =>
    withProvider(async ({ send, control, keysUsed }) => {
      right(await send())
      clock.tick(renewedAfterMs)
      control.holds = true
      right(await send())
      right(await send())
      expect(control.calls).to.equal(2)
      control.release()
      await setImmediate()
      right(await send())
      expect(keysUsed()).to.deep.equal(['STS.1', 'STS.1', 'STS.1', 'STS.2'])
      expect(control.calls).to.equal(2)
    }))

  it('are waited for once they have expired', () =>
    withProvider(async ({ send, control, keysUsed }) => {
      right(await send())
      clock.tick(lifeMs)
      const results = await Promise.all(Array.from({ length: 20 }, () => send()))
      expect(results.every(E.isRight)).to.equal(true)
      expect(control.calls).to.equal(2)
      expect(new Set(keysUsed().slice(1))).to.deep.equal(new Set(['STS.2']))
    }))

  it('that cannot be had are a failure, and asked for again by the next attempt', () =>
    withProvider(async ({ send, sandbox, control }) => {
      control.fails = true
      const results = await Promise.all([send(), send()])
      for (const error of results.map(left))
        expect(error).to.include({ ...unavailable, reason: 'the vault is sealed' })
      expect(control.calls).to.equal(1)
      expect(sandbox.requests()).to.equal(0)
      control.fails = false
      right(await send())
    }))

  it('that cannot be renewed are used for as long as they last, and asked for once a second', () =>
    withProvider(async ({ send, control, keysUsed }) => {
      right(await send())
      clock.tick(renewedAfterMs)
      control.fails = true
      for (let count = 0; count < 3; count++) right(await send())
      expect(control.calls).to.equal(2)
      clock.tick(1_000)
      right(await send())
      await setImmediate()
      expect(control.calls).to.equal(3)
      control.fails = false
      clock.tick(1_000)
      right(await send())
      await setImmediate()
      right(await send())
      expect(keysUsed()).to.deep.equal([...Array<string>(6).fill('STS.1'), 'STS.4'])
    }))

  it('that do not come in the time of an attempt are its failure', () =>
    withProvider(async ({ send, sandbox, control, directMail }) => {
      right(await directMail.load())
      clock.tick(lifeMs)
      control.holds = true
      const error = left(await send(makeMail(), 'a', { budgetMs: 20 }))
      expect(error).to.include({ ...unavailable, reason: 'their provider did not answer in time' })
      expect(sandbox.requests()).to.equal(0)
      const waiting = send()
      control.release()
      right(await waiting)
      expect(control.calls).to.equal(2)
    }))

  it('are not waited for any more once the signal is aborted', () =>
    withProvider(async ({ send, sandbox, control, directMail }) => {
      right(await directMail.load())
      clock.tick(lifeMs)
      control.holds = true
      const { signal, abort } = abortable()
      const waiting = send(makeMail(), 'a', { signal })
      await setImmediate()
      abort()
      expect(left(await waiting)).to.include({ _tag: 'Cancelled', delivered: 'no' })
      expect(sandbox.requests()).to.equal(0)
      control.release()
    }))

  it('leave no listener at the signal once they are there', () =>
    withProvider(async ({ send }) => {
      const { signal } = abortable()
      right(await send(makeMail(), 'a', { signal }))
      expect(getEventListeners(signal, 'abort')).to.deep.equal([])
    }))

  it('tell when they end, as soon as they are there', () =>
    withProvider(async ({ send, directMail }) => {
      expect(directMail.credentialsEnd()).to.equal(Infinity)
      const from = Date.now()
      right(await send())
      expect(directMail.credentialsEnd()).to.equal(from + usableMs)
    }))

  it('are used until then, and not at that moment', () =>
    withProvider(async ({ send, control }) => {
      right(await send())
      control.fails = true
      clock.tick(usableMs - 1)
      right(await send())
      clock.tick(1)
      expect(left(await send())).to.include(unavailable)
    }))

  it('are asked for anew when there was no answer for 30 s', () =>
    withProvider(async ({ send, control, directMail }) => {
      right(await directMail.load())
      clock.restore()
      clock = sinon.useFakeTimers({
        now: Date.now() + lifeMs,
        toFake: ['Date', 'setTimeout', 'clearTimeout'],
      })
      control.holds = true
      const hanging = send(makeMail(), 'a', { budgetMs: 120_000 })
      await setImmediate()
      clock.tick(29_999)
      expect(control.calls).to.equal(2)
      clock.tick(1)
      expect(left(await hanging)).to.include(unavailable)
      control.holds = false
      clock.restore()
      clock = sinon.useFakeTimers({ now: Date.now() + lifeMs, toFake: ['Date'] })
      right(await send())
      expect(control.calls).to.equal(3)
    }))

  it('are fetched by load, whose failure is theirs', () =>
    withProvider(async ({ directMail, control }) => {
      control.fails = true
      expect(left(await directMail.load())).to.include(unavailable)
      control.fails = false
      expect(await directMail.load()).to.deep.equal(E.right(undefined))
      right(await directMail.load())
      expect(control.calls).to.equal(2)
    }))

  it("are not asked for beside the user's own client", async () => {
    const provider = sinon.spy()
    const client: DirectMailClient = {
      singleSendMailWithOptions: () => Promise.resolve({ body: { envId: '1', requestId: '2' } }),
    }
    const { attempt } = makeDirectMail(right(decodeConfig(config)), {
      endpoint: { protocol: 'https', host: 'dm.example.com' },
      client,
      credentials: provider,
    })
    right(await attempt(makeMail(), 'a', limits)())
    expect(provider.called).to.equal(false)
  })

  describe('that the service takes for expired', () => {
    const expired = { kind: 'error', code: 'InvalidSecurityToken.Expired' } as const

    it('are asked for again, and the mail goes out under the same nonce', () =>
      withProvider(async ({ send, sandbox, control }) => {
        sandbox.failNext(expired)()
        right(await send(makeMail(), 'one-nonce'))
        expect(sandbox.requests()).to.equal(2)
        expect(control.calls).to.equal(2)
        const [mail] = sandbox.inbox()
        expect(mail?.signature).to.include({ accessKeyId: 'STS.2', nonce: 'one-nonce' })
      }))

    it('are asked for once more only', () =>
      withProvider(async ({ send, sandbox, control }) => {
        sandbox.failNext(expired, 3)()
        expect(left(await send())).to.include({ _tag: 'Rejected', code: expired.code, delivered: 'no' })
        expect(sandbox.requests()).to.equal(2)
        expect(control.calls).to.equal(2)
      }))

    it('are asked for once by all whom that meets', () =>
      withProvider(async ({ send, sandbox, control }) => {
        right(await send())
        sandbox.failNext(expired, 10)()
        control.holds = true
        const sending = Array.from({ length: 10 }, () => send())
        // The first and these; none of them is sent again before all were refused.
        while (sandbox.requests() < 11) await setImmediate()
        control.release()
        const results = await Promise.all(sending)
        expect(results.every(E.isRight)).to.equal(true)
        expect(control.calls).to.equal(2)
      }))

    it('and cannot be had again are not available', () =>
      withProvider(async ({ send, sandbox, control }) => {
        right(await send())
        sandbox.failNext(expired)()
        control.fails = true
        expect(left(await send())).to.include(unavailable)
      }))
  })

  describe('when a mail may have arrived', () => {
    it('stay those of its first attempt, under which the service knows the nonce', () =>
      withProvider(async ({ send, sandbox, control }) => {
        const mail = makeMail()
        sandbox.failNext({ kind: 'reset', at: 'headers', accepted: true })()
        expect(left(await send(mail, 'one-nonce'))).to.include({ delivered: 'unknown' })
        clock.tick(renewedAfterMs)
        right(await send())
        await setImmediate()
        expect(control.calls).to.equal(2)
        expect(left(await send(mail, 'one-nonce'))).to.include({ code: 'SignatureNonceUsed' })
        expect(sandbox.refused().map(({ accessKeyId }) => accessKeyId)).to.deep.equal(['STS.1'])
      }))

    it('are not replaced by others, even if they have expired', () =>
      withProvider(async ({ send, sandbox }) => {
        const mail = makeMail()
        sandbox.failNext({ kind: 'reset', at: 'headers', accepted: true })()
        left(await send(mail, 'one-nonce'))
        clock.tick(usableMs)
        expect(left(await send(mail, 'one-nonce'))).to.include({
          ...unavailable,
          reason: 'those of the first attempt have expired, with others it could arrive twice',
        })
        expect(sandbox.requests()).to.equal(1)
        right(await send())
      }))

    it('are not asked for again by it', () =>
      withProvider(async ({ send, sandbox, control }) => {
        const mail = makeMail()
        sandbox.failNext({ kind: 'reset', at: 'headers', accepted: true })()
        left(await send(mail, 'one-nonce'))
        sandbox.failNext({ kind: 'error', code: 'InvalidSecurityToken.Expired' })()
        expect(left(await send(mail, 'one-nonce'))).to.include({ code: 'InvalidSecurityToken.Expired' })
        expect(control.calls).to.equal(1)
        expect(sandbox.requests()).to.equal(2)
      }))
  })
})
