/**
 * The server of the live page: what it answers, to whom, and when it tells of a change.
 */
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request, type RequestOptions } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import { type LiveServer, startLiveServer } from '../src/live-server.js'
import { createFile, createPath } from './support/files.js'

const get = async (url: string, options: RequestOptions = {}): Promise<IncomingMessage> => {
  const [response] = (await once(request(url, options).end(), 'response')) as [IncomingMessage]
  return response
}

describe('startLiveServer', () => {
  let server: LiveServer
  let files: ReadonlyArray<string>
  let looks = 0
  let render: () => Promise<string>

  beforeEach(async () => {
    files = [createFile('a')]
    render = () => Promise.resolve('<p>页</p>')
    server = await startLiveServer(
      () => {
        looks += 1
        return files
      },
      () => render(),
    )
  })
  afterEach(() => server.stop())

  it('serves a page, its script, and nothing else', async () => {
    expect(server.url).to.match(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/$/)
    const page = await get(server.url)
    expect(page.headers).to.deep.include({
      'content-type': 'text/html;charset=utf-8',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'",
    })
    expect(await text(page)).to.equal('<p>页</p>')
    const script = await get(`${server.url}live.js`)
    expect(script.headers).to.include({ 'content-type': 'text/javascript;charset=utf-8' })
    expect(await text(script)).to.match(/new EventSource\('\/events'\)/)
    for (const path of ['x', '?x', 'live.js/', '../etc/passwd'])
      expect((await get(server.url + path)).statusCode, path).to.equal(404)
  })

  it('answers to its own name only, and only questions', async () => {
    const statusOf = async (options: RequestOptions) => (await get(server.url, options)).statusCode
    for (const host of ['127.0.0.1:1', 'localhost:8025'])
      expect(await statusOf({ headers: { host } }), host).to.equal(200)
    for (const host of ['evil.example', 'x127.0.0.1:1', '127.0.0.1:1x', '127.0.0.1'])
      expect(await statusOf({ headers: { host } }), host).to.equal(421)
    expect(await statusOf({ method: 'POST' })).to.equal(405)
    expect(await statusOf({ method: 'POST', headers: { host: 'evil.example' } })).to.equal(421)
  })

  it('is there for this machine only', async () => {
    const { port } = new URL(server.url)
    // Another address of this machine, where the system has one: whoever listens everywhere listens there.
    const [error] = (await once(request(`http://127.0.0.2:${port}/`).end(), 'error')) as [Error]
    expect(error).to.be.instanceOf(Error)
  })

  it('breaks off where the page cannot be rendered, and goes on', async () => {
    render = () => Promise.reject(new Error('no'))
    const sent = request(server.url).end()
    const [error] = (await once(sent, 'error')) as [Error & { readonly code: string }]
    expect(error.code).to.equal('ECONNRESET')
    render = () => Promise.resolve('again')
    expect(await text(await get(server.url))).to.equal('again')
  })

  describe('tells open pages', () => {
    const listen = async () => {
      const events = await get(`${server.url}events`)
      let read = ''
      events.setEncoding('utf8').on('data', (chunk: string) => (read += chunk))
      const until = async (expected: string): Promise<void> => {
        while (read !== expected) await Promise.race([once(events, 'data'), setTimeout(50)])
      }
      return { events, read: () => read, until }
    }
    const retry = 'retry: 1000\n\n'
    const changed = 'data: changed\n\n'

    it('of each change, all of them, and nothing without one', async () => {
      const readers = [await listen(), await listen()]
      expect(readers[0]?.events).to.have.nested.property('headers.content-type', 'text/event-stream')
      for (const { until } of readers) await until(retry)
      await setTimeout(700)
      for (const { read } of readers) expect(read()).to.equal(retry)
      writeFileSync(files[0]!, 'ab')
      for (const { until } of readers) await until(retry + changed)
      rmSync(files[0]!)
      for (const { until } of readers) await until(retry + changed + changed)
      writeFileSync(files[0]!, 'ab')
      for (const { until } of readers) await until(retry + changed + changed + changed)
    })

    it('of files that are not there yet, and of others that it is to watch', async () => {
      const { until } = await listen()
      const later = createPath('later')
      files = [...files, later, later]
      await until(retry + changed)
      writeFileSync(later, '')
      await until(retry + changed + changed)
    })
  })

  it('ends the connections that are open when it is stopped', async () => {
    const events = await get(`${server.url}events`)
    events.resume()
    server.stop()
    const [error] = (await once(events, 'error')) as [Error & { readonly code: string }]
    expect(error.code).to.equal('ECONNRESET')
    const [refused] = (await once(request(server.url).end(), 'error')) as [Error & { readonly code: string }]
    expect(refused.code).to.equal('ECONNREFUSED')
    looks = 0
    await setTimeout(600)
    expect(looks).to.equal(0)
  })
})
