/** The command, within this process. test/process.test.ts has what needs a process. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Sandbox } from '../../src/index.js'
import { form, mail, send, sendV3 } from '../client.js'
import { type Running, start as startRunning, type StartOptions } from './process.js'

/** A sandbox of the command, as far as the clients of these tests need it. */
const readSandbox = async (stream: Running['out']): Promise<Sandbox> => {
  const text = await stream.until(/"inbox"|HTTP\.\n/)
  return { endpoint: /http:\/\/[\d.]+:\d+/.exec(text)?.[0] } as Sandbox
}

const isListening = (sandbox: Sandbox): Promise<boolean> =>
  send(sandbox, { path: '/healthz' }).then(
    () => true,
    () => false,
  )

describe('sandbox/command/run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aliyun-dm-sandbox-'))
  after(() => rm(folder, { recursive: true }))

  let running: Array<Running> = []
  const start = (args: string, options?: StartOptions): Running => {
    const started = startRunning(args.split(' '), options)
    running.push(started)
    return started
  }
  afterEach(async () => {
    for (const { signals, code } of running) {
      signals.emit('SIGTERM')
      await code
      expect(signals.eventNames()).to.deep.equal([])
    }
    running = []
  })

  const node = (script: string, options = '--port 0'): Running => {
    const started = startRunning([...options.split(' '), '--', process.execPath, '-e', script], {
      env: { KEPT: 'kept' },
    })
    running.push(started)
    return started
  }

  it('prints its addresses, a line for each mail and refusal, and how many there were', async () => {
    const { out, err, signals, code } = start('--port 0 --key LTAItest:very-secret')
    const sandbox = await readSandbox(out)
    await sendV3(sandbox)
    await sendV3(sandbox, { secret: 'wrong' })
    await send(sandbox, { method: 'DELETE', path: '/api/mails' })
    signals.emit('SIGINT')
    expect(await code).to.equal(0)
    expect(out.text.replace(/^\d\d:\d\d:\d\d/gm, '12:00:00')).to.equal(
      [
        'DirectMail on this machine. Nothing is sent on; Ctrl-C stops it.',
        `  Endpoint  ${sandbox.endpoint}`,
        `  Inbox     ${sandbox.endpoint}/`,
        '  Keys      signatures are checked',
        '',
        'Point an Alibaba Cloud SDK at the endpoint, with the protocol HTTP.',
        '',
        '12:00:00  mail     user@example.org  验证码 code  (signature verified)',
        '12:00:00  refused  user@example.org  SignatureDoesNotMatch (HTTP 400)',
        'Stopped. 1 mail received, 1 request refused.',
        '',
      ].join('\n'),
    )
    expect(err.text).to.equal('')
    expect(await isListening(sandbox)).to.equal(false)
  })

  it('says that any key pair will do, and what was not checked', async () => {
    const { out, signals, code } = start('--port 0 --host 127.0.0.1')
    const sandbox = await readSandbox(out)
    await sendV3(sandbox)
    await sendV3(sandbox)
    expect(await out.until(/code\n.*code\n/)).to.contain(
      '  Keys      any key pair will do; --key ID:SECRET checks signatures\n\nPoint',
    )
    signals.emit('SIGHUP')
    expect(await code).to.equal(0)
    expect(out.text).to.match(/\nStopped\. 2 mails received, 0 requests refused\.\n$/)
  })

  it('tells when a mail came, by the clock of this place', async () => {
    const { out } = start('--port 0')
    const sandbox = await readSandbox(out)
    const before = new Date().toTimeString().slice(0, 8)
    await sendV3(sandbox)
    const time = /^(\d\d:\d\d:\d\d) {2}mail/m.exec(await out.until(/ {2}mail .*\n/))?.[1] ?? ''
    expect(time >= before && time <= new Date().toTimeString().slice(0, 8)).to.equal(true)
  })

  it('is colourful on a terminal, unless it is asked not to be', async () => {
    const { out } = start('--port 0 --key LTAItest:very-secret', { isTerminal: true })
    const sandbox = await readSandbox(out)
    await sendV3(sandbox)
    await sendV3(sandbox, { secret: 'wrong' })
    const text = (await out.until(/Match/)).replaceAll('\u001b', '␛')
    expect(text).to.contain('␛[1mDirectMail on this machine.')
    expect(text).to.contain(`  ␛[36m${sandbox.endpoint}␛[39m\n`)
    expect(text).to.contain(`  ␛[36m${sandbox.endpoint}/␛[39m\n`)
    expect(text).to.match(/␛\[2m\d\d:\d\d:\d\d␛\[22m {2}␛\[32mmail␛\[39m {5}user/)
    expect(text).to.match(/␛\[2m\d\d:\d\d:\d\d␛\[22m {2}␛\[31mrefused␛\[39m {2}user/)
    const plain = start('--port 0', { isTerminal: true, env: { NO_COLOR: '' } })
    expect(await plain.out.until(/HTTP\.\n/)).not.to.contain('\u001b')
  })

  it('prints nothing that a terminal obeys, nor a second line', async () => {
    const { out } = start('--port 0')
    const sandbox = await readSandbox(out)
    await sendV3(sandbox, { body: form({ ...mail, Subject: 'a\u009b2J\u202e\u2028b' }) })
    expect(await out.until(/mail .*\n/)).to.match(/ {2}user@example\.org {2}a 2J b\n$/)
  })

  it('prints JSON, one value a line, with nothing in it that a terminal obeys', async () => {
    const { out, signals, code } = start('--port 0 --json')
    const sandbox = await readSandbox(out)
    const subject = 'a\u009b2J\u202e\u2028b'
    await sendV3(sandbox, { body: form({ ...mail, Subject: subject }) })
    await send(sandbox, { method: 'DELETE', path: '/api/mails' })
    await out.until(/cleared/)
    signals.emit('SIGINT')
    expect(await code).to.equal(0)
    const lines = out.text.trim().split('\n')
    expect(lines[1]).to.include('a\\u009b2J\\u202e\\u2028b')
    const values = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    expect(values[0]).to.deep.equal({
      type: 'listening',
      endpoint: sandbox.endpoint,
      inbox: `${sandbox.endpoint}/`,
    })
    expect(values[1]).to.have.nested.include({ type: 'mail', 'mail.subject': subject, 'mail.code': '123456' })
    expect(values.slice(2).map(({ type }) => type)).to.deep.equal(['cleared'])
  })

  for (const [args, type, expected] of [
    ['--port 0 --json', 'JSON', /^\{"type":"skipped","events":2\}$/],
    ['--port 0', 'a line', /^2 events not shown: whoever reads this is too slow\.$/],
  ] as const) {
    it(`says in ${type} how much a slow reader has missed, once`, async () => {
      const { out } = start(args)
      const sandbox = await readSandbox(out)
      out.wait()
      out.write(`${'x'.repeat(16 * 1024 * 1024)}\n`)
      await sendV3(sandbox, { body: form({ ...mail, Subject: 'missed' }) })
      await sendV3(sandbox, { body: form({ ...mail, Subject: 'missed' }) })
      out.goOn()
      for (const subject of ['third', 'fourth'])
        await sendV3(sandbox, { body: form({ ...mail, Subject: subject }) })
      const lines = (await out.until(/fourth.*\n/)).split('\n').slice(-4)
      expect(lines[0]).to.match(expected)
      expect(lines[1]).to.contain('third')
      expect(lines[2]).to.contain('fourth')
      expect(out.text).not.to.contain('missed')
    })
  }

  it('holds nothing back from a reader who is behind by less than 16 MiB', async () => {
    const { out } = start('--port 0')
    const sandbox = await readSandbox(out)
    out.wait()
    out.write('x'.repeat(16 * 1024 * 1024))
    await sendV3(sandbox, { body: form({ ...mail, Subject: 'first' }) })
    out.goOn()
    expect(await out.until(/first/)).not.to.contain('not shown')
  })

  it('says what was missed at the end, too', async () => {
    const { out, signals, code } = start('--port 0')
    const sandbox = await readSandbox(out)
    out.wait()
    out.write(`${'x'.repeat(16 * 1024 * 1024)}\n`)
    await sendV3(sandbox)
    signals.emit('SIGINT')
    expect(await code).to.equal(0)
    out.goOn()
    expect(await out.until(/Stopped/)).to.match(
      /\n1 event not shown: whoever reads this is too slow\.\nStopped\. 1 mail received, 0 requests refused\.\n$/,
    )
  })

  it('ends with 0 when nobody reads it any more, with 1 when it cannot be written', async () => {
    for (const [code, expected, complaint] of [
      ['EPIPE', 0, ''],
      ['ENOSPC', 1, 'mail: standard output cannot be written to (ENOSPC).\n'],
    ] as const) {
      const broken = start('--port 0')
      await readSandbox(broken.out)
      broken.out.destroy(Object.assign(new Error('no'), { code }))
      expect(await broken.code).to.equal(expected)
      expect(broken.err.text).to.equal(complaint)
    }
    const nameless = start('--port 0')
    await readSandbox(nameless.out)
    nameless.out.destroy(new Error('gone'))
    expect(await nameless.code).to.equal(1)
    expect(nameless.err.text).to.equal('mail: standard output cannot be written to (gone).\n')
  })

  it('stops when its parent is gone', async () => {
    const { self, out, code } = start('--port 0')
    const sandbox = await readSandbox(out)
    self.ppid = 1
    expect(await code).to.equal(0)
    expect(await isListening(sandbox)).to.equal(false)
  })

  it('takes the command that it runs with it when its parent is gone', async () => {
    const file = join(folder, 'child')
    const { self, code } = node(
      `require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => {}, 1000)`,
    )
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await new Promise((r) => setTimeout(r, 10))
    self.ppid = 1
    expect(await code).to.equal(0)
    const pid = Number(readFileSync(file, 'utf8'))
    while (isRunning(pid)) await new Promise((r) => setTimeout(r, 10))
  })

  describe('around a command', () => {
    it('gives it endpoint, key pair and environment, prints nothing, and ends with its code', async () => {
      const file = join(folder, 'env')
      const script = `const { ALIYUN_DM_ENDPOINT: at, ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret, KEPT } = process.env
        fetch(at + '/healthz').then((r) => r.json()).then((health) => {
          require('node:fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify({ health, id, secret, KEPT }))
          process.exit(7)
        })`
      const { out, err, code } = node(script, '--key LTAItest:very-secret')
      expect(await code).to.equal(7)
      expect([out.text, err.text]).to.deep.equal(['', ''])
      expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal({
        health: { status: 'ok' },
        id: 'LTAItest',
        secret: 'very-secret',
        KEPT: 'kept',
      })
    })

    it('leaves standard output to it: JSON goes to standard error', async () => {
      const { out, err, code } = node('setInterval(() => {}, 1000)', '--json')
      const sandbox = await readSandbox(err)
      await sendV3(sandbox)
      await err.until(/"type":"mail"/)
      running[0]?.signals.emit('SIGTERM')
      expect(await code).to.equal(143)
      expect(out.text).to.equal('')
      expect(err.text.trim().split('\n')).to.have.length(2)
    })

    it('tells nothing of its mails otherwise', async () => {
      const { out, err, code } = node(
        `fetch(process.env.ALIYUN_DM_ENDPOINT + '/?Action=SingleSendMail&Format=JSON').then(() => process.exit(0))`,
      )
      expect(await code).to.equal(0)
      expect([out.text, err.text]).to.deep.equal(['', ''])
    })

    it('passes signals on, and ends as a shell would', async () => {
      for (const [signal, expected] of [
        ['SIGTERM', 143],
        ['SIGHUP', 129],
        ['SIGINT', 130],
      ] as const) {
        const { signals, code } = node('setInterval(() => {}, 1000)')
        while (signals.listenerCount(signal) === 0) await new Promise((r) => setTimeout(r, 10))
        signals.emit(signal)
        expect(await code).to.equal(expected)
      }
    })

    it('leaves Ctrl-C to the terminal, which tells the command itself', async () => {
      const { signals, code } = startRunning(
        ['--', process.execPath, '-e', 'setTimeout(() => process.exit(3), 500)'],
        { isTerminal: true },
      )
      while (signals.listenerCount('SIGINT') === 0) await new Promise((r) => setTimeout(r, 10))
      signals.emit('SIGINT')
      expect(await code).to.equal(3)
    })

    it('says which command it cannot run', async () => {
      const { err, code } = start('-- /nowhere/command')
      expect(await code).to.equal(127)
      expect(err.text).to.equal('mail: cannot run "/nowhere/command".\n')
    })
  })

  it('writes the endpoint into a file once it can be used, and takes the file away', async () => {
    const own = join(folder, 'own')
    const file = join(folder, 'ready')
    writeFileSync(own, '')
    const { signals, out, code } = start(`--port 0 --ready-file ${file}`)
    const sandbox = await readSandbox(out)
    expect(readFileSync(file, 'utf8')).to.equal(`${sandbox.endpoint}\n`)
    expect((await readdir(folder)).filter((name) => name.startsWith('ready'))).to.deep.equal(['ready'])
    signals.emit('SIGTERM')
    await code
    expect(existsSync(file)).to.equal(false)
    expect(existsSync(own)).to.equal(true)
  })

  it('ends well although the ready file is gone before it', async () => {
    const file = join(folder, 'taken-away')
    const { signals, out, code } = start(`--port 0 --ready-file ${file}`)
    await readSandbox(out)
    await rm(file)
    signals.emit('SIGTERM')
    expect(await code).to.equal(0)
  })

  it('exits with 1 when the ready file cannot be written', async () => {
    const { out, err, code } = start(`--port 0 --ready-file ${join(folder, 'no', 'ready')}`)
    expect(await code).to.equal(1)
    expect([out.text, err.text]).to.deep.equal(['', 'mail: the ready file cannot be written.\n'])
  })

  it('exits with 1 when the port cannot be had', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    // As it listens on a port, its address is not a path.
    const { port } = other.address() as AddressInfo
    const { err, code } = start(`--port ${port}`)
    expect(await code).to.equal(1)
    other.close()
    expect(err.text).to.match(
      /^mail: cannot listen .*: it is already in use\. Try --port 0 for any port that is free\.\n$/,
    )
  })

  for (const [args, complaint] of [
    ['--port 70000', 'port: expected an integer from 0 to 65535.'],
    ['--allow-host a:1', 'allowedHosts: expected an array of host names, without a port.'],
    ['--nothing', "Unknown option '--nothing'"],
  ] as const) {
    it(`exits with 2 and says what is wrong with ${args}`, async () => {
      const { out, err, code } = start(args)
      expect(await code).to.equal(2)
      expect([out.text, err.text]).to.deep.equal(['', `mail: ${complaint}\n`])
    })
  }

  it('shows what it can do', async () => {
    const { out, err, code } = start('--help')
    expect(await code).to.equal(0)
    expect(out.text).to.match(/^Usage: mail \[options\]/)
    expect(err.text).to.equal('')
  })

  for (const [args, shown] of [
    ['--host 0.0.0.0', true],
    ['--host 0.0.0.0 --allow-host mail', false],
    ['--host 127.0.0.1', false],
  ] as const) {
    it(`${shown ? 'says' : 'does not say'} that names have to be allowed with ${args}`, async () => {
      const { out } = start(`--port 0 ${args}`)
      const line = '  Names     none is served, only addresses; --allow-host NAME serves one\n\nPoint'
      expect((await out.until(/HTTP\.\n/)).includes(line)).to.equal(shown)
    })
  }

  it('is reached under the names that it is told', async () => {
    const { out } = start('--port 0 --host 0.0.0.0 --allow-host mail')
    const sandbox = await readSandbox(out)
    const reach = async (host: string) =>
      (await send(sandbox, { path: '/healthz', headers: { host } })).statusCode
    expect(
      await Promise.all([reach('mail:8025'), reach('localhost:1'), reach('evil.example')]),
    ).to.deep.equal([200, 200, 421])
  })

  it('keeps no more than it is told', async () => {
    const { out } = start('--port 0 --capacity 1 --max-memory 1')
    const sandbox = await readSandbox(out)
    await sendV3(sandbox)
    await sendV3(sandbox)
    expect(JSON.parse((await send(sandbox, { path: '/api/mails' })).text)).to.have.length(1)
  })
})

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
