/**
 * DirectMail on a bad day, for the soak: of every hundred requests one meets each of the faults below. It refuses a
 * nonce that it has seen, as DirectMail does, and notes how often each mail was accepted. A mail is told by the
 * number in its recipient's address.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Fault = (response: ServerResponse) => void

export interface Ledger {
  /** How often each mail was accepted, by its number. */
  readonly accepted: Uint8Array
  readonly requests: number
  /** Requests under a nonce that had been used. */
  readonly replays: number
  readonly faults: Readonly<Record<string, number>>
}

const receipt = '{"EnvId":"600000123456789012","RequestId":"12D086F6-8F31-4658-84C1-006DED011A85"}'

const json = (response: ServerResponse, status: number, body: string, headers: object = {}): void => {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}

const error = (code: string): string =>
  JSON.stringify({ Code: code, Message: code, RequestId: '12D086F6-8F31-4658-84C1-006DED011A85' })

const stall = (): void => undefined

/** What may happen to a request that the service has not accepted. */
const before: Readonly<Record<string, Fault>> = {
  'reset before the headers': (response) => response.destroy(),
  'stall before the headers': stall,
  '500': (response) => json(response, 500, error('InternalError')),
  'HTML 503': (response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Busy</h1>'),
  throttling: (response) => json(response, 400, error('Throttling.User'), { 'x-acs-retry-after': '50' }),
  refusal: (response) => json(response, 400, error('InvalidToAddress.Spam')),
  'no such key': (response) => json(response, 404, error('InvalidAccessKeyId.NotFound')),
}

/** And to one whose mail is on its way already. */
const after: Readonly<Record<string, Fault>> = {
  'accepted, reset before the headers': (response) => response.destroy(),
  'accepted, reset in the headers': (response) => {
    response.socket?.write('HTTP/1.1 200 OK\r\ncontent-ty', () => response.destroy())
  },
  'accepted, reset in the body': (response) => {
    response.writeHead(200, { 'content-length': receipt.length })
    response.write(receipt.slice(0, 20), () => response.destroy())
  },
  'accepted, stall before the headers': stall,
  'accepted, stall in the body': (response) => {
    response.writeHead(200, { 'content-length': receipt.length }).write(receipt.slice(0, 20))
  },
  'accepted, 503': (response) => json(response, 503, error('ServiceUnavailable')),
  'accepted, HTML 503': (response) => response.writeHead(503).end('<h1>Busy</h1>'),
  'accepted, garbled': (response) => json(response, 200, '{"EnvId":"6000001'),
  'accepted, {}': (response) => json(response, 200, '{}'),
  'accepted, []': (response) => json(response, 200, '[]'),
  'accepted, then closed': (response) => {
    // Without a word in the headers: the next request on this connection may find it gone.
    json(response, 200, receipt)
    response.socket?.end()
  },
}

const faults = [
  ...Object.entries(before).map(([name, fault]) => ({ name, fault, accepts: false })),
  ...Object.entries(after).map(([name, fault]) => ({ name, fault, accepts: true })),
]

// ------------------------------------------------------------------------------------------------------------
// The service
// ------------------------------------------------------------------------------------------------------------

const accepted = new Uint8Array(Number(process.argv[2]))
const nonces = new Set<string>()
const met: Record<string, number> = {}
let requests = 0
let replays = 0

const accept = (body: string, nonce: string): void => {
  const number = Number(/ToAddress=mail-(\d+)/.exec(body)?.[1])
  if (!(number < accepted.length)) throw new Error('A mail without a number')
  accepted[number] = (accepted[number] ?? 0) + 1
  nonces.add(nonce)
}

const answer = (request: IncomingMessage, response: ServerResponse, body: string): void => {
  requests += 1
  const nonce = String(request.headers['x-acs-signature-nonce'])
  if (nonces.has(nonce)) {
    replays += 1
    json(response, 400, error('SignatureNonceUsed'))
    return
  }
  // One in a hundred for each fault; the rest of the hundred are answered as they should be.
  const chosen = faults[Math.floor(Math.random() * 100)]
  if (chosen === undefined) {
    accept(body, nonce)
    json(response, 200, receipt)
    return
  }
  met[chosen.name] = (met[chosen.name] ?? 0) + 1
  if (chosen.accepts) accept(body, nonce)
  chosen.fault(response)
}

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('latin1')
  request.on('data', (chunk: string) => {
    body += chunk
  })
  request.on('end', () => answer(request, response, body))
  request.on('error', stall)
})
server.keepAliveTimeout = 60_000
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 })
await once(server, 'listening')
// A TCP server's address is an object; only a pipe's is a string.
process.send?.((server.address() as AddressInfo).port)
process.on('message', () => {
  const ledger: Ledger = { accepted, requests, replays, faults: met }
  process.send?.(ledger)
})
process.on('disconnect', () => process.exit())
