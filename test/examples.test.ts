/**
 * Every TypeScript block of the READMEs and of the pages beside them, and every example of a doc comment: extracted,
 * compiled, and run against the built packages and a sandbox. Needs `npm run build` to have run, as `npm test` does.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import ts from 'typescript'
import { decodeConfig } from '../lib/index.js'

interface Example {
  readonly name: string
  readonly source: string
}

const root = path.resolve(import.meta.dirname, '..')
/** Within the package, where it can import itself by its name. */
const folder = path.join(root, 'reports/examples')

const findLine = (text: string, index: number): number => text.slice(0, index).split('\n').length

const findBlocks = (file: string, language: string): ReadonlyArray<Example> => {
  const text = readFileSync(path.join(root, file), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => ({
    name: `${file}:${findLine(text, match.index)}`,
    source: match[1] ?? '',
  }))
}

const findDocExamples = (file: string): ReadonlyArray<Example> => {
  const text = readFileSync(path.join(root, file), 'utf8')
  return [...text.matchAll(/^ *\* @example\n((?: *\*(?! @)(?!\/).*\n)+)/gm)].map((match) => ({
    name: `${file}:${findLine(text, match.index)}`,
    source: (match[1] ?? '').replace(/^ *\* ?/gm, ''),
  }))
}

const findSources = (directory: string): ReadonlyArray<string> =>
  readdirSync(path.join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${directory}/${file}`)
    .sort()

/** Each in English and in Chinese. */
const pages = [
  'README',
  'docs/config',
  'docs/options',
  'docs/errors',
  'docs/testing',
  'docs/verify',
  'docs/operations',
].map((page) => [`${page}.md`, `${page}.zh-CN.md`] as const)
const sources = ['lib', 'packages/sandbox/src'].flatMap(findSources)
const examples = [
  ...pages.flat().flatMap((file) => findBlocks(file, 'ts')),
  ...sources.flatMap(findDocExamples),
]
const readConfig = (readme: string): string => findBlocks(readme, 'json')[0]?.source ?? ''

const baseName = ({ name }: Example): string => name.replace(/\W+/g, '-')
const files = examples.map((example) => path.join(folder, `${baseName(example)}.ts`))

const compile = (): ReadonlyArray<string> => {
  const program = ts.createProgram(files, {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2024.d.ts'],
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
  })
  program.emit()
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${path.basename(file?.fileName ?? '')}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    )
}

/** What became of an example: why it failed, if it did, and how many mails arrived meanwhile. */
interface Result {
  readonly error?: string
  readonly mails: number
}

/** Runs all in one process, one after the other: a process for each would take a minute. */
const runner = `
import { writeFileSync } from 'node:fs'
import { startSandbox } from 'aliyun-dm-sandbox'

const { right: sandbox } = await startSandbox()()
process.env.ALIYUN_DM_ENDPOINT = sandbox.endpoint
const results = {}
for (const name of process.argv.slice(2)) {
  sandbox.clear()
  const error = await import('./' + name + '.js').then(() => undefined, String)
  results[name] = { error, mails: sandbox.inbox().length }
  // After each: if one ends the process, the results of those before it are there.
  writeFileSync('results.json', JSON.stringify(results))
}
await sandbox.stop()
`

/** The runner has to end by itself: no example leaves anything behind that keeps a process alive. */
const run = async (): Promise<Readonly<Record<string, Result>>> => {
  const args = [path.join(folder, 'runner.mjs'), ...examples.map(baseName)]
  const env = { ...process.env, NODE_OPTIONS: '' }
  await promisify(execFile)(process.execPath, args, { cwd: folder, env, timeout: 100_000 })
  return JSON.parse(readFileSync(path.join(folder, 'results.json'), 'utf8')) as Record<string, Result>
}

describe('examples', function () {
  this.timeout(120_000)

  let results: Readonly<Record<string, Result>> = {}

  before(() => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, 'connector.json'), readConfig('README.md'))
    writeFileSync(path.join(folder, 'runner.mjs'), runner)
    // An example without an import is a module all the same.
    for (const [index, { source }] of examples.entries())
      writeFileSync(files[index] ?? '', `${source}\nexport {}\n`)
  })

  it('are there', () => expect(examples.length).to.be.greaterThan(20))

  for (const [english, chinese] of pages) {
    it(`of ${english} are the same in ${chinese}`, () => {
      const code = (file: string) =>
        findBlocks(file, 'ts').map(({ source }) => source.replace(/\/\/.*$/gm, '').replace(/ +$/gm, ''))
      expect(code(chinese)).to.deep.equal(code(english))
    })

    for (const page of [english, chinese])
      it(`of ${page} are JSON where they say so`, () => {
        for (const { source } of findBlocks(page, 'json')) JSON.parse(source)
      })
  }

  for (const readme of ['README.md', 'README.zh-CN.md'])
    it(`of ${readme} begin with a valid config`, () =>
      expect(decodeConfig(JSON.parse(readConfig(readme)))).to.satisfy(E.isRight))

  it('compile', () => expect(compile()).to.deep.equal([]))

  it('run, and end by themselves', async () => {
    results = await run()
    expect(Object.keys(results)).to.have.lengthOf(examples.length)
  })

  for (const example of examples)
    it(`${example.name} runs`, () => {
      const result = results[baseName(example)]
      expect(result, 'a result').to.not.equal(undefined)
      expect(result?.error).to.equal(undefined)
      // What goes to the endpoint of the environment arrives there.
      if (/ALIYUN_DM_ENDPOINT.*sendMessage\(/s.test(example.source)) expect(result?.mails).to.equal(1)
    })
})
