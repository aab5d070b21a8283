/**
 * Mutation testing, a module at a time: each module of the library is changed in every way that Stryker knows, and the
 * tests of that module alone have to notice. All tests against every mutant would take hours, and would also count
 * a change in one module that only another module's tests happen to meet.
 *
 *     npm run test:mutation                    everything, most of an hour
 *     npm run test:mutation -- decode sandbox  these only
 */
import { existsSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { Stryker } from '@stryker-mutator/core'
import { Command, Option } from 'commander'

type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number]

interface Group {
  readonly name: string
  readonly mutate: ReadonlyArray<string>
  readonly spec: ReadonlyArray<string>
}

/** Doors only export, and of the others next to nothing is left at run time: their tests are of their types. */
const notMutated = ['index', 'testing', 'events', 'define-config', 'message-of', 'message-for']

/** A package of its own is one group: its tests talk to a running program, and so to all of its modules at once. */
const packageGroup = (name: string): Group => ({
  name,
  mutate: [`packages/${name}/src/*.ts`],
  spec: [`packages/${name}/test/*.test.ts`],
})

const modules = readdirSync('lib', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((module) => !notMutated.includes(basename(module)))

const hasTests = (module: string): boolean => existsSync(`test/${module}.test.ts`)

const groups: ReadonlyArray<Group> = [
  ...modules.filter(hasTests).map((module) => ({
    name: basename(module),
    mutate: [`lib/${module}.ts`],
    spec: [`test/${module}.test.ts`],
  })),
  ...['sandbox', 'cli', 'logto'].map(packageGroup),
]

// ------------------------------------------------------------------------------------------------------------
// One group
// ------------------------------------------------------------------------------------------------------------

const run = ({ name, mutate, spec }: Group, concurrency: number): Promise<ReadonlyArray<MutantResult>> =>
  new Stryker({
    mutate: [...mutate],
    mochaOptions: { 'no-config': true, extension: ['ts'], spec: [...spec] },
    concurrency,
    reporters: ['json', 'html', ...(process.stdout.isTTY ? ['progress'] : [])],
    jsonReporter: { fileName: `reports/mutation/${name}.json` },
    htmlReporter: { fileName: `reports/mutation/${name}.html` },
  }).runMutationTest()

// ------------------------------------------------------------------------------------------------------------
// The score
// ------------------------------------------------------------------------------------------------------------

interface Score {
  readonly noticed: number
  readonly missed: number
}

const isNoticed = ({ status }: MutantResult): boolean => status === 'Killed' || status === 'Timeout'
const isMissed = ({ status }: MutantResult): boolean => status === 'Survived' || status === 'NoCoverage'

const scoreOf = (mutants: ReadonlyArray<MutantResult>): Score => ({
  noticed: mutants.filter(isNoticed).length,
  missed: mutants.filter(isMissed).length,
})

const percent = ({ noticed, missed }: Score): number => (100 * noticed) / (noticed + missed)

const row = (name: string, score: Score): string =>
  `${name.padEnd(15)} ${percent(score).toFixed(1).padStart(5)} %  ${score.noticed} of ${score.noticed + score.missed}`

const place = ({ fileName, location, mutatorName, replacement }: MutantResult): string =>
  `  ${fileName.replace(`${process.cwd()}/`, '')}:${location.start.line}:${location.start.column} ${mutatorName} → ${replacement.replace(/\s+/g, ' ').slice(0, 80)}`

const toReach = 90

const program = new Command('test:mutation')
  .description(
    'Changes the library in every way that Stryker knows, and counts which changes no test notices.',
  )
  .argument('[modules...]', 'modules of lib/, or packages; without any, all of them')
  .addOption(new Option('--concurrency <n>', 'mutants at the same time').default(2).argParser(Number))
  .parse()

const asked = program.args
const unknown = asked.filter((name) => !groups.some((group) => group.name === name))
if (unknown.length > 0)
  program.error(
    `no such module: ${unknown.join(', ')}; there are ${groups.map(({ name }) => name).join(', ')}`,
  )

const chosen = groups.filter(({ name }) => asked.length === 0 || asked.includes(name))
const { concurrency } = program.opts<{ readonly concurrency: number }>()
const results: Array<readonly [name: string, mutants: ReadonlyArray<MutantResult>]> = []
for (const group of chosen) {
  const mutants = await run(group, concurrency)
  results.push([group.name, mutants])
  console.log(row(group.name, scoreOf(mutants)))
  mutants.filter(isMissed).forEach((mutant) => console.log(place(mutant)))
}

const total = scoreOf(results.flatMap(([, mutants]) => mutants))
console.log('')
results.forEach(([name, mutants]) => console.log(row(name, scoreOf(mutants))))
console.log(row('all', total))
// Only other modules' tests run these.
const untested = modules.filter((module) => !hasTests(module))
if (untested.length > 0) console.log(`\nwithout tests of their own: ${untested.join(', ')}`)
if (percent(total) < toReach) {
  console.error(`\nexpected at least ${toReach} %`)
  process.exitCode = 1
}
