import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import sinon from 'sinon'
import { createEventStreams } from '../src/events.js'
import { createInbox, type Inbox } from '../src/inbox.js'
import type { RefusedRequest } from '../src/mail.js'
import { receivedMail as mail } from './received-mail.js'

const refusedOf = (message: string): RefusedRequest => ({
  requestId: 'R',
  receivedAt: '2026-01-01T00:00:00.000Z',
  code: 'C',
  statusCode: 400,
  message,
})

const mebibyte = 'x'.repeat(1024 * 1024)

describe('sandbox/events', () => {
  let server: Server
  let inbox: Inbox
  let end: () => void
  beforeEach(async () => {
    inbox = createInbox(10)
    const events = createEventStreams(inbox)
    server = createServer((_request, response) => {
      end = (): void => void response.end()
      events.open(response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => {
    sinon.restore()
    server.closeAllConnections()
    server.close()
  })

  const open = (): Promise<IncomingMessage> =>
    new Promise((resolve) => {
      const { port } = server.address() as AddressInfo
      get({ host: '127.0.0.1', port, agent: false }, (response) => {
        response.on('error', () => undefined)
        resolve(response)
      }).on('error', () => undefined)
    })

  /** All that came until the end, or until the connection broke. */
  const textOf = (response: IncomingMessage): Promise<string> =>
    new Promise((resolve) => {
      const chunks: Array<string> = []
      response.on('data', (chunk) => chunks.push(String(chunk)))
      response.on('close', () => resolve(chunks.join('')))
    })

  it('are written as the standard has it, each with its JSON', async () => {
    const response = await open()
    expect(response.statusCode).to.equal(200)
    expect(response.headers).to.include({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const refused = refusedOf('no')
    inbox.add(mail)
    inbox.refuse(refused)
    inbox.remove(mail.envId)
    inbox.clear()
    end()
    expect(await textOf(response)).to.equal(
      [
        'retry: 1000',
        `event: mail\ndata: ${JSON.stringify({ ...mail, bodyOmitted: false })}`,
        `event: refused\ndata: ${JSON.stringify(refused)}`,
        `event: deleted\ndata: {"envId":"${mail.envId}"}`,
        'event: cleared\ndata: {}',
        '',
      ].join('\n\n'),
    )
  })

  it('are kept alive by a comment every 15 seconds, until the reader leaves', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const response = await open()
    expect(clock.countTimers()).to.equal(1)
    clock.tick(14_999)
    inbox.clear()
    clock.tick(15_001)
    end()
    expect(await textOf(response)).to.equal(
      'retry: 1000\n\nevent: cleared\ndata: {}\n\n: still here\n\n: still here\n\n',
    )
    expect(clock.countTimers()).to.equal(0)
  })

  it('are not kept for a reader that leaves 8 MiB unread', async () => {
    const response = await open()
    for (let i = 0; i < 40; i += 1) inbox.refuse(refusedOf(mebibyte))
    inbox.clear()
    end()
    expect(await textOf(response)).not.to.contain('event: cleared')
  })

  it('wait for a reader that leaves less', async () => {
    const response = await open()
    for (let i = 0; i < 8; i += 1) inbox.refuse(refusedOf(mebibyte.slice(1000)))
    inbox.clear()
    end()
    const text = await textOf(response)
    expect(text.match(/^event: refused$/gm)).to.have.length(8)
    expect(text).to.contain('event: cleared')
  })
})
