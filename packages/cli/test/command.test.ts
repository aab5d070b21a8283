/**
 * The command as a whole: help, version and exit codes.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { run } from './support/command.js'
import { config, golden } from './support/files.js'

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

  it('says that the sandbox has a help of its own', async () => {
    const { stdout } = await run(['sandbox', '--help'])
    expect(stdout).to.include(
      'Runs a DirectMail on this machine. aliyun-dm sandbox --help shows its options.',
    )
  })

  it('fits its help to the terminal', async () => {
    const lines = (text: string): number => text.split('\n').length
    const [help, wide] = [
      await run(['send', '--help']),
      await run(['send', '--help'], { terminal: { columns: 200 } }),
    ]
    expect(lines(wide.stdout)).to.be.lessThan(lines(help.stdout))
    // Without arguments it is an error.
    const [error, narrow] = [await run([]), await run([], { terminal: { columns: 70 } })]
    expect(lines(narrow.stderr)).to.be.greaterThan(lines(error.stderr))
  })

  it('names no code of a warning that none resembles', async () => {
    const { code, stderr } = await run(['check', 'a.json', '--ignore', 'nothing-like-it'])
    expect(code).to.equal(2)
    expect(stderr).to.include('expected the code of a warning, as check prints it')
  })

  it('ends with 1 on a fault of its own, and says that it is one', async () => {
    for (const fault of [new Error('out of order'), 'out of order']) {
      const env = new Proxy<Record<string, string>>({}, { get: () => fail(fault) })
      expect(await run(['check', '-'], { stdin: JSON.stringify(config()), env })).to.deep.equal({
        code: 1,
        stdout: '',
        stderr: 'error: out of order\n  This is a fault of aliyun-dm.\n',
      })
    }
  })
})

const fail = (fault: unknown): never => {
  throw fault
}
