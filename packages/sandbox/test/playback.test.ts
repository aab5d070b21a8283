import { IncomingMessage, ServerResponse, createServer, get, type Server } from 'node:http'
import { Socket, connect, type AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { Answer } from '../src/answer.js'
import type { Fault } from '../src/faults.js'
import { pause, play, send } from '../src/playback.js'

const responseOf = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()))

/** Whether a promise is settled, or is as soon as what is due now has been done. */
const isOver = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
  ])

const answer: Answer = {
  statusCode: 202,
  headers: { 'x-a': 'b' },
  body: Buffer.from('0123456789'),
}

const faults: ReadonlyArray<Fault> = [
  { kind: 'error', code: 'X' },
  { kind: 'delay', ms: 0 },
  { kind: 'reset', at: 'headers' },
  { kind: 'reset', at: 'body' },
  { kind: 'stall', at: 'body' },
  { kind: 'drip', intervalMs: 0 },
  { kind: 'answer', statusCode: 200, body: 'x' },
]

describe('sandbox/playback', () => {
  let server: Server | undefined
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
    server = undefined
  })

  /** A server that handles its requests like this; gives its port. */
  const serve = (handle: (response: ServerResponse) => void): Promise<number> =>
    new Promise((resolve) => {
      const listening = createServer((_request, response) => handle(response))
      server = listening
      listening.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port))
    })

  /** A response whose client has hung up. */
  const abandoned = (): Promise<ServerResponse> =>
    new Promise((resolve) => {
      void serve((response) => response.once('close', () => resolve(response))).then((port) => {
        const socket = connect(port, '127.0.0.1')
        socket.end('GET / HTTP/1.1\r\nhost: a\r\n\r\n', () => socket.destroy())
      })
    })

  it('sends an answer whole, with its length', async () => {
    const port = await serve((response) => send(answer, response))
    const got = await new Promise<unknown>((resolve) => {
      get({ port, host: '127.0.0.1', agent: false }, (response) => {
        let text = ''
        response.on('data', (chunk) => (text += String(chunk)))
        response.on('end', () => {
          const { 'content-length': length, 'x-a': more } = response.headers
          resolve([response.statusCode, length, more, text])
        })
      })
    })
    expect(got).to.deep.equal([202, '10', 'b', '0123456789'])
  })

  describe('a pause', () => {
    it('leaves nothing behind on the response', async () => {
      const response = responseOf()
      const before = response.listenerCount('close')
      const pausing = pause(1, response)
      expect(response.listenerCount('close')).to.equal(before + 1)
      await pausing
      expect(response.listenerCount('close')).to.equal(before)
    })

    it('ends when the connection does', async () => {
      const response = responseOf()
      const pausing = pause(2 ** 31 - 1, response)
      expect(await isOver(pausing)).to.be.false
      response.emit('close')
      expect(await isOver(pausing)).to.be.true
    })

    it('of no time does not wait for anything', async () => {
      const response = responseOf()
      for (const ms of [0, -1]) {
        const pausing = pause(ms, response)
        expect(response.listenerCount('close')).to.equal(0)
        await pausing
      }
    })

    it('does not begin when the client is gone', async () => {
      const response = responseOf()
      response.destroy()
      expect(await isOver(pause(2 ** 31 - 1, response))).to.be.true
    })
  })

  describe('when the client is gone', () => {
    it('sends nothing', async () => {
      const response = await abandoned()
      send(answer, response)
      expect(response.headersSent).to.be.false
    })

    for (const fault of faults) {
      it(`plays no ${fault.kind}${'at' in fault ? ` at ${fault.at}` : ''}`, async () => {
        const response = await abandoned()
        await play(fault, answer, response)
        expect(response.headersSent).to.be.false
      })
    }

    it('stops dripping', async () => {
      const response = responseOf()
      let written = 0
      response.write = (): boolean => {
        written += 1
        if (written === 3) response.destroy()
        return true
      }
      await play({ kind: 'drip', intervalMs: 1 }, answer, response)
      expect(written).to.equal(3)
    })

    it('gives up a long answer quietly', async () => {
      const port = await serve((response) => {
        const fault: Fault = { kind: 'answer', statusCode: 200, body: 'x'.repeat(1000), repeat: 200_000 }
        void play(fault, answer, response).then(() => server?.emit('played'))
      })
      const played = new Promise((resolve) => server?.once('played', resolve))
      get({ port, host: '127.0.0.1', agent: false }, (response) => {
        response.on('error', () => undefined)
        response.once('data', () => response.destroy())
      }).on('error', () => undefined)
      await played
    })
  })

  it('gives the client the time to read half a body before it resets', async () => {
    const port = await serve((response) => void play({ kind: 'reset', at: 'body' }, answer, response))
    const text = await new Promise<string>((resolve) => {
      let received = ''
      const socket = connect(port, '127.0.0.1')
      socket.on('data', (chunk) => (received += chunk.toString()))
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(received))
      socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    })
    expect(text).to.match(/\r\ncontent-length: 10\r\n[^]*\r\n\r\n01234$/)
  })
})
