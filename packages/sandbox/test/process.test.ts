/** The command as a process, as it was built. What needs no process is in command/. */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { Sandbox } from '../src/index.js'
import { form, mail, send, sendV3 } from './client.js'

const bin = fileURLToPath(new URL('../bin.js', import.meta.url))

interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const run = (...args: ReadonlyArray<string>): Promise<Result> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [bin, ...args], (_error, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    )
  })

interface Running {
  readonly child: ChildProcess
  readonly until: (pattern: RegExp) => Promise<string>
}

const children = new Set<ChildProcess>()

const startProcess = (file: string, ...args: ReadonlyArray<string>): Running => {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return {
    child,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(text)) resolve(text)
        }
        child.stdout.on('data', look)
        child.on('close', () => reject(new Error(`ended before ${String(pattern)}: ${text}`)))
        look()
      }),
  }
}

const startCommand = (...args: ReadonlyArray<string>): Running =>
  startProcess(process.execPath, bin, '--port', '0', ...args)

/** A sandbox of another process, as far as the clients of these tests need it. */
const at = (endpoint: string) => ({ endpoint }) as Sandbox

const readEndpoint = async (running: Running): Promise<string> =>
  /http:\/\/[\d.]+:\d+/.exec(await running.until(/Inbox/))?.[0] ?? ''

const isListening = (endpoint: string): Promise<boolean> =>
  send(at(endpoint), { path: '/healthz' }).then(
    () => true,
    () => false,
  )

const untilSilent = async (endpoint: string): Promise<void> => {
  while (await isListening(endpoint)) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('sandbox, as a process', function () {
  // Each test starts processes, and a busy machine takes its time.
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'aliyun-dm-sandbox-'))
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL')
    children.clear()
  })

  it('prints its addresses, a line for each mail and refusal, and ends with 0 when it is interrupted', async () => {
    const running = startCommand('--key', 'LTAItest:very-secret', '--sender', 'noreply@example.com')
    const sandbox = at(await readEndpoint(running))
    await sendV3(sandbox)
    await sendV3(sandbox, { secret: 'wrong' })
    const text = await running.until(/SignatureDoesNotMatch/)
    expect(text).to.match(/ {2}mail {5}user@example\.org {2}验证码 code {2}\(signature verified\)\n/)
    expect(text).to.match(/ {2}refused {2}user@example\.org {2}SignatureDoesNotMatch \(HTTP 400\)\n/)
    running.child.kill('SIGINT')
    expect(await running.until(/\nStopped\. 1 mail received, 1 request refused\.\n$/)).not.to.contain(
      'very-secret',
    )
    expect(await once(running.child, 'close')).to.deep.equal([0, null])
  })

  it('prints JSON, one value a line', async () => {
    const running = startCommand('--json')
    const listening = JSON.parse(await running.until(/\n/)) as { readonly endpoint: string }
    expect(listening).to.deep.equal({
      type: 'listening',
      endpoint: listening.endpoint,
      inbox: `${listening.endpoint}/`,
    })
    await sendV3(at(listening.endpoint))
    const [, line = ''] = (await running.until(/"mail".*\n/)).split('\n')
    expect(JSON.parse(line)).to.have.nested.include({ type: 'mail', 'mail.code': '123456' })
  })

  it('goes on when its reader is slow, and says how much that one has missed', async () => {
    const file = join(folder, 'slow')
    const child = spawn(process.execPath, [bin, '--port', '0', '--json', '--ready-file', file])
    children.add(child)
    while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10))
    const sandbox = at(readFileSync(file, 'utf8').trim())
    const body = form({ ...mail, HtmlBody: 'x'.repeat(4_000_000) })
    // Each makes an event of 8 MB: the body, and the parameters as they came.
    for (let sent = 0; sent < 5; sent++) expect((await sendV3(sandbox, { body })).statusCode).to.equal(200)
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    child.kill('SIGINT')
    expect(await once(child, 'close')).to.deep.equal([0, null])
    const types = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly type: string })
    expect(types.map(({ type }) => type)).to.deep.equal(['listening', 'mail', 'mail', 'mail', 'skipped'])
    expect(types.at(-1)).to.deep.equal({ type: 'skipped', events: 2 })
  })

  it('ends with 1 when what it prints cannot be written, with 0 when nobody reads it', async function () {
    if (process.platform !== 'linux') this.skip()
    for (const args of ['--port 0', '--help']) {
      const { status, stderr } = spawnSync(
        'sh',
        ['-c', `"$0" "${bin}" ${args} > /dev/full`, process.execPath],
        {
          encoding: 'utf8',
        },
      )
      expect(status).to.equal(1)
      expect(stderr).to.equal('aliyun-dm-sandbox: standard output cannot be written to (ENOSPC).\n')
    }
    const running = startCommand()
    const sandbox = at(await readEndpoint(running))
    running.child.stdout?.destroy()
    await sendV3(sandbox)
    expect(await once(running.child, 'close')).to.deep.equal([0, null])
  })

  it('runs around a command, which finds the endpoint and a key pair, and owns standard output', async () => {
    const script = `const { ALIYUN_DM_ENDPOINT: at, ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret } = process.env
      fetch(at + '/healthz').then((r) => r.json()).then((health) => { console.log(JSON.stringify({ health, id, secret })); process.exit(7) })`
    const { code, out, err } = await run(
      '--key',
      'LTAItest:very-secret',
      '--',
      process.execPath,
      '-e',
      script,
    )
    expect([code, err]).to.deep.equal([7, ''])
    expect(JSON.parse(out)).to.deep.equal({ health: { status: 'ok' }, id: 'LTAItest', secret: 'very-secret' })
  })

  it('exits as a shell would when its command is killed or not there', async () => {
    expect((await run('--', process.execPath, '-e', 'process.kill(process.pid, "SIGTERM")')).code).to.equal(
      143,
    )
    expect(await run('--', '/nowhere/command')).to.deep.equal({
      code: 127,
      out: '',
      err: 'aliyun-dm-sandbox: cannot run "/nowhere/command".\n',
    })
  })

  it('writes the endpoint into a file once it can be used, and takes the file away', async () => {
    const file = join(folder, 'ready')
    const running = startCommand('--ready-file', file)
    while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10))
    const endpoint = readFileSync(file, 'utf8').trim()
    expect(await isListening(endpoint)).to.equal(true)
    running.child.kill('SIGTERM')
    await once(running.child, 'close')
    expect(existsSync(file)).to.equal(false)
  })

  it('stops when its parent is gone', async () => {
    const parent = startProcess('sh', '-c', `"${process.execPath}" "${bin}" --port 0 & wait`)
    const endpoint = await readEndpoint(parent)
    parent.child.kill('SIGKILL')
    await untilSilent(endpoint)
  })

  it('stops when npx is gone, which leaves a shell in between', async () => {
    const script = `const { spawn } = require('node:child_process')
      spawn('sh', ['-c', '"${process.execPath}" "${bin}" --port 0; true'], { stdio: 'inherit', env: { ...process.env, npm_command: 'exec' } })`
    const npx = startProcess(process.execPath, '-e', script)
    const endpoint = await readEndpoint(npx)
    npx.child.kill('SIGKILL')
    await untilSilent(endpoint)
  })

  it('shows what it can do', async () => {
    const { code, out } = await run('--help')
    expect(code).to.equal(0)
    expect(out).to.match(/^Usage: aliyun-dm-sandbox \[options\] \[-- command args…\]\n/)
  })

  it('exits with 2 when its arguments cannot be used', async () => {
    expect(await run('--secret=hush')).to.deep.equal({
      code: 2,
      out: '',
      err: "aliyun-dm-sandbox: Unknown option '--secret'\n",
    })
  })
})
