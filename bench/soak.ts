/**
 * `npm run bench:soak`: 100 000 mails through one connector while everything goes wrong that can. Each mail has a
 * number; at the end what the connector said of each is held against what the server did with it.
 */
import { start } from './children.js'
import { importLibrary } from './contenders.js'
import type { Ledger } from './faulty-server.js'
import { configOf } from './fixtures.js'
import { digits, slope } from './statistics.js'

const mails = Number(process.env['SOAK_MAILS'] ?? 100_000)
/** More than the connector lets through at once, so that there is always a queue. */
const callers = 200

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const startedAt = performance.now()
const seconds = (): number => (performance.now() - startedAt) / 1000

const [port, server] = await start<number, object, Ledger>('faulty-server', [mails])
const { createConnector } = await importLibrary()
const connector = createConnector(configOf(1_000), {
  endpoint: `http://127.0.0.1:${port}`,
  connectTimeoutMs: 500,
  // Far above what an answer takes here, and short enough for thousands of stalls.
  readTimeoutMs: 500,
  maxConcurrency: 128,
})
if (connector._tag === 'Left') throw new Error(connector.left.message)
const { sendMessage } = connector.right

// ------------------------------------------------------------------------------------------------------------
// Sending
// ------------------------------------------------------------------------------------------------------------

type Outcome = 'no' | 'unknown' | 'receipt'

const outcomes: Array<Outcome | undefined> = new Array<undefined>(mails).fill(undefined)
const lefts: Record<string, number> = {}
let unhandled = 0
let begun = 0
let done = 0

process.on('unhandledRejection', () => {
  unhandled += 1
})

const sendOne = async (number: number): Promise<void> => {
  const result = await sendMessage({
    to: `mail-${number}@example.com`,
    type: 'SignIn',
    payload: { code: '123456' },
  })()
  if (result._tag === 'Left') {
    const { _tag, delivered } = result.left
    const kind = `${_tag}, delivered: ${delivered}`
    lefts[kind] = (lefts[kind] ?? 0) + 1
    outcomes[number] = delivered
  } else outcomes[number] = 'receipt'
  done += 1
}

const caller = async (): Promise<void> => {
  while (begun < mails) await sendOne(begun++)
}

// ------------------------------------------------------------------------------------------------------------
// Memory
// ------------------------------------------------------------------------------------------------------------

interface Sample {
  readonly done: number
  readonly rssMb: number
  readonly heapMb: number
}

const samples: Array<Sample> = []

const sample = (): void => {
  const { rss, heapUsed } = process.memoryUsage()
  samples.push({ done, rssMb: rss / 2 ** 20, heapMb: heapUsed / 2 ** 20 })
}

const sampling = setInterval(sample, 500)
await Promise.all(Array.from({ length: callers }, caller))
clearInterval(sampling)
sample()

const ledger = await server.ask({})
server.stop()

// ------------------------------------------------------------------------------------------------------------
// The account
// ------------------------------------------------------------------------------------------------------------

const count = (holds: (outcome: Outcome | undefined, accepted: number) => boolean): number =>
  outcomes.filter((outcome, number) => holds(outcome, ledger.accepted[number] ?? 0)).length

const violations = {
  'mails accepted twice or more': count((_, accepted) => accepted > 1),
  'receipts for a mail that was not accepted': count(
    (outcome, accepted) => outcome === 'receipt' && accepted === 0,
  ),
  "mails accepted where the connector said delivered: 'no'": count(
    (outcome, accepted) => outcome === 'no' && accepted > 0,
  ),
  'messages without an outcome': count((outcome) => outcome === undefined),
  'unhandled rejections': unhandled,
}

say(
  `${mails} messages, ${ledger.requests} requests, ${ledger.replays} replays refused, in ${digits(seconds())} s`,
)
say(
  `faults: ${Object.entries(ledger.faults)
    .map(([name, times]) => `${name} ${times}`)
    .join('; ')}`,
)
say(`receipts: ${count((outcome) => outcome === 'receipt')}`)
for (const [kind, times] of Object.entries(lefts).sort(([, a], [, b]) => b - a)) say(`Left ${kind}: ${times}`)
say(`mails accepted: ${count((_, accepted) => accepted > 0)}`)
say(
  `delivered: 'unknown', and accepted: ${count((outcome, accepted) => outcome === 'unknown' && accepted > 0)}; ` +
    `not accepted: ${count((outcome, accepted) => outcome === 'unknown' && accepted === 0)}`,
)
for (const [what, times] of Object.entries(violations))
  say(`${times === 0 ? 'ok' : 'WRONG'}  ${what}: ${times}`)

for (let step = 1; step <= 10; step++) {
  const at = samples[Math.round((step / 10) * (samples.length - 1))]
  if (at)
    say(
      `after ${String(at.done).padStart(6)}: ${digits(at.rssMb)} MB resident, ${digits(at.heapMb)} MB of heap`,
    )
}
const lastHalf = samples.slice(samples.length >> 1)
const perThousand = (of: (s: Sample) => number): string =>
  (slope(lastHalf.map((s) => [s.done / 1000, of(s)])) * 1024).toFixed(1)
say(
  `over the last half, for each thousand messages: ${perThousand((s) => s.rssMb)} kB resident, ${perThousand((s) => s.heapMb)} kB of heap`,
)
process.exitCode = Object.values(violations).some((times) => times > 0) ? 1 : 0
