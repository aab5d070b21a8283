/**
 * Queue and workers over a real Redis, into the sandbox over the real SDK.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { startSandbox, type Sandbox } from 'aliyun-dm-sandbox/promises'
import { type Connector, createConnector, type SendError } from 'aliyun-dm-connector'
import { connectionFailed, rejected, unavailable } from 'aliyun-dm-connector/testing'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import sinon from 'sinon'
import {
  createMailQueue,
  createMailWorker,
  type MailEvent,
  type MailQueue,
  type MailQueueOptions,
  type MailWorker,
  type MailWorkerOptions,
} from '../src/index.js'
import { describeWithRedis, type RedisServer, startRedis } from './redis.js'
import { config, message, right, until } from './support.js'

describeWithRedis('the queue', () => {
  let redis: RedisServer
  let sandbox: Sandbox
  let connector: Connector
  let name = ''
  const queues: Array<MailQueue> = []
  const workers: Array<MailWorker> = []
  const children: Array<ChildProcess> = []
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
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await Promise.all([...workers.splice(0), ...queues.splice(0)].map(({ close }) => close()))
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
  const workInProcess = async (): Promise<ChildProcess> => {
    const child = fork(
      new URL('worker-process.ts', import.meta.url),
      [String(redis.connection.port), sandbox.endpoint, name],
      {
        execArgv: ['--import', 'tsx'],
      },
    )
    children.push(child)
    await once(child, 'message')
    return child
  }
  const isIdle = async (queue: MailQueue): Promise<boolean> => {
    const { waiting, active, delayed } = right(await queue.counts())
    return waiting + active + delayed === 0
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
    expect(events).to.deep.equal([{ _tag: 'Sent', jobId, envId: mail.envId }])
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
    const [failed] = right(await queue.failed())
    expect(failed?.reason).to.match(/^expired/)
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
    expect(events[1]).to.deep.equal({ _tag: 'Sent', jobId, envId: sandbox.inbox()[1]?.envId })
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

  it('sends each code once where workers die', async () => {
    const queue = open({ maxPerSecond: 200 })
    const total = 120
    const slow = await startSandbox({ latencyMs: 150 })
    const kept = sandbox
    sandbox = slow
    try {
      for (let index = 0; index < total; index += 1)
        right(await queue.enqueue(message(`user${index}@example.com`))())
      await workInProcess()
      let victim = await workInProcess()
      for (let deaths = 0; deaths < 3; deaths += 1) {
        await new Promise((resolve) => setTimeout(resolve, 400))
        victim.kill('SIGKILL')
        victim = await workInProcess()
      }
      await until(() => isIdle(queue))
      const recipients = slow.inbox().map(({ toAddress }) => toAddress)
      expect(recipients).to.have.length(total)
      expect(new Set(recipients).size).to.equal(total)
      expect(right(await queue.counts()).failed).to.equal(0)
    } finally {
      sandbox = kept
      await slow.stop()
    }
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

  it('gives up what it cannot open', async () => {
    const seal = { key: Buffer.alloc(32, 1).toString('base64') }
    right(await open({ seal }).enqueue(message())())
    work({ seal: { key: Buffer.alloc(32, 2).toString('base64') } })
    await until(() => events.length > 0)
    expect(events[0]).to.include({ _tag: 'GivenUp' })
    expect(sandbox.inbox()).to.deep.equal([])
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
})

describeWithRedis('a Redis that is gone', () => {
  it('ends what is asked within five seconds, with a value, and lets queue and worker close', async () => {
    const redis = await startRedis()
    const queue = createMailQueue({ connection: redis.connection })
    const worker = createMailWorker(right(createConnector(config)), { connection: redis.connection })
    right(await queue.counts())
    await redis.kill()
    const began = Date.now()
    const result = await queue.enqueue(message())()
    expect(result).to.have.nested.property('left._tag', 'QueueUnavailable')
    expect(E.isLeft(await queue.counts())).to.equal(true)
    await Promise.all([queue.close(), worker.close()])
    // Two answers and two ends, none of which takes more than ten seconds.
    expect(Date.now() - began).to.be.lessThan(40_000)
    await redis.stop()
  })

  it('loses nothing that it had written', async () => {
    const redis = await startRedis()
    const sandbox = await startSandbox()
    const queue = createMailQueue({ connection: redis.connection })
    for (let index = 0; index < 20; index += 1)
      right(await queue.enqueue(message(`user${index}@example.com`))())
    await redis.kill()
    await redis.start()
    const worker = createMailWorker(right(createConnector(config, { endpoint: sandbox.endpoint })), {
      connection: redis.connection,
    })
    await until(() => sandbox.inbox().length === 20)
    await worker.close()
    await queue.close()
    expect(new Set(sandbox.inbox().map(({ toAddress }) => toAddress)).size).to.equal(20)
    await sandbox.stop()
    await redis.stop()
  })
})
