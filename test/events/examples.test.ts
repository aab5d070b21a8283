/**
 * The examples of each framework, over real sockets.
 */
import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { getRequestListener } from '@hono/node-server'
import { expect } from 'chai'
import sinon from 'sinon'
import { makeApp as makeExpressApp } from '../../examples/events/express.js'
import { makeApp as makeHonoApp } from '../../examples/events/hono.js'
import { makeServer } from '../../examples/events/node.js'
import type { DeliveryEvent, ReceiveOptions } from '../../lib/events.js'
import { certificate, cloudEvent, delivered, signed, signedAt, token } from './eventbridge.js'

type Handle = (event: DeliveryEvent) => Promise<void>

const frameworks: Readonly<Record<string, (options: ReceiveOptions, handle: Handle) => Server>> = {
  'node:http': makeServer,
  // Express's application is a listener, but says so only in its documentation.
  Express: (options, handle) => createServer(makeExpressApp(options, handle) as never),
  Hono: (options, handle) => {
    const listener = getRequestListener(makeHonoApp(options, handle).fetch)
    return createServer((request, response) => void listener(request, response))
  },
}

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port has an address of this kind.
  return (server.address() as AddressInfo).port
}

for (const [name, start] of Object.entries(frameworks))
  describe(`the example for ${name}`, () => {
    const handle = sinon.stub<[DeliveryEvent], Promise<void>>()
    let server: Server
    let origin: string

    const post = async ({ url, headers, body }: ReturnType<typeof signed>): Promise<number> => {
      const answer = await fetch(url.replace(/^https?:\/\/[^/]+/, origin), {
        method: 'POST',
        headers,
        body: Buffer.from(body),
      })
      await answer.arrayBuffer()
      return answer.status
    }

    const serve = async (options: ReceiveOptions): Promise<void> => {
      handle.reset()
      handle.resolves()
      server = start(
        { token, now: () => signedAt, fetchCertificate: () => Promise.resolve(certificate), ...options },
        handle,
      )
      origin = `http://127.0.0.1:${await listen(server)}`
    }

    before(() => {
      // The examples tell of failures, and so do the frameworks.
      sinon.stub(console, 'warn')
      sinon.stub(console, 'error')
    })
    after(() => sinon.restore())
    afterEach(() => {
      server.closeAllConnections()
      server.close()
    })

    it('hands on an event, and answers 200', async () => {
      const targetUrl = 'https://example.com/mail-events?from=eventbridge'
      await serve({ targetUrl })
      expect(await post(signed(delivered(), { url: targetUrl }))).to.equal(200)
      expect(handle.args).to.have.nested.property('[0][0].envId', '600001')
    })

    it('finds the URL by itself where there is no proxy before it', async () => {
      await serve({})
      expect(await post(signed(delivered(), { url: `${origin}/mail-events?x=%E9%AA%8C&y=a+b` }))).to.equal(
        200,
      )
    })

    it('answers what the failure says, and hands on nothing', async () => {
      await serve({})
      const url = `${origin}/mail-events`
      expect(await post(signed(delivered(), { url: 'https://example.com/mail-events' }))).to.equal(401)
      expect(await post({ url, headers: {}, body: delivered() })).to.equal(401)
      expect(await post(signed('', { url }))).to.equal(400)
      expect(
        await post(signed(JSON.stringify(cloudEvent('dm:Validator:GrayListResult', {})), { url })),
      ).to.equal(200)
      expect(await post({ ...signed('', { url }), body: ' '.repeat(1_048_577) })).to.equal(413)
      expect(handle.callCount).to.equal(0)
    })

    it('answers 500 where handling fails, and hands on the event that comes again', async () => {
      await serve({})
      const url = `${origin}/mail-events`
      handle.onFirstCall().rejects(new Error('no database'))
      expect(await post(signed(delivered(), { url }))).to.equal(500)
      expect(await post(signed(delivered(), { url, timestamp: signedAt + 15_000 }))).to.equal(200)
      expect(handle.callCount).to.equal(2)
    })
  })

describe('examples/bounce.ts', () => {
  it('sends a mail, and hears that it bounced', async function () {
    this.timeout(60_000)
    const args = ['--import', 'tsx', 'examples/bounce.ts']
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 50_000 })
    const [, envId] = /^sent: (\d+)$/m.exec(stdout) ?? []
    expect(stdout).to.equal(`sent: ${envId}\nbounced: ${envId} to bounce@simulator.test\n`)
  })
})
