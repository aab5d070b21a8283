/**
 * Mutation testing, a module at a time: each module is changed in every way that Stryker knows, and the tests of that
 * module alone have to notice. All tests against every mutant would take hours, and would also count a change in one
 * module that only another module's tests happen to meet. Tests that start a process do not count: no change is in it.
 *
 *     npm run test:mutation                    everything, some hours
 *     npm run test:mutation -- decode sandbox  these only: a module of the library, a package
 */
import { existsSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { Stryker } from '@stryker-mutator/core'
import { Command, Option } from 'commander'

type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number]

interface Module {
  /** `decode` in the library, `cli/check` in a package. */
  readonly name: string
  readonly file: string
  readonly tests: ReadonlyArray<string>
}

/** Doors only export; of the others next to nothing is left at run time, or only a process runs them; one is a document. */
const notMutated = [
  ...['index', 'testing', 'events', 'config/define-config', 'rendering/message-for'],
  ...[
    'cli/index',
    'cli/exit',
    'cli/shell',
    'cli/warnings/warning',
    'sandbox/command',
    'sandbox/mail',
    'sandbox/openapi',
    'sandbox/present',
    'bullmq/index',
  ],
]

/** The tests that a module has besides those of its own name, or in place of them. */
const moreTests: Readonly<Record<string, ReadonlyArray<string>>> = {
  'config/template': ['config/config'],
  'config/usage-type': ['config/config'],
  'directmail/directmail': ['directmail/client', 'directmail/renewal'],
  'directmail/client': ['directmail/directmail', 'directmail/renewal'],
  'directmail/request': ['directmail/directmail'],
  'rendering/render': ['rendering/links'],
  'bullmq/queue': ['queue'],
  'bullmq/redis': ['connection', 'queue'],
  'bullmq/worker': ['queue'],
  'cli/check': ['template-files', 'growth', 'check-online'],
  'cli/command': ['check', 'check-online', 'preview', 'live-preview', 'send'],
  'cli/config-file': ['check', 'template-files', 'send'],
  'cli/connector': ['send', 'check-online'],
  'cli/diagnostics': ['check', 'growth', 'json'],
  'cli/environment': ['send', 'check-online'],
  'cli/error-code': ['config-file', 'page-files'],
  'cli/guess': ['check', 'warnings/find-warnings'],
  'cli/live-server': ['live-preview'],
  'cli/page-files': ['preview'],
  'cli/pages': ['preview', 'page-files', 'live-preview'],
  'cli/plain-text': ['preview'],
  'cli/preview': ['template-files', 'growth', 'live-preview'],
  'cli/previews': ['preview', 'template-files'],
  'cli/terminal': ['check', 'preview'],
  'cli/variables': ['send', 'preview'],
  'cli/verification': ['check-online'],
  ...Object.fromEntries(
    ['content', 'find-warnings', 'html', 'keys', 'mail', 'places', 'template'].map((name) => [
      `cli/warnings/${name}`,
      ['warnings/find-warnings', 'warnings/html', 'check'],
    ]),
  ),
  'logto/config': ['index', 'built-in'],
  'logto/errors': ['index', 'failures'],
  'logto/environment': ['index', 'built-in'],
  'logto/message': ['index', 'comparison'],
  'sandbox/account': ['service', 'pusher'],
  'sandbox/answer': ['service', 'server', 'playback'],
  'sandbox/api': ['server', 'events', 'faults', 'waiting', 'access', 'pusher'],
  'sandbox/canonical': ['signature', 'request'],
  'sandbox/code': ['content'],
  'sandbox/command/output': ['command/run'],
  'sandbox/content': ['inbox', 'service'],
  'sandbox/decoding': ['options', 'faults', 'waiting'],
  'sandbox/eml': ['api'],
  'sandbox/events': ['api', 'server'],
  'sandbox/fault-queue': ['faults', 'server'],
  'sandbox/faults': ['server', 'playback'],
  'sandbox/inbox': ['server', 'waiting'],
  'sandbox/index': ['server', 'service', 'options', 'waiting', 'pusher', 'faults'],
  'sandbox/inert': ['server'],
  'sandbox/listing': ['api', 'events'],
  'sandbox/nonces': ['service'],
  'sandbox/options': ['service'],
  'sandbox/page': ['api', 'server'],
  'sandbox/playback': ['faults'],
  'sandbox/promises': ['waiting', 'pusher'],
  'sandbox/pusher': ['api'],
  'sandbox/refusal': ['service', 'answer'],
  'sandbox/request': ['service'],
  'sandbox/rules': ['service'],
  'sandbox/server': ['faults', 'account'],
  'sandbox/service': ['account'],
  'sandbox/simulator': ['pusher', 'account'],
  'sandbox/throttle': ['service'],
  'sandbox/waiting': ['api'],
}

const toModule = (path: string, source: string, tests: string, name: string): Module => ({
  name,
  file: `${source}.ts`,
  tests: [...new Set([source.replace(/^(?:lib|packages\/\w+\/src)\//, ''), ...(moreTests[path] ?? [])])]
    .map((test) => `${tests}/${test}.test.ts`)
    .filter((file) => existsSync(file)),
})

const findModules = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))

const modules: ReadonlyArray<Module> = [
  ...findModules('lib')
    .filter((path) => !notMutated.includes(path))
    .map((path) => toModule(path, `lib/${path}`, 'test', basename(path))),
  ...['bullmq', 'cli', 'logto', 'sandbox'].flatMap((name) =>
    findModules(`packages/${name}/src`)
      .map((path) => `${name}/${path}`)
      .filter((path) => !notMutated.includes(path))
      .map((path) => toModule(path, `packages/${path.replace('/', '/src/')}`, `packages/${name}/test`, path)),
  ),
]

// ------------------------------------------------------------------------------------------------------------
// One module
// ------------------------------------------------------------------------------------------------------------

const run = ({ name, file, tests }: Module, concurrency: number): Promise<ReadonlyArray<MutantResult>> => {
  const report = `reports/mutation/${name.replaceAll('/', '-')}`
  return new Stryker({
    mutate: [file],
    mochaOptions: { 'no-config': true, extension: ['ts'], spec: [...tests] },
    concurrency,
    reporters: ['json', 'html', ...(process.stdout.isTTY ? ['progress'] : [])],
    jsonReporter: { fileName: `${report}.json` },
    htmlReporter: { fileName: `${report}.html` },
  }).runMutationTest()
}

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
  `| ${name.padEnd(24)} | ${percent(score).toFixed(1).padStart(5)} % | ${`${score.noticed} of ${score.noticed + score.missed}`.padStart(12)} |`

const place = ({ location, mutatorName, replacement }: MutantResult, { file }: Module): string =>
  `  ${file}:${location.start.line}:${location.start.column} ${mutatorName} → ${replacement.replace(/\s+/g, ' ').slice(0, 80)}`

const toReach = 90

const program = new Command('test:mutation')
  .description(
    'Changes each module in every way that Stryker knows, and counts which changes no test notices.',
  )
  .argument('[modules...]', 'modules such as decode or cli/check, or packages; without any, all of them')
  .addOption(new Option('--concurrency <n>', 'mutants at the same time').default(2).argParser(Number))
  .parse()

const asked = program.args
const isAsked = (asked: string, { name }: Module): boolean => name === asked || name.startsWith(`${asked}/`)
const unknown = asked.filter((name) => !modules.some((module) => isAsked(name, module)))
if (unknown.length > 0)
  program.error(
    `no such module: ${unknown.join(', ')}; there are ${modules.map(({ name }) => name).join(', ')}`,
  )

const chosen = modules.filter((module) => asked.length === 0 || asked.some((name) => isAsked(name, module)))
const { concurrency } = program.opts<{ readonly concurrency: number }>()
const scores: Array<readonly [name: string, score: Score]> = []
for (const module of chosen) {
  if (module.tests.length === 0) program.error(`${module.file} has no tests; name them in moreTests`)
  const mutants = await run(module, concurrency)
  const score = scoreOf(mutants)
  scores.push([module.name, score])
  console.log(row(module.name, score))
  mutants.filter(isMissed).forEach((mutant) => console.log(place(mutant, module)))
}

console.log('')
scores.forEach(([name, score]) => console.log(row(name, score)))
const low = scores.filter(([, score]) => percent(score) < toReach)
if (low.length > 0) {
  console.error(`\nexpected at least ${toReach} %: ${low.map(([name]) => name).join(', ')}`)
  process.exitCode = 1
}
