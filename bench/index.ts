/**
 * `npm run bench`: what the library costs, measured against others who do the same in the same minute. See
 * README.md for how each row is measured.
 */
import { cpus, totalmem } from 'node:os'
import type { Burst } from './burst.js'
import { runFresh, start, type Worker } from './children.js'
import type { Name } from './contenders.js'
import type { Pure } from './pure.js'
import type { Counts } from './server.js'
import type { Throttled } from './throttled.js'
import { digits, type Figure, figure, paired, ratio } from './statistics.js'
import { measured, type Row, table } from './table.js'
import type { Answer, Command } from './worker.js'

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const startedAt = performance.now()

const [port, server] = await start<number, object, Counts>('server')

// ------------------------------------------------------------------------------------------------------------
// Rounds
// ------------------------------------------------------------------------------------------------------------

type Sending = Worker<Command, Answer>

const openAll = async (names: ReadonlyArray<Name>, bytes: number): Promise<ReadonlyArray<Sending>> =>
  Promise.all(
    names.map(async (name) => {
      const [, worker] = await start<string, Command, Answer>('worker', [name, port, bytes])
      return worker
    }),
  )

/** Lets all measure in turn, round after round; who is first changes. Gives each its answers, in the same order. */
const inTurns = async (
  workers: ReadonlyArray<Sending>,
  rounds: number,
  commandOf: (index: number) => Command,
  warmUp = 2,
): Promise<ReadonlyArray<ReadonlyArray<Answer>>> => {
  const answers = workers.map((): Array<Answer> => [])
  for (let round = -warmUp; round < rounds; round++)
    for (let turn = 0; turn < workers.length; turn++) {
      const index = (turn + round + warmUp) % workers.length
      const command = commandOf(index)
      const answer = await workers[index]?.ask(command)
      if (answer === undefined) continue
      if (answer.delivered !== command.sends) throw new Error('A send failed that should not have')
      if (round >= 0) answers[index]?.push(answer)
    }
  return answers
}

// ------------------------------------------------------------------------------------------------------------
// The rows
// ------------------------------------------------------------------------------------------------------------

const underLoad = async (): Promise<ReadonlyArray<Row>> => {
  // Long enough for a process to be in its stride again after the others' turns.
  const sends = {
    library: 1_500,
    sdk: 1_500,
    'sdk-nonce': 1_500,
    logto: 1_500,
    stubbed: 15_000,
    told: 15_000,
    stub: 15_000,
  }
  const names = ['library', 'sdk', 'sdk-nonce', 'logto', 'stubbed', 'told', 'stub'] as const
  // Each in several processes: two that run the same code can differ by a tenth for as long as they live.
  const lineup = Array.from({ length: 3 }, () => names).flat()
  const workers = await openAll(lineup, 1_000)
  const commandOf = (index: number): Command => ({ sends: sends[lineup[index] ?? 'sdk'], inFlight: 32 })
  const answers = await inTurns(workers, 24, commandOf, 3)
  workers.forEach((worker) => worker.stop())

  const series = (name: (typeof names)[number], of: (answer: Answer) => number): ReadonlyArray<number> =>
    answers.filter((_, index) => lineup[index] === name).flatMap((rounds) => rounds.map(of))
  const rate = (name: (typeof names)[number]) => series(name, ({ ms }) => (sends[name] / ms) * 1000)
  const cpu = (name: (typeof names)[number]) => series(name, ({ cpuMs }) => (cpuMs / sends[name]) * 1000)

  const silent = cpu('stubbed')
  const added = cpu('told').map((told, round) => told - (silent[round] ?? Number.NaN))

  for (const name of names)
    say(
      `${name}: ${digits(figure(rate(name)).median)} sends/s, ${digits(figure(cpu(name)).median)} µs of processor time each`,
    )
  return [
    measured('sends per second at 32 in flight', 'bare SDK', ratio(rate('library'), rate('sdk')), [
      '≥',
      0.95,
    ]),
    measured('the same', 'the SDK with the same nonce header', ratio(rate('library'), rate('sdk-nonce')), [
      '≥',
      0.98,
    ]),
    measured('the same', '`@logto/connector-aliyun-dm`', ratio(rate('library'), rate('logto')), ['≥', 2]),
    measured('processor time of a send', 'bare SDK', ratio(cpu('library'), cpu('sdk'))),
    measured(
      'processor time of a send',
      'the SDK with the same nonce header',
      ratio(cpu('library'), cpu('sdk-nonce')),
    ),
    measured('processor time of a send through a stub of the SDK', 'µs', figure(cpu('stubbed')), ['≤', 9]),
    measured('the same, without the library', 'µs', figure(cpu('stub'))),
    measured(
      'processor time that telemetry adds',
      'a whole send',
      paired(added, cpu('library'), (more, whole) => more / whole),
      ['≤', 0.03],
    ),
  ]
}

const starting = async (): Promise<ReadonlyArray<Row>> => {
  const timed = async (what: 'import' | 'send', name: Name): Promise<number> =>
    (await runFresh<{ readonly ms: number }>('fresh', [what, name, port])).ms
  const rounds = async (what: 'import' | 'send', other: Name) => {
    const ours: Array<number> = []
    const theirs: Array<number> = []
    for (let round = 0; round < 15; round++) {
      if (round % 2 === 0) ours.push(await timed(what, 'library'))
      theirs.push(await timed(what, other))
      if (round % 2 === 1) ours.push(await timed(what, 'library'))
    }
    say(`${what}: ${digits(figure(ours).median)} ms; ${other}: ${digits(figure(theirs).median)} ms`)
    return ratio(ours, theirs)
  }
  return [
    measured('import', 'import of `@logto/connector-aliyun-dm`', await rounds('import', 'logto'), [
      '≤',
      0.35,
    ]),
    measured(
      'import, create, first send done',
      'bare SDK: import, first send done',
      await rounds('send', 'sdk'),
      ['≤', 1.1],
    ),
  ]
}

const pure = async (): Promise<ReadonlyArray<Row>> => {
  const { rendering, bodies, templates, creating } = await runFresh<Pure>('pure', [])
  for (const [what, series] of Object.entries({ rendering, bodies, templates, creating }))
    say(
      `${what}: ${Object.entries(series)
        .map(([name, values]) => `${name} ${digits(figure(values).median)} µs`)
        .join(', ')}`,
    )
  const ours = rendering['library'] ?? []
  return [
    ...['mustache', 'handlebars', 'connector-kit'].map((name) =>
      measured('rendering 10 kB with 5 placeholders, time', name, ratio(ours, rendering[name] ?? []), [
        '≤',
        1,
      ]),
    ),
    measured(
      'decode and render, for each kB from 100 kB to 1 MB, time',
      'itself, for each kB up to 100 kB',
      growth(bodies['100'] ?? [], bodies['1000'] ?? []),
      ['≤', 2],
    ),
    measured(
      'decode and render with 1 000 templates, time',
      'itself with 4 templates',
      ratio(templates['1000'] ?? [], templates['4'] ?? []),
      ['≤', 1.1],
    ),
  ]
}

/** What each kilobyte costs from 100 kB to 1 MB, as a multiple of what each one costs up to 100 kB. */
const growth = (hundred: ReadonlyArray<number>, thousand: ReadonlyArray<number>): Figure =>
  paired(hundred, thousand, (small, large) => (large - small) / 900 / (small / 100))

const bodySizes = async (): Promise<ReadonlyArray<Row>> => {
  const sizes = [1, 10, 100, 1_000]
  const sendsOf = (size: number): number => Math.max(20, Math.round(600 / size))
  const workers = (await Promise.all(sizes.map((size) => openAll(['library', 'sdk'], size * 1_000)))).flat()
  const sizeOf = (index: number): number => sizes[index >> 1] ?? 0
  const answers = await inTurns(workers, 15, (index) => ({ sends: sendsOf(sizeOf(index)), inFlight: 4 }))
  workers.forEach((worker) => worker.stop())
  const costs = answers.map((rounds, index) => rounds.map(({ cpuMs }) => cpuMs / sendsOf(sizeOf(index))))
  const library = costs.filter((_, index) => index % 2 === 0)
  const sdk = costs.filter((_, index) => index % 2 === 1)
  const shown = (who: ReadonlyArray<ReadonlyArray<number>>): string =>
    who.map((rounds, index) => `${sizes[index] ?? 0} kB ${digits(figure(rounds).median)} ms`).join(', ')
  say(`processor time for a send by body size: ${shown(library)}; bare SDK: ${shown(sdk)}`)
  const [, , hundred = [], thousand = []] = sdk
  say(
    `bare SDK, each kB from 100 kB to 1 MB, against each up to 100 kB: ${digits(growth(hundred, thousand).median)}`,
  )
  return sizes.map((size, index) =>
    measured(
      `processor time for a send of ${size} kB`,
      'bare SDK',
      ratio(library[index] ?? [], sdk[index] ?? []),
    ),
  )
}

const bursts = async (): Promise<ReadonlyArray<Row>> => {
  const messages = 20_000
  const burst = async (name: Name): Promise<Burst & Counts> => {
    await server.ask({})
    const result = await runFresh<Burst>('burst', [name, port, messages], {
      maxFiles: 1_024,
      execArgv: ['--expose-gc'],
    })
    return { ...result, ...(await server.ask({})) }
  }
  const rows: Array<Row> = []
  for (const name of ['library', 'sdk', 'logto'] as const) {
    const { delivered, failures, mails, connections, seconds, peakMb, bytesPerMessage } = await burst(name)
    say(
      `burst, ${name}: ${delivered} receipts and ${mails - 1} mails of ${messages} in ${digits(seconds)} s over ${connections} connections, ` +
        `${digits(bytesPerMessage / 1000)} kB for each message that waits, ${digits(peakMb)} MB resident at most` +
        Object.entries(failures)
          .map(([reason, times]) => `; ${times} failed with ${reason}`)
          .join(''),
    )
    rows.push({
      what: `delivered of a burst of ${messages}`,
      against: name === 'library' ? 'itself' : name === 'sdk' ? 'bare SDK' : '`@logto/connector-aliyun-dm`',
      result: String(delivered),
      spread: `${digits(peakMb)} MB at most`,
      target: name === 'library' ? String(messages) : '—',
      reached: name !== 'library' || (delivered === messages && mails === messages + 1),
    })
  }
  return rows
}

/** Several processes at once, at a sandbox that takes so many requests a second. */
const throttled = async (): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  const run = async (
    name: Name,
    { perSecond, processes = 1, messages = 1_000, maxPerSecond, most }: Load,
  ): Promise<void> => {
    const [limitedPort, limited] = await start<number, object, number>('limited-server', [perSecond])
    const args = [name, limitedPort, messages, ...(maxPerSecond === undefined ? [] : [maxPerSecond])]
    const results = await Promise.all(
      Array.from({ length: processes }, () => runFresh<Throttled>('throttled', args)),
    )
    const requests = (await limited.ask({})) / (processes * messages)
    limited.stop()
    const delivered = results.reduce((sum, result) => sum + result.delivered, 0)
    const seconds = Math.max(...results.map((result) => result.seconds))
    const all = processes * messages
    // What a service with a bucket of a second's worth takes at best.
    const ideal = all / perSecond
    const isLibrary = name === 'library'
    const who = isLibrary ? `library${maxPerSecond === undefined ? '' : ', maxPerSecond'}` : name
    rows.push({
      what: `${processes === 1 ? '' : `${processes} × `}${messages} messages at ${perSecond} a second: delivered`,
      against: who,
      result: `${delivered} in ${digits(seconds)} s`,
      spread: `${digits(requests)} requests a mail`,
      target: isLibrary
        ? `all, ≤ ${most ?? 1} requests${processes === 1 ? `, ≤ ${1.2 * ideal} s` : ''}`
        : '—',
      reached:
        !isLibrary ||
        (delivered === all && requests <= (most ?? 1) && (processes > 1 || seconds <= 1.2 * ideal)),
    })
  }
  await run('library', { perSecond: 100, most: 1.15 })
  await run('library', { perSecond: 100, maxPerSecond: 100, most: 1.02 })
  await run('sdk', { perSecond: 100 })
  await run('logto', { perSecond: 100 })
  await run('library', { perSecond: 50, processes: 4, messages: 100, most: 1.35 })
  await run('sdk', { perSecond: 50, processes: 4, messages: 100 })
  await run('logto', { perSecond: 50, processes: 4, messages: 100 })
  return rows
}

interface Load {
  readonly perSecond: number
  readonly processes?: number
  readonly messages?: number
  readonly maxPerSecond?: number
  /** Requests for each mail. */
  readonly most?: number
}

const sections: Readonly<Record<string, () => Promise<ReadonlyArray<Row>>>> = {
  load: underLoad,
  start: starting,
  pure,
  sizes: bodySizes,
  bursts,
  throttled,
}
const wanted = process.argv.slice(2)

const rows: Array<Row> = []
for (const [name, section] of Object.entries(sections))
  if (wanted.length === 0 || wanted.includes(name)) rows.push(...(await section()))
server.stop()

say('')
say(table(rows))
say('')
say(
  `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ` +
    `${digits(totalmem() / 2 ** 30)} GB of memory; took ${digits((performance.now() - startedAt) / 1000)} s.`,
)
