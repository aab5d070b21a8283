/**
 * `aliyun-dm preview --serve`: the mails in a browser, and each change of the file.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { runCommand } from '../src/command.js'
import { createShell, createSink, run } from './support/command.js'
import { config, createFile, createPath, requiredTemplates } from './support/files.js'

const get = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> => {
  const sent = request(url, { headers }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response
}

describe('aliyun-dm preview --serve', () => {
  const file = createFile(config())
  let url = ''
  let interrupt = (): void => undefined
  let running: Promise<number>

  beforeEach(async () => {
    const out = createSink()
    const interrupted = new Promise<void>((resolve) => (interrupt = resolve))
    const shell = createShell(out.stream, createSink().stream, { untilInterrupted: () => interrupted })
    running = runCommand(['preview', file, '--var', 'code=123456', '--serve'], shell)
    await once(out.stream, 'printed')
    url = /http:\S+/.exec(out.text())?.[0] ?? ''
  })
  afterEach(async () => {
    interrupt()
    expect(await running).to.equal(0)
  })

  const readPage = async (): Promise<string> => text(await get(url))

  it('shows every mail, in a frame without rights, and as text', async () => {
    const page = await readPage()
    expect(page.match(/<h2>\w+<\/h2>/g)).to.deep.equal(
      ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => `<h2>${usageType}</h2>`),
    )
    expect(page).to.include('<iframe sandbox title="The mail" srcdoc="&lt;p&gt;123456&lt;/p&gt;">')
    expect(page).to.include('<pre>123456</pre>')
  })

  it('runs its own script and no other, and loads nothing from elsewhere', async () => {
    const { headers } = await get(url)
    expect(headers['content-security-policy']).to.match(/^default-src 'none';.*script-src 'self'/)
    expect(await text(await get(`${url}live.js`))).to.include('EventSource')
  })

  it('tells open pages of a change, and shows it', async () => {
    const events = await get(`${url}events`)
    const changed = new Promise<void>((resolve) => {
      events.on('data', (chunk: Buffer) => {
        if (chunk.includes('data: changed')) resolve()
      })
    })
    writeFileSync(file, JSON.stringify(config({ templates: requiredTemplates('<p>New: {{code}}</p>') })))
    await changed
    expect(await readPage()).to.include('&lt;p&gt;New: 123456')
  })

  it('shows what is wrong with the file, and goes on', async () => {
    writeFileSync(file, '{ "templates": ')
    expect(await readPage()).to.match(/The config is not valid.*:1:16 .*expected a value/s)
    writeFileSync(file, JSON.stringify(config()))
    expect(await readPage()).to.include('<h2>Register</h2>')
  })

  it('answers to its own name only, which no other site can take', async () => {
    expect(await get(url, { host: 'evil.example' })).to.include({ statusCode: 421 })
    expect(await get(`${url}../etc/passwd`)).to.include({ statusCode: 404 })
  })

  it('takes neither standard input, nor --out or --json, nor a file that is not there', async () => {
    for (const [args, message] of [
      [['-'], 'error: --serve takes a file: standard input does not change.\n'],
      [[file, '--out', 'x'], /'--serve' cannot be used with option '--out <dir>'/],
      [[file, '--json'], /'--serve' cannot be used with option '--json'/],
      [[`${file}.none`], /there is no such file/],
    ] as const) {
      const { code, stdout, stderr } = await run(['preview', ...args, '--serve'])
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
      if (typeof message === 'string') expect(stderr).to.equal(message)
      else expect(stderr).to.match(message)
    }
  })
})

describe('aliyun-dm preview --serve, from the start', () => {
  const serve = async (file: string, use: (url: string) => Promise<void>): Promise<void> => {
    let interrupt = (): void => undefined
    const interrupted = new Promise<void>((resolve) => (interrupt = resolve))
    const out = createSink()
    const shell = createShell(out.stream, createSink().stream, { untilInterrupted: () => interrupted })
    const running = runCommand(['preview', file, '--serve'], shell)
    await once(out.stream, 'printed')
    expect(out.text()).to.match(/^The mails, and each change of them, in a browser: http:\S+\n$/)
    await use(/http:\S+/.exec(out.text())?.[0] ?? '')
    interrupt()
    expect(await running).to.equal(0)
  }

  it('takes a config that is not valid yet', async () => {
    await serve(createFile('{}'), async (url) => {
      expect(await text(await get(url))).to.include('The config is not valid')
    })
  })

  it('tells of a change in the file of a template, too', async () => {
    const folder = createPath()
    writeFileSync(join(folder, 'mail.html'), '<p>old</p>')
    const templates = ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({
      usageType,
      subject: 'Your code',
      contentFile: 'mail.html',
    }))
    writeFileSync(join(folder, 'connector.json'), JSON.stringify(config({ templates })))
    await serve(join(folder, 'connector.json'), async (url) => {
      const events = await get(`${url}events`)
      writeFileSync(join(folder, 'mail.html'), '<p>another one</p>')
      for await (const chunk of events) if (String(chunk).includes('data: changed')) break
      expect(await text(await get(url))).to.include('another one')
    })
  })
})
