/**
 * A send ends within its deadline, whatever happens: it does not throw, reject or hang, and leaves nothing behind
 * that keeps the process alive.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import type { SendError } from '../../lib/index.js'
import { left, right } from '../support/either.js'
import { config, connect, message, rawServer, withSandbox } from '../support/sandbox.js'

const success = '{"EnvId":"600000123456789012","RequestId":"12D086F6-8F31-4658-84C1-006DED011A85"}'
const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${success.length}\r\n\r\n${success}`

/** What a program of its own prints. */
const run = async (script: string, options: { readonly timeout?: number } = {}): Promise<string> => {
  const args = ['--import', 'tsx', '--input-type=module', '-e', script]
  return (await promisify(execFile)(process.execPath, args, options)).stdout
}

describe('a send', () => {
  it('resolves to a value for any message and any payload', async () => {
    const { sendMessage } = connect('http://127.0.0.1:1', { maxAttempts: 1, deadlineMs: 1_000 })
    const hostile = fc.oneof(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withSet: true,
      }),
      fc.record({ to: fc.anything(), type: fc.anything(), payload: fc.anything() }),
      fc.record({ to: fc.constant('ann@example.com'), type: fc.constant('SignIn'), payload: fc.object() }),
    )
    await fc.assert(
      // A caller without types.
      fc.asyncProperty(hostile, async (input) => E.isLeft(await sendMessage(input as never)())),
      { numRuns: 500 },
    )
  })

  it('ends at its deadline when the server never answers, retries and all', async () => {
    const server = await rawServer(() => undefined)
    const { sendMessage, warmUp } = connect(`http://127.0.0.1:${server.port}`, {
      readTimeoutMs: 200,
      deadlineMs: 500,
      maxAttempts: 100,
    })
    await warmUp()
    const error = left(await sendMessage(message)())
    const attempts = server.connections()
    await server.stop()
    expect(error).to.include({ _tag: 'Timeout', phase: 'read', delivered: 'unknown' })
    // As many attempts as its deadline has room for. A hundred would take 20 s.
    expect(attempts).to.be.within(2, 3)
  })

  it('that hangs on a kept-alive connection is ended, although the timer of the send before it fires meanwhile', async () => {
    // The SDK's read timer of the first request stays on the socket and would disarm that of the second.
    let requests = 0
    const server = await rawServer((socket) => {
      socket.on('data', (data) => {
        if (data.toString().startsWith('POST') && ++requests === 1) socket.write(answer)
      })
    })
    const { sendMessage } = connect(`http://127.0.0.1:${server.port}`, {
      connectTimeoutMs: 100,
      readTimeoutMs: 400,
      deadlineMs: 5_000,
      maxAttempts: 1,
    })
    right(await sendMessage(message)())
    await new Promise((resolve) => setTimeout(resolve, 300))
    const error = left(await sendMessage(message)())
    await server.stop()
    expect(error).to.include({ _tag: 'Timeout', phase: 'read' })
  })

  it('is not made after its deadline, even if the SDK takes that long to load', async () => {
    const script = `
      import net from 'node:net'
      import { createConnector } from './lib/index.ts'
      let requests = 0
      const server = net.createServer((socket) => { socket.on('error', () => {}); socket.once('data', () => { requests += 1 }) })
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
      const options = { endpoint: 'http://127.0.0.1:' + server.address().port, deadlineMs: 20 }
      const { left } = await createConnector(${JSON.stringify(config)}, options).right.sendMessage(${JSON.stringify(message)})()
      await new Promise((resolve) => setTimeout(resolve, 1000))
      console.log(left._tag, left.phase, left.delivered, requests)
      process.exit()
    `
    const stdout = await run(script)
    expect(stdout.trim()).to.equal('Timeout load no 0')
  })

  it('that was given up has closed its connection', async () => {
    const closed: Array<Promise<unknown>> = []
    const server = await rawServer((socket) => closed.push(once(socket.resume(), 'close')))
    const { sendMessage } = connect(`http://127.0.0.1:${server.port}`, { readTimeoutMs: 100, maxAttempts: 1 })
    left(await sendMessage(message)())
    expect(closed).to.have.length(1)
    await Promise.all(closed)
    await server.stop()
  })

  it('that waits longer than its deadline for its turn was never sent', () =>
    withSandbox(
      async (sandbox) => {
        const { sendMessage, warmUp } = connect(sandbox.endpoint, { maxConcurrency: 1, deadlineMs: 1200 })
        await warmUp()
        const results = await Promise.all(Array.from({ length: 4 }, () => sendMessage(message)()))
        const late = results.slice(1).map(left)
        right(results[0] ?? E.left(undefined))
        for (const error of late) expect(error._tag).to.equal('Timeout')
        expect(late.slice(-2)).to.deep.equal([late[2], late[2]])
        expect(late[2]).to.include({ phase: 'queue', delivered: 'no' })
        await new Promise((resolve) => setTimeout(resolve, 400))
        expect(sandbox.requests()).to.be.lessThan(3)
      },
      { latencyMs: 700 },
    ))

  it('of a burst of 2 000 arrives, first come, first served', () =>
    withSandbox(
      async (sandbox) => {
        const { sendMessage } = connect(sandbox.endpoint, { deadlineMs: 600_000 })
        const codes = Array.from({ length: 2_000 }, (_, index) => String(index))
        const results = await Promise.all(
          codes.map((code) => sendMessage({ ...message, payload: { code } })()),
        )
        expect(results.filter(E.isRight)).to.have.length(2_000)
        const arrived = sandbox.inbox().map(({ subject }) => Number(subject.replace('Your code ', '')))
        expect(new Set(arrived).size).to.equal(2_000)
        // 64 are under way at once, and a slow one is overtaken. In any other order, most would be further off.
        const strays = arrived.filter((code, place) => Math.abs(place - code) > 200)
        expect(strays).to.have.length.below(64)
      },
      { capacity: 2_000 },
    )).timeout(120_000)

  it('leaves no connection open once its connector is closed', async () => {
    const open = new Set<Socket>()
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.end('{"EnvId":"1","RequestId":"2"}'))
    })
    server.on('connection', (socket) => {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    // A TCP server's address is an object.
    const { port } = server.address() as AddressInfo
    try {
      const connector = connect(`http://127.0.0.1:${port}`)
      await Promise.all(Array.from({ length: 3 }, () => connector.sendMessage(message)()))
      expect(open.size).to.be.greaterThan(0)
      const closed = Promise.all([...open].map((socket) => once(socket, 'close')))
      await connector.close()
      await closed
      expect(left(await connector.sendMessage(message)())).to.include({ _tag: 'Cancelled', delivered: 'no' })
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  it('leaves nothing that keeps the process alive, and no unhandled rejection', async () => {
    const script = `
      import { createConnector } from './lib/index.ts'
      import net from 'node:net'
      process.on('unhandledRejection', (error) => { console.error('unhandled', error); process.exit(3) })
      const server = net.createServer((socket) => socket.on('error', () => {}))
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
      const config = ${JSON.stringify(config)}
      const message = ${JSON.stringify(message)}
      const options = { readTimeoutMs: 100, deadlineMs: 60_000, maxAttempts: 2 }
      const send = (more) => createConnector(config, { ...options, ...more }).right.sendMessage(message)()
      const results = [
        await send({ endpoint: 'http://127.0.0.1:' + server.address().port }),
        await send({ endpoint: 'http://127.0.0.1:1' }),
        await send({ connectTimeoutMs: 50, client: { singleSendMailWithOptions: () => new Promise(() => {}) } }),
        await send({ client: { singleSendMailWithOptions: () => { throw 1 } } }),
        await send({ client: { singleSendMailWithOptions: async () => { throw 1 } } }),
        await send({ onEvent: async () => { throw 1 }, endpoint: 'http://127.0.0.1:1' }),
      ]
      server.close()
      console.log(results.map((result) => result.left._tag).join(' '))
    `
    // Ends by itself: the deadline of a message would keep it alive for a minute.
    const stdout = await run(script, { timeout: 30_000 })
    expect(stdout.trim()).to.equal(
      'Timeout ConnectionFailed Timeout InvalidResponse InvalidResponse ConnectionFailed',
    )
  })

  it('ends with a value when the SDK cannot be loaded', async () => {
    const script = `
      import module from 'node:module'
      module.register('data:text/javascript,' + encodeURIComponent(
        'export const resolve = (specifier, context, next) => { if (specifier === "@alicloud/dm20151123") ' +
        'throw Object.assign(new Error("gone"), { code: "ERR_MODULE_NOT_FOUND" }); return next(specifier, context) }'))
      const { createConnector } = await import('./lib/index.ts')
      const connector = createConnector(${JSON.stringify(config)}).right
      await connector.warmUp()
      console.log(JSON.stringify(await connector.sendMessage(${JSON.stringify(message)})()))
    `
    const stdout = await run(script)
    const { left: error } = JSON.parse(stdout) as { left: SendError }
    expect(error).to.include({ _tag: 'ConnectionFailed', code: 'ERR_MODULE_NOT_FOUND', delivered: 'no' })
    expect(error.message).to.contain('@alicloud/dm20151123')
  })
})
