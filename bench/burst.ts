/**
 * A burst: so many sends started in the same moment, and what becomes of them. Run with `--expose-gc`, to weigh
 * what waits.
 */
import { type Name, open } from './contenders.js'

export interface Burst {
  readonly delivered: number
  readonly seconds: number
  /** Resident memory at its highest. */
  readonly peakMb: number
  /** Of heap and buffers, for each message that has been handed over and not yet been sent. */
  readonly bytesPerMessage: number
}

const [name, port, count] = process.argv.slice(2)
const messages = Number(count)
// The parent passes one of the names.
const send = await open(name as Name, Number(port), 1_000)
await send()

const weight = (): number => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const before = weight()
const startedAt = performance.now()
const sends = Array.from({ length: messages }, send)
const bytesPerMessage = (weight() - before) / messages
const results = await Promise.all(sends)

const burst: Burst = {
  delivered: results.filter(Boolean).length,
  seconds: (performance.now() - startedAt) / 1000,
  peakMb: process.resourceUsage().maxRSS / 1024,
  bytesPerMessage,
}
process.stdout.write(JSON.stringify(burst))
process.exit()
