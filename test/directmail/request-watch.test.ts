/**
 * The watch over a request, with Node's own client in the place of the SDK's.
 */
import diagnostics from 'node:diagnostics_channel'
import { EventEmitter, once } from 'node:events'
import http, { type ClientRequest } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import sinon from 'sinon'
import {
  nonceHeader,
  type RequestWatch,
  type Verdict,
  watchRequest,
} from '../../lib/directmail/request-watch.js'
import {
  accessKeyId,
  accessKeySecret,
  blackHole,
  rawServer,
  SdkClient,
  untrustedServer,
} from '../support/sandbox.js'

/** One for all, as a second attempt has the nonce of the first: a watch that is over must not see its request. */
const nonce = 'nonce-of-ours'

const limits = { connectTimeoutMs: 5_000, readTimeoutMs: 5_000, budgetMs: 60_000 }

interface Watched {
  readonly watch: RequestWatch
  readonly verdict: Promise<Verdict>
  /** All that it has come to so far. */
  readonly verdicts: ReadonlyArray<Verdict>
}

const watching = (nonce: string, more: object = {}): Watched => {
  let watch: RequestWatch | undefined
  const verdicts: Array<Verdict> = []
  const verdict = new Promise<Verdict>((resolve) => {
    watch = watchRequest(nonce, { ...limits, ...more }, (reached) => {
      verdicts.push(reached)
      resolve(reached)
    })
  })
  if (watch === undefined) throw new Error('the watch is made at once')
  return { watch, verdict, verdicts }
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

const postOverTls = (port: number, nonce: string): ClientRequest =>
  https
    .request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      headers: { [nonceHeader]: nonce },
      rejectUnauthorized: false,
    })
    .on('error', () => undefined)
    .end('body')

const socketOf = async (request: ClientRequest): Promise<Socket> => {
  const [socket] = (await once(request, 'socket')) as [Socket]
  return socket
}

const closed = (request: ClientRequest): Promise<void> =>
  new Promise((resolve) => request.once('close', () => resolve()))

describe('request-watch', () => {
  it('has seen nothing before its request starts, then sees how far it gets', async () => {
    const server = await rawServer((socket) => socket.resume())
    const { watch } = watching(nonce)
    expect(watch.stage()).to.equal('unseen')
    const request = post(server.port, nonce)
    const socket = await socketOf(request)
    await once(socket, 'connect')
    expect(watch.stage()).to.equal('connected')
    watch.release()
    request.destroy()
    await server.stop()
  })

  it('ends its request when no answer comes', async () => {
    const server = await rawServer((socket) => socket.resume())
    const { watch, verdict } = watching(nonce, { readTimeoutMs: 30 })
    const request = post(server.port, nonce)
    expect(await verdict).to.equal('read')
    expect(watch.stage()).to.equal('connected')
    await closed(request)
    watch.release()
    await server.stop()
  })

  it('ends a request that does not connect', async () => {
    const server = await blackHole()
    const { watch, verdict } = watching(nonce, { connectTimeoutMs: 30 })
    const request = post(server.port, nonce)
    expect(await verdict).to.equal('connect')
    expect(watch.stage()).to.equal('connecting')
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
      const { watch, verdict } = watching(nonce)
      const request = post(server.port, nonce, (chunk) => (bytes += (chunk as Uint8Array).length))
      expect(await verdict).to.equal('oversized')
      await closed(request)
      expect(bytes).to.be.lessThan(3_000_000)
      watch.release()
      await server.stop()
    })

  for (const [what, headers] of [
    ["somebody else's nonce", { [nonceHeader]: 'somebody else' }],
    ['no nonce', {}],
  ] as const)
    it(`does not touch a request with ${what}`, async () => {
      const server = await rawServer((socket) => socket.resume())
      const { watch, verdict } = watching(nonce, { connectTimeoutMs: 20, readTimeoutMs: 20 })
      const other = http
        .request({ host: '127.0.0.1', port: server.port, headers })
        .on('error', () => undefined)
        .end()
      await verdict
      expect(watch.stage()).to.equal('unseen')
      expect(other.destroyed).to.equal(false)
      other.destroy()
      watch.release()
      await server.stop()
    })

  it('watches a second request of the same attempt, and remembers that the first had connected', async () => {
    const server = await rawServer((socket) => socket.resume())
    const { watch } = watching(nonce)
    const first = post(server.port, nonce)
    await once(await socketOf(first), 'connect')
    expect(watch.stage()).to.equal('connected')
    await closed(post(1, nonce))
    expect(watch.stage()).to.equal('connected')
    first.destroy()
    watch.release()
    await server.stop()
  })

  it('once released, does not see a request that starts later', async () => {
    const server = await rawServer((socket) => socket.resume())
    const { watch } = watching(nonce)
    watch.release()
    const request = post(server.port, nonce)
    await once(await socketOf(request), 'connect')
    expect(watch.stage()).to.equal('unseen')
    request.destroy()
    await server.stop()
  })

  it('may be released twice, and leaves the others alone', async () => {
    const server = await rawServer((socket) => socket.resume())
    const { watch } = watching('k')
    const other = watching('l')
    watch.release()
    watch.release()
    const request = post(server.port, 'l')
    await once(await socketOf(request), 'connect')
    expect(other.watch.stage()).to.equal('connected')
    other.watch.release()
    request.destroy()
    await server.stop()
  })

  it('does not mind what others publish on the channel', async () => {
    const { watch } = watching(nonce)
    const channel = diagnostics.channel('http.client.request.start')
    for (const event of [undefined, null, 'request', {}, { request: { getHeader: () => nonce } }])
      channel.publish(event)
    // An error of a subscriber would come up now.
    await setImmediate()
    expect(watch.stage()).to.equal('unseen')
    watch.release()
  })

  it('sees a request on a kept-alive connection as connected at once', async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'))
    })
    const agent = new http.Agent({ keepAlive: true })
    const start = (nonce: string): ClientRequest =>
      http
        .request({ agent, host: '127.0.0.1', port: server.port, headers: { [nonceHeader]: nonce } })
        .on('response', (response) => response.resume())
        .on('error', () => undefined)
        .end()
    await once(start('n'), 'close')
    const { watch } = watching('o')
    const second = start('o')
    await socketOf(second)
    await setImmediate()
    expect(server.connections()).to.equal(1)
    expect(watch.stage()).to.equal('connected')
    watch.release()
    agent.destroy()
    await server.stop()
  })

  it('takes an encrypted connection for one when TLS stands, no sooner', async () => {
    const server = await untrustedServer()
    const { watch } = watching(nonce)
    const socket = await socketOf(postOverTls(server.port, nonce))
    await once(socket, 'connect')
    expect(watch.stage()).to.equal('connecting')
    await once(socket, 'secureConnect')
    expect(watch.stage()).to.equal('connected')
    watch.release()
    await server.stop()
  })
})

describe('the size of an answer', () => {
  const mebibyte = 1_048_576

  for (const [what, head] of [
    ['where it is stated', (bytes: number) => `content-length: ${bytes}`],
    ['where it is not', () => 'connection: close'],
  ] as const) {
    const answering = (bytes: number) =>
      rawServer((socket) =>
        socket.once('data', () =>
          socket.end(`HTTP/1.1 200 OK\r\n${head(bytes)}\r\n\r\n${'x'.repeat(bytes)}`),
        ),
      )

    it(`may be 1 MiB ${what}`, async () => {
      const server = await answering(mebibyte)
      let bytes = 0
      const { watch, verdicts } = watching(nonce)
      await closed(post(server.port, nonce, (chunk) => (bytes += (chunk as Uint8Array).length)))
      expect(verdicts).to.deep.equal([])
      expect(bytes).to.equal(mebibyte)
      watch.release()
      await server.stop()
    })

    it(`may not be one byte more ${what}`, async () => {
      const server = await answering(mebibyte + 1)
      const { watch, verdicts } = watching(nonce)
      await closed(post(server.port, nonce))
      expect(verdicts).to.deep.equal(['oversized'])
      watch.release()
      await server.stop()
    })
  }

  it('is known before any of it came, where it is stated', async () => {
    const server = await rawServer((socket) =>
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${mebibyte + 1}\r\n\r\n`)),
    )
    const { watch, verdict } = watching(nonce)
    const request = post(server.port, nonce)
    expect(await verdict).to.equal('oversized')
    await closed(request)
    watch.release()
    await server.stop()
  })

  it('is counted only from when the client reads, so that it misses nothing', async () => {
    const server = await rawServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall of it')),
    )
    const { watch } = watching(nonce)
    const request = http
      .request({ host: '127.0.0.1', port: server.port, headers: { [nonceHeader]: nonce } })
      .end()
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    await setImmediate()
    await setImmediate()
    let text = ''
    for await (const chunk of response) text += String(chunk)
    expect(text).to.equal('all of it')
    watch.release()
    await server.stop()
  })
})

describe('the time limits', () => {
  const times = { connectTimeoutMs: 100, readTimeoutMs: 300 }
  let clock: sinon.SinonFakeTimers

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    clock.tick(1_000)
  })

  afterEach(() => {
    clock.restore()
  })

  /** Takes a request so far, and no further. */
  const reach = {
    unseen: () => Promise.resolve({ stop: () => Promise.resolve() }),
    connecting: async (nonce: string) => {
      // It says nothing, and TLS waits for it to.
      const server = await rawServer((socket) => socket.resume())
      await once(await socketOf(postOverTls(server.port, nonce)), 'connect')
      return server
    },
    connected: async (nonce: string) => {
      const server = await rawServer((socket) => socket.resume())
      await once(await socketOf(post(server.port, nonce)), 'connect')
      return server
    },
  } as const

  for (const [stage, budgetMs, afterMs, verdict] of [
    ['unseen', 1_000, 400, 'read'],
    ['connecting', 1_000, 100, 'connect'],
    ['connected', 1_000, 300, 'read'],
    ['unseen', 90, 90, 'read'],
    ['connecting', 90, 90, 'connect'],
    ['connected', 90, 90, 'read'],
  ] as const)
    it(`of ${budgetMs} ms in all give up a request ${stage} for ${afterMs} ms, once`, async () => {
      const { watch, verdicts } = watching(nonce, { ...times, budgetMs })
      const server = await reach[stage](nonce)
      expect(watch.stage()).to.equal(stage)
      clock.tick(afterMs - 1)
      expect(verdicts).to.deep.equal([])
      clock.tick(1)
      expect(verdicts).to.deep.equal([verdict])
      clock.tick(10_000)
      expect(verdicts).to.deep.equal([verdict])
      watch.release()
      await server.stop()
    })

  it('begin anew with each phase, but for the budget', async () => {
    const { watch, verdicts } = watching(nonce, { ...times, budgetMs: 310 })
    clock.tick(60)
    const server = await reach.connected(nonce)
    clock.tick(249)
    expect(verdicts).to.deep.equal([])
    clock.tick(1)
    expect(verdicts).to.deep.equal(['read'])
    watch.release()
    await server.stop()
  })

  for (const stage of ['unseen', 'connecting', 'connected'] as const)
    it(`leave no timer once a watch is released that is ${stage}`, async () => {
      const { watch } = watching(nonce, times)
      const server = await reach[stage](nonce)
      expect(clock.countTimers()).to.equal(1)
      watch.release()
      expect(clock.countTimers()).to.equal(0)
      await server.stop()
    })

  it('end nothing once the watch is released', async () => {
    const server = await rawServer((socket) => socket.resume())
    const { watch, verdicts } = watching(nonce, times)
    const request = post(server.port, nonce)
    await once(await socketOf(request), 'connect')
    watch.release()
    clock.tick(10_000)
    expect(verdicts).to.deep.equal([])
    expect(request.destroyed).to.equal(false)
    request.destroy()
    await server.stop()
  })

  it('do not begin when the connection comes after the release', async () => {
    const server = await untrustedServer()
    const { watch } = watching(nonce, times)
    const socket = await socketOf(postOverTls(server.port, nonce))
    await once(socket, 'connect')
    watch.release()
    await once(socket, 'secureConnect')
    expect(clock.countTimers()).to.equal(0)
    await server.stop()
  })

  describe("of the SDK's own", () => {
    const success = '{"EnvId":"600000123456789012","RequestId":"12D086F6-8F31-4658-84C1-006DED011A85"}'
    const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${success.length}\r\n\r\n${success}`

    const onPost = (then: (socket: Socket) => void) =>
      rawServer((socket) =>
        socket.on('data', (data) => {
          if (data.toString().startsWith('POST')) then(socket)
        }),
      )

    const sender = async (port: number) => {
      const { SingleSendMailRequest } = await import('@alicloud/dm20151123')
      const { Config } = await import('@alicloud/openapi-client')
      const { RuntimeOptions, ExtendsParameters } = await import('@alicloud/tea-util')
      const client = new SdkClient(
        // The SDK takes any object with a Config's fields; that of openapi-client is the documented one.
        // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
        new Config({ accessKeyId, accessKeySecret, endpoint: `127.0.0.1:${port}`, protocol: 'http' }),
      )
      return (nonce: string) => {
        const extendsParameters = new ExtendsParameters({ headers: { [nonceHeader]: nonce } })
        return client.singleSendMailWithOptions(
          new SingleSendMailRequest({}),
          new RuntimeOptions({ extendsParameters }),
        )
      }
    }

    it('do not stay behind on the connection', async () => {
      const server = await onPost((socket) => socket.write(answer))
      const send = await sender(server.port)
      for (const nonce of ['x', 'y']) {
        const { watch } = watching(nonce)
        await send(nonce)
        // The watch's and the SDK's. With an SDK that cleans up itself, the watch need not any more.
        expect(clock.countTimers()).to.equal(2)
        watch.release()
        expect(clock.countTimers()).to.equal(0)
      }
      expect(server.connections()).to.equal(1)
      await server.stop()
    })

    it('go on for the request that has the connection by then', async () => {
      const posts = new EventEmitter()
      const server = await onPost((socket) => posts.emit('post', socket))
      const send = await sender(server.port)
      const first = watching('z')
      posts.once('post', (socket: Socket) => socket.write(answer))
      await send('z')
      const second = watching('zz')
      const hanging = send('zz').catch(() => undefined)
      await once(posts, 'post')
      expect(clock.countTimers()).to.equal(4)
      first.watch.release()
      expect(clock.countTimers()).to.equal(2)
      second.watch.release()
      await server.stop()
      await hanging
    })
  })
})
