/**
 * Queue and workers over a real Redis, into the sandbox over the real SDK.
 */
import { createHash } from 'node:crypto'
import { startSandbox, type Sandbox } from 'aliyun-dm-sandbox/promises'
import { type Connector, createConnector, type Message, type SendError } from 'aliyun-dm-connector'
import {
  cancelled,
  connectionFailed,
  rejected,
  templateNotFound,
  throttled,
  unavailable,
} from 'aliyun-dm-connector/testing'
import { trace } from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { Queue, Worker } from 'bullmq'
import { BullMQOtel } from 'bullmq-otel'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import sinon from 'sinon'
import {
  createMailQueue,
  createMailWorker,
  type Connection,
  type EnqueueOptions,
  type MailEvent,
  type MailQueue,
  type MailQueueOptions,
  type MailWorker,
  type MailWorkerOptions,
} from '../src/index.js'
import type { MailJob } from '../src/job.js'
import { describeWithRedis, type RedisServer, startRedis } from './redis.js'
import { config, isIdle, message, right, until } from './support.js'

describeWithRedis('the queue', () => {
  let redis: RedisServer
  let sandbox: Sandbox
  let connector: Connector
  let name = ''
  const queues: Array<MailQueue> = []
  const workers: Array<MailWorker> = []
  let events: Array<MailEvent> = []

  before(async () => {
    redis = await startRedis()
    sandbox = await startSandbox()
    connector = right(createConnector(config, { endpoint: sandbox.endpoint }))
  })
  beforeEach(() => {
    name = `mails-${Math.random()}`
    events = []
    sandbox.clear()
  })
  afterEach(async () => {
    await Promise.all([...workers.splice(0), ...queues.splice(0)].map(({ close }) => close()))
    sinon.restore()
  })
  after(async () => {
    await connector.close()
    await sandbox.stop()
    await redis.stop()
  })

  const open = (options: Partial<MailQueueOptions> = {}): MailQueue => {
    const queue = createMailQueue({ connection: redis.connection, name, ...options })
    queues.push(queue)
    return queue
  }
  const work = (
    options: Partial<MailWorkerOptions> = {},
    by: Pick<Connector, 'sendMessage'> = connector,
  ): MailWorker => {
    const worker = createMailWorker(by, {
      connection: redis.connection,
      name,
      onEvent: (event) => events.push(event),
      ...options,
    })
    workers.push(worker)
    return worker
  }
  /** A connector that answers so, one after the other, and then with a receipt. */
  const answering = (...errors: ReadonlyArray<SendError>) => {
    const sendMessage = sinon.stub<
      Parameters<Connector['sendMessage']>,
      ReturnType<Connector['sendMessage']>
    >()
    sendMessage.returns(TE.right({ envId: '1', requestId: 'r' }))
    errors.forEach((error, index) => sendMessage.onCall(index).returns(TE.left(error)))
    return { sendMessage }
  }

  it('sends what is queued, and keeps nothing of it', async () => {
    const queue = open()
    const { jobId } = right(await queue.enqueue(message())())
    work()
    const mail = await sandbox.waitForMail({ to: 'ann@example.com', timeoutMs: 20_000 })
    await until(() => events.length > 0)
    expect(mail.code).to.equal('407312')
    expect(events).to.have.length(1)
    expect(events[0]).to.include({ _tag: 'Sent', jobId, envId: mail.envId })
    await until(() => isIdle(queue))
    expect(right(await queue.counts())).to.deep.equal({ waiting: 0, active: 0, delayed: 0, failed: 0 })
  })

  it('queues no message that cannot be sent', async () => {
    const queue = open()
    const result = await queue.enqueue({ ...message(), to: 'a@b.example,c@d.example' })()
    expect(result).to.have.nested.property('left._tag', 'InvalidMessage')
    expect(right(await queue.counts()).waiting).to.equal(0)
  })

  it('queues the same key once, also after it was sent', async () => {
    const queue = open()
    const ids = await Promise.all(
      Array.from(
        { length: 5 },
        async () => right(await queue.enqueue(message(), { idempotencyKey: 'sign-in 1' })()).jobId,
      ),
    )
    expect(new Set(ids).size).to.equal(1)
    expect(ids[0]).to.not.include('sign-in')
    expect(right(await queue.counts()).waiting).to.equal(1)
    work()
    await sandbox.waitForMail({ timeoutMs: 20_000 })
    await until(() => isIdle(queue))
    expect(right(await queue.enqueue(message(), { idempotencyKey: 'sign-in 1' })()).jobId).to.equal(ids[0])
    right(await queue.enqueue(message('bob@example.com'), { idempotencyKey: 'sign-in 2' })())
    await sandbox.waitForMail({ to: 'bob@example.com', timeoutMs: 20_000 })
    expect(sandbox.inbox()).to.have.length(2)
  })

  it('sends no code past its time', async () => {
    const queue = open()
    right(await queue.enqueue(message(), { expiresInMs: 1 })())
    await new Promise((resolve) => setTimeout(resolve, 20))
    work()
    await until(() => events.length > 0)
    expect(events[0]).to.include({ _tag: 'GivenUp' })
    expect(sandbox.inbox()).to.deep.equal([])
    // The worker tells of it before it tells Redis.
    await until(async () => right(await queue.failed()).length === 1)
    expect(right(await queue.failed())[0]?.reason).to.equal('expired: the code is of no use any more')
  })

  it('gives up what is refused, says why without what it said, and tries it again when it is told to', async () => {
    const queue = open()
    const stub = answering(
      rejected({ code: 'InvalidMailAddress.NotFound', statusCode: 404, requestId: 'r', recommend: '' }),
    )
    const { jobId } = right(await queue.enqueue(message())())
    work({}, stub)
    await until(async () => right(await queue.failed()).length === 1)
    const failed = right(await queue.failed())
    expect(failed[0]).to.include({ jobId, attempts: 1 })
    expect(failed[0]?.reason).to.include('InvalidMailAddress.NotFound')
    const client = redis.client()
    expect(await client.hget(`bull:${name}:${jobId}`, 'stacktrace')).to.equal('[]')
    client.disconnect()
    expect(JSON.stringify(failed)).to.not.match(/ann@example|407312/)
    right(await queue.retry(jobId)())
    await until(() => stub.sendMessage.callCount === 2)
    const [first, second] = stub.sendMessage.args.map(([, options]) => options?.idempotencyKey)
    expect(first).to.equal(jobId)
    expect(second).to.not.equal(first)
  })

  it('sends what was refused once it may be sent, also from another process', async () => {
    const queue = open()
    const invalid = 'invalid@simulator.test'
    right(await connector.sendMessage(message(invalid))())
    // The address is on the suppression list now, and the refusal notes the nonce.
    const { jobId } = right(await queue.enqueue(message(invalid))())
    const refusing = work()
    await until(() => events.some(({ _tag }) => _tag === 'GivenUp'))
    await refusing.close()
    right(await connector.removeSuppression(invalid)())
    right(await queue.retry(jobId)())
    // A connector of its own remembers nothing of the first attempt.
    work({}, right(createConnector(config, { endpoint: sandbox.endpoint })))
    await until(() => events.length === 2)
    expect(events[1]).to.include({ _tag: 'Sent', jobId, envId: sandbox.inbox()[1]?.envId })
    expect(sandbox.inbox()).to.have.length(2)
  })

  it('tries again what was not delivered, and what is in doubt, under the same key', async () => {
    const queue = open()
    const stub = answering(
      connectionFailed('ECONNREFUSED', 'no'),
      unavailable({ code: 'ServiceUnavailable', statusCode: 503, requestId: 'r' }),
    )
    const { jobId } = right(await queue.enqueue(message())())
    work({}, stub)
    await until(() => stub.sendMessage.callCount === 3)
    expect(new Set(stub.sendMessage.args.map(([, options]) => options?.idempotencyKey))).to.deep.equal(
      new Set([jobId]),
    )
    await until(() => events.length === 3)
    expect(events.map(({ _tag }) => _tag)).to.deep.equal(['Postponed', 'Postponed', 'Sent'])
  })

  it('counts a mail that DirectMail has already as sent', async () => {
    const queue = open()
    // The answer is lost, each time that the connector tries: the mail is there, and nobody was told.
    sandbox.failNext({ kind: 'reset', at: 'headers', accepted: true }, 1)
    sandbox.failNext({ kind: 'error', code: 'ServiceUnavailable', statusCode: 503 }, 2)
    right(await queue.enqueue(message())())
    work()
    await until(() => events.some(({ _tag }) => _tag === 'Sent'))
    expect(sandbox.inbox()).to.have.length(1)
    expect(events.at(-1)).to.deep.include({ _tag: 'Sent', envId: undefined })
  })

  it('waits as a whole where DirectMail takes no more, and uses up no attempt', async () => {
    const queue = open()
    const fast = right(createConnector(config, { endpoint: sandbox.endpoint, deadlineMs: 300 }))
    sandbox.failNext({ kind: 'error', code: 'Throttling.User', retryAfterMs: 1_000 }, 1)
    right(await queue.enqueue(message())())
    work({}, fast)
    await until(() => events.some(({ _tag }) => _tag === 'Sent'))
    expect(events.map(({ _tag }) => _tag)).to.deep.equal(['Postponed', 'Sent'])
    expect(sandbox.inbox()).to.have.length(1)
  })

  it('stops a send whose job was taken away', async () => {
    const queue = open()
    const { jobId } = right(await queue.enqueue(message())())
    let signal: AbortSignal | undefined
    work(
      { lockMs: 1_000 },
      {
        sendMessage: (_, options) => () =>
          new Promise((resolve) => {
            signal = options?.signal
            signal?.addEventListener('abort', () => resolve(E.left(cancelled('unknown'))))
          }),
      },
    )
    await until(() => signal !== undefined)
    const client = redis.client()
    await client.del(`bull:${name}:${jobId}:lock`)
    client.disconnect()
    await until(() => signal?.aborted === true)
    await until(() => events.length > 0)
    expect(events[0]).to.deep.include({ _tag: 'Postponed', jobId, error: cancelled('unknown') })
  })

  it('has as many mails under way as the rate and their time ask for', async () => {
    const slow = await startSandbox({ latencyMs: 1_000 })
    const queue = open({ maxPerSecond: 60 })
    await Promise.all(
      Array.from({ length: 300 }, async (_, index) =>
        right(await queue.enqueue(message(`user${index}@example.com`))()),
      ),
    )
    const concurrency = sinon.spy(Worker.prototype, 'concurrency', ['set'])
    const worker = work({}, right(createConnector(config, { endpoint: slow.endpoint })))
    await until(async () => right(await queue.counts()).active > 40)
    await worker.close()
    await slow.stop()
    // 60 a second that take a second each, and a quarter more; 256 is the most.
    expect(concurrency.set.lastCall.args[0]).to.be.within(75, 255)
  })

  it('has 64 mails under way where there is no rate, for which it asks seldom', async () => {
    const ask = sinon.spy(Queue.prototype, 'getGlobalRateLimit')
    const concurrency = sinon.spy(Worker.prototype, 'concurrency', ['set'])
    const queue = open({ maxPerSecond: Infinity })
    work()
    for (let index = 0; index < 3; index += 1) {
      right(await queue.enqueue(message(`user${index}@example.com`))())
      await until(() => events.length === index + 1)
    }
    expect(ask.callCount).to.equal(1)
    expect(concurrency.set.lastCall.args[0]).to.equal(64)
  })

  it('names an attempt as the events of the connector do', async () => {
    const seen: Array<string> = []
    const telling = right(
      createConnector(config, { endpoint: sandbox.endpoint, onEvent: ({ sendId }) => seen.push(sendId) }),
    )
    const queue = open()
    right(await queue.enqueue(message())())
    work({}, telling)
    await until(() => events.length > 0)
    expect(seen).to.have.length(2)
    expect(new Set(seen)).to.deep.equal(new Set(events.map((event) => event.sendId)))
  })

  it('is traced from the request that queues a mail to the answer, without what it says and to whom', async () => {
    const exporter = new InMemorySpanExporter()
    const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    provider.register()
    try {
      const telemetry = new BullMQOtel({ tracerName: 'mails' })
      const queue = open({ telemetry })
      const { jobId } = right(await queue.enqueue(message())())
      work({ telemetry })
      await until(() => exporter.getFinishedSpans().some((span) => span.name.startsWith('process')))
      const spans = exporter.getFinishedSpans()
      const [added, processed] = ['add', 'process'].map((verb) =>
        spans.find((span) => span.name.startsWith(verb)),
      )
      expect(processed?.spanContext().traceId).to.equal(added?.spanContext().traceId)
      expect(processed?.attributes).to.include({ 'bullmq.job.id': jobId })
      const told = JSON.stringify(spans.map(({ name, attributes, events }) => ({ name, attributes, events })))
      expect(told).to.not.match(/ann@example|407312/)
    } finally {
      await provider.shutdown()
      trace.disable()
    }
  })

  it('queues nothing under options that are none, and names them', async () => {
    const queue = open()
    for (const [options, named] of [
      [{ idempotencyKey: '' }, 'options.idempotencyKey'],
      [{ idempotencyKey: 'k'.repeat(257) }, 'options.idempotencyKey'],
      [{ expiresInMs: 0 }, 'options.expiresInMs'],
      [{ expiresInMs: Number.NaN }, 'options.expiresInMs'],
      [{ idempotencykey: 'a' }, 'options: expected no others'],
      [null, 'options: expected an object'],
      ['key', 'options: expected an object'],
      [
        {
          get idempotencyKey(): string {
            throw new Error('unreadable')
          },
        },
        'options: expected an object',
      ],
    ] as const) {
      // Callers without types.
      const result = await queue.enqueue(message(), options as EnqueueOptions)()
      expect(result).to.have.nested.property('left._tag', 'InvalidMessage')
      expect(result).to.have.nested.property('left.message').that.includes(named)
    }
    expect(right(await queue.counts()).waiting).to.equal(0)
    expect(() => open({ maxPerSecond: 0 })).to.throw(TypeError, 'maxPerSecond')
    expect(() => open({ expiresInMs: 0.5 })).to.throw(TypeError, 'expiresInMs')
    expect(() => work({ concurrency: Number.NaN })).to.throw(TypeError, 'concurrency')
    expect(() => work({ lockMs: 10 })).to.throw(TypeError, 'lockMs')
    for (const wrong of [{ name: 'a:b' }, { name: '' }]) {
      expect(() => open(wrong)).to.throw(TypeError, 'name')
      expect(() => work(wrong)).to.throw(TypeError, 'name')
    }
    expect(() => open({ connection: null as unknown as Connection })).to.throw(TypeError, 'connection')
    expect(() => work({ connection: 'redis' as Connection })).to.throw(TypeError, 'connection')
  })

  it('says what is wrong with options, each where it is', async () => {
    const result = await open().enqueue(message(), {
      idempotencyKey: '',
      expiresInMs: 0.5,
      more: 1,
    } as EnqueueOptions)()
    const issues = [
      { path: 'options.idempotencyKey', message: 'expected 1–256 characters' },
      { path: 'options.expiresInMs', message: 'expected a whole number of milliseconds from 1' },
      { path: 'options', message: 'expected no others than idempotencyKey and expiresInMs' },
    ]
    expect(result).to.deep.equal(
      E.left({
        _tag: 'InvalidMessage',
        message: `The mail cannot be queued: ${issues.map((issue) => `${issue.path}: ${issue.message}`).join('; ')}`,
        delivered: 'no',
        issues,
      }),
    )
    const unreadable = Object.defineProperty({}, 'idempotencyKey', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
    for (const [options, told] of [
      [unreadable, 'expected an object that can be read'],
      [null, 'expected an object'],
    ] as const)
      expect(await open().enqueue(message(), options as EnqueueOptions)()).to.have.deep.nested.property(
        'left.issues',
        [{ path: 'options', message: told }],
      )
  })

  it('takes keys of 1 to 256 characters, and nothing else for one', async () => {
    const queue = open()
    right(await queue.enqueue(message(), { idempotencyKey: 'k'.repeat(256) })())
    for (const idempotencyKey of [['a'], { length: 1 }, 1, null])
      expect(
        await queue.enqueue(message(), { idempotencyKey } as unknown as EnqueueOptions)(),
      ).to.have.nested.property('left.issues[0].path', 'options.idempotencyKey')
  })

  it('knows other usage types where it is told of them', async () => {
    const newsletter = { to: 'ann@example.com', type: 'Newsletter', payload: {} } as unknown as Message
    expect(await open().enqueue(newsletter)()).to.have.nested.property('left.issues[0].path', 'type')
    right(await open({ usageTypes: 'any' }).enqueue(newsletter)())
  })

  it('says in these words that it cannot be made', () => {
    expect(() => open({ maxPerSecond: 0.5 })).to.throw(
      TypeError,
      /^maxPerSecond: expected a whole number from 1, or Infinity$/,
    )
    expect(() => open({ expiresInMs: 0 })).to.throw(
      TypeError,
      /^expiresInMs: expected a whole number of milliseconds from 1$/,
    )
  })

  it('says what Redis refuses, and asks it again', async () => {
    const client = redis.client()
    const queue = open()
    await client.set(`bull:${name}:meta`, 'of another type')
    expect(await queue.enqueue(message())()).to.deep.equal(
      E.left({ _tag: 'QueueUnavailable', message: 'Redis refused: ReplyError' }),
    )
    await client.del(`bull:${name}:meta`)
    right(await queue.enqueue(message())())
    client.disconnect()
  })

  it('has one connection, when it is first asked, until it is closed', async () => {
    const client = redis.client()
    // In a database of its own: connections of other tests may be about to end.
    const count = async (): Promise<number> => String(await client.client('LIST')).split(' db=1 ').length - 1
    const queue = open({ connection: { ...redis.connection, db: 1 } })
    expect(await count()).to.equal(0)
    for (let asked = 0; asked < 3; asked += 1) right(await queue.counts())
    expect(await count()).to.equal(1)
    await queue.close()
    await until(async () => (await count()) === 0)
    expect(await queue.counts()).to.deep.equal(
      E.left({ _tag: 'QueueUnavailable', message: 'The queue is closed' }),
    )
    client.disconnect()
  })

  it('sets no rate where it is only asked', async () => {
    const client = redis.client()
    right(await open().counts())
    expect(await client.hget(`bull:${name}:meta`, 'max')).to.equal(null)
    client.disconnect()
  })

  it('counts what waits for another attempt', async () => {
    const queue = open()
    right(await queue.enqueue(message())())
    const failure = connectionFailed('ECONNREFUSED', 'no')
    work({}, answering(failure, failure, failure, failure))
    await until(async () => right(await queue.counts()).delayed === 1)
    expect(right(await queue.counts())).to.include({ waiting: 0, failed: 0 })
  })

  it('begins to count attempts anew where it tries again', async () => {
    const queue = open()
    const { jobId } = right(await queue.enqueue(message())())
    const refused = rejected({ code: 'C', statusCode: 400, requestId: 'r', recommend: '' })
    work({}, answering(refused, refused))
    await until(async () => right(await queue.failed()).length === 1)
    right(await queue.retry(jobId)())
    await until(() => events.length === 2)
    await until(async () => right(await queue.failed()).length === 1)
    expect(right(await queue.failed())[0]?.attempts).to.equal(1)
  })

  it('writes into Redis what the workers need, and no more', async () => {
    const client = redis.client()
    const read = async (jobId: string) => {
      const { data = '', opts = '' } = await client.hgetall(`bull:${name}:${jobId}`)
      return {
        data: JSON.parse(data) as MailJob,
        opts: JSON.parse(opts) as Readonly<Record<string, unknown>>,
      }
    }
    const before = Date.now()
    const queue = open({ expiresInMs: 5_000 })
    const { jobId } = right(await queue.enqueue(message(), { idempotencyKey: 'a' })())
    const { data, opts } = await read(jobId)
    expect(data).to.deep.equal({ message: JSON.stringify(message()), key: jobId, expiresAt: data.expiresAt })
    expect(data.expiresAt).to.be.within(before + 5_000, Date.now() + 5_000)
    expect(jobId).to.equal(createHash('sha256').update('a').digest('hex'))
    expect(opts).to.deep.include({
      attempts: 1_000_000,
      backoff: { type: 'growing' },
      removeOnComplete: true,
      removeOnFail: { age: 86_400 },
    })
    const ttl = await client.pttl(`bull:${name}:de:${jobId}`)
    expect(ttl).to.be.within(1, 5_000)
    const usual = right(await open().enqueue(message())()).jobId
    expect((await read(usual)).data.expiresAt).to.be.within(before + 600_000, Date.now() + 600_000)
    expect(usual).to.match(/^[\da-f-]{36}$/)
    const own = right(await queue.enqueue(message(), { expiresInMs: 90_000 })()).jobId
    expect((await read(own)).data.expiresAt).to.be.within(before + 90_000, Date.now() + 90_000)
    expect(await client.hmget(`bull:${name}:meta`, 'max', 'duration')).to.deep.equal(['50', '1000'])
    client.disconnect()
  })

  it('lists what was given up, the newest first', async () => {
    const queue = open()
    const ids = []
    for (const to of ['ann@example.com', 'bob@example.com'])
      ids.unshift(right(await queue.enqueue(message(to))()).jobId)
    const before = Date.now()
    const refused = rejected({ code: 'InvalidToAddress', statusCode: 400, requestId: 'r', recommend: '' })
    work({ concurrency: 1 }, answering(refused, refused))
    await until(() => events.length === 2)
    await until(async () => right(await queue.failed()).length === 2)
    const failed = right(await queue.failed())
    expect(failed.map(({ jobId }) => jobId)).to.deep.equal(ids)
    for (const { reason, attempts, at } of failed) {
      expect({ reason, attempts }).to.deep.equal({ reason: refused.message, attempts: 1 })
      expect(at.getTime()).to.be.within(before, Date.now())
    }
    expect(events[0]).to.deep.include({
      _tag: 'GivenUp',
      jobId: ids[1],
      reason: refused.message,
      error: refused,
    })
    expect(right(await queue.counts())).to.deep.equal({ waiting: 0, active: 0, delayed: 0, failed: 2 })
  })

  describe('a mail that a worker has begun before', () => {
    const readData = async (jobId: string): Promise<MailJob> => {
      const client = redis.client()
      const data = await client.hget(`bull:${name}:${jobId}`, 'data')
      client.disconnect()
      return JSON.parse(data ?? '') as MailJob
    }
    const changeData = async (jobId: string, change: object): Promise<void> => {
      const data = JSON.stringify({ ...(await readData(jobId)), ...change })
      const client = redis.client()
      await client.hset(`bull:${name}:${jobId}`, 'data', data)
      client.disconnect()
    }

    /** Notes what stands in Redis of each mail when it is to be sent. */
    const noting = (noted: Array<MailJob>): Pick<Connector, 'sendMessage'> => ({
      sendMessage: (mail, options) => async () => {
        noted.push(await readData(options?.idempotencyKey ?? ''))
        return connector.sendMessage(mail, options)()
      },
    })

    it('is noted before it is sent', async () => {
      const queue = open()
      const { jobId } = right(await queue.enqueue(message())())
      const before = Date.now()
      const noted: Array<MailJob> = []
      work({}, noting(noted))
      await until(() => events.length > 0)
      expect(noted[0]?.firstSentAt).to.be.within(before, Date.now())
      expect(noted[0]?.key).to.equal(jobId)
    })

    it('is sent as long as DirectMail remembers it, which begins with the first attempt', async () => {
      const queue = open()
      const { jobId } = right(await queue.enqueue(message())())
      const firstSentAt = Date.now() - 13 * 60_000
      await changeData(jobId, { firstSentAt })
      const noted: Array<MailJob> = []
      work({}, noting(noted))
      await until(() => events.length > 0)
      expect(events[0]).to.include({ _tag: 'Sent', jobId })
      expect(noted[0]?.firstSentAt).to.equal(firstSentAt)
    })

    it('is given up after that', async () => {
      const queue = open()
      const { jobId } = right(await queue.enqueue(message())())
      await changeData(jobId, { firstSentAt: Date.now() - 14 * 60_000 })
      work()
      await until(() => events.length > 0)
      expect(events[0]).to.deep.equal({
        _tag: 'GivenUp',
        jobId,
        sendId: undefined,
        error: undefined,
        reason: 'unknown: an earlier attempt may have been delivered, and DirectMail may have forgotten it',
      })
      expect(sandbox.inbox()).to.deep.equal([])
    })
  })

  it('ends each failure as the connector knows it', async () => {
    const queue = open()
    const template = templateNotFound('SignIn')
    const { jobId } = right(await queue.enqueue(message())())
    // A proxy that refuses has not said what became of the mail.
    const doubtful: SendError = {
      ...rejected({ code: 'HTTP403', statusCode: 403, requestId: '' }),
      delivered: 'unknown',
    }
    const stub = answering(cancelled('no'), doubtful, template)
    work({}, stub)
    await until(() => events.length === 3)
    expect(events.map(({ _tag }) => _tag)).to.deep.equal(['Postponed', 'Postponed', 'GivenUp'])
    expect(events[0]).to.deep.include({ error: cancelled('no'), jobId })
    expect(events[1]).to.deep.include({ error: doubtful, jobId })
    expect(events[2]).to.deep.include({ error: template, reason: template.message, jobId })
    // It was not DirectMail that refused: nothing was noted there.
    await until(async () => right(await queue.failed()).length === 1)
    right(await queue.retry(jobId)())
    await until(() => events.length === 4)
    expect(new Set(stub.sendMessage.args.map(([, options]) => options?.idempotencyKey))).to.deep.equal(
      new Set([jobId]),
    )
  })

  it('waits a second where DirectMail does not say for how long', async () => {
    const queue = open()
    right(await queue.enqueue(message())())
    const stub = answering(throttled({ code: 'Throttling.User', requestId: 'r' }))
    const at: Array<number> = []
    work({ onEvent: () => at.push(Date.now()) }, stub)
    await until(() => at.length === 2)
    expect((at[1] ?? 0) - (at[0] ?? 0)).to.be.at.least(900)
  })

  it('goes on though nobody may be told', async () => {
    const queue = open()
    right(await queue.enqueue(message())())
    work({
      onEvent: () => {
        throw new Error('no')
      },
    })
    await sandbox.waitForMail({ timeoutMs: 20_000 })
    await until(() => isIdle(queue))
    expect(right(await queue.counts()).failed).to.equal(0)
  })

  it('keeps nothing of what a sendMessage throws, and tries again', async () => {
    const queue = open()
    const { jobId } = right(await queue.enqueue(message())())
    const sendMessage = sinon.stub<
      Parameters<Connector['sendMessage']>,
      ReturnType<Connector['sendMessage']>
    >()
    sendMessage.onCall(0).throws(new Error('ann@example.com 407312'))
    sendMessage.onCall(1).returns(() => Promise.reject(new Error('ann@example.com 407312')))
    let reason: string | null = null
    sendMessage.onCall(2).returns(async () => {
      const client = redis.client()
      reason = await client.hget(`bull:${name}:${jobId}`, 'failedReason')
      client.disconnect()
      return E.right({ envId: '1', requestId: 'r' })
    })
    work({}, { sendMessage })
    await until(() => events.length === 3)
    expect(events.map(({ _tag }) => _tag)).to.deep.equal(['Postponed', 'Postponed', 'Sent'])
    expect(JSON.stringify(events)).to.not.match(/ann@example|407312/)
    expect(reason).to.equal('sendMessage threw; what it said is not kept, since it may name the recipient')
  })

  it('has no more under way at once than it is told', async () => {
    const queue = open()
    for (let index = 0; index < 12; index += 1)
      right(await queue.enqueue(message(`user${index}@example.com`))())
    let underWay = 0
    let most = 0
    work(
      { concurrency: 2 },
      {
        sendMessage: () => async () => {
          underWay += 1
          most = Math.max(most, underWay)
          await new Promise((resolve) => setTimeout(resolve, 100))
          underWay -= 1
          return E.right({ envId: '1', requestId: 'r' })
        },
      },
    )
    await until(() => events.length === 12)
    expect(most).to.equal(2)
  })

  it('queues nothing that JSON cannot hold', async () => {
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    const result = await open().enqueue({
      to: 'ann@example.com',
      type: 'SignIn',
      payload: { code: '1234', loop },
    })()
    expect(result).to.have.deep.nested.property('left.issues', [
      { path: 'payload', message: 'expected values that JSON can hold' },
    ])
  })

  it('tells a Redis that was started anew the rate again', async () => {
    const client = redis.client()
    const queue = open({ maxPerSecond: 7 })
    right(await queue.enqueue(message())())
    await client.del(`bull:${name}:meta`)
    await client.client('KILL', 'TYPE', 'normal')
    await until(async () => (await client.hget(`bull:${name}:meta`, 'max')) === '7')
    client.disconnect()
  })

  it('says that there is nothing to try again', async () => {
    const queue = open()
    const { jobId } = right(await queue.enqueue(message())())
    for (const id of [jobId, 'nobody'])
      expect(await queue.retry(id)()).to.deep.equal(
        E.left({ _tag: 'NotFailed', message: 'There is no failed mail of this id' }),
      )
  })

  it('lets go of the rate where there is to be none', async () => {
    const client = redis.client()
    right(await open({ maxPerSecond: 7 }).enqueue(message())())
    expect(await client.hget(`bull:${name}:meta`, 'max')).to.equal('7')
    right(await open({ maxPerSecond: Infinity }).enqueue(message())())
    expect(await client.hget(`bull:${name}:meta`, 'max')).to.equal(null)
    client.disconnect()
  })

  it('gives up what nobody can read', async () => {
    const queue = open()
    const { jobId } = right(await queue.enqueue(message())())
    const client = redis.client()
    await client.hset(`bull:${name}:${jobId}`, 'data', JSON.stringify({ message: '{', key: jobId }))
    client.disconnect()
    work()
    await until(() => events.length > 0)
    expect(events[0]).to.include({
      _tag: 'GivenUp',
      jobId,
      sendId: undefined,
      reason: 'unreadable: sealed with a key that this worker does not have, or changed',
    })
  })

  it('keeps nothing readable in Redis under a seal, also while keys change', async () => {
    const key = Buffer.alloc(32, 1).toString('base64')
    const next = Buffer.alloc(32, 2).toString('base64')
    const queue = open({ seal: { key } })
    right(await queue.enqueue(message(), { idempotencyKey: 'ann@example.com' })())
    const client = redis.client()
    const dump: Array<string> = []
    for (const stored of await client.keys(`bull:${name}:*`))
      if ((await client.type(stored)) === 'hash')
        dump.push(stored, JSON.stringify(await client.hgetall(stored)))
    client.disconnect()
    expect(dump.join())
      .to.include(name)
      .and.to.not.match(/ann@example|407312/)
    work({ seal: { key: next, oldKeys: [key] } })
    expect((await sandbox.waitForMail({ timeoutMs: 20_000 })).code).to.equal('407312')
  })

  for (const [what, seal] of [
    ['with another key', { key: Buffer.alloc(32, 2).toString('base64') }],
    ['without a key', undefined],
  ] as const)
    it(`gives up what it cannot open ${what}`, async () => {
      right(await open({ seal: { key: Buffer.alloc(32, 1).toString('base64') } }).enqueue(message())())
      work({ seal })
      await until(() => events.length > 0)
      expect(events[0]).to.include({ _tag: 'GivenUp' })
      expect(sandbox.inbox()).to.deep.equal([])
    })

  it('refuses options of a worker that are none, and names them', () => {
    expect(() => work({ concurrency: 0 })).to.throw(
      TypeError,
      /^concurrency: expected a whole number from 1$/,
    )
    for (const lockMs of [999, 1_000.5])
      expect(() => work({ lockMs })).to.throw(
        TypeError,
        /^lockMs: expected a whole number of milliseconds from 1000$/,
      )
  })

  it('refuses a key that is none', () => {
    expect(() => open({ seal: { key: 'short' } })).to.throw(TypeError, '32 bytes')
  })

  it('waits at its end for what is under way', async () => {
    const late = await startSandbox({ latencyMs: 400 })
    const queue = open()
    right(await queue.enqueue(message())())
    const worker = work({}, right(createConnector(config, { endpoint: late.endpoint })))
    await until(async () => right(await queue.counts()).active === 1)
    await worker.close()
    expect(late.inbox()).to.have.length(1)
    expect(events.map(({ _tag }) => _tag)).to.deep.equal(['Sent'])
    await late.stop()
  })

  it('waits at its end longer than BullMQ would be waited for, until the last has ended', async () => {
    const queue = open()
    for (const to of ['quick@example.com', 'slow@example.com']) right(await queue.enqueue(message(to))())
    const worker = work(
      { concurrency: 2 },
      {
        sendMessage:
          ({ to }) =>
          async () => {
            await new Promise((resolve) => setTimeout(resolve, to === 'quick@example.com' ? 200 : 7_500))
            return E.right({ envId: '1', requestId: 'r' })
          },
      },
    )
    await until(async () => right(await queue.counts()).active === 2)
    await worker.close()
    expect(events.map(({ _tag }) => _tag)).to.deep.equal(['Sent', 'Sent'])
  })
})
