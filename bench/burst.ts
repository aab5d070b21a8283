/**
 * A burst: so many sends started in the same moment, and what becomes of them. Run with `--expose-gc`, to weigh
 * what waits.
 */
import { type Name, open, openLibrary } from './contenders.js'

export interface Burst {
  readonly delivered: number
  /** How many failed, and why. */
  readonly failures: Readonly<Record<string, number>>
  readonly seconds: number
  /** Resident memory at its highest. */
  readonly peakMb: number
  /** Of heap and buffers, for each message that has been handed over and not yet been sent. */
  readonly bytesPerMessage: number
}

const [name, port, count] = process.argv.slice(2)
const messages = Number(count)
const send =
  name === 'library'
    ? // The default of 30 s would measure how busy the machine is, not whether the burst holds.
      await openLibrary(Number(port), 1_000, { deadlineMs: 300_000 })
    : // The parent passes one of the names.
      await open(name as Name, Number(port), 1_000)
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

const failures: Record<string, number> = {}
for (const reason of results) if (reason !== undefined) failures[reason] = (failures[reason] ?? 0) + 1

const burst: Burst = {
  delivered: results.filter((reason) => reason === undefined).length,
  failures,
  seconds: (performance.now() - startedAt) / 1000,
  peakMb: process.resourceUsage().maxRSS / 1024,
  bytesPerMessage,
}
process.stdout.write(JSON.stringify(burst))
process.exit()
