import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import sinon from 'sinon'
import { startSandbox } from '../src/promises.js'
import type { MailQuery, Sandbox } from '../src/index.js'
import { form, mail, sendV3, start } from './client.js'

describe('sandbox/waiting', () => {
  let sandbox: Sandbox
  beforeEach(async () => {
    sandbox = await start()
  })
  afterEach(() => sandbox.stop())

  const sendTo = (to: string) => sendV3(sandbox, { body: form({ ...mail, ToAddress: to }) })
  const wait = async (query?: MailQuery): Promise<string> => {
    const result = await sandbox.waitForMail(query)()
    return E.isLeft(result) ? result.left.message : result.right.toAddress
  }

  it('finds a mail that is there already, of several the oldest', async () => {
    await sendTo('a@b.co')
    await sendTo('c@d.co')
    expect(await wait()).to.equal('a@b.co')
    expect(await wait({ to: 'C@D.co' })).to.equal('c@d.co')
  })

  it('finds a mail that is yet to come, and no other', async () => {
    const waiting = wait({ to: 'c@d.co' })
    await sendTo('a@b.co')
    await sendTo('x@y.co, c@d.co')
    expect(await waiting).to.equal('x@y.co, c@d.co')
    const second = wait({ to: 'e@f.co' })
    await sendTo('x@y.co,e@f.co')
    expect(await second).to.equal('x@y.co,e@f.co')
  })

  it('goes on from the mail that it is given', async () => {
    await sendTo('a@b.co')
    const [first] = sandbox.inbox()
    const waiting = sandbox.waitForMail({ to: 'a@b.co', since: first?.envId })()
    await sendTo('a@b.co')
    expect(await waiting).to.deep.equal(E.right(sandbox.inbox()[1]))
  })

  it('says when no mail came', async () => {
    expect(await wait({ to: 'a@b.co', timeoutMs: 5 })).to.equal('waitForMail: no mail to a@b.co within 5 ms')
    expect(await wait({ since: '7', timeoutMs: 5 })).to.equal('waitForMail: no mail since 7 within 5 ms')
  })

  it('says when the sandbox is stopped before', async () => {
    const waiting = wait({ to: undefined })
    await sandbox.stop()
    expect(await waiting).to.equal('waitForMail: no mail before the sandbox was stopped')
  })

  it('listens no more once it has found one', async () => {
    const listeners = sinon.spy(AbortSignal.prototype, 'removeEventListener')
    const waiting = wait()
    await sendTo('a@b.co')
    await waiting
    expect(listeners.calledWith('abort')).to.equal(true)
    listeners.restore()
  })

  it('says at once when the sandbox was stopped long ago', async () => {
    await sandbox.stop()
    expect(await wait()).to.equal('waitForMail: no mail before the sandbox was stopped')
  })

  it('says what is wrong with a query', async () => {
    // What the types forbid comes from JavaScript all the same.
    const wrong = { to: 5, since: 'x', timeoutMs: -1 } as unknown as MailQuery
    expect(await wait(wrong)).to.equal(
      'waitForMail: to: expected string; since: expected an envId; timeoutMs: expected an integer from 0 to 86400000',
    )
    for (const since of ['1x', 'x1', '', '1'.repeat(21), 1])
      expect(await wait({ since } as MailQuery)).to.equal('waitForMail: since: expected an envId')
    const hostile = {
      get to(): string {
        throw new Error('no')
      },
    }
    expect(await wait(hostile)).to.equal('waitForMail: the query could not be read')
  })
})

describe('sandbox/promises', () => {
  it('starts, waits, fails and stops with plain functions and promises', async () => {
    const sandbox = await startSandbox({ accessKeys: { LTAItest: 'very-secret' } })
    const events: Array<string> = []
    const leave = sandbox.subscribe(({ type }) => events.push(type))
    const waiting = sandbox.waitForMail({ to: 'user@example.org' })
    const endpoint = { endpoint: sandbox.endpoint } as Parameters<typeof sendV3>[0]
    await sendV3(endpoint)
    expect((await waiting).code).to.equal('123456')
    leave()
    sandbox.failNext({ kind: 'error', code: 'Throttling.User' })
    expect((await sendV3(endpoint)).text).to.contain('Throttling.User')
    expect([sandbox.inbox().length, sandbox.refused().length, sandbox.requests()]).to.deep.equal([1, 1, 2])
    sandbox.clear()
    expect(sandbox.inbox()).to.deep.equal([])
    expect(events).to.deep.equal(['mail'])
    await sandbox.stop()
  })

  it('throws and rejects with what the Either holds', async () => {
    const reason = await startSandbox({ port: -1 }).catch((error: unknown) => error)
    expect(reason)
      .to.be.instanceOf(Error)
      .and.have.property('message', 'startSandbox: port: expected an integer from 0 to 65535')
    const sandbox = await startSandbox()
    expect(() => sandbox.failNext({ kind: 'delay', ms: -1 })).to.throw(Error, 'failNext: fault.ms: expected')
    const late = await sandbox.waitForMail({ timeoutMs: 1 }).catch((error: unknown) => error)
    expect(late).to.be.instanceOf(Error).and.have.property('message', 'waitForMail: no mail within 1 ms')
    await sandbox.stop()
  })
})
