/** The command as a process, as it was built: exit codes, colours, pipes, and the sandbox's arguments. */
import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { builtCommand, runBuilt } from './support/command.js'
import { config, createFile } from './support/files.js'

/** Runs a line of shell in which `$0` is Node. */
const runInBash = (line: string) =>
  spawnSync('bash', ['-c', line, process.execPath], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], TERM: 'xterm-256color' },
  })

describe('aliyun-dm, as a process', () => {
  it('exits with the code of the command', async () => {
    expect(await runBuilt(['check', '-'], { stdin: JSON.stringify(config()) })).to.include({ code: 0 })
    expect(await runBuilt(['check', '-'], { stdin: '{}' })).to.include({ code: 1 })
    expect(await runBuilt(['check', '-', '--jsn'])).to.include({ code: 2 })
  })

  it('colours what goes to a terminal, unless NO_COLOR is set, and nothing that goes to a pipe', async function () {
    if (runInBash('script --version').status !== 0) this.skip()
    const file = createFile(config())
    const onTerminal = `script -qec "$0 ${builtCommand} check ${file}" /dev/null`
    expect(runInBash(onTerminal).stdout).to.include('\u001b[32m')
    expect(runInBash(`NO_COLOR=1 ${onTerminal}`).stdout).not.to.include('\u001b')
    expect((await runBuilt(['check', file])).stdout).not.to.include('\u001b')
  })

  it('ends quietly when its reader has seen enough', () => {
    const { stdout, stderr, status } = runInBash(
      `set -o pipefail; "$0" ${builtCommand} preview ${createFile(config())} | head -1`,
    )
    expect(stdout).to.match(/^── Register/)
    expect(status).to.equal(0)
    expect(stderr).not.to.match(/EPIPE|at .*node:/)
  })

  it('hands on the arguments of the sandbox as they are, and its exit code', async () => {
    const { code, stdout } = await runBuilt(['sandbox', '--help'])
    expect(code).to.equal(0)
    expect(stdout).to.match(/^Usage: aliyun-dm sandbox \[options\] \[-- command args…\]\n/)
    const script = 'console.log(process.env.ALIYUN_DM_ENDPOINT, ...process.argv.slice(1)); process.exit(7)'
    const around = await runBuilt(['sandbox', '--', process.execPath, '-e', script, 'a', '--', 'b'])
    expect(around).to.deep.include({ code: 7, stderr: '' })
    expect(around.stdout).to.match(/^http:\/\/127\.0\.0\.1:\d+ a -- b\n$/)
    const { stderr } = await runBuilt(['sandbox', '--key', 'onlyTheSecret'])
    expect(stderr).to.equal('aliyun-dm sandbox: option --key takes ID:SECRET, such as test:secret.\n')
  })

  it('ends with 1 when its output cannot be written', function () {
    if (process.platform !== 'linux') this.skip()
    const { stderr, status } = runInBash(`"$0" ${builtCommand} check ${createFile(config())} > /dev/full`)
    expect(status).to.equal(1)
    expect(stderr).to.include('ENOSPC')
  })
})
