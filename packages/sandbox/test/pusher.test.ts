/**
 * What becomes of mails, and who is told: over real sockets, into the library's own receiver.
 */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { createConnector } from 'aliyun-dm-connector/promises'
import { type DeliveryEvent, type EventError, receiveEvent } from 'aliyun-dm-connector/events'
import { createInbox, type Inbox } from '../src/inbox.js'
import { startSandbox, type Sandbox } from '../src/promises.js'
import { type Pusher, startPusher } from '../src/pusher.js'
import { receivedMail } from './received-mail.js'

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

interface Pushed {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly answer: (statusCode: number, headers?: Record<string, string>) => void
}

/** A target that keeps what it is sent, and answers when it is told to. */
const startTarget = async () => {
  const received: Array<Pushed> = []
  let hungUp = 0
  const server = createServer((request, response) => {
    response.on('close', () => (hungUp += response.writableFinished ? 0 : 1))
    void buffer(request).then((body) =>
      received.push({
        method: request.method,
        path: request.url,
        headers: request.headers,
        body: body.toString(),
        answer: (statusCode, headers) => void response.writeHead(statusCode, headers).end(),
      }),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/events`,
    received,
    hungUp: () => hungUp,
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Does not keep a process whose test has timed out. */
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20).unref())
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
    const certificate = await fetch(`${sandbox.endpoint}/certificate.pem`)
    expect(certificate.headers.get('content-type')).to.equal('application/x-pem-file')
    expect(await certificate.text()).to.match(/^-----BEGIN PUBLIC KEY-----/)
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

describe('a pusher', () => {
  let target: Awaited<ReturnType<typeof startTarget>>
  let inbox: Inbox
  let pusher: Pusher
  const warnings: Array<Error> = []
  const onWarning = (warning: Error): void => void warnings.push(warning)

  beforeEach(async () => {
    target = await startTarget()
    inbox = createInbox(10)
    pusher = await startPusher(inbox, target.url)
    process.on('warning', onWarning)
  })
  afterEach(() => {
    process.off('warning', onWarning)
    pusher.stop()
    target.stop()
    expect(warnings.splice(0)).to.deep.equal([])
  })

  const mailTo = (toAddress: string, envId = '1') => ({ ...receivedMail, envId, toAddress })
  const parse = ({ body }: Pushed): unknown => JSON.parse(body)
  /** What it is sent next; the request before this one need not have been answered. */
  const next = async (): Promise<Pushed> => {
    await until(() => target.received.length > 0)
    return target.received.shift() ?? expect.fail()
  }
  const pushes = (mail = mailTo('ann@example.com')) => pusher.outcomes(mail, Date.now())[0]?.pushes ?? []
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

  it('sends what EventBridge sends of a mail that was delivered', async () => {
    inbox.add({ ...mailTo('ann@example.com'), tagName: 'sign-in' })
    const pushed = await next()
    expect(pushed).to.include({ method: 'POST', path: '/events' })
    expect(pushed.headers).to.include({
      'content-type': 'application/json;charset=utf-8',
      'x-eventbridge-hash-method': 'SHA256',
      'x-eventbridge-signature-version': '1.0',
      'x-eventbridge-signature-url':
        'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/x509_public_certificate_sandbox.pem',
    })
    const { id, ...event } = JSON.parse(pushed.body) as Record<string, unknown>
    expect(id).to.match(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(event).to.deep.equal({
      source: 'acs.dm',
      specversion: '1.0',
      subject: 'acs:dm:cn-hangzhou:1234567890123456:*',
      type: 'dm:Deliver:Succeed',
      time: '2026-01-02T11:04:05+08:00',
      datacontenttype: 'application/json;charset=utf-8',
      aliyunaccountid: '1234567890123456',
      aliyunregionid: 'cn-hangzhou',
      aliyunpublishtime: '2026-01-02T03:04:05.678Z',
      data: {
        account: 'noreply@example.com',
        from: 'noreply@example.com',
        rcpt: 'ann@example.com',
        env_id: '1',
        msg_id: '<REQ-1@sandbox>',
        send_time: '2026-01-02T11:04:05',
        deliver_time: '2026-01-02T11:04:05',
        status: '0',
        tag: 'sign-in',
        region: 'cn-hangzhou',
      },
    })
  })

  it('sends why a mail was not delivered', async () => {
    inbox.add(mailTo('bounce@simulator.test'))
    const event = parse(await next())
    expect(event).to.include({ type: 'dm:Deliver:Fail' })
    expect(event).to.have.property('data').that.deep.include({
      rcpt: 'bounce@simulator.test',
      status: '4',
      err_code: '554',
      err_msg: '554 5.0.0 The mail was not taken',
      failed_type: 'SmtpZPermErr',
      tag: '',
    })
  })

  for (const statusCode of [200, 204, 299])
    it(`takes ${statusCode} for taken`, async () => {
      inbox.add(mailTo('ann@example.com'))
      ;(await next()).answer(statusCode)
      await until(() => pushes().length === 1)
      expect(pushes()[0]).to.include({ statusCode })
      // Another attempt would come after 500.
      await pause(700)
      expect(target.received).to.deep.equal([])
    })

  it('sends the same again where it was not taken, and follows no redirection', async () => {
    inbox.add(mailTo('ann@example.com'))
    const first = await next()
    first.answer(300)
    const second = await next()
    second.answer(302, { location: '/elsewhere' })
    const third = await next()
    third.answer(200)
    expect([second.path, third.path]).to.deep.equal(['/events', '/events'])
    expect([second.body, third.body]).to.deep.equal([first.body, first.body])
    await until(() => pushes().length === 3)
    expect(pushes().map(({ statusCode }) => statusCode)).to.deep.equal([300, 302, 200])
  })

  it('gives up after five attempts, each longer after the one before', async () => {
    inbox.add(mailTo('ann@example.com'))
    for (let n = 0; n < 5; n += 1) (await next()).answer(500)
    await until(() => pushes().length === 5)
    await pause(100)
    expect(target.received).to.deep.equal([])
    const times = pushes().map(({ at }) => Date.parse(at))
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    // A timer may be a millisecond early.
    ;[499, 999, 1_999, 3_999].forEach((ms, index) => expect(pauses[index]).to.be.at.least(ms))
  }).timeout(30_000)

  it('says that a target did not answer in five seconds', async () => {
    // No collection of garbage may take the timeout with it. Node has no other way to ask for one at run time.
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    inbox.add(mailTo('ann@example.com'))
    await next()
    collect()
    await until(() => pushes().length === 1)
    expect(pushes()[0]).to.include({ error: 'TimeoutError' })
  }).timeout(30_000)

  it('has 16 requests under way at most, and the others when one has ended', async () => {
    inbox.add(mailTo(Array.from({ length: 18 }, (_, n) => `u${n}@example.com`).join()))
    await until(() => target.received.length === 16)
    await pause(50)
    expect(target.received).to.have.length(16)
    target.received.shift()?.answer(200)
    await until(() => target.received.length === 16)
    target.received.shift()?.answer(500)
    await until(() => target.received.length === 16)
    target.received.forEach(({ answer }) => answer(200))
  })

  it('has 10 000 events that wait at most, those that were taken not among them', async () => {
    const slow = (count: number): string =>
      Array.from({ length: count }, (_, n) => `slow+${n}@simulator.test`).join()
    inbox.add(mailTo(slow(9_999), '1'))
    for (const to of ['ann@example.com', 'bob@example.com']) {
      inbox.add(mailTo(to, to))
      ;(await next()).answer(200)
      await until(() => pushes(mailTo(to, to)).length === 1)
    }
    inbox.add(mailTo(slow(1), '2'))
    inbox.add(mailTo('cyd@example.com', '3'))
    await pause(50)
    expect(target.received).to.deep.equal([])
  })

  it('forgets what it told of mails that were deleted, also while it tells', async () => {
    const mails = ['1', '2', '3'].map((envId) => mailTo('ann@example.com', envId))
    mails.forEach(inbox.add)
    await until(() => target.received.length === 3)
    target.received.splice(0).forEach(({ answer }) => answer(200))
    await until(() => mails.every((mail) => pushes(mail).length === 1))
    inbox.remove('1')
    expect(mails.map((mail) => pushes(mail).length)).to.deep.equal([0, 1, 1])
    inbox.add(mailTo('bob@example.com', '4'))
    const { answer } = await next()
    inbox.clear()
    expect(mails.map((mail) => pushes(mail).length)).to.deep.equal([0, 0, 0])
    answer(500)
    // It goes on: the event is as true as before.
    ;(await next()).answer(200)
    inbox.add(mailTo('cyd@example.com', '5'))
    expect(parse(await next())).to.have.nested.property('data.rcpt', 'cyd@example.com')
  })

  it('tells nothing of a request that was refused', async () => {
    inbox.refuse({
      requestId: 'R',
      receivedAt: receivedMail.receivedAt,
      code: 'C',
      statusCode: 400,
      message: 'm',
    })
    await pause(50)
    expect(target.received).to.deep.equal([])
  })

  it('knows an outcome from its time on', () => {
    const mail = mailTo('slow@simulator.test')
    const at = Date.parse(mail.receivedAt) + 10_000
    const pending = { to: 'slow@simulator.test', outcome: 'pending', pushes: [] }
    expect(pusher.outcomes(mail, at - 1)).to.deep.equal([pending])
    expect(pusher.outcomes(mail, at)).to.deep.equal([
      { ...pending, outcome: 'delivered', message: '250 Send Mail OK' },
    ])
  })

  it('tells no more once it is stopped, and hangs up', async () => {
    const mail = mailTo(Array.from({ length: 17 }, (_, n) => `u${n}@example.com`).join())
    inbox.add(mail)
    await until(() => target.received.length === 16)
    target.received.length = 0
    pusher.stop()
    await until(() => target.hungUp() === 16)
    inbox.add(mailTo('bob@example.com', '2'))
    await pause(700)
    expect(target.received).to.deep.equal([])
    expect(pushes(mail)).to.deep.equal([])
  })
})
