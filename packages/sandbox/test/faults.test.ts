import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { decodeFaultOrder, Fault } from '../src/faults.js'
import type { Sandbox } from '../src/index.js'
import { createFaultQueue } from '../src/fault-queue.js'
import { codeOf, form, mail, send, sendV3, signedV1, start, v3, type Reply } from './client.js'

interface Wire {
  /** Everything that came back, headers included. */
  readonly text: string
  readonly end: 'closed' | 'reset' | 'open'
  readonly ms: number
  /** How many separate pieces it came in. */
  readonly pieces: number
}

/** One signed request over a bare socket, watched until the server is done with it or `patienceMs` have gone by. */
const watch = (sandbox: Sandbox, patienceMs = 2000, body = form(mail)): Promise<Wire> =>
  new Promise((resolve) => {
    const sent = v3(sandbox, { body })
    const began = performance.now()
    let text = ''
    let pieces = 0
    const socket = connect(Number(new URL(sandbox.endpoint).port), '127.0.0.1')
    const finish = (end: Wire['end']): void => {
      resolve({ text, end, ms: performance.now() - began, pieces })
      socket.destroy()
    }
    socket.on('data', (chunk) => {
      text += chunk.toString()
      pieces += 1
    })
    socket.on('end', () => finish('closed'))
    socket.on('error', () => finish('reset'))
    setTimeout(() => finish('open'), patienceMs).unref()
    const headers = Object.entries({
      ...sent.headers,
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    })
    socket.write(
      `POST / HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')}\r\n${body}`,
    )
  })

const complaintOf = (value: unknown): string => {
  const decoded = decodeFaultOrder({ fault: value })
  return E.isLeft(decoded) ? decoded.left : 'none'
}

describe('sandbox/faults', () => {
  let sandbox: Sandbox
  beforeEach(async () => {
    sandbox = await start()
  })
  afterEach(() => sandbox.stop())

  const tryToFail = (fault: Fault, times?: number): string => {
    const result = sandbox.failNext(fault, times)()
    return E.isLeft(result) ? result.left.message : ''
  }
  const fail = (fault: Fault, times?: number): void => void expect(tryToFail(fault, times)).to.equal('')

  describe('error', () => {
    it("is the service's error with all that it can have", async () => {
      fail({
        kind: 'error',
        code: 'Throttling.User',
        statusCode: 429,
        message: 'slow <down>',
        recommend: 'https://example.com',
        retryAfterMs: 1234,
      })
      const reply = await sendV3(sandbox)
      expect(reply.statusCode).to.equal(429)
      expect(reply.headers['x-acs-retry-after']).to.equal('1234')
      expect(JSON.parse(reply.text)).to.include({
        Code: 'Throttling.User',
        Message: 'slow <down>',
        Recommend: 'https://example.com',
      })
      expect(sandbox.inbox()).to.have.length(0)
      expect(sandbox.refused()[0]).to.include({
        code: 'Throttling.User',
        statusCode: 429,
        fault: 'error',
        toAddress: 'user@example.org',
      })
    })

    it('is XML when it is told to be', async () => {
      fail({ kind: 'error', code: 'InvalidSendMail.Spam', message: 'a < b', format: 'xml' })
      const reply = await sendV3(sandbox)
      expect(reply.statusCode).to.equal(400)
      expect(reply.headers['content-type']).to.equal('text/xml;charset=utf-8')
      expect(reply.text)
        .to.contain('<Message>a &lt; b</Message>')
        .and.to.contain('<Code>InvalidSendMail.Spam</Code>')
    })

    it('says what it is when it is told no more than a code', async () => {
      fail({ kind: 'error', code: 'X y' })
      const reply = await sendV3(sandbox)
      expect(reply.statusCode).to.equal(400)
      expect(reply.headers).not.to.have.property('x-acs-retry-after')
      const { RequestId = '', ...error } = JSON.parse(reply.text) as Record<string, string>
      expect(error).to.deep.equal({
        Code: 'X y',
        Message: 'The sandbox was told to refuse this request.',
        HostId: sandbox.endpoint.slice('http://'.length),
        Recommend: `https://api.aliyun.com/troubleshoot?q=X%20y&product=Dm&requestId=${RequestId}`,
      })
      expect(reply.headers['x-acs-request-id']).to.equal(RequestId)
    })

    it("has the client's format unless told otherwise", async () => {
      fail({ kind: 'error', code: 'X', accepted: true })
      expect(codeOf(await sendV3(sandbox))).to.equal('X')
      fail({ kind: 'error', code: 'X' })
      const reply = await send(sandbox, { path: `/?${form(signedV1('GET', { Format: 'XML' }))}` })
      expect(reply.text).to.contain('<Code>X</Code>')
    })
  })

  it('delay: the normal answer comes later', async () => {
    fail({ kind: 'delay', ms: 150 })
    const { text, ms } = await watch(sandbox)
    expect(text)
      .to.match(/^HTTP\/1.1 200 /)
      .and.to.contain('EnvId')
    expect(ms).to.be.at.least(145)
    expect(sandbox.inbox()).to.have.length(1)
  })

  it('reset at the request: before a long body is read', async () => {
    fail({ kind: 'reset', at: 'request' })
    const { text, end } = await watch(sandbox, 2000, form({ ...mail, HtmlBody: 'x'.repeat(4_000_000) }))
    expect({ text, end }).to.deep.equal({ text: '', end: 'reset' })
    expect(sandbox.refused()[0]).to.include({ fault: 'reset' })
  })

  it('reset at the request: the body need not come at all', async () => {
    fail({ kind: 'reset', at: 'request' })
    const end = await new Promise((resolve) => {
      const { host, port } = new URL(sandbox.endpoint)
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('error', () => resolve('reset'))
      setTimeout(() => resolve('open'), 2000).unref()
      socket.write(`POST / HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000\r\n\r\n`)
    })
    expect(end).to.equal('reset')
    expect(sandbox.refused()[0]).to.include({ fault: 'reset', code: 'ServiceUnavailable' })
  })

  it('reset at the headers: nothing comes', async () => {
    fail({ kind: 'reset', at: 'headers' })
    const { text, end } = await watch(sandbox)
    expect({ text, end }).to.deep.equal({ text: '', end: 'reset' })
  })

  it('reset in the body: headers and half of it come', async () => {
    fail({ kind: 'reset', at: 'body', accepted: true })
    const { text, end } = await watch(sandbox)
    expect(end).to.equal('reset')
    expect(text).to.match(/^HTTP\/1.1 200 [^]*\r\n\r\n\{"EnvId"/)
    expect(text).not.to.contain('}')
  })

  it('stall at the headers: nothing comes and nothing ends', async () => {
    fail({ kind: 'stall', at: 'headers' })
    const { text, end } = await watch(sandbox, 200)
    expect({ text, end }).to.deep.equal({ text: '', end: 'open' })
  })

  it('stall in the body: headers and half of it come, and nothing ends', async () => {
    fail({ kind: 'stall', at: 'body', accepted: true })
    const { text, end } = await watch(sandbox, 200)
    expect(end).to.equal('open')
    expect(text).to.contain('{"EnvId"').and.not.to.contain('}')
  })

  it('drip: byte after byte, whole in the end', async () => {
    fail({ kind: 'drip', intervalMs: 2, accepted: true })
    const { text, end, pieces, ms } = await watch(sandbox, 5000)
    expect(end).to.equal('closed')
    expect(text).to.match(/\{"EnvId":"\d{18}","RequestId":"[\dA-F-]{36}"\}$/)
    expect(pieces).to.be.greaterThan(40)
    expect(ms).to.be.at.least(80 * 2)
  })

  it('drip without accepted: a 503, for the mail was not delivered', async () => {
    fail({ kind: 'drip', intervalMs: 0 })
    const reply = await sendV3(sandbox)
    expect(reply.statusCode).to.equal(503)
    expect(codeOf(reply)).to.equal('ServiceUnavailable')
    expect(sandbox.inbox()).to.have.length(0)
  })

  describe('answer', () => {
    const answers: ReadonlyArray<
      readonly [what: string, fault: Extract<Fault, { kind: 'answer' }>, check: (reply: Reply) => void]
    > = [
      [
        'an HTML 503',
        { kind: 'answer', statusCode: 503, headers: { 'content-type': 'text/html' }, body: '<h1>503</h1>' },
        (reply) => expect(reply).to.include({ statusCode: 503, text: '<h1>503</h1>' }),
      ],
      [
        'a redirect',
        { kind: 'answer', statusCode: 302, headers: { location: 'http://127.0.0.1:1/' } },
        (reply) => expect(reply.headers.location).to.equal('http://127.0.0.1:1/'),
      ],
      ['a 204', { kind: 'answer', statusCode: 204 }, (reply) => expect(reply.text).to.equal('')],
      [
        'garbled JSON',
        { kind: 'answer', statusCode: 200, body: '{"EnvId":' },
        (reply) => expect(reply.text).to.equal('{"EnvId":'),
      ],
      [
        'gzip',
        {
          kind: 'answer',
          statusCode: 200,
          headers: { 'content-encoding': 'gzip' },
          bodyBase64: gzipSync('{}').toString('base64'),
        },
        (reply) => expect(reply.headers['content-encoding']).to.equal('gzip'),
      ],
      [
        'text that is no ASCII',
        { kind: 'answer', statusCode: 200, body: '验证码', repeat: 2 },
        (reply) => expect(reply.text).to.equal('验证码验证码'),
      ],
      [
        'nothing, no time',
        { kind: 'answer', statusCode: 200, body: 'abc', repeat: 0 },
        (reply) => expect(reply.text).to.equal(''),
      ],
      [
        'nothing, many times',
        { kind: 'answer', statusCode: 200, repeat: 100_000 },
        (reply) => expect(reply.text).to.equal(''),
      ],
      [
        'bytes, over and over',
        {
          kind: 'answer',
          statusCode: 200,
          bodyBase64: Buffer.from('abcde').toString('base64'),
          repeat: 30_000,
        },
        (reply) => expect(reply.text).to.equal('abcde'.repeat(30_000)),
      ],
      [
        'something long, twice',
        { kind: 'answer', statusCode: 200, body: 'abc'.repeat(50_000), repeat: 2 },
        (reply) => expect(reply.text).to.equal('abc'.repeat(100_000)),
      ],
      [
        '50 MB',
        { kind: 'answer', statusCode: 200, body: 'abcde', repeat: 10_000_000 },
        (reply) =>
          expect(reply.text)
            .to.have.length(50_000_000)
            .and.match(/^abcde/)
            .and.match(/abcde$/),
      ],
    ]
    for (const [what, fault, check] of answers) {
      it(`can be ${what}`, async () => {
        fail(fault)
        check(await sendV3(sandbox))
        expect(sandbox.inbox()).to.have.length(0)
      })
    }

    it('can be cut short', async () => {
      fail({
        kind: 'answer',
        statusCode: 200,
        headers: { 'content-length': '100', connection: 'close' },
        body: '{"EnvId"',
      })
      const error: unknown = await sendV3(sandbox).catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(Error).and.to.have.property('code', 'ECONNRESET')
    })
  })

  describe('accepted', () => {
    const faults: ReadonlyArray<Fault> = [
      { kind: 'error', code: 'InternalError', statusCode: 500 },
      { kind: 'reset', at: 'headers' },
      { kind: 'reset', at: 'body' },
      { kind: 'stall', at: 'headers' },
      { kind: 'stall', at: 'body' },
      { kind: 'drip', intervalMs: 0 },
      { kind: 'answer', statusCode: 502 },
    ]
    for (const fault of faults) {
      const name = `${fault.kind}${'at' in fault ? ` at ${fault.at}` : ''}`
      const meet = (accepted: boolean, nonce: string): Promise<unknown> => {
        fail({ ...fault, accepted } as Fault) // None of them is a delay, the only kind without `accepted`.
        const sending = sendV3(sandbox, { nonce }).catch(() => undefined)
        return Promise.race([sending, new Promise((resolve) => setTimeout(resolve, 100))])
      }

      it(`${name}: true delivers the mail and uses its nonce up`, async () => {
        await meet(true, `${name} yes`)
        expect(sandbox.inbox()).to.have.length(1)
        expect(sandbox.refused()).to.have.length(0)
        expect(codeOf(await sendV3(sandbox, { nonce: `${name} yes` }))).to.equal('SignatureNonceUsed')
      })

      it(`${name}: false has no effect, and the nonce is still good`, async () => {
        await meet(false, `${name} no`)
        expect(sandbox.inbox()).to.have.length(0)
        expect(sandbox.refused()[0]).to.include({ fault: fault.kind })
        expect((await sendV3(sandbox, { nonce: `${name} no` })).statusCode).to.equal(200)
      })
    }

    it('does not put a mail into the inbox that would have been refused anyway', async () => {
      fail({ kind: 'reset', at: 'headers', accepted: true })
      await sendV3(sandbox, { secret: 'wrong' }).catch(() => undefined)
      expect(sandbox.inbox()).to.have.length(0)
      expect(sandbox.refused()[0])
        .to.include({ code: 'SignatureDoesNotMatch' })
        .and.not.have.property('fault')
    })
  })

  it('are played first come, first served, each as often as it was set', async () => {
    fail({ kind: 'error', code: 'A' }, 2)
    fail({ kind: 'error', code: 'B' })
    const codes = []
    for (let i = 0; i < 4; i += 1) codes.push(codeOf(await sendV3(sandbox)))
    expect(codes).to.deep.equal(['A', 'A', 'B', undefined])
  })

  it('leave everything but API requests alone', async () => {
    fail({ kind: 'reset', at: 'request' })
    for (const path of ['/', '/healthz', '/api/mails', '/api/refused']) {
      expect((await send(sandbox, { path })).statusCode).to.equal(200)
    }
    expect(await sendV3(sandbox).catch(() => 'reset')).to.equal('reset')
  })

  it('wait in a queue that is bounded', () => {
    const queue = createFaultQueue()
    const pushed = Array.from({ length: 10_001 }, (_, ms) =>
      queue.push({ fault: { kind: 'delay', ms }, times: 1 }),
    )
    expect(pushed.indexOf(false)).to.equal(10_000)
    expect(queue.next()).to.deep.equal({ kind: 'delay', ms: 0 })
    expect(queue.push({ fault: { kind: 'delay', ms: 0 }, times: 1 })).to.be.true
    queue.clear()
    expect(queue.next()).to.equal(undefined)
  })

  it('say when the queue is full, in the process and over HTTP', async () => {
    for (let i = 0; i < 10_000; i += 1) fail({ kind: 'delay', ms: 0 })
    expect(tryToFail({ kind: 'delay', ms: 0 })).to.equal('failNext: 10 000 faults are waiting already')
    const reply = await send(sandbox, {
      method: 'POST',
      path: '/api/faults',
      body: '{"fault":{"kind":"delay","ms":1}}',
    })
    expect(reply.statusCode).to.equal(429)
    expect(JSON.parse(reply.text)).to.deep.equal({ error: 'too many faults are waiting' })
  })

  describe('when they are well-formed', () => {
    const wellFormed: ReadonlyArray<Fault> = [
      { kind: 'error', code: '' },
      {
        kind: 'error',
        code: 'X',
        statusCode: 200,
        message: '',
        recommend: '',
        retryAfterMs: 86_400_000,
        format: 'json',
        accepted: true,
      },
      { kind: 'error', code: 'X', statusCode: 599, retryAfterMs: 0, format: 'xml', accepted: false },
      { kind: 'delay', ms: 0 },
      { kind: 'delay', ms: 86_400_000 },
      { kind: 'reset', at: 'request' },
      { kind: 'reset', at: 'request', accepted: false },
      { kind: 'reset', at: 'headers', accepted: true },
      { kind: 'reset', at: 'body', accepted: true },
      { kind: 'stall', at: 'headers', accepted: true },
      { kind: 'stall', at: 'body', accepted: true },
      { kind: 'drip', intervalMs: 86_400_000, accepted: true },
      { kind: 'answer', statusCode: 599, repeat: 268_435_456, accepted: true },
      { kind: 'answer', statusCode: 200, headers: { a: 'b', 'x-c': '' }, body: 'ab', repeat: 134_217_728 },
      { kind: 'answer', statusCode: 200, headers: {}, bodyBase64: 'YWI=', repeat: 0 },
    ]
    for (const fault of wellFormed) {
      it(`are taken as they are: ${JSON.stringify(fault)}`, () => {
        expect(Fault.decode(fault)).to.deep.equal(E.right(fault))
        expect(Fault.is(fault)).to.be.true
        expect(Fault.encode(fault)).to.equal(fault)
      })
    }
  })

  describe('when they are malformed', () => {
    const anyKind = 'fault: expected a fault whose kind is error, delay, reset, stall, drip or answer'
    const aDay = 'expected an integer from 0 to 86400000'
    const anAnswer = 'fault: expected an answer with body or bodyBase64, and no more than 256 MiB'
    const malformed: ReadonlyArray<readonly [value: unknown, issues: string]> = [
      [null, anyKind],
      [() => 'a function', 'fault: expected a fault that can be read'],
      [{}, anyKind],
      [{ kind: 'constructor' }, anyKind],
      [{ kind: 'error' }, 'fault.code: expected string'],
      [
        { kind: 'error', code: 'X', statusCode: 199, format: 'yaml', accepted: 'yes' },
        'fault.statusCode: expected an integer from 200 to 599; fault.format: expected "json" | "xml"; ' +
          'fault.accepted: expected boolean',
      ],
      [{ kind: 'delay', ms: 86_400_001 }, `fault.ms: ${aDay}`],
      [{ kind: 'reset', at: 'noon' }, 'fault.at: expected "request" | "headers" | "body"'],
      [
        { kind: 'reset', at: 'request', accepted: true },
        'fault: expected a reset; one at the request cannot be accepted',
      ],
      [{ kind: 'stall', at: 'request' }, 'fault.at: expected "headers" | "body"'],
      [{ kind: 'drip', intervalMs: 0.5 }, `fault.intervalMs: ${aDay}`],
      [{ kind: 'answer', statusCode: 200, headers: { 'x-10': 5 } }, 'fault.headers.x-10: expected string'],
      [{ kind: 'answer', statusCode: 200, headers: { '1': 5 } }, 'fault.headers.1: expected string'],
      [
        { kind: 'answer', statusCode: 200, headers: { good: 'c', 'a b': 'c' } },
        'fault.headers: expected headers that HTTP allows',
      ],
      [
        { kind: 'answer', statusCode: 200, headers: { a: 'b\r\nc: d' } },
        'fault.headers: expected headers that HTTP allows',
      ],
      [{ kind: 'answer', statusCode: 200, body: 'a', bodyBase64: 'YQ==' }, anAnswer],
      [{ kind: 'answer', statusCode: 200, body: 'ab', repeat: 2 ** 27 + 1 }, anAnswer],
      [{ kind: 'answer', statusCode: 200, body: 'é', repeat: 2 ** 28 }, anAnswer],
    ]
    for (const [value, issues] of malformed) {
      it(`say what is wrong with ${typeof value === 'function' ? 'a function' : JSON.stringify(value)}`, () => {
        expect(complaintOf(value)).to.equal(issues)
        expect(Fault.is(value)).to.be.false
        // What the types forbid comes from JavaScript all the same.
        expect(tryToFail(value as Fault)).to.equal(`failNext: ${issues}`)
      })
    }

    it('cannot be set for a number of times that is none', () => {
      for (const times of [0, -1, 1.5, NaN]) {
        expect(tryToFail({ kind: 'delay', ms: 0 }, times)).to.equal(
          'failNext: times: expected an integer from 1 to 9007199254740991',
        )
      }
    })

    it('say so when they cannot be read, and are read once', () => {
      const hostile = {
        get kind(): 'delay' {
          throw new Error('no')
        },
        ms: 1,
      }
      expect(tryToFail(hostile)).to.equal('failNext: fault: expected a fault that can be read')
      let reads = 0
      const fickle = {
        kind: 'delay' as const,
        get ms(): number {
          reads += 1
          return reads === 1 ? 1 : -1
        },
      }
      expect(decodeFaultOrder({ fault: fickle })).to.deep.equal(
        E.right({ fault: { kind: 'delay', ms: 1 }, times: 1 }),
      )
    })

    it('never make the codec throw', () => {
      fc.assert(fc.property(fc.anything(), (value) => void Fault.decode(value)))
    })
  })
})
