/**
 * Neither the key secret, nor the security token, nor the code of a mail is in anything that the library returns,
 * tells an observer, or throws, however it is printed.
 */
import { inspect } from 'node:util'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import {
  type ConnectorOptions,
  createConnector,
  decodeConfig,
  decodeMessage,
  type SendEvent,
  toError,
} from '../../lib/index.js'
import type { Fault } from 'aliyun-dm-sandbox'
import { right } from '../support/either.js'
import { config, message, withSandbox } from '../support/sandbox.js'

const secrets = { accessKeySecret: 'SeCrEt0fThEkEy', securityToken: 'T0kEn0fStS', code: 'C0de739182' }
const secretive = {
  ...config,
  accessKeySecret: secrets.accessKeySecret,
  securityToken: secrets.securityToken,
}
const asked = { ...message, payload: { code: secrets.code } }

const expectSecrecy = (value: unknown): void => {
  const shown = [
    JSON.stringify(value),
    inspect(value, { depth: Infinity }),
    String(value),
    value instanceof Error ? `${value.stack ?? ''} ${inspect(value.cause, { depth: Infinity })}` : '',
  ].join('\n')
  for (const [name, secret] of Object.entries(secrets))
    expect(shown.includes(secret), `${name} in ${shown}`).to.equal(false)
}

const echo = `${secrets.accessKeySecret} ${secrets.securityToken} ${secrets.code}`
const json = { 'content-type': 'application/json' }

/** Answers of a server that repeats what it knows, in every field that we read. */
const faults: ReadonlyArray<Fault> = [
  { kind: 'error', code: 'InvalidBody', message: echo, recommend: echo },
  { kind: 'error', code: `Invalid ${echo}`, statusCode: 400 },
  { kind: 'error', code: `Throttling ${echo}`, statusCode: 400 },
  { kind: 'error', code: 'ServiceUnavailable', statusCode: 503, message: echo },
  { kind: 'error', code: 'InvalidBody', message: echo, format: 'xml' },
  {
    kind: 'answer',
    statusCode: 400,
    headers: json,
    body: JSON.stringify({ Code: echo, RequestId: echo, Recommend: `https://x/ ${echo}` }),
  },
  { kind: 'answer', statusCode: 200, headers: json, body: echo },
  { kind: 'answer', statusCode: 200, headers: json, body: JSON.stringify({ EnvId: { [echo]: echo } }) },
  { kind: 'answer', statusCode: 503, headers: { 'content-type': 'text/html' }, body: echo },
  { kind: 'reset', at: 'headers' },
  { kind: 'reset', at: 'body' },
  { kind: 'stall', at: 'headers' },
  { kind: 'stall', at: 'body' },
]

describe('secrets', function () {
  this.timeout(60_000)

  const options: ConnectorOptions = { readTimeoutMs: 200, maxAttempts: 2, deadlineMs: 3_000 }

  for (const fault of faults)
    it(`stay secret under ${JSON.stringify(fault).slice(0, 60)}`, () =>
      withSandbox(async (sandbox) => {
        const events: Array<SendEvent> = []
        const onEvent = (event: SendEvent) => events.push(event)
        const connector = right(
          createConnector(secretive, { ...options, endpoint: sandbox.endpoint, onEvent }),
        )
        sandbox.failNext(fault, 2)()
        const result = await connector.sendMessage(asked)()
        expect(E.isLeft(result)).to.equal(true)
        expectSecrecy(result)
        expectSecrecy(events)
        expectSecrecy(connector)
        if (E.isLeft(result)) expectSecrecy(toError(result.left))
      }, {}))

  it('stay secret in a decoded config, which can still be used', () => {
    const decoded = right(decodeConfig(secretive))
    expectSecrecy(decoded)
    expectSecrecy(E.right({ deep: { config: decoded } }))
    expect(inspect(decoded, { customInspect: false })).not.to.contain(secrets.accessKeySecret)
    expect(inspect(decoded, { customInspect: false })).not.to.contain(secrets.securityToken)
    expect(decodeConfig(JSON.parse(JSON.stringify(decoded)))._tag).to.equal('Left')
    expect(right(decodeConfig({ ...decoded }))).to.deep.equal(decoded)
  })

  it('stay secret when the config is wrong, wherever they were put', () => {
    const keys = fc.constantFrom(
      'accessKeyId',
      'accessKeySecret',
      'securityToken',
      'regionId',
      'accountName',
      'fromAlias',
      'tagName',
      'replyAddress',
    )
    const values = fc.constantFrom(...Object.values(secrets), { [echo]: echo }, [echo], `${echo}\n`)
    fc.assert(
      fc.property(
        fc.dictionary(keys, values),
        fc.array(fc.record({ usageType: values, subject: values, contentType: values })),
        (wrong, templates) => {
          const result = decodeConfig({ ...wrong, templates })
          expect(E.isLeft(result)).to.equal(true)
          expectSecrecy(result)
        },
      ),
    )
  })

  it('stay secret when the message is wrong, wherever they were put', () => {
    const values = fc.constantFrom(secrets.code, { code: secrets.code }, [secrets.code], null)
    fc.assert(
      fc.property(
        fc.record({ to: values, type: values, payload: fc.constant({ code: secrets.code }) }),
        (wrong) => {
          const result = decodeMessage(wrong)
          expect(E.isLeft(result)).to.equal(true)
          expectSecrecy(result)
        },
      ),
    )
  })

  it('stay secret when a client raises an error that holds them', async () => {
    const raised = fc.record({
      name: fc.constantFrom(echo, 'SyntaxError', 'RequestTimeoutError', secrets.code),
      message: fc.constant(echo),
      code: fc.constantFrom(echo, 'ECONNRESET', 'InvalidBody', undefined),
      statusCode: fc.constantFrom(undefined, 400, 429, 500),
      requestId: fc.constantFrom(undefined, echo),
      data: fc.constantFrom(undefined, { Message: echo, Recommend: `https://x/ ${echo}`, RequestId: echo }),
    })
    await fc.assert(
      fc.asyncProperty(raised, async (error) => {
        const client = { singleSendMailWithOptions: () => Promise.reject(Object.assign(new Error(), error)) }
        const options = { client, maxAttempts: 1, deadlineMs: 50 }
        const result = await right(createConnector(secretive, options)).sendMessage(asked)()
        expect(E.isLeft(result)).to.equal(true)
        expectSecrecy(result)
      }),
    )
  })
})
