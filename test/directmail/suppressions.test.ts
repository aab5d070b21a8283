import { expect } from 'chai'
import type { Fault } from 'aliyun-dm-sandbox'
import { createConnector } from '../../lib/index.js'
import { createConnector as createPromising } from '../../lib/promises.js'
import { left, right } from '../support/either.js'
import { config, connect, message, withSandbox } from '../support/sandbox.js'

const to = 'invalid+list@simulator.test'

const answerWith = (...UserSuppressions: ReadonlyArray<object>): Fault => ({
  kind: 'answer',
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ Data: { UserSuppressions } }),
})

describe('the suppression list', () => {
  it('has an address that bounced, which gets mails again once it is removed', () =>
    withSandbox(async ({ endpoint }) => {
      const { sendMessage, findSuppressions, removeSuppression } = connect(endpoint)
      const send = sendMessage({ ...message, to })
      expect(right(await findSuppressions(to)())).to.deep.equal([])
      right(await send())
      expect(left(await send())).to.include({ code: 'InvalidToAddress.Spam' })
      const [entry] = right(await findSuppressions(to)())
      expect(entry).to.include({ address: to, type: 'system' })
      expect(Math.abs(Date.now() - (entry?.lastBounceAt?.getTime() ?? 0))).to.be.below(60_000)
      expect(right(await removeSuppression(to.toUpperCase())())).to.deep.equal([entry])
      expect(right(await findSuppressions(to)())).to.deep.equal([])
      right(await send())
    }))

  it('is left alone where the address is not on it', () =>
    withSandbox(async (sandbox) => {
      expect(right(await connect(sandbox.endpoint).removeSuppression('ann@example.com')())).to.deep.equal([])
      expect(sandbox.requests()).to.equal(1)
    }))

  it('is asked for the domain, too, and what only looks alike is left out', () =>
    withSandbox(async (sandbox) => {
      const entry = (Address: string, SuppressionId: number, more: object = {}) => ({
        Address,
        SuppressionId,
        Type: 'user',
        ...more,
      })
      right(sandbox.failNext(answerWith(entry('mary-ann@example.com', 1), entry('Ann@Example.com', 2)))())
      right(
        sandbox.failNext(
          answerWith(entry('example.com', 3, { CreateTime: 1715667435, LastBounceTime: 0 })),
        )(),
      )
      expect(right(await connect(sandbox.endpoint).findSuppressions('ann@example.com')())).to.deep.equal([
        { address: 'Ann@Example.com', suppressionId: 2, type: 'user' },
        {
          address: 'example.com',
          suppressionId: 3,
          type: 'user',
          createdAt: new Date('2024-05-14T06:17:15.000Z'),
        },
      ])
    }))

  it('is asked for its first page, and for the entries to remove', async () => {
    const requests: Array<unknown> = []
    const note = (request: object) => requests.push(JSON.parse(JSON.stringify(request)))
    const entry = (suppressionId: number) => ({ address: 'ann@example.com', suppressionId })
    const client = {
      singleSendMailWithOptions: () => Promise.resolve({}),
      listUserSuppressionWithOptions: (request: object) => {
        note(request)
        return Promise.resolve({ body: { data: { userSuppressions: [entry(1), entry(2)] } } })
      },
      removeUserSuppressionWithOptions: (request: object) => {
        note(request)
        return Promise.resolve({ body: {} })
      },
    }
    const { removeSuppression } = right(createConnector(config, { client }))
    expect(right(await removeSuppression('ann@example.com')())).to.deep.equal([entry(1), entry(2)])
    expect(requests).to.deep.equal([
      { address: 'ann@example.com', pageNo: 1, pageSize: 50 },
      { suppressionIds: '1,2' },
    ])
  })

  it('is empty where DirectMail tells of none, and says why it cannot be asked', () =>
    withSandbox(async (sandbox) => {
      const { findSuppressions } = connect(sandbox.endpoint)
      for (const body of ['{}', '{"Data":{}}']) {
        right(sandbox.failNext({ ...answerWith(), body } as Fault, 2)())
        expect(right(await findSuppressions('ann@example.com')())).to.deep.equal([])
      }
      right(sandbox.failNext({ kind: 'error', code: 'NoPermission', statusCode: 403 })())
      expect(left(await findSuppressions('ann@example.com')()).message).to.include('dm:ListUserSuppression')
    }))

  it('keeps the entry of the domain when an address is removed', () =>
    withSandbox(async (sandbox) => {
      right(sandbox.failNext(answerWith({ Address: 'example.com', SuppressionId: 3 }))())
      expect(right(await connect(sandbox.endpoint).removeSuppression('ann@example.com')())).to.deep.equal([])
    }))

  it('is not asked for what is no address', () =>
    withSandbox(async (sandbox) => {
      for (const ask of [
        connect(sandbox.endpoint).findSuppressions('*'),
        connect(sandbox.endpoint).removeSuppression('a@b.org,c@d.org'),
      ])
        expect(left(await ask())).to.deep.include({
          _tag: 'InvalidMessage',
          issues: [
            { path: 'address', message: 'expected exactly one e-mail address, as in name@example.com' },
          ],
        })
      expect(sandbox.requests()).to.equal(0)
    }))

  it('is there for programs of promises', () =>
    withSandbox(async ({ endpoint }) => {
      const connector = createPromising(config, { endpoint })
      await connector.sendMessage({ ...message, to })
      expect(await connector.findSuppressions(to)).to.have.length(1)
      expect(await connector.removeSuppression(to)).to.have.length(1)
      expect(await connector.findOutcomes({ to, since: new Date(Date.now() - 60_000) })).to.have.length(1)
    }))
})
