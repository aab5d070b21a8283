/**
 * The READMEs show what the command really prints. With UPDATE_GOLDEN set, the samples are written anew.
 */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import { startSandbox } from 'aliyun-dm-sandbox'
import { warningCodes } from '../src/warnings/warning.js'
import { run, type Run, start } from './support/command.js'
import { createPath } from './support/files.js'

const english = new URL('../README.md', import.meta.url)
const chinese = new URL('../README.zh-CN.md', import.meta.url)
const library = new URL('../../../README.md', import.meta.url)

const readBlocks = (file: URL, language: string): ReadonlyArray<string> =>
  Array.from(
    readFileSync(file, 'utf8').matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm')),
    ([, block = '']) => block,
  )

/** What is different each time. */
const examples: ReadonlyArray<readonly [pattern: RegExp, example: string]> = [
  [/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:8025'],
  [/(EnvId {6})\S+/g, '$1600000123456789012'],
  [/(RequestId {2})\S+/g, '$112D086F6-8F31-4658-84C1-006DED011A85'],
]

const withExamples = (text: string): string =>
  examples.reduce((before, [pattern, example]) => before.replace(pattern, example), text)

/** Interrupts the built command once it has said all that it says at its start. */
const runInterrupted = async (args: ReadonlyArray<string>): Promise<Run> => {
  const child = start(args)
  let stdout = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    if (stdout.endsWith('\n\n')) child.kill('SIGINT')
  })
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr: '' }
}

/** Runs the command of a sample against a sandbox of the test's own. */
const runSample = async (line: string): Promise<Run> => {
  const args = line.split(' ').slice(1)
  if (args[0] === 'sandbox') return runInterrupted([...args, '--port', '0'])
  const sandbox = await startSandbox()()
  if (E.isLeft(sandbox)) throw sandbox.left
  const result = await run(args.map((each) => (each.startsWith('http:') ? sandbox.right.endpoint : each)))
  await sandbox.right.stop()
  return result
}

const renderSample = async (line: string): Promise<string> => {
  const { stdout, stderr } = await runSample(line)
  return `$ ${line}\n${withExamples(stderr + stdout)}`
}

describe('the README', () => {
  const home = process.cwd()
  const folder = createPath()

  before(() => {
    const [connector = '', broken = ''] = readBlocks(english, 'json')
    writeFileSync(join(folder, 'connector.json'), connector)
    writeFileSync(join(folder, 'broken.json'), broken)
    process.chdir(folder)
  })
  after(() => process.chdir(home))

  for (const block of readBlocks(english, 'console')) {
    const [line = ''] = block.replace('$ ', '').split('\n')
    it(`shows what "${line}" prints`, async () => {
      const sample = await renderSample(line)
      if (process.env['UPDATE_GOLDEN'] !== undefined)
        for (const file of [english, chinese])
          writeFileSync(
            file,
            readFileSync(file, 'utf8').replace(block, () => sample),
          )
      else expect(block).to.equal(sample)
    })
  }

  it('has the same samples in Chinese', () => {
    for (const language of ['console', 'json', 'sh'])
      expect(readBlocks(chinese, language)).to.deep.equal(readBlocks(english, language))
  })

  it('names every warning', () => {
    for (const file of [english, chinese])
      for (const code of warningCodes) expect(readFileSync(file, 'utf8')).to.include(`\`${code}\``)
  })

  it("has a config about which check has nothing to say, as has the library's", async () => {
    for (const file of [english, library]) {
      const [stdin = ''] = readBlocks(file, 'json')
      expect(await run(['check', '-', '--strict'], { stdin })).to.include({ code: 0, stderr: '' })
    }
  })
})
