/**
 * Workers that die, workers that are paused, and a Redis that is gone: no mail is lost, and none is sent twice.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { startSandbox, type Sandbox } from 'aliyun-dm-sandbox/promises'
import { createConnector } from 'aliyun-dm-connector'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { createMailQueue, createMailWorker, type MailQueue } from '../src/index.js'
import { describeWithRedis, type RedisServer, startRedis } from './redis.js'
import { config, isIdle, message, right, until } from './support.js'

describeWithRedis('workers in processes of their own', () => {
  let redis: RedisServer
  let sandbox: Sandbox
  let queue: MailQueue
  const name = 'mails'
  const children: Array<ChildProcess> = []

  beforeEach(async () => {
    redis = await startRedis()
    queue = createMailQueue({ connection: redis.connection, name, maxPerSecond: 200 })
  })
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await queue.close()
    await sandbox.stop()
    await redis.stop()
  })

  const workInProcess = async (): Promise<ChildProcess> => {
    const child = fork(
      new URL('worker-process.ts', import.meta.url),
      [String(redis.connection.port), sandbox.endpoint, name],
      { execArgv: ['--import', 'tsx'] },
    )
    children.push(child)
    await once(child, 'message')
    return child
  }

  it('sends each code once where workers die', async () => {
    const total = 120
    sandbox = await startSandbox({ latencyMs: 150 })
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
    const recipients = sandbox.inbox().map(({ toAddress }) => toAddress)
    expect(recipients).to.have.length(total)
    expect(new Set(recipients).size).to.equal(total)
    expect(right(await queue.counts()).failed).to.equal(0)
  })

  it('sends each code once where a worker is paused, and comes back', async () => {
    sandbox = await startSandbox({ latencyMs: 300 })
    const total = 60
    for (let index = 0; index < total; index += 1)
      right(await queue.enqueue(message(`user${index}@example.com`))())
    const paused = await workInProcess()
    await until(() => sandbox.inbox().length > 5)
    paused.kill('SIGSTOP')
    const accepted = sandbox.inbox().length
    expect(right(await queue.counts()).active).to.be.greaterThan(0)
    await workInProcess()
    // The other one takes over what the paused one had begun, too.
    await until(() => isIdle(queue))
    expect(sandbox.inbox().length).to.be.greaterThan(accepted)
    paused.kill('SIGCONT')
    right(await queue.enqueue(message('last@example.com'))())
    await until(() => isIdle(queue))
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const recipients = sandbox.inbox().map(({ toAddress }) => toAddress)
    expect(recipients).to.have.length(total + 1)
    expect(new Set(recipients).size).to.equal(total + 1)
    expect(right(await queue.counts()).failed).to.equal(0)
  })
})

describeWithRedis('a Redis that is gone', () => {
  it('ends what is asked with a value, and lets the process end, which prints nothing', async () => {
    const redis = await startRedis()
    const child = fork(new URL('gone-process.ts', import.meta.url), [String(redis.connection.port)], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => (printed += String(chunk)))
    const [counts] = (await once(child, 'message')) as [E.Either<unknown, unknown>]
    right(counts)
    await redis.kill()
    child.send('gone')
    const [{ asked, closedMs }] = (await once(child, 'message')) as [
      { asked: ReadonlyArray<E.Either<{ readonly _tag: string }, unknown>>; closedMs: number },
    ]
    expect(asked).to.have.length(3)
    for (const answer of asked) expect(answer).to.have.nested.property('left._tag', 'QueueUnavailable')
    // Three seconds for BullMQ's own end, and some for a busy machine.
    expect(closedMs).to.be.lessThan(10_000)
    await once(child, 'exit')
    expect({ code: child.exitCode, printed }).to.deep.equal({ code: 0, printed: '' })
    await redis.stop()
  })

  it('is told from the start that there is none, within five seconds', async () => {
    const queue = createMailQueue({ connection: { port: 1 } })
    const began = performance.now()
    expect(await queue.enqueue(message())()).to.deep.equal(
      E.left({ _tag: 'QueueUnavailable', message: 'Redis did not answer within 5 s' }),
    )
    expect(performance.now() - began).to.be.lessThan(15_000)
    await queue.close()
    expect(await queue.counts()).to.have.nested.property('left.message', 'The queue is closed')
  })

  it('sends each code once where it dies twice in the middle', async () => {
    const redis = await startRedis()
    const sandbox = await startSandbox({ latencyMs: 100 })
    const total = 200
    const queue = createMailQueue({ connection: redis.connection, maxPerSecond: 100 })
    const connector = right(createConnector(config, { endpoint: sandbox.endpoint }))
    for (let index = 0; index < total; index += 1)
      right(await queue.enqueue(message(`user${index}@example.com`))())
    const worker = createMailWorker(connector, { connection: redis.connection, lockMs: 2_000 })
    for (const sent of [40, 120]) {
      await until(() => sandbox.inbox().length >= sent)
      await redis.kill()
      await redis.start()
    }
    await until(async () => {
      const counts = await queue.counts()
      if (E.isLeft(counts)) return false
      const { waiting, active, delayed } = counts.right
      return waiting + active + delayed === 0
    })
    const recipients = sandbox.inbox().map(({ toAddress }) => toAddress)
    expect(recipients).to.have.length(total)
    expect(new Set(recipients).size).to.equal(total)
    expect(right(await queue.counts()).failed).to.equal(0)
    await worker.close()
    await queue.close()
    await connector.close()
    await sandbox.stop()
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
