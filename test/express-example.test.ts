/**
 * examples/express.ts as a program, with a sandbox in the place of DirectMail.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { startSandbox, type Sandbox } from 'aliyun-dm-sandbox/promises'
import { expect } from 'chai'

describe('examples/express.ts', function () {
  this.timeout(60_000)
  let sandbox: Sandbox
  let child: ChildProcess
  let url = ''
  let output = ''

  beforeEach(async () => {
    sandbox = await startSandbox({ latencyMs: 300 })
    output = ''
    child = spawn(process.execPath, ['--import', 'tsx', 'examples/express.ts'], {
      env: { ...process.env, PORT: '0', ALIYUN_DM_ENDPOINT: sandbox.endpoint },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout?.on('data', (data) => (output += String(data)))
    child.stderr?.on('data', (data) => (output += String(data)))
    while (!output.includes('listening')) {
      expect(child.exitCode, output).to.equal(null)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    url = `http://127.0.0.1:${/listening on (\d+)/.exec(output)?.[1] ?? ''}/codes`
  })
  afterEach(async () => {
    child.kill('SIGKILL')
    await sandbox.stop()
  })

  const post = async (body: string): Promise<string> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body,
    })
    return `${response.status} ${await response.text()}`
  }
  const ask = (email: unknown): Promise<string> => post(JSON.stringify({ email }))

  const same = '202 {"message":"If the address is right, a code is on its way."}'

  it('sends a code, one to an address, and answers the same to all', async () => {
    const answers: Array<string> = []
    for (const email of ['ann@example.com', 'Ann@Example.com', 'ann@example.com', 'bob@example.com'])
      answers.push(await ask(email))
    expect(answers).to.deep.equal([same, same, same, same])
    await sandbox.waitForMail({ to: 'bob@example.com', timeoutMs: 10_000 })
    expect(sandbox.inbox().map(({ toAddress }) => toAddress)).to.have.members([
      'ann@example.com',
      'bob@example.com',
    ])
    expect(sandbox.inbox()[0]?.code).to.match(/^\d{6}$/)
  })

  it('answers the same where DirectMail refuses, and logs why without the address', async () => {
    sandbox.failNext({ kind: 'error', code: 'InvalidMailAddress.NotFound', statusCode: 404 })
    expect(await ask('ann@example.com')).to.equal(same)
    while (!output.includes('InvalidMailAddress.NotFound'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(output).to.not.include('ann@example.com')
  })

  it('refuses what is no address, and a client that asks too often', async () => {
    expect(await ask('a@example.com,b@example.com')).to.match(/^400 /)
    const answers = await Promise.all(
      Array.from({ length: 31 }, (_, index) => ask(`user${index}@example.com`)),
    )
    expect(answers.filter((answer) => answer.startsWith('429 '))).to.have.length(1)
  })

  it('answers what is no JSON, or too long, with JSON, and logs nothing of it', async () => {
    for (const [body, status] of [
      ['{"email": "ann@example.com"', 400],
      [JSON.stringify({ email: `ann@example.com${'x'.repeat(11_000)}` }), 413],
    ] as const)
      expect(await post(body)).to.equal(`${status} {"error":"expected JSON with an email"}`)
    for (const body of ['null', '[]', '""', '{"email":{"a":1}}'])
      expect(await post(body)).to.match(/^400 \{"error"/)
    expect(output).to.not.include('ann@example.com')
  })

  it('ends though a client never ends its request', async () => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.write(
      'POST /codes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    )
    // It is answered after this one, whose bytes came later.
    expect(await ask('ann@example.com')).to.equal(same)
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).to.equal(0)
    socket.destroy()
  })

  it('loses no mail when it is told to end in the middle of a burst', async () => {
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, index) => ask(`user${index}@example.com`)),
    )
    expect(new Set(answers)).to.deep.equal(new Set([same]))
    // Every answer of the sandbox is 300 ms late: the mails are on their way.
    expect(output).to.not.include('closed')
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number | null]
    expect({ code, output }).to.deep.equal({ code: 0, output: `${output.split('\n')[0] ?? ''}\nclosed\n` })
    expect(new Set(sandbox.inbox().map(({ toAddress }) => toAddress)).size).to.equal(25)
  })
})
