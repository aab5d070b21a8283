/**
 * `npm run bench:fleet`: the queue at its work, over a real Redis, with workers that are processes and are killed. See README.md
 * for how each row is measured. Its arguments choose parts: crash, redis, throttle, scale, cost, memory.
 */
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMailQueue } from 'aliyun-dm-bullmq'
import { Queue } from 'bullmq'
import { type RedisServer, startRedis } from '../packages/bullmq/test/redis.js'
import { start, type Worker } from './children.js'
import type { Arrived } from './fleet-sandbox.js'
import type { Cost, Kind } from './fleet-worker.js'
import { code } from './fixtures.js'
import { digits, figure, ratio, slope } from './statistics.js'

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

// ------------------------------------------------------------------------------------------------------------
// A fleet
// ------------------------------------------------------------------------------------------------------------

interface Counts {
  /** Waiting, under way, or to be tried again. */
  readonly open: number
  readonly failed: number
}

interface Producer {
  readonly enqueue: (recipient: string) => Promise<unknown>
  /** Undefined while Redis is gone. */
  readonly counts: () => Promise<Counts | undefined>
  readonly close: () => Promise<unknown>
}

const produceOurs = (redis: RedisServer, name: string, maxPerSecond: number): Producer => {
  const queue = createMailQueue({
    connection: redis.connection,
    name,
    maxPerSecond,
    expiresInMs: 3_600_000,
  })
  return {
    enqueue: async (to) => {
      const queued = await queue.enqueue({ to, type: 'SignIn', payload: { code } })()
      if (queued._tag === 'Left') throw new Error(queued.left.message)
    },
    counts: async () => {
      const counts = await queue.counts()
      if (counts._tag === 'Left') return undefined
      const { waiting, active, delayed, failed } = counts.right
      return { open: waiting + active + delayed, failed }
    },
    close: queue.close,
  }
}

/** As BullMQ's guide has it: a few attempts with a growing pause, and what is done is removed. */
const producePlain = (redis: RedisServer, name: string): Producer => {
  const queue = new Queue(name, { connection: redis.connection })
  queue.on('error', () => undefined)
  return {
    enqueue: (to) =>
      queue.add(
        'mail',
        { to },
        { attempts: 3, backoff: { type: 'exponential', delay: 500 }, removeOnComplete: true },
      ),
    counts: async () => {
      const late = sleep(2_000).then(() => undefined)
      const counts = await Promise.race([queue.getJobCounts().catch(() => undefined), late])
      if (counts === undefined) return undefined
      const { wait = 0, active = 0, delayed = 0, failed = 0 } = counts
      return { open: wait + active + delayed, failed }
    },
    close: () => queue.close(),
  }
}

interface Fleet {
  readonly kind: Kind
  readonly mails: number
  readonly workers: number
  readonly concurrency: number
  readonly maxPerSecond?: number
  readonly latencyMs?: number
  /** Of the sandbox, a second. */
  readonly limit?: number
  /** What goes wrong meanwhile. It has an end when the mails have. */
  readonly disturb?: (fleet: Running, ended: AbortSignal) => Promise<void>
}

type Child = Worker<object, Cost>

interface Running {
  readonly redis: RedisServer
  readonly workers: Array<Child>
  readonly startWorker: () => Promise<Child>
}

interface Result extends Arrived {
  readonly failed: number
  readonly seconds: number
  readonly costs: ReadonlyArray<Cost>
}

const inBatches = async (count: number, each: (index: number) => Promise<unknown>): Promise<void> => {
  for (let from = 0; from < count; from += 100)
    await Promise.all(Array.from({ length: Math.min(100, count - from) }, (_, index) => each(from + index)))
}

const run = async (fleet: Fleet): Promise<Result> => {
  const { kind, mails, workers, concurrency, maxPerSecond = Infinity, latencyMs = 0, limit = 0 } = fleet
  const redis = await startRedis('everysec')
  const [endpoint, sandbox] = await start<string, object, Arrived>('fleet-sandbox', [
    latencyMs,
    limit,
    2 * mails,
  ])
  const name = `fleet-${kind}`
  const producer = kind === 'ours' ? produceOurs(redis, name, maxPerSecond) : producePlain(redis, name)
  await inBatches(mails, (index) => producer.enqueue(`user${index}@example.com`))
  const startWorker = async (): Promise<Child> => {
    const args = [kind, redis.connection.port, endpoint, name, concurrency]
    const [, child] = await start<string, object, Cost>('fleet-worker', args, ['--expose-gc'])
    return child
  }
  const running: Running = {
    redis,
    workers: await Promise.all(Array.from({ length: workers }, startWorker)),
    startWorker,
  }
  const began = performance.now()
  const ended = new AbortController()
  const disturbed = fleet.disturb?.(running, ended.signal)
  let counts: Counts | undefined
  do {
    await sleep(100)
    counts = await producer.counts()
  } while (counts === undefined || counts.open > 0)
  const seconds = (performance.now() - began) / 1_000
  ended.abort()
  await disturbed
  const costs = await Promise.all(running.workers.map((worker) => worker.ask({})))
  const arrived = await sandbox.ask({})
  running.workers.forEach((worker) => worker.stop())
  sandbox.stop()
  await producer.close()
  await redis.stop()
  return { ...arrived, failed: counts.failed, seconds, costs }
}

const tell = (what: string, fleet: Fleet, { mails, recipients, twice, failed, seconds }: Result): void =>
  say(
    `${what}: ${fleet.mails} queued, ${mails} mails accepted, ${twice} recipients got two, ` +
      `${fleet.mails - recipients} got none, ${failed} jobs failed; ${digits(seconds)} s`,
  )

// ------------------------------------------------------------------------------------------------------------
// The parts
// ------------------------------------------------------------------------------------------------------------

/** One worker dies every two seconds, each in its turn, and another takes its place. */
const killWorkers =
  (count: (deaths: number) => void) =>
  async ({ workers, startWorker }: Running, ended: AbortSignal): Promise<void> => {
    for (let deaths = 0; !ended.aborted; deaths += 1) {
      await sleep(2_000)
      const victim = deaths % workers.length
      workers[victim]?.kill()
      workers[victim] = await startWorker()
      count(deaths + 1)
    }
  }

const disturbed: Omit<Fleet, 'kind'> = {
  mails: 10_000,
  workers: 4,
  concurrency: 8,
  maxPerSecond: 250,
  latencyMs: 100,
}

const crash = async (): Promise<void> => {
  for (const kind of ['ours', 'plain'] as const) {
    let deaths = 0
    const fleet = { ...disturbed, kind, disturb: killWorkers((count) => (deaths = count)) }
    const result = await run(fleet)
    tell(`workers killed, ${kind} (${deaths} deaths)`, fleet, result)
  }
}

const redisDies = async (): Promise<void> => {
  const disturb = async ({ redis }: Running): Promise<void> => {
    for (let deaths = 0; deaths < 2; deaths += 1) {
      await sleep(8_000)
      await redis.kill()
      await sleep(1_000)
      await redis.start()
    }
  }
  for (const kind of ['ours', 'plain'] as const) {
    const fleet = { ...disturbed, kind, disturb }
    tell(`Redis killed twice, ${kind}`, fleet, await run(fleet))
  }
}

const throttle = async (): Promise<void> => {
  for (const [kind, maxPerSecond] of [
    ['ours', 50],
    ['ours', Infinity],
    ['plain', Infinity],
  ] as const) {
    const fleet: Fleet = {
      kind,
      mails: 2_000,
      workers: 4,
      concurrency: 16,
      maxPerSecond,
      latencyMs: 200,
      limit: 100,
    }
    const result = await run(fleet)
    tell(
      `${maxPerSecond} a second under a limit of 100, ${kind} (${digits(result.requests / result.mails)} requests a mail, ` +
        `${result.busiest} mails in the busiest second)`,
      fleet,
      result,
    )
  }
}

const scale = async (): Promise<void> => {
  let single = 0
  for (const workers of [1, 2, 4]) {
    const fleet: Fleet = { kind: 'ours', mails: workers * 1_500, workers, concurrency: 16, latencyMs: 200 }
    const { mails, seconds } = await run(fleet)
    const rate = mails / seconds
    if (workers === 1) single = rate
    say(`${workers} workers: ${digits(rate)} mails a second, ${digits(rate / single / workers)} of linear`)
  }
}

const cost = async (): Promise<void> => {
  const costs: Record<Kind, Array<number>> = { ours: [], plain: [], noop: [] }
  for (let round = 0; round < 5; round += 1)
    for (const kind of ['ours', 'plain', 'noop'] as const) {
      const { costs: measured } = await run({ kind, mails: 4_000, workers: 1, concurrency: 16 })
      costs[kind].push(((measured[0]?.cpuMs ?? Number.NaN) * 1_000) / 4_000)
    }
  say(
    `processor time of a worker for each mail: ${digits(figure(costs.ours).median)} µs, ` +
      `plain BullMQ and the bare SDK ${digits(figure(costs.plain).median)} µs, BullMQ's no-op ${digits(figure(costs.noop).median)} µs; ` +
      `ratio to plain ${digits(ratio(costs.ours, costs.plain).median)}`,
  )
}

const memory = async (): Promise<void> => {
  const points: Array<readonly [number, number]> = []
  const watch = async ({ workers }: Running, ended: AbortSignal): Promise<void> => {
    for (let next = 10_000; !ended.aborted;) {
      await sleep(500)
      const answer = await workers[0]?.ask({})
      if (answer === undefined || answer.done < next) continue
      points.push([answer.done, answer.heapMb])
      say(`  ${answer.done} mails: ${digits(answer.heapMb)} MB of heap, ${digits(answer.rssMb)} MB resident`)
      next += 10_000
    }
  }
  await run({ kind: 'ours', mails: 100_000, workers: 1, concurrency: 32, disturb: watch })
  say(`memory of a worker: ${digits(slope(points) * 10_000)} MB of heap more with each 10 000 mails`)
}

const parts = { crash, redis: redisDies, throttle, scale, cost, memory }
const wanted = process.argv.slice(2)
for (const [name, part] of Object.entries(parts))
  if (wanted.length === 0 || wanted.includes(name)) await part()
say(`Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'})`)
process.exit()
