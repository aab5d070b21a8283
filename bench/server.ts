/**
 * The least that answers as DirectMail does: reads the request to its end and returns a receipt, on a connection
 * that it keeps alive. Runs in a process of its own, tells its parent the port, and, when asked, how many mails and
 * connections it has seen.
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export interface Counts {
  readonly mails: number
  readonly connections: number
}

let mails = 0
let connections = 0

const answer = JSON.stringify({
  EnvId: '600000123456789012',
  RequestId: '12D086F6-8F31-4658-84C1-006DED011A85',
})

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    mails += 1
    response.writeHead(200, {
      'content-type': 'application/json;charset=utf-8',
      'content-length': answer.length,
    })
    response.end(answer)
  })
})
// Longer than any pause between two rounds: the connection is kept alive for all contenders alike.
server.keepAliveTimeout = 60_000
server.on('connection', () => {
  connections += 1
})

server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 })
await once(server, 'listening')
// A TCP server's address is an object; only a pipe's is a string.
process.send?.((server.address() as AddressInfo).port)
process.on('message', () => {
  const counts: Counts = { mails, connections }
  mails = 0
  connections = 0
  process.send?.(counts)
})
process.on('disconnect', () => process.exit())
