/**
 * A fleet on this machine: a producer queues a thousand codes, four workers send them into the sandbox, and in the middle one of
 * them dies. Each code arrives once all the same. Needs `redis-server`, or `REDIS_PORT` of one that runs.
 *
 *     npm run example:fleet
 *     npx tsx examples/fleet/main.ts 200 2      # so many codes, so many workers
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMailQueue } from 'aliyun-dm-bullmq'
import { startSandbox } from 'aliyun-dm-sandbox/promises'
import * as E from 'fp-ts/lib/Either.js'

const [mails = 1_000, workers = 4] = process.argv.slice(2).map(Number)

const findPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const startRedis = async (): Promise<{ readonly port: number; readonly stop: () => void }> => {
  const given = process.env['REDIS_PORT']
  if (given !== undefined) return { port: Number(given), stop: () => undefined }
  const port = await findPort()
  const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
  })
  redis.on('error', () => {
    console.error('There is no redis-server here. Install it (Debian: redis-server), or set REDIS_PORT.')
    process.exit(1)
  })
  return { port, stop: () => redis.kill() }
}

const redis = await startRedis()
const sandbox = await startSandbox({ latencyMs: 200, capacity: 2 * mails })
const queue = createMailQueue({ connection: { port: redis.port }, maxPerSecond: 50 })

const startWorker = async (): Promise<ChildProcess> => {
  const child = fork(new URL('worker.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, REDIS_PORT: String(redis.port), ALIYUN_DM_ENDPOINT: sandbox.endpoint },
  })
  await once(child, 'message')
  return child
}

for (let index = 0; index < mails; index += 1) {
  const code = String(100_000 + index)
  const queued = await queue.enqueue(
    { to: `user${index}@example.com`, type: 'SignIn', payload: { code } },
    { idempotencyKey: `sign-in ${index}` },
  )()
  if (E.isLeft(queued)) throw new Error(queued.left.message)
}
const fleet = await Promise.all(Array.from({ length: workers }, startWorker))

/** One line that is written over, or a line a second where nobody watches. */
const say = (line: string): void => {
  process.stdout.write(process.stdout.isTTY ? `\r${line.padEnd(70)}` : `${line}\n`)
}

let left = mails
let before = 0
while (left > 0) {
  await sleep(1_000)
  const counts = await queue.counts()
  if (E.isLeft(counts)) continue
  const { waiting, active, delayed, failed } = counts.right
  left = waiting + active + delayed
  const sent = sandbox.inbox().length
  say(`queued ${waiting + delayed}  under way ${active}  sent ${sent}  failed ${failed}  ${sent - before}/s`)
  before = sent
  const victim = fleet[0]
  if (sent > mails / 3 && victim?.signalCode === null) {
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    process.stdout.write('\nOne worker was killed in the middle of its mails. The others take them over.\n')
  }
}

for (const worker of fleet) worker.kill('SIGTERM')
await queue.close()
await sandbox.stop()
redis.stop()

const recipients = sandbox.inbox().map(({ toAddress }) => toAddress)
process.stdout.write(
  `\n${recipients.length} mails arrived, for ${new Set(recipients).size} of ${mails} recipients.\n`,
)
