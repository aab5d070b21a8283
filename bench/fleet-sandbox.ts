/**
 * The sandbox in a process of its own. Its arguments are the latency in milliseconds, the limit of requests a second, 0 for
 * none, and how many mails it keeps. Tells its parent the port, and what came in when asked.
 */
import { startSandbox } from 'aliyun-dm-sandbox'

export interface Arrived {
  readonly requests: number
  readonly mails: number
  /** Recipients who got at least one. */
  readonly recipients: number
  /** Recipients who got more than one. */
  readonly twice: number
  /** Mails of the busiest second after the first. */
  readonly busiest: number
}

const [latencyMs = 0, limit = 0, capacity = 0] = process.argv.slice(2).map(Number)
const started = await startSandbox({
  latencyMs,
  capacity,
  ...(limit === 0 ? {} : { throttlePerSecond: limit }),
})()
if (started._tag === 'Left') throw started.left
const { endpoint, requests, inbox } = started.right

const count = (): Arrived => {
  const mails = new Map<string, number>()
  const times = inbox().map(({ toAddress, receivedAt }) => {
    mails.set(toAddress, (mails.get(toAddress) ?? 0) + 1)
    return Date.parse(receivedAt)
  })
  const first = Math.min(...times)
  const later = times.filter((time) => time >= first + 1_000)
  let busiest = 0
  for (let from = 0, to = 0; to < later.length; to += 1) {
    while ((later[to] ?? 0) - (later[from] ?? 0) >= 1_000) from += 1
    busiest = Math.max(busiest, to - from + 1)
  }
  return {
    requests: requests(),
    mails: times.length,
    recipients: mails.size,
    twice: [...mails.values()].filter((count) => count > 1).length,
    busiest,
  }
}

process.send?.(endpoint)
process.on('message', () => process.send?.(count()))
process.on('disconnect', () => process.exit())
