/**
 * Telemetry of real sends, by OpenTelemetry's own SDK, as it would be exported.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { startSandbox, type Sandbox, type SandboxOptions } from 'aliyun-dm-sandbox'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import sinon from 'sinon'
import { type Connector, type ConnectorOptions, createConnector } from '../lib/index.js'
import { observeQuota, withTelemetry } from '../lib/opentelemetry.js'
import { throttled } from '../lib/testing.js'
import { validConfig, validMessage } from './support/arbitraries.js'
import { right } from './support/either.js'

class Reader extends MetricReader {
  protected override onShutdown = (): Promise<void> => Promise.resolve()
  protected override onForceFlush = (): Promise<void> => Promise.resolve()
  override selectAggregationTemporality = (): AggregationTemporality => AggregationTemporality.CUMULATIVE
}

const secrets = ['ann@example.com', '407312', 'a secret subject', validConfig().accessKeySecret]

describe('telemetry', () => {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const http = new HttpInstrumentation()
  let reader = new Reader()
  let sandbox: Sandbox | undefined

  before(() => {
    tracerProvider.register()
    http.setTracerProvider(tracerProvider)
    http.enable()
    // It takes hold when the module is asked for the next time.
    createRequire(import.meta.url)('node:http')
  })
  beforeEach(() => exporter.reset())
  afterEach(async () => {
    await sandbox?.stop()
    sandbox = undefined
  })
  after(async () => {
    http.disable()
    await tracerProvider.shutdown()
    trace.disable()
    context.disable()
  })

  const observe = (connector: Connector): Connector => {
    reader = new Reader()
    return withTelemetry({ tracerProvider, meterProvider: new MeterProvider({ readers: [reader] }) })(
      connector,
    )
  }

  const connect = async (sandboxOptions: SandboxOptions = {}, options: ConnectorOptions = {}) => {
    sandbox = right(await startSandbox(sandboxOptions)())
    const connector = right(createConnector(validConfig(), { endpoint: sandbox.endpoint, ...options }))
    return { sandbox, connector: observe(connector) }
  }

  /** Of the sandbox that runs; they end in ten minutes. */
  const connectWithTemporaryKeys = (): Connector => {
    const { accessKeyId, accessKeySecret: _, ...config } = validConfig()
    const expiration = new Date(Date.now() + 600_000)
    const credentials = () =>
      Promise.resolve({ accessKeyId, accessKeySecret: 'a-secret', securityToken: 'token', expiration })
    return observe(right(createConnector(config, { endpoint: sandbox?.endpoint, credentials })))
  }

  const observeQuotaOf = (connector: Connector) => {
    reader = new Reader()
    const asked: Array<ReturnType<Connector['verify']>> = []
    const verify: Connector['verify'] = () => {
      const answer = connector.verify()
      asked.push(answer)
      return answer
    }
    const stop = observeQuota({ meterProvider: new MeterProvider({ readers: [reader] }) })({ verify })
    return { asked, stop }
  }

  const message = validMessage({ to: 'ann@example.com', payload: { code: '407312' } })
  const spans = (kind: 'send' | 'http'): ReadonlyArray<ReadableSpan> =>
    exporter.getFinishedSpans().filter(({ name }) => (name === 'Dm/SingleSendMail') === (kind === 'send'))
  const onlySpan = (): ReadableSpan => {
    expect(spans('send')).to.have.length(1)
    return spans('send')[0] ?? expect.fail()
  }
  /** As Prometheus reads them: `name{labels} value`. */
  const readMetrics = async (): Promise<string> =>
    new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics)

  it('tells a send as a span of a client, under the span that is active, with the request as its child', async () => {
    const { sandbox, connector } = await connect()
    const tracer = tracerProvider.getTracer('test')
    const receipt = await tracer.startActiveSpan('sign-in', async (parent) => {
      const result = await connector.sendMessage(message)()
      parent.end()
      return right(result)
    })
    const span = onlySpan()
    expect(span.kind).to.equal(SpanKind.CLIENT)
    expect(span.attributes).to.deep.equal({
      'rpc.system.name': 'aliyun',
      'rpc.method': 'Dm/SingleSendMail',
      'aliyun_dm.usage_type': message.type,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(sandbox.endpoint).port),
      'aliyun_dm.env_id': receipt.envId,
      'aliyun_dm.request_id': receipt.requestId,
    })
    expect(span.status.code).to.equal(SpanStatusCode.UNSET)
    const parent = exporter.getFinishedSpans().find(({ name }) => name === 'sign-in')
    expect(span.parentSpanContext?.spanId).to.equal(parent?.spanContext().spanId)
    const requests = spans('http').filter(
      ({ parentSpanContext }) => parentSpanContext?.spanId === span.spanContext().spanId,
    )
    expect(requests.map(({ kind }) => kind)).to.deep.equal([SpanKind.CLIENT])
  })

  it('tells attempts as events, and how often the request was sent again', async () => {
    const { sandbox, connector } = await connect()
    right(sandbox.failNext({ kind: 'error', code: 'Throttling.User', statusCode: 400 }, 1)())
    right(sandbox.failNext({ kind: 'error', code: 'ServiceUnavailable', statusCode: 503 }, 1)())
    right(await connector.sendMessage(message)())
    const { attributes, events } = onlySpan()
    expect(attributes['http.request.resend_count']).to.equal(2)
    expect(
      events.map(({ name, attributes: told }) => [name, told?.['error.type'], told?.['aliyun_dm.attempt']]),
    ).to.deep.equal([
      ['retry', 'Throttled', 1],
      ['retry', 'Unavailable', 2],
    ])
    expect(await readMetrics()).to.match(/^aliyun_dm_throttles_total\{[^}]*\} 1$/m)
    expect(await readMetrics()).to.match(/^aliyun_dm_attempts_total\{[^}]*\} 3$/m)
  })

  it('counts each throttled request once, also where the deadline ends the attempts', async () => {
    for (const deadlineMs of [300, 2_500]) {
      const { sandbox, connector } = await connect({}, { deadlineMs })
      right(sandbox.failNext({ kind: 'error', code: 'Throttling.User', statusCode: 400 }, 1_000)())
      expect(E.isLeft(await connector.sendMessage(message)())).to.equal(true)
      expect(await readMetrics()).to.match(
        new RegExp(`^aliyun_dm_throttles_total\\{[^}]*\\} ${sandbox.requests()}$`, 'm'),
      )
      await sandbox.stop()
    }
  })

  it('counts a throttled request that ends a message at once', async () => {
    const { sandbox, connector } = await connect({}, { deadlineMs: 2_000 })
    right(sandbox.failNext({ kind: 'error', code: 'Throttling.User', retryAfterMs: 60_000 }, 1)())
    expect(E.isLeft(await connector.sendMessage(message)())).to.equal(true)
    expect(await readMetrics()).to.match(/^aliyun_dm_throttles_total\{[^}]*\} 1$/m)
  })

  it('tells what failed, whether it was delivered, and the code of DirectMail', async () => {
    const { sandbox, connector } = await connect()
    right(sandbox.failNext({ kind: 'error', code: 'InvalidMailAddress.NotFound', statusCode: 404 }, 1)())
    expect(E.isLeft(await connector.sendMessage(message)())).to.equal(true)
    const { attributes, status } = onlySpan()
    expect(attributes).to.include({
      'error.type': 'Rejected',
      'rpc.response.status_code': 'InvalidMailAddress.NotFound',
      'aliyun_dm.delivered': 'no',
    })
    expect(status.code).to.equal(SpanStatusCode.ERROR)
  })

  it('tells no code where DirectMail did not answer', async () => {
    const { sandbox, connector } = await connect({}, { maxAttempts: 1 })
    await sandbox.stop()
    expect(E.isLeft(await connector.sendMessage(message)())).to.equal(true)
    const { attributes, status } = onlySpan()
    expect(attributes).to.include({ 'error.type': 'ConnectionFailed' })
    expect(attributes).to.not.have.any.keys('rpc.response.status_code')
    expect(status.message).to.include('ECONNREFUSED')
  })

  it('tells a message that is refused before it is sent', async () => {
    const { connector } = await connect()
    expect(E.isLeft(await connector.sendMessage({ ...message, to: 'a@b.example, c@d.example' })())).to.equal(
      true,
    )
    expect(onlySpan().attributes).to.include({ 'error.type': 'InvalidMessage', 'aliyun_dm.delivered': 'no' })
  })

  it('counts, and measures in seconds', async () => {
    const { connector } = await connect()
    for (let sent = 0; sent < 3; sent += 1) right(await connector.sendMessage(message)())
    await connector.sendMessage({ ...message, to: 'nobody' })()
    const text = await readMetrics()
    const value = (line: RegExp): number =>
      Number(new RegExp(`^${line.source}\\{([^}]*)\\} (\\S+)$`, 'm').exec(text)?.[2])
    expect(text).to.match(
      /^aliyun_dm_send_duration_count\{aliyun_dm_usage_type="\w+",otel_scope_name="aliyun-dm-connector"\} 3$/m,
    )
    expect(text).to.match(/^aliyun_dm_send_duration_count\{[^}]*error_type="InvalidMessage"[^}]*\} 1$/m)
    expect(value(/aliyun_dm_send_queue_wait_count/)).to.equal(3)
    expect(value(/aliyun_dm_attempts_total/)).to.equal(3)
    expect(value(/aliyun_dm_sends_active/)).to.equal(0)
    expect(value(/aliyun_dm_send_duration_sum/)).to.be.lessThan(60)
  })

  it('counts what is under way', async () => {
    const { connector } = await connect({ latencyMs: 300 })
    const sending = [1, 2, 3].map(() => connector.sendMessage(message)())
    expect(await readMetrics()).to.match(/^aliyun_dm_sends_active\{[^}]*\} 3$/m)
    await Promise.all(sending)
    expect(await readMetrics()).to.match(/^aliyun_dm_sends_active\{[^}]*\} 0$/m)
  })

  it('counts the sends of several connectors as one', async () => {
    const { sandbox } = await connect({ latencyMs: 300 })
    const meterProvider = new MeterProvider({ readers: [(reader = new Reader())] })
    const sending = [1, 2].map(() =>
      withTelemetry({ tracerProvider, meterProvider })(
        right(createConnector(validConfig(), { endpoint: sandbox.endpoint })),
      ).sendMessage(message)(),
    )
    expect(await readMetrics()).to.match(/^aliyun_dm_sends_active\{[^}]*\} 2$/m)
    await Promise.all(sending)
    expect(await readMetrics()).to.match(/^aliyun_dm_attempts_total\{[^}]*\} 2$/m)
  })

  it('says nothing of the recipient, the subject, the code or a secret', async () => {
    const { sandbox, connector } = await connect()
    right(sandbox.failNext({ kind: 'error', code: 'InternalError', statusCode: 500 }, 1)())
    const template = { subject: 'a secret subject {{code}}', content: '{{code}}' }
    await connector.sendMessage({ ...message, template })()
    await connector.sendMessage({ ...message, to: 'ann@example.com,ann@example.com' })()
    const told = JSON.stringify(
      spans('send').map(({ attributes, events, status }) => ({ attributes, events, status })),
    )
    for (const secret of secrets) expect(told + (await readMetrics())).to.not.include(secret)
  })

  it('names usage types that it knows, and counts the others as one', async () => {
    const { connector } = await connect({}, { usageTypes: 'any' })
    for (let index = 0; index < 50; index += 1)
      // As a caller without types.
      right(await connector.sendMessage({ ...message, type: `Own${index}` } as unknown as typeof message)())
    const text = await readMetrics()
    expect(text).to.match(/^aliyun_dm_send_duration_count\{aliyun_dm_usage_type="_OTHER"[^}]*\} 50$/m)
    expect(text).to.not.include('Own1')
  })

  it('tells of stubs, and lets them see what they would see without it', async () => {
    const stub = {
      ...right(createConnector(validConfig())),
      sendMessage: sinon.stub<Parameters<Connector['sendMessage']>, ReturnType<Connector['sendMessage']>>(),
    }
    stub.sendMessage.returns(TE.left(throttled({ code: 'Throttling.User', requestId: 'r' })))
    const connector = observe(stub)
    expect(E.isLeft(await connector.sendMessage(message)())).to.equal(true)
    expect(stub.sendMessage.firstCall.args).to.deep.equal([message])
    expect(onlySpan().attributes).to.include({ 'error.type': 'Throttled', 'aliyun_dm.request_id': 'r' })
  })

  it('ends its span where a stub throws, and throws the same', async () => {
    const thrown = new Error('a stub')
    const stubs: ReadonlyArray<() => Promise<never>> = [
      () => Promise.reject(thrown),
      () => {
        throw thrown
      },
    ]
    for (const task of stubs) {
      exporter.reset()
      const stub = { ...right(createConnector(validConfig())), sendMessage: () => task }
      const send = observe(stub).sendMessage(message)
      const failed = await (async () => send())().catch((error: unknown) => error)
      expect(failed).to.equal(thrown)
      expect(onlySpan().status.code).to.equal(SpanStatusCode.ERROR)
      expect(await readMetrics()).to.match(/^aliyun_dm_sends_active\{[^}]*\} 0$/m)
    }
  })

  for (const [what, result] of [
    ['nothing', undefined],
    ['a Left of nothing', E.left(undefined)],
    ['a Right of nothing', E.right(undefined)],
  ] as const)
    it(`ends its span where a stub gives ${what}, and gives the same`, async () => {
      // As a stub without types.
      const sendMessage = () => () => Promise.resolve(result as never)
      const stub = { ...right(createConnector(validConfig())), sendMessage }
      expect(await observe(stub).sendMessage(message)()).to.equal(result)
      expect(onlySpan().status.code).to.equal(SpanStatusCode.ERROR)
      const text = await readMetrics()
      expect(text).to.match(/^aliyun_dm_sends_active\{[^}]*\} 0$/m)
      expect(text).to.match(/^aliyun_dm_send_duration_count\{[^}]*error_type="_OTHER"[^}]*\} 1$/m)
    })

  it('keeps sends that run at the same time apart', async () => {
    const { connector } = await connect({ latencyMs: 5 })
    const tracer = tracerProvider.getTracer('test')
    const send = (name: string): Promise<string> =>
      tracer.startActiveSpan(name, async (parent) => {
        const { envId } = right(await connector.sendMessage(message)())
        parent.end()
        return envId
      })
    const envIds = await Promise.all(Array.from({ length: 50 }, (_, index) => send(`parent ${index}`)))
    for (const [index, envId] of envIds.entries()) {
      const span = spans('send').find(({ attributes }) => attributes['aliyun_dm.env_id'] === envId)
      const parent = exporter.getFinishedSpans().find(({ name }) => name === `parent ${index}`)
      expect(span?.parentSpanContext?.spanId).to.equal(parent?.spanContext().spanId)
    }
  })

  it('leaves events to the connector’s own observer, and tells nothing to those that are not wrapped', async () => {
    const tags: Array<string> = []
    const { connector } = await connect({}, { onEvent: ({ _tag }) => tags.push(_tag) })
    right(await connector.sendMessage(message)())
    expect(tags).to.deep.equal(['AttemptStarted', 'Delivered'])
    const bare = right(createConnector(validConfig(), { endpoint: sandbox?.endpoint }))
    right(await bare.sendMessage(message)())
    expect(spans('send')).to.have.length(1)
  })

  it('tells how long temporary credentials had still to last, and of no others', async () => {
    const { connector: fixed } = await connect()
    right(await fixed.sendMessage(message)())
    expect(await readMetrics()).to.not.match(/^aliyun_dm_credentials_remaining/m)

    const connector = connectWithTemporaryKeys()
    right(await connector.sendMessage(message)())
    const remaining = Number(
      /^aliyun_dm_credentials_remaining\{[^}]*\} (\S+)$/m.exec(await readMetrics())?.[1],
    )
    // The last ten seconds are not used.
    expect(remaining).to.be.within(500, 590)
  })

  it('names the port of the protocol where the endpoint names none', async () => {
    const connector = observe(right(createConnector(validConfig(), { endpoint: 'https://[::1]' })))
    await connector.sendMessage({ ...message, to: 'nobody' })()
    expect(onlySpan().attributes).to.include({ 'server.address': '::1', 'server.port': 443 })
  })

  it('tells how much of the quota is used, by day and month, and asks once an hour', async () => {
    const { connector } = await connect({ account: { dailyQuota: 10, monthQuota: 20 } })
    const { asked, stop } = observeQuotaOf(connector)
    const quotas = async () =>
      [
        ...(await readMetrics()).matchAll(
          /^aliyun_dm_quota_(\w+)\{aliyun_dm_quota_period="(\w+)"[^}]*\} (\d+)$/gm,
        ),
      ].map(([, what, period, mails]) => `${what} ${period} ${mails}`)

    right(await connector.sendMessage(message)())
    expect(await quotas()).to.deep.equal([])
    await Promise.all(asked)
    const told = ['used day 1', 'used month 1', 'limit day 10', 'limit month 20']
    expect(await quotas()).to.have.members(told)

    right(await connector.sendMessage(message)())
    expect(await quotas()).to.have.members(told)
    expect(asked).to.have.length(1)

    const now = performance.now()
    const clock = sinon.stub(performance, 'now').callsFake(() => now + 3_600_000)
    await readMetrics().finally(() => clock.restore())
    expect(asked).to.have.length(2)
    await Promise.all(asked)
    expect(await quotas()).to.include.members(['used day 2', 'used month 2'])
    stop()
    asked.length = 0
    const later = sinon.stub(performance, 'now').callsFake(() => now + 9_000_000)
    await readMetrics().finally(() => later.restore())
    expect(asked).to.deep.equal([])
  })

  it('tells no quota where DirectMail cannot be asked, or a stub throws', async () => {
    const { connector, sandbox } = await connect()
    const { asked } = observeQuotaOf(connector)
    await sandbox.stop()
    await readMetrics()
    expect(E.isLeft((await asked[0]) ?? expect.fail())).to.equal(true)
    expect(await readMetrics()).to.not.include('aliyun_dm_quota_used{')

    // As stubs without types.
    for (const answer of [Promise.reject(new Error('a stub')), undefined, Promise.resolve(E.right({}))]) {
      const stubbed = observeQuotaOf({ ...connector, verify: () => answer as never })
      await readMetrics()
      await Promise.allSettled(stubbed.asked)
      expect(await readMetrics()).to.not.include('aliyun_dm_quota_used{')
    }
  })

  it('has the metrics of docs/operations.md, and no others', async () => {
    const { sandbox, connector: account } = await connect()
    right(sandbox.failNext({ kind: 'error', code: 'Throttling.User', statusCode: 400 }, 1)())
    right(await connectWithTemporaryKeys().sendMessage(message)())
    const sends = await readMetrics()
    const { asked } = observeQuotaOf(account)
    await readMetrics()
    await Promise.all(asked)
    const text = sends + (await readMetrics())
    expect(text.match(/^# HELP aliyun_dm_\w+ .*\.$/gm)).to.have.length(8)
    const exported = [...text.matchAll(/^# TYPE (aliyun_dm_\w+) /gm)].map(([, name]) => name)
    for (const page of ['operations.md', 'operations.zh-CN.md']) {
      const docs = readFileSync(new URL(`../docs/${page}`, import.meta.url), 'utf8')
      const named = new Set(
        [...docs.matchAll(/\baliyun_dm_\w+/g)].map(([name]) => name.replace(/_(?:bucket|sum|count)$/, '')),
      )
      const labels = ['aliyun_dm_delivered', 'aliyun_dm_quota_period', 'aliyun_dm_usage_type']
      expect(
        [...named].filter((name) => !labels.includes(name)),
        page,
      ).to.have.members(exported)
    }
  })

  it('costs nothing but a function where no SDK is registered', async () => {
    sandbox = right(await startSandbox()())
    const connector = withTelemetry({})(right(createConnector(validConfig(), { endpoint: sandbox.endpoint })))
    expect(E.isRight(await connector.sendMessage(message)())).to.equal(true)
  })
})
