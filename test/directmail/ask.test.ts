import { inspect } from 'node:util'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import type { Fault } from 'aliyun-dm-sandbox'
import { createConnector } from '../../lib/index.js'
import { left, right } from '../support/either.js'
import { accessKeySecret, config, connect, rawServer, withSandbox } from '../support/sandbox.js'

const query = { to: 'ann@example.com', since: new Date() }
const json = { 'content-type': 'application/json' }
const answerWith = (body: unknown): Fault => ({
  kind: 'answer',
  statusCode: 200,
  headers: json,
  body: JSON.stringify(body),
})

describe('a question to DirectMail', () => {
  for (const fault of [
    { kind: 'error', code: 'ServiceUnavailable', statusCode: 503 },
    { kind: 'error', code: 'Throttling.User', retryAfterMs: 5 },
    { kind: 'reset', at: 'headers' },
    { kind: 'reset', at: 'headers', accepted: true },
    { kind: 'answer', statusCode: 502, headers: { 'content-type': 'text/html' }, body: '<h1>' },
  ] satisfies ReadonlyArray<Fault>)
    it(`is asked again, under another nonce, after ${JSON.stringify(fault)}`, () =>
      withSandbox(async (sandbox) => {
        right(sandbox.failNext(fault)())
        expect(right(await connect(sandbox.endpoint).findOutcomes(query)())).to.deep.equal([])
        expect(sandbox.requests()).to.equal(2)
      }))

  it('is asked as often as maxAttempts says', () =>
    withSandbox(async (sandbox) => {
      right(sandbox.failNext({ kind: 'error', code: 'ServiceUnavailable', statusCode: 503 }, 9)())
      const error = left(await connect(sandbox.endpoint, { maxAttempts: 2 }).findOutcomes(query)())
      expect(sandbox.requests()).to.equal(2)
      expect(error).to.deep.include({
        _tag: 'Unavailable',
        delivered: 'no',
        message: 'DirectMail is not available: ServiceUnavailable (HTTP 503).',
      })
    }))

  it('is asked again for as long as the deadline allows while it is throttled', () =>
    withSandbox(async (sandbox) => {
      right(sandbox.failNext({ kind: 'error', code: 'Throttling.User', retryAfterMs: 1 }, 3)())
      right(await connect(sandbox.endpoint, { maxAttempts: 1 }).findOutcomes(query)())
      expect(sandbox.requests()).to.equal(4)
    }))

  it('ends at its deadline', async () => {
    const server = await rawServer(() => undefined)
    const { verify, warmUp } = connect(`http://127.0.0.1:${server.port}`, {
      readTimeoutMs: 200,
      deadlineMs: 300,
      maxAttempts: 9,
    })
    await warmUp()
    const error = left(await verify())
    await server.stop()
    expect(error).to.deep.include({
      _tag: 'Timeout',
      phase: 'read',
      delivered: 'no',
      message: 'DirectMail did not answer in time.',
    })
  })

  it('names the permission that is lacking', () =>
    withSandbox(async (sandbox) => {
      right(sandbox.failNext({ kind: 'error', code: 'NoPermission', statusCode: 403 })())
      expect(left(await connect(sandbox.endpoint).findOutcomes(query)())).to.deep.include({
        _tag: 'Rejected',
        code: 'NoPermission',
        message:
          'DirectMail refused SenderStatisticsDetailByParam with NoPermission (HTTP 403). Grant the RAM user or role of this AccessKey the permission dm:SenderStatisticsDetailByParam.',
      })
    }))

  it('waits as long as DirectMail asks it to, and not beyond its deadline', () =>
    withSandbox(async (sandbox) => {
      const { findOutcomes, warmUp } = connect(sandbox.endpoint, { deadlineMs: 5_000 })
      right(await warmUp())
      const throttle = (retryAfterMs: number) =>
        right(sandbox.failNext({ kind: 'error', code: 'Throttling.User', retryAfterMs }, 1)())
      throttle(700)
      const began = performance.now()
      right(await findOutcomes(query)())
      expect(performance.now() - began).to.be.at.least(690)
      expect(sandbox.requests()).to.equal(2)

      throttle(60_000)
      expect(left(await findOutcomes(query)())).to.include({ _tag: 'Throttled', delivered: 'no' })
      expect(sandbox.requests()).to.equal(3)
    }))

  const { accessKeyId: _, accessKeySecret: __, ...keyless } = config
  const connectKeyless = (endpoint: string) => {
    let fetched = 0
    const credentials = () => {
      fetched += 1
      return Promise.resolve({ accessKeyId: `STS.${fetched}`, accessKeySecret, securityToken: 'token' })
    }
    return { ...right(createConnector(keyless, { endpoint, credentials })), fetched: () => fetched }
  }

  it('gets fresh credentials when its token has expired', () =>
    withSandbox(async (sandbox) => {
      const connector = connectKeyless(sandbox.endpoint)
      right(sandbox.failNext({ kind: 'error', code: 'InvalidSecurityToken.Expired' })())
      right(await connector.findOutcomes(query)())
      expect(connector.fetched()).to.equal(2)
    }, {}))

  it('keeps its credentials after any other failure', () =>
    withSandbox(async (sandbox) => {
      const connector = connectKeyless(sandbox.endpoint)
      right(sandbox.failNext({ kind: 'error', code: 'ServiceUnavailable', statusCode: 503 })())
      right(await connector.findOutcomes(query)())
      expect(connector.fetched()).to.equal(1)
    }, {}))

  it('is not asked again with a key pair that stays as it is', () =>
    withSandbox(async (sandbox) => {
      right(sandbox.failNext({ kind: 'error', code: 'InvalidSecurityToken.Expired' }, 2)())
      expect(left(await connect(sandbox.endpoint).findOutcomes(query)())).to.include({
        code: 'InvalidSecurityToken.Expired',
      })
      expect(sandbox.requests()).to.equal(1)
    }))

  it('is not asked without credentials', async () => {
    const connector = right(
      createConnector(keyless, { maxAttempts: 1, credentials: () => Promise.reject(new Error('none')) }),
    )
    expect(left(await connector.findOutcomes(query)())).to.include({ _tag: 'CredentialsUnavailable' })
  })

  it('cannot be asked by a client that only sends, and names what it lacks', async () => {
    const client = { singleSendMailWithOptions: () => Promise.reject(new Error('is not called')) }
    expect(left(await right(createConnector(config, { client })).findOutcomes(query)())).to.deep.include({
      _tag: 'InvalidConfig',
      issues: [
        {
          path: 'options.client',
          message: 'expected a client with a method senderStatisticsDetailByParamWithOptions',
        },
      ],
    })
  })

  it('is InvalidResponse where the answer is none, and says where', () =>
    withSandbox(async (sandbox) => {
      right(sandbox.failNext(answerWith({ data: { mailDetail: [{ Status: 0 }] } }), 3)())
      const error = left(await connect(sandbox.endpoint, { maxAttempts: 1 }).findOutcomes(query)())
      expect(error).to.include({ _tag: 'InvalidResponse', delivered: 'no' })
      expect(error.message).to.include('data.mailDetail[0].utcLastUpdateTime')
    }))

  it('is answered by a value, whatever comes back', () =>
    withSandbox(async (sandbox) => {
      const connector = connect(sandbox.endpoint, { maxAttempts: 1 })
      const hostile = fc.oneof(
        fc.jsonValue({ maxDepth: 3 }),
        fc.record({ data: fc.jsonValue({ maxDepth: 3 }), Data: fc.jsonValue({ maxDepth: 3 }) }),
        fc.record({ UserStatus: fc.jsonValue(), DailyQuota: fc.jsonValue(), MonthQuota: fc.jsonValue() }),
        fc.record({
          NextStart: fc.jsonValue({ maxDepth: 1 }),
          data: fc.record({ mailDetail: fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 }) }),
        }),
      )
      await fc.assert(
        fc.asyncProperty(hostile, async (body) => {
          right(sandbox.failNext(answerWith(body), 20)())
          const results = [
            await connector.verify(),
            await connector.findOutcomes(query)(),
            await connector.findSuppressions(query.to)(),
            await connector.removeSuppression(query.to)(),
          ]
          sandbox.clearFaults()
          for (const result of results)
            expect(inspect(result, { depth: Infinity })).not.to.include(accessKeySecret)
        }),
        { numRuns: 100 },
      )
    }))

  it('is answered by a value, whatever is asked', async () => {
    const connector = connect('http://127.0.0.1:1', { maxAttempts: 1 })
    await fc.assert(
      fc.asyncProperty(fc.anything({ maxDepth: 2 }), async (input) => {
        // A caller without types.
        expect(E.isLeft(await connector.findOutcomes(input as never)())).to.equal(true)
        expect(E.isLeft(await connector.findSuppressions(input as never)())).to.equal(true)
        expect(E.isLeft(await connector.removeSuppression(input as never)())).to.equal(true)
      }),
      { numRuns: 200 },
    )
  })
})
