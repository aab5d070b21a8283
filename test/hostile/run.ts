/**
 * `npm run test:hostile`: 20 000 messages to a server that does with each request whatever it likes, and a few thousand
 * more by two senders at once. Prints the figures, and fails if a promise was broken. `HOSTILE_MESSAGES` and
 * `HOSTILE_SEED` change the size and repeat the choices of a run; what the clock makes of them differs.
 */
import * as E from 'fp-ts/lib/Either.js'
import { behaviours, type Behaviour, honest, interruptions, throttledCopy } from './behaviours.js'
import { type CampaignOptions, type Outcome, runCampaign } from './campaign.js'

const messages = Number(process.env['HOSTILE_MESSAGES'] ?? 20_000)
const seed = Number(process.env['HOSTILE_SEED'] ?? Date.now() % 2 ** 31)

/** mulberry32 */
let state = seed
const random = (): number => {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const pick = <A>(items: ReadonlyArray<A>): A | undefined => items[Math.floor(random() * items.length)]

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

let highestRss = 0
const watching = setInterval(() => {
  highestRss = Math.max(highestRss, process.memoryUsage().rss)
}, 200)

let unhandled = 0
process.on('unhandledRejection', () => {
  unhandled += 1
})

const calm = behaviours.filter(({ isThrottling }) => !isThrottling)
const throttling = behaviours.filter(({ isThrottling }) => isThrottling)
const interrupting = Object.entries(interruptions)

/** Two in three requests meet with something. */
const chooseFrom = (some: ReadonlyArray<Behaviour>): Behaviour =>
  random() < 2 / 3 ? (pick(some) ?? honest) : honest

const range = (from: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, index) => from + index)

const groupsOf = (size: number, count: number, senders?: number): CampaignOptions['groups'] =>
  range(0, Math.ceil(count / size)).map((group) => ({
    ids: range(group * size, Math.min(size, count - group * size)),
    ...(senders === undefined ? {} : { senders }),
  }))

const run = async (
  title: string,
  campaign: Pick<CampaignOptions, 'choose' | 'groups'> & Partial<CampaignOptions>,
): Promise<Outcome> => {
  const startedAt = performance.now()
  const outcome = await runCampaign({ atOnce: 8, readTimeoutMs: 500, deadlineMs: 4_000, ...campaign })
  const { ledger, results } = outcome
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  say(
    `\n${title}: ${results.size} messages, ${ledger.requests} requests of which ${ledger.replays} were refused for ` +
      `their nonce, ${ledger.mails.size} mails; ${seconds} s`,
  )
  const kinds = new Map<string, number>()
  for (const result of [...results.values()].flat()) {
    const kind = E.isRight(result) ? 'Receipt' : `${result.left._tag}, delivered: ${result.left.delivered}`
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  for (const [kind, times] of [...kinds].sort(([, a], [, b]) => b - a)) say(`  ${kind}: ${times}`)
  return outcome
}

let broken = 0

const expectNone = ({ violations }: Outcome): void => {
  for (const [what, ids] of [
    ['mails that were taken twice', violations.twice],
    ["mails that were taken where the connector said delivered: 'no'", violations.falseNo],
    ['receipts without a mail, or of another one', violations.falseReceipt],
  ] as const) {
    say(`  ${ids.length === 0 ? 'ok   ' : 'WRONG'} ${what}: ${ids.length}`)
    broken += ids.length
  }
}

say(`Node ${process.version}, seed ${seed}, ${behaviours.length + interrupting.length} behaviours`)

// Every fourth group meets throttling too, which slows it down until its deadline.
const groups = groupsOf(25, messages)
const main = await run('Everything', {
  groups,
  choose: (id) => chooseFrom(Math.floor(id / 25) % 4 === 0 ? behaviours : calm),
  interrupt: () => (random() < 0.02 ? pick(interrupting) : undefined),
})
expectNone(main)
say(`  each behaviour was met at least ${Math.min(...main.ledger.played.values())} times`)
if (main.ledger.played.size < behaviours.length + interrupting.length) say('  but not every one was met')

expectNone(
  await run('Two senders with one idempotency key, no throttling', {
    groups: groupsOf(25, messages / 10, 2),
    choose: () => chooseFrom(calm),
    interrupt: () => (random() < 0.02 ? pick(interrupting) : undefined),
  }),
)

const twice = ({ violations, results }: Outcome): void =>
  say(`  twice: ${violations.twice.length} of ${results.size}`)

say('\nWhat is not promised, to see how much that is:')
twice(
  await run('A gateway that repeats each request and throttles the copy', {
    groups: groupsOf(1, messages / 100),
    choose: (_, n) => (n === 0 ? throttledCopy : honest),
  }),
)
twice(
  await run('Two senders with one idempotency key, both throttled at times', {
    groups: groupsOf(1, messages / 100, 2),
    choose: () => (random() < 0.5 ? (pick(throttling) ?? honest) : honest),
  }),
)

clearInterval(watching)
say(`\n${unhandled === 0 ? 'ok   ' : 'WRONG'} unhandled rejections: ${unhandled}`)
say(`at most ${Math.round(highestRss / 2 ** 20)} MB of memory, server and connectors together`)
process.exitCode = broken + unhandled > 0 ? 1 : 0
