/**
 * A server that reads HTTP by itself, on `node:net`, so that it can do with each request what no HTTP server can. Behind
 * it stands the service: it takes each mail once for each nonce, as DirectMail does, and writes down what it took.
 */
import net, { type AddressInfo, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Answer, Behaviour, Exchange } from './behaviours.js'

export interface Ledger {
  requests: number
  /** Requests under a nonce that had been used. */
  replays: number
  /** How many mails of each message were taken. */
  readonly mails: Map<number, number>
  readonly played: Map<string, number>
}

export interface Plan {
  /** What happens to the nth request of a message, counted from 0. */
  readonly choose: (id: number, n: number) => Behaviour
  /** What happens to a request of which nothing has been read yet; as a rule nothing. */
  readonly interrupt?: (() => readonly [name: string, play: (socket: Socket) => void] | undefined) | undefined
}

export interface HostileServer {
  readonly endpoint: string
  readonly ledger: Ledger
  /** Resolves once nothing is on its way to the service any more. */
  readonly stop: () => Promise<void>
}

/** The receipt of a message names it, so that one that went astray is seen. */
export const findEnvId = (id: number): string => `600000${String(id).padStart(12, '0')}`

const receipt = (id: number): Answer => ({
  status: 200,
  body: JSON.stringify({ EnvId: findEnvId(id), RequestId: '12D086F6-8F31-4658-84C1-006DED011A85' }),
})

const nonceUsed: Answer = {
  status: 400,
  body: '{"Code":"SignatureNonceUsed","Message":"x","RequestId":"12D086F6-8F31-4658-84C1-006DED011A85"}',
}

interface Request {
  readonly id: number
  readonly nonce: string
}

/** The request in what has arrived so far, once it is whole. The SDK sends its body in chunks. */
const readRequest = (text: string): Request | undefined => {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0 || !text.endsWith('\r\n0\r\n\r\n')) return undefined
  const nonce = /\r\nx-acs-signature-nonce: (\S+)\r\n/i.exec(text)?.[1] ?? ''
  return { id: Number(/ToAddress=m-(\d+)/.exec(text.slice(end))?.[1]), nonce }
}

export const startHostileServer = async ({ choose, interrupt }: Plan): Promise<HostileServer> => {
  const ledger: Ledger = { requests: 0, replays: 0, mails: new Map(), played: new Map() }
  const nonces = new Set<string>()
  const requestsOf = new Map<number, number>()
  const sockets = new Set<Socket>()
  const onTheWay = new Set<Promise<void>>()

  const count = (name: string): void => {
    ledger.played.set(name, (ledger.played.get(name) ?? 0) + 1)
  }

  const handle = ({ id, nonce }: Request): Answer => {
    if (nonces.has(nonce)) {
      ledger.replays += 1
      return nonceUsed
    }
    nonces.add(nonce)
    ledger.mails.set(id, (ledger.mails.get(id) ?? 0) + 1)
    return receipt(id)
  }

  const serve = (socket: Socket, request: Request): void => {
    const n = requestsOf.get(request.id) ?? 0
    requestsOf.set(request.id, n + 1)
    ledger.requests += 1
    const behaviour = choose(request.id, n)
    count(behaviour.name)
    const exchange: Exchange = {
      socket,
      handle: () => handle(request),
      handleLater: (ms) => {
        const arrival = setTimeout(ms).then(() => {
          handle(request)
          onTheWay.delete(arrival)
        })
        onTheWay.add(arrival)
      },
      note: () => {
        nonces.add(request.nonce)
      },
    }
    behaviour.play(exchange)
  }

  const server = net.createServer((socket) => {
    sockets.add(socket)
    let text = ''
    socket.setEncoding('latin1')
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (data: string) => {
      const interruption = text === '' ? interrupt?.() : undefined
      text += data
      if (interruption !== undefined) {
        ledger.requests += 1
        count(interruption[0])
        socket.removeAllListeners('data')
        interruption[1](socket)
        return
      }
      const request = readRequest(text)
      if (request === undefined) return
      text = ''
      serve(socket, request)
    })
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, resolve))
  return {
    // A TCP server that listens has an address with a port.
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ledger,
    stop: async () => {
      await Promise.all(onTheWay)
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
