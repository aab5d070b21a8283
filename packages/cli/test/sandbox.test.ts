/**
 * `aliyun-dm sandbox`: what it prints while it runs, and how it ends.
 */
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { PassThrough, Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import { createConnector } from 'aliyun-dm-connector'
import { runCommand } from '../src/command.js'
import { builtCommand, createShell, run, start } from './support/command.js'
import { config, requiredTemplates } from './support/files.js'

interface Running {
  readonly child: ChildProcess
  readonly printed: () => string
  /** Resolves once the output matches. */
  readonly waitFor: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly exit: () => Promise<number | null>
}

const running = new Set<ChildProcess>()

const startSandbox = (...args: ReadonlyArray<string>): Running => {
  const child = start(['sandbox', '--port', '0', ...args])
  running.add(child)
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return {
    child,
    printed: () => text,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(text)
          if (found !== null) resolve(found)
        }
        child.stdout?.on('data', look)
        child.on('close', () => reject(new Error(`ended before ${String(pattern)}: ${text}`)))
        look()
      }),
    exit: async () => {
      const [code] = (await once(child, 'exit')) as [number | null]
      return code
    },
  }
}

const readEndpoint = async ({ waitFor }: Running): Promise<string> =>
  (await waitFor(/Endpoint {2}(http:\/\/127\.0\.0\.1:\d+)\n[^]*\n\n$/))[1] ?? ''

const stdin = JSON.stringify(config({ accessKeySecret: 'theSecret' }))

const send = (endpoint: string, env: Readonly<Record<string, string>> = {}) =>
  run(['send', '-', '--to', 'ann@example.com', '--var', 'code=1', '--endpoint', endpoint], { stdin, env })

describe('aliyun-dm sandbox', () => {
  afterEach(() => {
    running.forEach((child) => child.kill('SIGKILL'))
    running.clear()
  })

  it('prints its addresses, a line for each mail and each refusal, and ends with 0 on SIGINT', async () => {
    const sandbox = startSandbox('--key', 'LTAItest:theSecret', '--sender', 'no-reply@mail.example.com')
    const endpoint = await readEndpoint(sandbox)
    expect(sandbox.printed()).to.include(`Inbox     ${endpoint}/\n`)
    const otherPair = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAIother', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'x' }
    expect(await send(endpoint)).to.include({ code: 0 })
    expect(await send(endpoint, otherPair)).to.include({ code: 1 })
    await sandbox.waitFor(
      /\d\d:\d\d:\d\d {2}mail {5}ann@example\.com {2}Your code {2}\(signature verified\)\n/,
    )
    await sandbox.waitFor(
      /\d\d:\d\d:\d\d {2}refused {2}(?:ann@example\.com {2})?InvalidAccessKeyId\.NotFound \(HTTP 404\)\n/,
    )
    sandbox.child.kill('SIGINT')
    expect(await sandbox.exit()).to.equal(0)
    expect(sandbox.printed()).to.match(/\nStopped\. 1 mail received, 1 request refused\.\n$/)
    expect(sandbox.printed()).not.to.include('theSecret')
  })

  it('ends with 0 on SIGTERM, with a request under way', async () => {
    const sandbox = startSandbox('--latency', '60000')
    const endpoint = await readEndpoint(sandbox)
    const sending = send(endpoint)
    await sandbox.waitFor(/ {2}mail {5}/)
    sandbox.child.kill('SIGTERM')
    expect(await sandbox.exit()).to.equal(0)
    expect(await sending).to.include({ code: 1 })
  })

  it('stops when nobody reads what it prints', async () => {
    const sandbox = startSandbox()
    const endpoint = await readEndpoint(sandbox)
    sandbox.child.stdout?.destroy()
    const [code] = await Promise.all([sandbox.exit(), send(endpoint)])
    expect(code).to.equal(0)
  })

  it('prints events as JSON, one a line', async () => {
    const sandbox = startSandbox('--json')
    const [, endpoint = ''] = await sandbox.waitFor(/"endpoint":"([^"]+)"/)
    await send(endpoint)
    await sandbox.waitFor(/"type":"mail".*\n/)
    const lines = sandbox.printed().trim().split('\n')
    expect(lines).to.have.length(2)
    expect(JSON.parse(lines[0]!)).to.deep.equal({ type: 'listening', endpoint, inbox: `${endpoint}/` })
    expect(JSON.parse(lines[1]!)).to.have.nested.include({
      type: 'mail',
      'mail.toAddress': 'ann@example.com',
    })
  })

  it('ends with 1 when what it prints cannot be written', function () {
    if (process.platform !== 'linux') this.skip()
    const line = `"$0" ${builtCommand} sandbox --port 0 > /dev/full`
    const { status, stderr } = spawnSync('bash', ['-c', line, process.execPath], { encoding: 'utf8' })
    expect(status).to.equal(1)
    expect(stderr).to.include('ENOSPC')
  })

  it('goes on when its reader is slow, and says how much that one has missed', async () => {
    const chunks: Array<string> = []
    let release = (): void => undefined
    const reader = new Writable({
      write: (chunk: Buffer, _, done) => {
        chunks.push(chunk.toString())
        // The first line is read; for the next one the reader takes its time.
        if (chunks.length === 2) release = done
        else done()
      },
    })
    let interrupt = (): void => undefined
    const interrupted = new Promise<void>((resolve) => (interrupt = resolve))
    const shell = createShell(reader, new PassThrough(), { untilInterrupted: () => interrupted })
    const running = runCommand(['sandbox', '--port', '0', '--json'], shell)
    while (chunks.length === 0) await setImmediate()
    const { endpoint } = JSON.parse(chunks[0]!) as { readonly endpoint: string }

    const big = config({ templates: requiredTemplates('x'.repeat(4_000_000)) })
    const connector = createConnector(big, { endpoint })
    if (E.isLeft(connector)) throw new Error(connector.left.message)
    const { sendMessage } = connector.right
    const sent = []
    // Each makes an event of 8 MB: the body, and the parameters as they came.
    for (let count = 0; count < 5; count++)
      sent.push(await sendMessage({ to: 'ann@example.com', type: 'Generic', payload: {} })())
    const waiting = reader.writableLength
    release()
    interrupt()

    expect(await running).to.equal(0)
    expect(sent.map(({ _tag }) => _tag)).to.deep.equal(Array(5).fill('Right'))
    expect(waiting).to.be.below(32_000_000)
    expect(JSON.parse(chunks.at(-1)!)).to.deep.equal({ type: 'skipped', events: 2 })
    expect(chunks).to.have.length(1 + 3 + 1)
  })

  it('fails with 1 where the port is taken, and says what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = String(typeof address === 'object' && address !== null ? address.port : 0)
    const { code, stderr } = await run(['sandbox', '--port', port])
    server.close()
    expect(code).to.equal(1)
    expect(stderr).to.equal(
      `error: cannot listen on port ${port} on 127.0.0.1: it is already in use.\n  Try --port 0 for any port that is free.\n`,
    )
  })

  describe('refuses with 2', () => {
    const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, message: RegExp]> = [
      [['--port', '70000'], /whole number from 0 to 65535/],
      [['--port', 'http'], /whole number from 0 to 65535/],
      [['--latency', '-1'], /whole number/],
      [['--throttle', '0'], /whole number from 1/],
      [['--key', 'onlyTheSecret'], /--key takes ID:SECRET/],
      [['--key', 'id:'], /--key takes ID:SECRET/],
    ]
    for (const [args, message] of cases)
      it(args.join(' '), async () => {
        const { code, stdout, stderr } = await run(['sandbox', ...args])
        expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
        expect(stderr).to.match(message)
        expect(stderr).not.to.include('onlyTheSecret')
      })
  })
})
