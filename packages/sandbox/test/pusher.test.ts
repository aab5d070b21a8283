/**
 * What becomes of mails, and who is told: over real sockets, into the library's own receiver.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { createConnector } from 'aliyun-dm-connector/promises'
import { type DeliveryEvent, type EventError, receiveEvent } from 'aliyun-dm-connector/events'
import { startSandbox, type Sandbox } from '../src/promises.js'

const template = { subject: 'Your code', content: '<p>{{code}}</p>' }
const config = {
  accessKeyId: 'id',
  accessKeySecret: 'secret',
  accountName: 'no-reply@mail.example.com',
  templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({
    usageType,
    ...template,
  })),
}

type Received = E.Either<EventError, DeliveryEvent>

/** A receiver that answers with these codes, one after the other, and then with 200. */
const startReceiver = async (...codes: ReadonlyArray<number>) => {
  const received: Array<Received> = []
  const answers = [...codes]
  let fetchKey = (): Promise<string> => Promise.reject(new Error('no sandbox'))
  const receive = receiveEvent({ fetchCertificate: () => fetchKey() })
  const server = createServer((request, response) => {
    void (async () => {
      const url = `http://${request.headers.host ?? ''}${request.url ?? ''}`
      const body = await buffer(request)
      received.push(await receive({ url, headers: request.headers, body })())
      response.writeHead(answers.shift() ?? 200).end()
      server.emit('received')
    })()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mail-events?from=sandbox&name=验证码`,
    received,
    trust: (sandbox: Sandbox) => {
      fetchKey = async () => (await fetch(`${sandbox.endpoint}/certificate.pem`)).text()
    },
    until: async (count: number) => {
      while (received.length < count) await once(server, 'received')
    },
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('outcomes', () => {
  let sandbox: Sandbox
  let receiver: Awaited<ReturnType<typeof startReceiver>>
  const start = async (...codes: ReadonlyArray<number>): Promise<void> => {
    receiver = await startReceiver(...codes)
    sandbox = await startSandbox({ events: receiver.url })
    receiver.trust(sandbox)
  }
  const send = async (to: string): Promise<string> => {
    const { sendMessage } = createConnector(config, { endpoint: sandbox.endpoint })
    return (await sendMessage({ to, type: 'SignIn', payload: { code: '123456' } })).envId
  }
  const events = (): ReadonlyArray<DeliveryEvent> =>
    receiver.received.map((result) => (E.isRight(result) ? result.right : expect.fail(result.left.message)))

  afterEach(async () => {
    receiver.stop()
    await sandbox.stop()
  })

  it('are pushed as events that the receiver takes, with the envId of the receipt', async () => {
    await start()
    const envId = await send('ann@example.com')
    await receiver.until(1)
    const [event = expect.fail()] = events()
    expect(event).to.include({ _tag: 'Delivered', envId, to: 'ann@example.com' })
    expect(Math.abs(event.at.getTime() - Date.now())).to.be.lessThan(60_000)
    await until(() => sandbox.outcomes(envId)[0]?.pushes.length === 1)
    expect(sandbox.outcomes(envId)).to.have.nested.property('[0].pushes[0].statusCode', 200)
  })

  const fates = [
    ['bounce@simulator.test', 'failed', '554 5.0.0 The mail was not taken'],
    ['spam+1@simulator.test', 'spam', '554 5.7.1 The mail was taken for spam'],
    ['invalid@simulator.test', 'invalidAddress', '550 5.1.1 There is no such mailbox'],
  ] as const
  for (const [to, outcome, message] of fates)
    it(`of ${to} are failures`, async () => {
      await start()
      const envId = await send(to)
      await receiver.until(1)
      expect(events()[0]).to.include({ _tag: 'Failed', envId, to })
      expect(sandbox.outcomes(envId)[0]).to.include({ to, outcome, message })
    })

  it('are pushed again, signed anew, until the receiver takes them', async () => {
    await start(500, 302)
    const envId = await send('ann@example.com')
    await receiver.until(3)
    expect(events().map(({ _tag }) => _tag)).to.deep.equal(['Delivered', 'Delivered', 'Delivered'])
    await until(() => sandbox.outcomes(envId)[0]?.pushes.length === 3)
    expect(sandbox.outcomes(envId)[0]?.pushes.map(({ statusCode }) => statusCode)).to.deep.equal([
      500, 302, 200,
    ])
  })

  it('say why the receiver could not be reached', async () => {
    await start()
    receiver.stop()
    const envId = await send('ann@example.com')
    await until(() => sandbox.outcomes(envId)[0]?.pushes.length === 1)
    expect(sandbox.outcomes(envId)[0]?.pushes[0]).to.have.property('error', 'ECONNREFUSED')
  })

  it('are not known before their time', async () => {
    await start()
    const envId = await send('slow@simulator.test')
    expect(sandbox.outcomes(envId)).to.deep.equal([
      { to: 'slow@simulator.test', outcome: 'pending', pushes: [] },
    ])
    expect(receiver.received).to.deep.equal([])
  })

  it('are refused by a receiver that does not know the key', async () => {
    await start()
    const other = await startSandbox({ events: receiver.url })
    receiver.trust(other)
    await send('ann@example.com')
    await receiver.until(1)
    expect(receiver.received[0]).to.have.nested.property('left.reason', 'mismatch')
    await other.stop()
  })

  it('are in the JSON API, with the key', async () => {
    await start()
    const envId = await send('bounce@simulator.test')
    const answer = await fetch(`${sandbox.endpoint}/api/mails/${envId}/outcomes`)
    expect(await answer.json()).to.have.nested.property('[0].outcome', 'failed')
    expect((await fetch(`${sandbox.endpoint}/api/mails/1/outcomes`)).status).to.equal(404)
    const key = await (await fetch(`${sandbox.endpoint}/certificate.pem`)).text()
    expect(key).to.match(/^-----BEGIN PUBLIC KEY-----/)
    sandbox.clear()
    expect(sandbox.outcomes(envId)).to.deep.equal([])
  })

  it('are pushed to nobody unless that is asked for', async () => {
    receiver = await startReceiver()
    sandbox = await startSandbox()
    const envId = await send('bounce@simulator.test')
    expect(sandbox.outcomes(envId)).to.deep.equal([
      {
        to: 'bounce@simulator.test',
        outcome: 'failed',
        message: '554 5.0.0 The mail was not taken',
        pushes: [],
      },
    ])
    expect((await fetch(`${sandbox.endpoint}/certificate.pem`)).status).to.equal(404)
  })

  for (const events of ['not an address', 'ftp://example.com', '', 7])
    it(`have no receiver at ${JSON.stringify(events)}`, async () => {
      await start()
      // As a caller without types.
      const failed = await startSandbox({ events: events as string }).then(
        () => '',
        (error: unknown) => String(error),
      )
      expect(failed).to.include('events: expected an http or https address')
    })
})
