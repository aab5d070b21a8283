/**
 * `aliyun-dm preview --serve`: the mails in a browser, and each change of the file.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { runCommand } from '../src/command.js'
import { createShell, createSink, run } from './support/command.js'
import { config, createFile, requiredTemplates } from './support/files.js'

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

  it('takes neither standard input, nor --out, nor a file that is not there', async () => {
    for (const args of [['-'], [file, '--out', 'x'], [`${file}.none`]])
      expect(await run(['preview', ...args, '--serve'])).to.include({ code: 2, stdout: '' })
  })
})
