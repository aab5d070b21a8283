/**
 * The command as a whole: help, version and exit codes.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { run } from './support/command.js'
import { golden } from './support/files.js'

const commands = ['check', 'preview', 'send'] as const

describe('aliyun-dm', () => {
  for (const command of ['', ...commands])
    it(`has help with examples: ${command || 'the command itself'}`, async () => {
      const { code, stdout, stderr } = await run([...(command === '' ? [] : [command]), '--help'])
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
      expect(stdout).to.match(/^Examples:\n {2}\$ aliyun-dm /m)
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).to.be.at.most(80)
      expect(stdout).to.equal(golden(`help${command && '-'}${command}.txt`, stdout))
    })

  it('prints the version of the package', async () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      readonly version: string
    }
    expect((await run(['--version'])).stdout).to.equal(`${manifest.version}\n`)
  })

  describe('ends with 2', () => {
    const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, stderr: RegExp]> = [
      [[], /^Usage: aliyun-dm/],
      [['chek'], /^error: unknown command 'chek'\n.*Did you mean check\?/],
      [['check'], /^error: missing required argument 'config'\n$/],
      [['check', 'a.json', 'b.json'], /^error: too many arguments/],
      [['check', 'a.json', '--jsn'], /Did you mean --json\?/],
      [['send', 'a.json'], /required option '--to <address>'/],
    ]
    for (const [args, expected] of cases)
      it(`on "aliyun-dm ${args.join(' ')}"`, async () => {
        const { code, stdout, stderr } = await run(args)
        expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
        expect(stderr).to.match(expected)
      })
  })
})
