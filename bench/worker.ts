/**
 * One contender in a process that lives through all rounds: sends so many mails with so many in flight, and says
 * how long that took and how much processor time.
 */
import { type Name, open } from './contenders.js'

export interface Command {
  readonly sends: number
  readonly inFlight: number
}

export interface Answer {
  readonly ms: number
  readonly cpuMs: number
  readonly delivered: number
  readonly rssMb: number
}

const [name, port, bytes] = process.argv.slice(2)
// The parent passes one of the names.
const send = await open(name as Name, Number(port), Number(bytes))

const run = async ({ sends, inFlight }: Command): Promise<Answer> => {
  let started = 0
  let delivered = 0
  const lane = async (): Promise<void> => {
    while (started < sends) {
      started += 1
      if ((await send()) === undefined) delivered += 1
    }
  }
  const cpuBefore = process.cpuUsage()
  const before = performance.now()
  await Promise.all(Array.from({ length: inFlight }, lane))
  const ms = performance.now() - before
  const { user, system } = process.cpuUsage(cpuBefore)
  return { ms, cpuMs: (user + system) / 1000, delivered, rssMb: process.memoryUsage.rss() / 2 ** 20 }
}

process.on('message', (command: Command) => {
  void run(command).then((answer) => process.send?.(answer))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
