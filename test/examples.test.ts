/**
 * Every TypeScript block of the READMEs and every example of a doc comment, extracted, compiled and run against the
 * built package and a sandbox. Needs `npm run build` to have run, as `npm test` does.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import ts from 'typescript'
import { decodeConfig } from '../lib/index.js'
import { withSandbox } from './support/sandbox.js'

interface Example {
  readonly name: string
  readonly source: string
}

const root = path.resolve(import.meta.dirname, '..')
/** Within the package, where it can import itself by its name. */
const folder = path.join(root, 'reports/examples')

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length

const blocksOf = (file: string, language: string): ReadonlyArray<Example> => {
  const text = readFileSync(path.join(root, file), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => ({
    name: `${file}:${lineOf(text, match.index)}`,
    source: match[1] ?? '',
  }))
}

const docExamplesOf = (file: string): ReadonlyArray<Example> => {
  const text = readFileSync(path.join(root, file), 'utf8')
  return [...text.matchAll(/^ \* @example\n((?: \*(?! @).*\n)+)/gm)].map((match) => ({
    name: `${file}:${lineOf(text, match.index)}`,
    source: (match[1] ?? '').replace(/^ \* ?/gm, ''),
  }))
}

const readmes = ['README.md', 'README.zh-CN.md']
const sources = readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => `lib/${file}`)
  .sort()
const examples = [...readmes.flatMap((file) => blocksOf(file, 'ts')), ...sources.flatMap(docExamplesOf)]
const configOf = (readme: string): string => blocksOf(readme, 'json')[0]?.source ?? ''

const fileOf = ({ name }: Example): string => path.join(folder, `${name.replace(/\W+/g, '-')}.ts`)

describe('examples', function () {
  this.timeout(120_000)

  before(() => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, 'connector.json'), configOf('README.md'))
    // An example without an import is a module all the same.
    for (const example of examples) writeFileSync(fileOf(example), `${example.source}\nexport {}\n`)
  })

  it('are there', () => expect(examples.length).to.be.greaterThan(20))

  for (const readme of readmes) {
    it(`of ${readme} are JSON where they say so, the first a valid config`, () => {
      for (const { source } of blocksOf(readme, 'json')) JSON.parse(source)
      expect(E.isRight(decodeConfig(JSON.parse(configOf(readme))))).to.equal(true)
    })
  }

  it('are the same in both READMEs', () => {
    const code = (readme: string) =>
      blocksOf(readme, 'ts').map(({ source }) => source.replace(/\/\/.*$/gm, '').replace(/ +$/gm, ''))
    expect(code('README.zh-CN.md')).to.deep.equal(code('README.md'))
  })

  it('compile', () => {
    const program = ts.createProgram(examples.map(fileOf), {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2024.d.ts'],
      module: ts.ModuleKind.NodeNext,
      types: ['node'],
    })
    const messages = ts
      .getPreEmitDiagnostics(program)
      .map(
        ({ file, messageText }) =>
          `${path.basename(file?.fileName ?? '')}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      )
    expect(messages).to.deep.equal([])
  })

  for (const example of examples)
    it(`${example.name} runs`, () =>
      withSandbox(async (sandbox) => {
        await promisify(execFile)(process.execPath, ['--import', 'tsx', fileOf(example)], {
          cwd: folder,
          env: { ...process.env, ALIYUN_DM_ENDPOINT: sandbox.endpoint },
          timeout: 60_000,
        })
        // What goes to the endpoint of the environment arrives there.
        if (example.source.includes('ALIYUN_DM_ENDPOINT')) expect(sandbox.inbox()).to.have.length(1)
      }, {}))
})
