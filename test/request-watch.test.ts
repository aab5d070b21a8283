/**
 * The watch over a request, with Node's own client in the place of the SDK's.
 */
import http, { type ClientRequest } from 'node:http'
import { expect } from 'chai'
import { nonceHeader, type RequestWatch, type Verdict, watchRequest } from '../lib/request-watch.js'
import { blackHole, rawServer } from './integration/harness.js'

const limits = { connectTimeoutMs: 5_000, readTimeoutMs: 5_000, budgetMs: 60_000 }

interface Watched {
  readonly watch: RequestWatch
  readonly verdict: Promise<Verdict>
}

const watching = (nonce: string, more: object = {}): Watched => {
  let watch: RequestWatch | undefined
  const verdict = new Promise<Verdict>((resolve) => {
    watch = watchRequest(nonce, { ...limits, ...more }, resolve)
  })
  if (watch === undefined) throw new Error('the watch is made at once')
  return { watch, verdict }
}

const post = (
  port: number,
  nonce: string,
  onBody: (chunk: unknown) => void = () => undefined,
): ClientRequest =>
  http
    .request({ host: '127.0.0.1', port, method: 'POST', headers: { [nonceHeader]: nonce } })
    .on('response', (response) => response.on('data', onBody).on('error', () => undefined))
    .on('error', () => undefined)
    .end('body')

const closed = (request: ClientRequest): Promise<void> =>
  new Promise((resolve) => request.once('close', () => resolve()))

describe('request-watch', () => {
  it('has seen nothing before the request starts', () => {
    const { watch } = watching('a')
    expect(watch.progress()).to.equal('unseen')
    watch.release()
  })

  it('sees its request connect, and ends it when no answer comes', async () => {
    const server = await rawServer((socket) => socket.resume())
    const { watch, verdict } = watching('b', { readTimeoutMs: 100 })
    const request = post(server.port, 'b')
    expect(await verdict).to.equal('read')
    expect(watch.progress()).to.equal('connected')
    await closed(request)
    watch.release()
    await server.stop()
  })

  it('ends a request that does not connect', async () => {
    const server = await blackHole()
    const { watch, verdict } = watching('c', { connectTimeoutMs: 100 })
    const request = post(server.port, 'c')
    expect(await verdict).to.equal('connect')
    expect(watch.progress()).to.equal('connecting')
    await closed(request)
    watch.release()
    await server.stop()
  })

  it('gives up without a request, too', async () => {
    const { watch, verdict } = watching('d', { connectTimeoutMs: 30, readTimeoutMs: 30 })
    expect(await verdict).to.equal('read')
    watch.release()
  })

  it('does not wait longer than its budget', async () => {
    const server = await rawServer((socket) => socket.resume())
    const startedAt = performance.now()
    const { watch, verdict } = watching('e', { budgetMs: 80 })
    const request = post(server.port, 'e')
    expect(await verdict).to.equal('read')
    expect(performance.now() - startedAt).to.be.lessThan(2_000)
    await closed(request)
    watch.release()
    await server.stop()
  })

  for (const [what, head] of [
    ['says it has', 'HTTP/1.1 200 OK\r\ncontent-length: 50000000\r\n\r\n'],
    ['has, without saying', 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n'],
  ] as const)
    it(`ends an answer that ${what} 50 MB`, async () => {
      const server = await rawServer((socket) =>
        socket.once('data', () => {
          socket.write(head)
          for (let megabyte = 0; megabyte < 50; megabyte++) socket.write('x'.repeat(1_000_000))
        }),
      )
      let bytes = 0
      const { watch, verdict } = watching('f')
      const request = post(server.port, 'f', (chunk) => (bytes += (chunk as Uint8Array).length))
      expect(await verdict).to.equal('oversized')
      await closed(request)
      expect(bytes).to.be.lessThan(3_000_000)
      watch.release()
      await server.stop()
    })

  it("does not touch anybody else's request", async () => {
    const server = await rawServer((socket) => socket.resume())
    const { watch, verdict } = watching('g', { connectTimeoutMs: 40, readTimeoutMs: 40 })
    const other = post(server.port, 'somebody else')
    await verdict
    expect(watch.progress()).to.equal('unseen')
    expect(other.destroyed).to.equal(false)
    other.destroy()
    watch.release()
    await server.stop()
  })

  it('watches a second request of the same attempt, and remembers that the first had connected', async () => {
    const server = await rawServer((socket) => socket.resume())
    const { watch, verdict } = watching('i', { readTimeoutMs: 150 })
    const first = post(server.port, 'i')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(watch.progress()).to.equal('connected')
    const second = post(1, 'i')
    await closed(second)
    expect(watch.progress()).to.equal('connected')
    await verdict
    first.destroy()
    watch.release()
    await server.stop()
  })

  it('once released, ends nothing any more', async () => {
    const server = await rawServer((socket) => socket.resume())
    const { watch } = watching('h', { connectTimeoutMs: 30, readTimeoutMs: 30 })
    const request = post(server.port, 'h')
    watch.release()
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(request.destroyed).to.equal(false)
    request.destroy()
    await server.stop()
  })
})
