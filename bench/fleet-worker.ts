/**
 * One worker of a fleet, as a process that can be killed: ours; what one writes without it, a BullMQ worker around the bare SDK;
 * or BullMQ's own with nothing to do. Its arguments are the kind, the port of Redis, the endpoint, the name of the queue and how
 * many mails are under way at once. Answers what it has cost so far.
 */
import { createMailWorker } from 'aliyun-dm-bullmq'
import { createConnector } from 'aliyun-dm-connector'
import { Worker } from 'bullmq'
import { open } from './contenders.js'
import { configOf } from './fixtures.js'

export type Kind = 'ours' | 'plain' | 'noop'

export interface Cost {
  readonly done: number
  readonly cpuMs: number
  readonly rssMb: number
  readonly heapMb: number
}

/** Short, so that a job whose worker was killed is soon taken over: the same for both. */
const lockMs = 5_000

const [kind, redisPort, endpoint = '', name = '', atOnce] = process.argv.slice(2)
const connection = { host: '127.0.0.1', port: Number(redisPort) }
const concurrency = Number(atOnce)
let done = 0

if (kind === 'ours') {
  const connector = createConnector(configOf(1_000), { endpoint })
  if (connector._tag === 'Left') throw new Error(connector.left.message)
  createMailWorker(connector.right, {
    connection,
    name,
    concurrency,
    lockMs,
    onEvent: ({ _tag }) => {
      if (_tag === 'Sent') done += 1
    },
  })
} else {
  const send = kind === 'plain' ? await open('sdk', Number(new URL(endpoint).port), 1_000) : undefined
  const worker = new Worker<{ readonly to: string }>(
    name,
    async ({ data }) => {
      const reason = await send?.(data.to)
      if (reason !== undefined) throw new Error(reason)
      done += 1
    },
    { connection, concurrency, lockDuration: lockMs, stalledInterval: lockMs / 2 },
  )
  worker.on('error', () => undefined)
}

const atStart = process.cpuUsage()
process.on('message', () => {
  globalThis.gc?.()
  const { user, system } = process.cpuUsage(atStart)
  const { rss, heapUsed } = process.memoryUsage()
  const cost: Cost = {
    done,
    cpuMs: (user + system) / 1_000,
    rssMb: rss / 2 ** 20,
    heapMb: heapUsed / 2 ** 20,
  }
  process.send?.(cost)
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
