/**
 * `aliyun-dm sandbox` as a process: what it prints while it runs, and how it ends.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { config, run, runAll, start } from './command.js'

interface Running {
  readonly child: ChildProcess
  readonly printed: () => string
  /** Resolves once the output matches. */
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>
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
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(text)
          if (found !== null) resolve(found)
        }
        child.stdout?.on('data', look)
        child.on('close', () => reject(new Error(`ended before ${String(pattern)}: ${text}`)))
        look()
      }),
  }
}

const endpointOf = async ({ until }: Running): Promise<string> =>
  (await until(/Endpoint {2}(http:\/\/127\.0\.0\.1:\d+)\n[^]*\n\n$/))[1] ?? ''

const stdin = JSON.stringify(config({ accessKeySecret: 'theSecret' }))

describe('aliyun-dm sandbox', function () {
  // Every test starts processes, and a busy machine takes its time.
  this.timeout(60_000)

  afterEach(() => {
    running.forEach((child) => child.kill('SIGKILL'))
    running.clear()
  })

  it('prints its addresses, a line for each mail and each refusal, and ends with 0 on SIGINT', async () => {
    const sandbox = startSandbox('--key', 'LTAItest:theSecret', '--sender', 'no-reply@mail.example.com')
    const endpoint = await endpointOf(sandbox)
    expect(sandbox.printed()).to.include(`Inbox     ${endpoint}/\n`)
    const send = ['send', '-', '--to', 'ann@example.com', '--var', 'code=1', '--endpoint', endpoint]
    const runs = await runAll([
      [send, { stdin }],
      [
        send,
        { stdin, env: { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAIother', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'x' } },
      ],
    ])
    expect(runs.map(({ code }) => code)).to.deep.equal([0, 1])
    await sandbox.until(/\d\d:\d\d:\d\d {2}mail {5}ann@example\.com {2}Your code {2}\(signature verified\)\n/)
    await sandbox.until(
      /\d\d:\d\d:\d\d {2}refused {2}(?:ann@example\.com {2})?InvalidAccessKeyId\.NotFound \(HTTP 404\)\n/,
    )
    sandbox.child.kill('SIGINT')
    const [code] = (await once(sandbox.child, 'close')) as [number | null]
    expect(code).to.equal(0)
    expect(sandbox.printed()).to.match(/\nStopped\. 1 mail received, 1 request refused\.\n$/)
    expect(sandbox.printed()).not.to.include('theSecret')
  })

  it('ends with 0 on SIGTERM, with a request under way', async () => {
    const sandbox = startSandbox('--latency', '60000')
    const endpoint = await endpointOf(sandbox)
    const sending = run(['send', '-', '--to', 'a@example.com', '--var', 'code=1', '--endpoint', endpoint], {
      stdin,
    })
    await sandbox.until(/ {2}mail {5}/)
    sandbox.child.kill('SIGTERM')
    const [code] = (await once(sandbox.child, 'close')) as [number | null]
    expect(code).to.equal(0)
    expect((await sending).code).to.equal(1)
  })

  it('prints events as JSON, one a line', async () => {
    const sandbox = startSandbox('--json')
    const [, endpoint = ''] = await sandbox.until(/"endpoint":"([^"]+)"/)
    await run(['send', '-', '--to', 'a@example.com', '--var', 'code=1', '--endpoint', endpoint], { stdin })
    await sandbox.until(/"type":"mail".*\n/)
    const lines = sandbox.printed().trim().split('\n')
    expect(lines).to.have.length(2)
    expect(JSON.parse(lines[0]!)).to.deep.equal({ type: 'listening', endpoint, inbox: `${endpoint}/` })
    expect(JSON.parse(lines[1]!)).to.have.nested.include({ type: 'mail', 'mail.toAddress': 'a@example.com' })
  })

  it('cannot be made to write to the terminal by a mail', async () => {
    const sandbox = startSandbox()
    const endpoint = await endpointOf(sandbox)
    const body = new URLSearchParams({
      ...{ AccountName: 'a@example.com', AddressType: '1', ReplyToAddress: 'false' },
      ...{ ToAddress: 'b@example.com', Subject: 'x\u001b[2J\ny', TextBody: 'z' },
    })
    await fetch(endpoint, {
      method: 'POST',
      body,
      headers: {
        'x-acs-action': 'SingleSendMail',
        'x-acs-version': '2015-11-23',
        'x-acs-date': new Date().toISOString().replace(/\.\d+/, ''),
        'x-acs-signature-nonce': 'n',
        'x-acs-content-sha256': 'h',
        authorization: 'ACS3-HMAC-SHA256 Credential=k,SignedHeaders=host,Signature=s',
      },
    })
    await sandbox.until(/(?:mail|refused) {2}.*\n/)
    expect(sandbox.printed()).not.to.include('\u001b')
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

  it('refuses arguments that cannot be used with 2, without repeating half a key pair', async () => {
    const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, message: RegExp]> = [
      [['--port', '70000'], /whole number from 0 to 65535/],
      [['--port', 'http'], /whole number from 0 to 65535/],
      [['--latency', '-1'], /whole number/],
      [['--throttle', '0'], /whole number from 1/],
      [['--key', 'onlyTheSecret'], /--key takes ID:SECRET/],
      [['--key', 'id:'], /--key takes ID:SECRET/],
    ]
    const runs = await runAll(cases.map(([args]) => [['sandbox', ...args]]))
    runs.forEach(({ code, stdout, stderr }, index) => {
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
      expect(stderr).to.match(cases[index]![1])
      expect(stderr).not.to.include('onlyTheSecret')
    })
  })

  it('stops when nobody reads what it prints', async () => {
    const sandbox = startSandbox()
    const endpoint = await endpointOf(sandbox)
    const exit = once(sandbox.child, 'exit')
    sandbox.child.stdout?.destroy()
    await run(['send', '-', '--to', 'a@example.com', '--var', 'code=1', '--endpoint', endpoint], { stdin })
    const [code] = (await exit) as [number | null]
    expect(code).to.equal(0)
  })
})
