/**
 * Mutation testing, a module at a time: each module of the library is changed in every way that Stryker knows, and the
 * tests of that module alone have to notice. All tests against every mutant would take hours, and would also count
 * a change in one module that only another module's tests happen to meet.
 *
 *     npm run test:mutation                    everything, most of an hour
 *     npm run test:mutation -- decode sandbox  these only
 */
import { existsSync, readdirSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { Stryker } from '@stryker-mutator/core'
import { Command, Option } from 'commander'
import * as NEA from 'fp-ts/lib/NonEmptyArray.js'

type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number]

interface Group {
  readonly name: string
  readonly mutate: ReadonlyArray<string>
  readonly spec: ReadonlyArray<string>
}

/** Doors only export, and of the others next to nothing is left at run time: their tests are of their types. */
const notMutated = ['index', 'testing', 'events', 'define-config', 'message-for']

/** These start other processes, which run what was built: no change is in them. */
const testsOfProcesses = ['clients', 'command', 'container', 'curl', 'examples', 'loader']

/** A package is one group: its tests talk to a running program, and so to all of its modules at once. */
const packageGroup = (name: string): Group => ({
  name,
  mutate: [`packages/${name}/src/**/*.ts`],
  spec: readdirSync(`packages/${name}/test`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !testsOfProcesses.includes(basename(file, '.test.ts')))
    .map((file) => `packages/${name}/test/${file}`),
})

const modules = readdirSync('lib', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((module) => !notMutated.includes(basename(module)))

/** Modules with a subject that has a file of its own, or that they share. Each module has tests of its own or here. */
const moreTests: Readonly<Record<string, ReadonlyArray<string>>> = {
  'directmail/directmail': ['directmail/client', 'directmail/renewal'],
  'directmail/client': ['directmail/directmail', 'directmail/renewal'],
  'directmail/request': ['directmail/directmail'],
  'rendering/render': ['rendering/links'],
}

const specOf = (module: string): ReadonlyArray<string> =>
  [module, ...(moreTests[module] ?? [])]
    .map((test) => `test/${test}.test.ts`)
    .filter((file) => existsSync(file))

const groups: ReadonlyArray<Group> = [
  ...modules.map((module) => ({
    name: basename(module),
    mutate: [`lib/${module}.ts`],
    spec: specOf(module),
  })),
  ...['sandbox', 'cli', 'logto', 'bullmq'].map(packageGroup),
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

/** `decode` for a module of the library, `cli/check` for one of a package. */
const moduleOf = ({ fileName }: MutantResult): string =>
  relative(process.cwd(), fileName)
    .replace(/\.ts$/, '')
    .replace(/^lib\/(?:.*\/)?/, '')
    .replace(/^packages\/(\w+)\/src\//, '$1/')

const row = (name: string, score: Score): string =>
  `| ${name.padEnd(24)} | ${percent(score).toFixed(1).padStart(5)} % | ${`${score.noticed} of ${score.noticed + score.missed}`.padStart(12)} |`

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
const scores: Array<readonly [name: string, score: Score]> = []
for (const group of chosen) {
  const mutants = (await run(group, concurrency)).filter((mutant) => isNoticed(mutant) || isMissed(mutant))
  for (const [name, ofModule] of Object.entries(NEA.groupBy(moduleOf)(mutants))) {
    scores.push([name, scoreOf(ofModule)])
    console.log(row(name, scoreOf(ofModule)))
    ofModule.filter(isMissed).forEach((mutant) => console.log(place(mutant)))
  }
}

console.log('')
scores.forEach(([name, score]) => console.log(row(name, score)))
const low = scores.filter(([, score]) => percent(score) < toReach)
if (low.length > 0) {
  console.error(`\nexpected at least ${toReach} %: ${low.map(([name]) => name).join(', ')}`)
  process.exitCode = 1
}
