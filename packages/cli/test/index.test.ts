/**
 * The command as a whole: help, version, exit codes and colours.
 */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { command as commandFile, config, fileOf, golden, run, runAll } from './command.js'

const commands = ['check', 'preview', 'send', 'sandbox'] as const

describe('aliyun-dm', function () {
  // Every test starts processes, and a busy machine takes its time.
  this.timeout(60_000)

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

  it('ends with 2 on arguments that it does not know, and repeats no value of them', async () => {
    const runs = await runAll([
      [[]],
      [['chek']],
      [['check']],
      [['check', 'a.json', 'b.json']],
      [['check', 'a.json', '--secret=hunter2']],
      [['check', 'a.json', '--jsn']],
    ])
    expect(runs.map(({ code }) => code)).to.deep.equal([2, 2, 2, 2, 2, 2])
    expect(runs.map(({ stdout }) => stdout).join('')).to.equal('')
    expect(runs[0]?.stderr).to.match(/^Usage: aliyun-dm/)
    expect(runs[1]?.stderr).to.match(/^error: unknown command 'chek'\n.*Did you mean check\?/)
    expect(runs[4]?.stderr).to.equal("error: unknown option '--secret'\n")
    expect(runs[5]?.stderr).to.match(/Did you mean --json\?/)
  })

  it('colours nothing that goes to a file or a pipe', async () => {
    const { stderr } = await run(['check', fileOf({})])
    expect(stderr).not.to.include('\u001b')
  })

  it('colours what goes to a terminal, unless NO_COLOR is set', async function () {
    const { spawnSync } = await import('node:child_process')
    if (spawnSync('script', ['--version']).error !== undefined) this.skip()
    const onTerminal = (env: Readonly<Record<string, string>>): string =>
      spawnSync(
        'script',
        ['-qec', `${process.execPath} ${commandFile} check ${fileOf(config())}`, '/dev/null'],
        {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'], TERM: 'xterm-256color', ...env },
        },
      ).stdout
    expect(onTerminal({})).to.include('\u001b[32m')
    expect(onTerminal({ NO_COLOR: '1' })).not.to.include('\u001b')
  })
})
