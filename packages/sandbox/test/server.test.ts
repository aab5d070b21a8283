import { fork } from 'node:child_process'
import { Agent, request as httpRequest } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { createFaultQueue } from '../src/fault-queue.js'
import { createInbox } from '../src/inbox.js'
import { startSandbox, type Sandbox } from '../src/index.js'
import { createSandboxServer } from '../src/server.js'
import { form, keyId, mail, send, sendV3, start, v3, type Sent } from './client.js'

const json = (text: string): unknown => JSON.parse(text)

describe('sandbox/server', () => {
  let sandbox: Sandbox
  beforeEach(async () => {
    sandbox = await start()
  })
  afterEach(() => sandbox.stop())

  const port = (): string => new URL(sandbox.endpoint).port
  const get = (path: string) => send(sandbox, { path })

  describe('the JSON API', () => {
    it('is healthy', async () => expect(json((await get('/healthz')).text)).to.deep.equal({ status: 'ok' }))

    it('lists mails newest first, and gives each whole', async () => {
      await sendV3(sandbox, { body: form({ ...mail, Subject: 'first' }) })
      await sendV3(sandbox, { body: form({ ...mail, Subject: 'second' }) })
      const [first, second] = sandbox.inbox()
      expect(json((await get('/api/mails')).text)).to.deep.equal([
        { ...second, bodyOmitted: false },
        { ...first, bodyOmitted: false },
      ])
      expect(json((await get(`/api/mails/${first?.envId ?? ''}`)).text)).to.deep.equal(first)
    })

    it('leaves large bodies out of the list only', async () => {
      await sendV3(sandbox, { body: form({ ...mail, FromAlias: 'me', HtmlBody: 'x'.repeat(20_000) }) })
      const [received] = sandbox.inbox()
      const list = await get('/api/mails')
      expect(list.text).to.have.length.below(1000)
      expect(json(list.text)).to.have.nested.property('[0].bodyOmitted', true)
      expect(json(list.text)).to.have.nested.property('[0].fromAlias', 'me')
      expect(json((await get(`/api/mails/${received?.envId ?? ''}`)).text)).to.deep.equal(received)
    })

    it('deletes one mail, then all', async () => {
      for (let i = 0; i < 3; i += 1) await sendV3(sandbox)
      const path = `/api/mails/${sandbox.inbox()[0]?.envId ?? ''}`
      const deleted = await send(sandbox, { method: 'DELETE', path })
      expect([deleted.statusCode, deleted.text]).to.deep.equal([204, ''])
      expect((await send(sandbox, { method: 'DELETE', path })).statusCode).to.equal(404)
      expect((await get(path)).statusCode).to.equal(404)
      expect(sandbox.inbox()).to.have.length(2)
      expect((await send(sandbox, { method: 'DELETE', path: '/api/mails' })).statusCode).to.equal(204)
      expect(sandbox.inbox()).to.have.length(0)
    })

    it('lists refused requests newest first, without bodies or credentials', async () => {
      await sendV3(sandbox, { secret: 'wrong' })
      await sendV3(sandbox, { body: form({ ...mail, Subject: 'x'.repeat(5000) }) })
      const { text } = await get('/api/refused')
      expect(json(text)).to.have.nested.property('[0].code', 'InvalidSubject.Malformed')
      expect(json(text)).to.have.nested.property('[1].code', 'SignatureDoesNotMatch')
      expect(text).not.to.contain('123456')
      expect(text).to.have.length.below(2000)
    })

    it('takes faults, and says what is wrong with those it does not take', async () => {
      const post = (body: string) => send(sandbox, { method: 'POST', path: '/api/faults', body })
      const taken = await post('{"fault":{"kind":"error","code":"X"},"times":2}')
      expect(taken.statusCode).to.equal(201)
      expect(json(taken.text)).to.deep.equal({ fault: { kind: 'error', code: 'X' }, times: 2 })
      expect((await sendV3(sandbox)).text).to.contain('"X"')
      expect((await send(sandbox, { method: 'DELETE', path: '/api/faults' })).statusCode).to.equal(204)
      expect((await sendV3(sandbox)).statusCode).to.equal(200)
      for (const [body, error] of [
        ['{', 'the body is not JSON'],
        ['[]', 'expected an object with a fault'],
        ['{}', 'fault: expected a fault whose kind is error, delay, reset, stall, drip or answer'],
        ['{"fault":{"kind":"delay"}}', 'fault.ms: expected an integer from 0 to 86400000'],
        [
          '{"fault":{"kind":"delay","ms":1},"times":0}',
          'times: expected an integer from 1 to 9007199254740991',
        ],
        [
          '{"fault":{"kind":"delay","ms":1},"times":1.5}',
          'times: expected an integer from 1 to 9007199254740991',
        ],
        [
          '{"fault":{"kind":"delay","ms":1},"times":"1"}',
          'times: expected an integer from 1 to 9007199254740991',
        ],
      ] as const) {
        const reply = await post(body)
        expect(reply.statusCode).to.equal(400)
        expect(json(reply.text)).to.deep.equal({ error })
      }
    })

    it('plays a fault once when it is not told how often', async () => {
      const body = '{"fault":{"kind":"error","code":"X"}}'
      const reply = await send(sandbox, { method: 'POST', path: '/api/faults', body })
      expect(json(reply.text)).to.deep.equal({ fault: { kind: 'error', code: 'X' }, times: 1 })
      expect((await sendV3(sandbox)).text).to.contain('"X"')
      expect((await sendV3(sandbox)).statusCode).to.equal(200)
    })

    it('takes faults of up to a mebibyte', async () => {
      const fault = '{"fault":{"kind":"delay","ms":0}}'
      const post = (length: number) =>
        send(sandbox, { method: 'POST', path: '/api/faults', body: fault.padEnd(length) })
      expect((await post(1024 * 1024)).statusCode).to.equal(201)
      const reply = await post(1024 * 1024 + 1)
      expect(reply.statusCode).to.equal(413)
      expect(json(reply.text)).to.deep.equal({ error: 'the body is too large' })
    })

    const misses: ReadonlyArray<readonly [method: string, path: string, status: number, error: string]> = [
      ['GET', '/nothing', 404, 'no such page'],
      ['GET', '/api/nothing', 404, 'no such page'],
      ['GET', '/..%2findex.ts', 404, 'no such page'],
      ['GET', '/api/mails/x', 404, 'no such page'],
      ['GET', '/api/mails/1x', 404, 'no such page'],
      ['GET', `/api/mails/${'1'.repeat(21)}`, 404, 'no such page'],
      ['GET', '/api/mails/1/htmlx', 404, 'no such page'],
      ['GET', '/api/mails//html', 404, 'no such page'],
      ['GET', '/api/mails/', 404, 'no such page'],
      ['GET', '/x/api', 404, 'no such page'],
      ...['eml', 'outcomes'].flatMap((name) => [
        ['GET', `/x/api/mails/1/${name}`, 404, 'no such page'] as const,
        ['GET', `/api/mails/1/${name}x`, 404, 'no such page'] as const,
        ['GET', `/api/mails/x/${name}`, 404, 'no such page'] as const,
        ['GET', `/api/mails/12/${name}`, 404, 'no such mail'] as const,
      ]),
      ['GET', '/x/certificate.pem', 404, 'no such page'],
      ['GET', '/certificate.pemx', 404, 'no such page'],
      ['GET', '/x/api/mails', 404, 'no such page'],
      ['GET', '/x/api/mails/1', 404, 'no such page'],
      ['GET', '/x/api/mails/1/html', 404, 'no such page'],
      ...['healthz', 'api/refused', 'api/events'].flatMap((name) => [
        ['GET', `/x/${name}`, 404, 'no such page'] as const,
        ['GET', `/${name}x`, 404, 'no such page'] as const,
        ['POST', `/${name}`, 405, 'method not allowed'] as const,
      ]),
      ['GET', '/api/mails/1', 404, 'no such mail'],
      ['GET', `/api/mails/${'1'.repeat(20)}`, 404, 'no such mail'],
      ['DELETE', '/api/mails/1', 404, 'no such mail'],
      ['DELETE', `/api/mails/${'1'.repeat(20)}`, 404, 'no such mail'],
      ['GET', '/api/mails/1/html', 404, 'no such mail, or it has no HTML'],
      ['GET', `/api/mails/${'1'.repeat(20)}/html`, 404, 'no such mail, or it has no HTML'],
      ['PUT', '/', 405, 'method not allowed'],
      ['DELETE', '/', 405, 'method not allowed'],
      ['POST', '/nothing', 405, 'method not allowed'],
      ['POST', '/api/mails', 405, 'method not allowed'],
      ['POST', '/api/mails/1', 405, 'method not allowed'],
      ['DELETE', '/api/mails/1/html', 405, 'method not allowed'],
      ['DELETE', '/api/mailsx', 405, 'method not allowed'],
      ['DELETE', '/x/api/mails', 405, 'method not allowed'],
      ['DELETE', '/api/mails/x', 405, 'method not allowed'],
      ['DELETE', '/x/api/mails/1', 405, 'method not allowed'],
      ['DELETE', '/api/mails/1x', 405, 'method not allowed'],
      ['DELETE', `/api/mails/${'1'.repeat(21)}`, 405, 'method not allowed'],
      ['GET', '/api/faults', 405, 'method not allowed'],
      ['POST', '/api/faultsx', 405, 'method not allowed'],
      ['POST', '/x/api/faults', 405, 'method not allowed'],
      ['DELETE', '/api/faultsx', 405, 'method not allowed'],
      ['DELETE', '/x/api/faults', 405, 'method not allowed'],
    ]
    for (const [method, path, status, error] of misses) {
      it(`answers ${String(status)} to ${method} ${path}: ${error}`, async () => {
        const reply = await send(sandbox, { method, path })
        expect(reply.statusCode).to.equal(status)
        expect(reply.headers['content-type']).to.equal('application/json;charset=utf-8')
        expect(json(reply.text)).to.deep.equal({ error })
      })
    }

    it('answers HEAD as GET, without the body', async () => {
      const reply = await send(sandbox, { method: 'HEAD', path: '/api/mails' })
      expect([reply.statusCode, reply.headers['content-length'], reply.text]).to.deep.equal([200, '2', ''])
    })

    it('does not mind a query', async () =>
      expect(json((await get('/healthz?x=1')).text)).to.deep.equal({ status: 'ok' }))

    it('notes of a refused request what it asked for, cut to 512 characters', async () => {
      const long = 'é'.repeat(1000)
      const body = form({ ...mail, ToAddress: long, Subject: long, AccountName: 'a@b.c', TagName: long })
      await sendV3(sandbox, { body, headers: { 'x-acs-action': 'x'.repeat(1000) } })
      const { requestId, receivedAt, ...refused } = sandbox.refused()[0] ?? { requestId: '', receivedAt: '' }
      expect(requestId).to.match(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/)
      expect(Math.abs(Date.parse(receivedAt) - Date.now())).to.be.below(60_000)
      expect(refused).to.deep.equal({
        code: 'InvalidAction.NotFound',
        statusCode: 404,
        message: 'Specified api is not found, please check your url and method.',
        action: 'x'.repeat(512),
        accessKeyId: keyId,
        accountName: 'a@b.c',
        toAddress: 'é'.repeat(512),
        subject: 'é'.repeat(512),
      })
    })

    it('notes nothing of what a refused request did not ask for', async () => {
      await send(sandbox, { method: 'POST' })
      expect(sandbox.refused()).to.have.length(1)
      expect(sandbox.refused()[0]).to.have.all.keys(
        'requestId',
        'receivedAt',
        'code',
        'statusCode',
        'message',
      )
    })

    it('counts API requests and nothing else', async () => {
      const before = sandbox.requests()
      await sendV3(sandbox)
      await sendV3(sandbox, { secret: 'wrong' })
      await get('/api/mails')
      expect(sandbox.requests() - before).to.equal(2)
    })
  })

  describe('the page', () => {
    it('is served with a strict policy, and to HEAD without a body', async () => {
      const page = await get('/')
      expect(page.statusCode).to.equal(200)
      expect(page.headers['content-type']).to.equal('text/html;charset=utf-8')
      expect(page.headers['content-security-policy']).to.equal(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      )
      expect((await send(sandbox, { method: 'HEAD' })).text).to.equal('')
    })

    it('has its own style, script and icon, each with its type', async () => {
      for (const [path, type, start] of [
        ['/index.html', 'text/html;charset=utf-8', '<!doctype html>'],
        ['/page.css', 'text/css;charset=utf-8', ''],
        ['/main.js', 'text/javascript;charset=utf-8', ''],
        ['/envelope.svg', 'image/svg+xml', '<svg'],
      ] as const) {
        const reply = await get(path)
        expect([reply.statusCode, reply.headers['content-type']], path).to.deep.equal([200, type])
        expect(reply.text).to.match(new RegExp(`^${start}[^]`))
      }
    })

    it('does not leave its folder, and knows no other files', async () => {
      for (const path of [
        '/../page.ts',
        '/%2e%2e/page.ts',
        '/../page/main.js',
        '/a/../main.js',
        '/main.js/../index.html',
        '/main.x/../main.js',
        '//etc/passwd',
        '/.hidden.js',
        '/a/b.js',
        '/page/main.js',
        '/tsconfig.json',
        '/main.js.map',
        '/Main.js',
        '/main',
        '/xmain.js',
      ]) {
        expect((await get(path)).statusCode, path).to.equal(404)
      }
    })

    it('is for GET without an API call; POST and a call in the query are for DirectMail', async () => {
      const action = { 'x-acs-action': 'SingleSendMail' }
      for (const [method, path, headers, isCall] of [
        ['GET', '/', {}, false],
        ['GET', '/?x=Action=1', {}, false],
        ['GET', '/?XAction=1', {}, false],
        ['GET', '/?Action', {}, false],
        ['GET', '/?Action=1', {}, true],
        ['GET', '/?x=1&Action=1', {}, true],
        ['GET', '/', action, true],
        ['GET', '/index.html?Action=1', action, false],
        ['PUT', '/?Action=1', action, false],
        ['POST', '/', {}, true],
        ['POST', '/index.html', action, false],
      ] as const) {
        const before = sandbox.requests()
        await send(sandbox, { method, path, headers })
        expect(sandbox.requests() - before, `${method} ${path}`).to.equal(isCall ? 1 : 0)
      }
    })

    it("shows a mail's HTML as inert content", async () => {
      await sendV3(sandbox, { body: form({ ...mail, HtmlBody: '<script>alert(1)</script>' }) })
      const reply = await get(`/api/mails/${sandbox.inbox()[0]?.envId ?? ''}/html`)
      expect(reply.text).to.equal('<script>alert(1)</script>')
      expect(reply.statusCode).to.equal(200)
      expect(reply.headers['content-type']).to.equal('text/html;charset=utf-8')
      expect(reply.headers['content-security-policy']).to.equal(
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
      )
    })

    it("leaves out of a mail's HTML what connects in spite of every policy", async () => {
      const html = '<link rel=preconnect href=//a.test><link/rel=dns-prefetch href=//b.test><linked>&lt;link'
      await sendV3(sandbox, { body: form({ ...mail, HtmlBody: html }) })
      const { envId = '', htmlBody } = sandbox.inbox().at(-1) ?? {}
      const reply = await get(`/api/mails/${envId}/html`)
      expect(reply.text).to.equal(
        '<x-link rel=preconnect href=# data-href=//a.test><x-link/rel=dns-prefetch href=# data-href=//b.test><linked>&lt;link',
      )
      expect(reply.headers['x-dns-prefetch-control']).to.equal('off')
      expect(htmlBody).to.equal(html)
    })

    it('comes with nosniff and without CORS, whatever is asked for', async () => {
      for (const path of ['/', '/api/mails', '/healthz', '/nothing']) {
        const { headers } = await get(path)
        expect(headers).to.include({
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cross-origin-resource-policy': 'same-origin',
          'cross-origin-opener-policy': 'same-origin',
          'cache-control': 'no-store',
        })
        expect(headers['content-security-policy']).to.be.a('string')
        expect(headers).not.to.have.property('access-control-allow-origin')
      }
    })
  })

  it('sends events to every listener', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      let received = ''
      const request = httpRequest(`${sandbox.endpoint}/api/events`, { agent: false }, (response) => {
        response.on('data', (chunk: Buffer) => {
          received += chunk.toString()
          if (received.includes('event: cleared')) request.destroy()
        })
        response.on('close', () => resolve(received))
        response.on('error', () => undefined)
        const act = async (): Promise<void> => {
          await sendV3(sandbox)
          await sendV3(sandbox, { secret: 'wrong' })
          await send(sandbox, { method: 'DELETE', path: `/api/mails/${sandbox.inbox()[0]?.envId ?? ''}` })
          sandbox.clear()
        }
        act().catch(reject)
      })
      request.on('error', () => undefined)
      request.end()
    })
    expect([...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).to.deep.equal([
      'mail',
      'refused',
      'deleted',
      'cleared',
    ])
    for (const [, data] of text.matchAll(/^data: (.*)$/gm)) json(data ?? '')
  })

  it('has room for 64 event streams, and for others once they have left', async () => {
    const busy = await start()
    const open = (): Promise<{ readonly statusCode: number; readonly leave: () => void }> =>
      new Promise((resolve) => {
        const request = httpRequest(`${busy.endpoint}/api/events`, { agent: false }, (response) => {
          response.on('error', () => undefined)
          response.resume()
          resolve({ statusCode: response.statusCode ?? 0, leave: () => void request.destroy() })
        })
        request.on('error', () => undefined)
        request.end()
      })
    const streams = await Promise.all(Array.from({ length: 64 }, open))
    expect((await open()).statusCode).to.equal(503)
    const { text } = await send(busy, { path: '/api/events' })
    expect(json(text)).to.deep.equal({ error: 'too many event streams' })
    streams.forEach(({ leave }) => leave())
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await open()).statusCode).to.equal(200)
    await busy.stop()
  })

  describe('strangers', () => {
    const cases = (): ReadonlyArray<readonly [status: number, headers: Record<string, string>]> => [
      [200, { host: `127.0.0.1:${port()}` }],
      [200, { host: `LOCALHOST:${port()}` }],
      [200, { host: `127.9.8.7:${port()}` }],
      [200, { host: `[::1]:${port()}` }],
      [421, { host: `evil.example:${port()}` }],
      [421, { host: `127.0.0.1.evil.example:${port()}` }],
      [421, { host: `localhost.evil:${port()}` }],
      [421, { host: '127.0.0.1' }],
      [421, { host: '127.0.0.1:1' }],
      [421, { host: `user@127.0.0.1:${port()}` }],
      [200, { origin: sandbox.endpoint }],
      [403, { origin: `http://localhost:${port()}` }],
      [403, { origin: 'https://evil.example' }],
      [403, { origin: 'null' }],
      [403, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
      [200, { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }],
      [200, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
    ]
    it('are told apart by Host, Origin and Sec-Fetch-Site, on every path', async () => {
      for (const [status, headers] of cases()) {
        for (const path of ['/', '/api/mails', '/healthz']) {
          const reply = await send(sandbox, { path, headers })
          expect(reply.statusCode, JSON.stringify({ path, headers })).to.equal(status)
        }
      }
    })

    it('can plant no mail from a web page', async () => {
      const sent: Sent = v3(sandbox)
      const reply = await send(sandbox, {
        ...sent,
        headers: { ...sent.headers, origin: 'https://evil.example' },
      })
      expect(reply.statusCode).to.equal(403)
      expect(json(reply.text)).to.deep.equal({ error: 'Requests from other origins are refused.' })
      expect(reply.headers['content-security-policy']).to.contain("default-src 'none'")
      expect(sandbox.inbox()).to.have.length(0)
      expect(sandbox.refused()).to.have.length(0)
    })

    it('are told so however much they have to say, on a connection that stays good', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const ask = (method: string, body: Buffer, origin: string): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          const options = { method, agent, headers: { origin } }
          const request = httpRequest(`${sandbox.endpoint}/healthz`, options, (response) => {
            response.resume()
            response.on('end', () => resolve(response.statusCode))
          })
          request.on('error', reject)
          request.end(body)
        })
      const statuses = []
      statuses.push(await ask('POST', Buffer.alloc(4 * 1024 * 1024), 'https://evil.example'))
      statuses.push(await ask('GET', Buffer.alloc(0), sandbox.endpoint))
      agent.destroy()
      expect(statuses).to.deep.equal([403, 200])
    })
  })

  it('leaves no trace of a mail whose client hung up halfway', async () => {
    const { headers } = v3(sandbox)
    const before = sandbox.requests()
    const lines = Object.entries({ ...headers, 'content-length': '1000' }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    )
    const socket = connect(Number(port()), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`POST / HTTP/1.1\r\n${lines.join('')}\r\n${form(mail).slice(0, 100)}`)
    while (sandbox.requests() === before) await new Promise((resolve) => setImmediate(resolve))
    socket.destroy()
    await sendV3(sandbox)
    expect([sandbox.inbox().length, sandbox.refused().length]).to.deep.equal([1, 0])
  })

  it('refuses a mail of more than 26 MiB, of which it keeps nothing', async () => {
    const reply = await sendV3(sandbox, { body: Buffer.alloc(26 * 1024 * 1024 + 1, 'x') })
    expect(reply.statusCode).to.equal(400)
    expect(json(reply.text)).to.include({
      Code: 'InvalidBody',
      Message: 'The specified textBody or htmlBody is wrongly formed.',
    })
    expect(sandbox.inbox()).to.deep.equal([])
    expect(sandbox.refused()).to.have.length(1)
    expect(sandbox.refused()[0]).to.include({ code: 'InvalidBody', action: 'SingleSendMail' })
  })

  it('hangs up when something goes wrong that nobody thought of', async () => {
    const server = createSandboxServer({
      inbox: createInbox(1),
      faults: createFaultQueue(),
      events: { open: () => false },
      pusher: { outcomes: () => [], publicKey: undefined, stop: () => undefined },
      service: () => {
        throw new Error('oops')
      },
      latencyMs: 0,
      onRequest: () => undefined,
      address: () => ({
        host: '127.0.0.1',
        port: (server.address() as AddressInfo).port,
        allowedHosts: new Set(),
      }),
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
    const broken = { ...sandbox, endpoint }
    expect(await sendV3(broken).catch(() => 'hung up')).to.equal('hung up')
    expect((await send(broken, { path: '/healthz' })).statusCode).to.equal(200)
    server.close()
  })

  it('survives what is not HTTP', async () => {
    const say = (bytes: string): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect(Number(port()), '127.0.0.1', () => socket.end(bytes))
        socket.on('error', () => undefined)
        socket.on('close', () => resolve())
        socket.resume()
      })
    const bad = [
      '\0\x01\x02',
      'GET\r\n\r\n',
      'POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n',
      `POST / HTTP/1.1\r\nhost: 127.0.0.1:${port()}\r\ncontent-length: 100\r\n\r\nhalf`,
      `GET http://evil.example/ HTTP/1.1\r\nhost: 127.0.0.1:${port()}\r\nconnection: close\r\n\r\n`,
      `CONNECT a:1 HTTP/1.1\r\nhost: 127.0.0.1:${port()}\r\n\r\n`,
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
      `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(5000)}\r\n`,
    ]
    for (const bytes of bad) await say(bytes)
    expect((await sendV3(sandbox)).statusCode).to.equal(200)
  })

  describe('stop', () => {
    it('ends stalled requests, event streams and silent connections, and can be run again', async () => {
      const doomed = await start()
      doomed.failNext({ kind: 'stall', at: 'headers' })()
      doomed.failNext({ kind: 'delay', ms: 60_000 })()
      const stalled = sendV3(doomed).catch(() => 'gone')
      const delayed = sendV3(doomed).catch(() => 'gone')
      const events = send(doomed, { path: '/api/events' }).catch(() => 'gone')
      const silent = new Promise((resolve) => {
        const socket = connect(Number(new URL(doomed.endpoint).port), '127.0.0.1')
        socket.on('error', () => undefined)
        socket.on('close', () => resolve('gone'))
      })
      await new Promise((resolve) => setTimeout(resolve, 50))
      await Promise.all([doomed.stop(), doomed.stop()])
      await doomed.stop()
      expect(await Promise.all([stalled, delayed, events, silent])).to.deep.equal(Array(4).fill('gone'))
      expect(await sendV3(doomed).catch(() => 'refused')).to.equal('refused')
    })

    it('lets the process end', async () => {
      const child = fork(fileURLToPath(new URL('fixtures/stop.ts', import.meta.url)), {
        execArgv: ['--import', 'tsx'],
      })
      const code = await new Promise((resolve) => {
        const timer = setTimeout(() => {
          child.kill()
          resolve('still running')
        }, 10_000)
        child.on('exit', (exitCode) => {
          clearTimeout(timer)
          resolve(exitCode)
        })
      })
      expect(code).to.equal(0)
    })
  })

  it('tells subscribers in the process of what happens, until they leave', async () => {
    const seen: Array<string> = []
    const subscribe = sandbox.subscribe(({ type }) => seen.push(type))
    await sendV3(sandbox)
    const leave = subscribe()
    await sendV3(sandbox)
    await sendV3(sandbox, { secret: 'wrong' })
    leave()
    sandbox.clear()
    expect(seen).to.deep.equal(['mail', 'refused'])
  })

  it('needs no options', async () => {
    const started = await startSandbox()()
    if (E.isLeft(started)) throw started.left
    expect(started.right.endpoint).to.match(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
    expect((await sendV3(started.right, { keyId: 'any', secret: 'any' })).statusCode).to.equal(200)
    await started.right.stop()
  })

  it('starts as often as the task is run', async () => {
    const [a, b] = await Promise.all([start(), start()])
    await sendV3(a)
    expect([a.inbox().length, b.inbox().length]).to.deep.equal([1, 0])
    await Promise.all([a.stop(), b.stop()])
  })

  it('closes idle connections when asked to, and only those', async () => {
    const socket = connect(Number(port()), '127.0.0.1')
    const closed = new Promise((resolve) => socket.on('close', () => resolve('closed')))
    const answered = new Promise((resolve) => socket.once('data', resolve))
    socket.write(`GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${port()}\r\n\r\n`)
    await answered
    sandbox.failNext({ kind: 'delay', ms: 100 })()
    const busy = sendV3(sandbox)
    await new Promise((resolve) => setTimeout(resolve, 30))
    sandbox.closeIdle()
    // Left alone, it would be closed after five seconds.
    expect(await Promise.race([closed, busy])).to.equal('closed')
    expect((await busy).statusCode).to.equal(200)
  })

  it('listens where it is told to', async () => {
    const everywhere = await start({ host: '0.0.0.0' })
    const other = { headers: { host: `10.1.2.3:${new URL(everywhere.endpoint).port}` } }
    const named = { headers: { host: `evil.example:${new URL(everywhere.endpoint).port}` } }
    expect(everywhere.endpoint).to.match(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect((await send(everywhere, other)).statusCode).to.equal(200)
    expect((await send(everywhere, named)).statusCode).to.equal(421)
    await everywhere.stop()
  })
})
