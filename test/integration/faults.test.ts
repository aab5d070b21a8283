/**
 * Every fault that a network and a busy service can make, and how a send ends under it: with which value, whether
 * the mail may have been delivered, after how many requests, and with how many mails. Never more than one mail.
 */
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import type { ConnectorOptions, SendError } from '../../lib/index.js'
import type { Fault } from 'aliyun-dm-sandbox'
import { right } from '../support/either.js'
import {
  blackHole,
  closedPort,
  connect,
  message,
  rawServer,
  untrustedServer,
  withSandbox,
} from '../support/sandbox.js'

type Ending =
  { readonly sent: true } | { readonly error: Partial<SendError> & Pick<SendError, '_tag' | 'delivered'> }

interface Row {
  readonly fault: string
  /** What the sandbox does, in order, a fault for each request; after these it answers as it should. */
  readonly faults: ReadonlyArray<Fault>
  readonly ends: Ending
  readonly requests: number
  readonly mails: number
}

const patience: ConnectorOptions = {
  connectTimeoutMs: 500,
  readTimeoutMs: 10_000,
  deadlineMs: 30_000,
  maxAttempts: 3,
}

/** Short where a stall has to be waited for, so that the suite does not take long, but no shorter than a busy machine needs. */
const patienceFor = (faults: ReadonlyArray<Fault>): ConnectorOptions =>
  faults.some(({ kind }) => kind === 'stall' || kind === 'drip')
    ? { ...patience, readTimeoutMs: 800 }
    : patience

const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html' }
const answer = (statusCode: number, body = '', headers: Record<string, string> = json): Fault => ({
  kind: 'answer',
  statusCode,
  headers,
  body,
})
const accepted = <F extends Fault>(fault: F): F => ({ ...fault, accepted: true })
const sent: Ending = { sent: true }
const no = (error: Partial<SendError> & Pick<SendError, '_tag'>): Ending => ({
  error: { ...error, delivered: 'no' },
})
const unknown = (error: Partial<SendError> & Pick<SendError, '_tag'>): Ending => ({
  error: { ...error, delivered: 'unknown' },
})

/** A fault after which nobody knows: three in a row, one that passes, and one after the mail was accepted. */
const ambiguous = (fault: string, played: Fault, ending: Ending): ReadonlyArray<Row> => [
  { fault: `${fault}, for good`, faults: [played, played, played], ends: ending, requests: 3, mails: 0 },
  { fault: `${fault}, once`, faults: [played], ends: sent, requests: 2, mails: 1 },
  {
    fault: `${fault}, though accepted`,
    faults: [accepted(played)],
    // The replay is refused for its nonce: the first one arrived.
    ends: ending,
    requests: 2,
    mails: 1,
  },
]

/** A refusal that stands: one request, no mail. */
const final = (fault: string, played: Fault, error: Partial<SendError> & Pick<SendError, '_tag'>): Row => ({
  fault,
  faults: [played],
  ends: no(error),
  requests: 1,
  mails: 0,
})

const serviceError = (code: string, statusCode: number, more: object = {}): Fault => ({
  kind: 'error',
  code,
  statusCode,
  ...more,
})

const reset = { _tag: 'ConnectionFailed', code: 'ECONNRESET' } as const
const readTimeout = { _tag: 'Timeout', phase: 'read' } as const
const notJson = { _tag: 'InvalidResponse', reason: 'its body is not JSON' } as const
const noEnvId = { _tag: 'InvalidResponse', reason: 'it has no EnvId' } as const
const wrongType = { _tag: 'InvalidResponse', reason: 'a field of its body has the wrong type' } as const
const tooLarge = { _tag: 'InvalidResponse', reason: 'it is too large' } as const
const success = '{"EnvId":"600000123456789012","RequestId":"12D086F6-8F31-4658-84C1-006DED011A85"}'

const rows: ReadonlyArray<Row> = [
  {
    fault: 'reset before the body was read, once',
    faults: [{ kind: 'reset', at: 'request' }],
    ends: sent,
    requests: 2,
    mails: 1,
  },
  ...ambiguous('reset before the headers', { kind: 'reset', at: 'headers' }, unknown(reset)),
  ...ambiguous('reset in the body', { kind: 'reset', at: 'body' }, unknown(reset)),
  ...ambiguous('stall before the headers', { kind: 'stall', at: 'headers' }, unknown(readTimeout)),
  ...ambiguous('stall in the body', { kind: 'stall', at: 'body' }, unknown(readTimeout)),
  ...ambiguous('slow drip', { kind: 'drip', intervalMs: 60 }, unknown(readTimeout)),
  ...ambiguous(
    '500 JSON',
    serviceError('InternalError', 500),
    unknown({ _tag: 'Unavailable', code: 'InternalError' }),
  ),
  ...ambiguous(
    '502 JSON',
    serviceError('BadGateway', 502),
    unknown({ _tag: 'Unavailable', statusCode: 502 }),
  ),
  ...ambiguous(
    '503 JSON',
    serviceError('ServiceUnavailable', 503),
    unknown({ _tag: 'Unavailable', statusCode: 503 }),
  ),
  ...ambiguous(
    '500 XML',
    serviceError('InternalError', 500, { format: 'xml' }),
    unknown({ _tag: 'Unavailable', code: 'InternalError' }),
  ),
  ...ambiguous(
    '503 JSON without a code',
    answer(503, '{}'),
    unknown({ _tag: 'Unavailable', code: 'HTTP503' }),
  ),
  ...[400, 403, 404, 429, 500, 502, 503].flatMap((status) =>
    ambiguous(`${status} HTML`, answer(status, `<html><h1>${status}</h1></html>`, html), unknown(notJson)),
  ),
  ...ambiguous('503 empty', answer(503), unknown(notJson)),
  ...ambiguous('204', answer(204), unknown(notJson)),
  ...ambiguous('302', answer(302, '', { location: 'http://127.0.0.1:1/' }), unknown(notJson)),
  ...ambiguous('302 JSON', answer(302, success), unknown({ _tag: 'InvalidResponse' })),
  ...ambiguous('200 HTML', answer(200, '<html></html>', html), unknown(notJson)),
  ...ambiguous('200 {}', answer(200, '{}'), unknown(noEnvId)),
  ...ambiguous('200 []', answer(200, '[]'), unknown(noEnvId)),
  ...ambiguous('200 null', answer(200, 'null'), unknown({ _tag: 'InvalidResponse' })),
  ...ambiguous('200 with a wrong type', answer(200, '{"EnvId":{"a":1},"RequestId":[]}'), unknown(wrongType)),
  ...ambiguous('200 cut off', answer(200, success.slice(0, 20)), unknown(notJson)),
  ...ambiguous(
    '200 shorter than its length',
    answer(200, success, { ...json, 'content-length': '500', connection: 'close' }),
    unknown({ _tag: 'ConnectionFailed' }),
  ),
  ...ambiguous(
    '200 gzip',
    {
      kind: 'answer',
      statusCode: 200,
      headers: { ...json, 'content-encoding': 'gzip' },
      bodyBase64: gzipSync(success).toString('base64'),
    },
    unknown(notJson),
  ),
  ...ambiguous(
    '200 of 50 MB',
    { kind: 'answer', statusCode: 200, headers: json, body: 'x'.repeat(1_000), repeat: 50_000 },
    unknown(tooLarge),
  ),
  final('400 JSON', serviceError('InvalidToAddress', 400), { _tag: 'Rejected', code: 'InvalidToAddress' }),
  final('403 JSON', serviceError('Forbidden.RAM', 403), { _tag: 'Rejected', code: 'Forbidden.RAM' }),
  final('404 JSON', serviceError('InvalidMailAddress.NotFound', 404), { _tag: 'Rejected', statusCode: 404 }),
  final('404 XML', serviceError('InvalidMailAddress.NotFound', 404, { format: 'xml' }), {
    _tag: 'Rejected',
    code: 'InvalidMailAddress.NotFound',
  }),
  {
    fault: '403 JSON without a code',
    faults: [accepted(answer(403, '{}'))],
    ends: unknown({ _tag: 'Rejected', code: 'HTTP403' }),
    requests: 1,
    mails: 1,
  },
  final('clock skew', serviceError('InvalidTimeStamp.Expired', 400), { _tag: 'Rejected' }),
  {
    fault: 'nonce replay, of a copy that somebody on the way has made',
    faults: [accepted(serviceError('SignatureNonceUsed', 400))],
    ends: unknown({ _tag: 'Rejected', code: 'SignatureNonceUsed' }),
    requests: 1,
    mails: 1,
  },
  {
    fault: 'throttling, once',
    faults: [serviceError('Throttling.User', 400, { retryAfterMs: 50 })],
    ends: sent,
    requests: 2,
    mails: 1,
  },
  {
    fault: 'throttling, more often than maxAttempts',
    faults: Array.from({ length: 5 }, () => serviceError('Throttling.User', 400, { retryAfterMs: 50 })),
    ends: sent,
    requests: 6,
    mails: 1,
  },
  {
    fault: 'throttling for longer than the deadline',
    faults: [serviceError('Throttling.User', 400, { retryAfterMs: 60_000 })],
    ends: no({ _tag: 'Throttled', retryAfterMs: 60_000 }),
    requests: 1,
    mails: 0,
  },
  {
    fault: '429 JSON with another code, once',
    faults: [serviceError('TooManyRequests', 429)],
    ends: sent,
    requests: 2,
    mails: 1,
  },
  {
    fault: 'throttling without a time to wait, once',
    faults: [serviceError('Throttling.User', 400)],
    ends: sent,
    requests: 2,
    mails: 1,
  },
  {
    fault: 'a doubt, then throttling for longer than the deadline',
    faults: [
      { kind: 'reset', at: 'headers' },
      serviceError('Throttling.User', 400, { retryAfterMs: 60_000 }),
    ],
    ends: unknown({ _tag: 'Throttled', retryAfterMs: 60_000 }),
    requests: 2,
    mails: 0,
  },
  {
    fault: 'a doubt, then a refusal',
    faults: [{ kind: 'reset', at: 'headers' }, serviceError('InvalidToAddress', 400)],
    ends: unknown({ _tag: 'Rejected', code: 'InvalidToAddress' }),
    requests: 2,
    mails: 0,
  },
  {
    fault: 'accepted and reset, then throttled',
    faults: [
      accepted({ kind: 'reset', at: 'headers' }),
      serviceError('Throttling.User', 400, { retryAfterMs: 10 }),
    ],
    ends: unknown(reset),
    requests: 3,
    mails: 1,
  },
]

const printed: Array<Record<string, unknown>> = []

const record = (
  fault: string,
  result: E.Either<SendError, unknown>,
  requests: number,
  mails: number,
): void => {
  const error = E.isLeft(result) ? result.left : undefined
  const detail =
    error &&
    ('code' in error ? error.code : 'phase' in error ? error.phase : 'reason' in error ? error.reason : '')
  printed.push({
    fault,
    ends: error ? `${error._tag} ${detail ?? ''}` : 'Receipt',
    delivered: error?.delivered ?? 'yes',
    requests,
    mails,
  })
}

const expectEnding = (result: E.Either<SendError, unknown>, ends: Ending): void => {
  if ('sent' in ends) right(result)
  else if (E.isRight(result)) expect.fail(`was sent, expected ${JSON.stringify(ends.error)}`)
  else expect(result.left).to.include(ends.error)
}

interface Played {
  readonly result: E.Either<SendError, unknown>
  readonly requests: number
  readonly mails: number
}

const play = ({ faults }: Row): Promise<Played> =>
  withSandbox(async (sandbox) => {
    for (const fault of faults) sandbox.failNext(fault)()
    const result = await connect(sandbox.endpoint, patienceFor(faults)).sendMessage(message)()
    return { result, requests: sandbox.requests(), mails: sandbox.inbox().length }
  })

/** A send under a fault mostly waits, so some are played at the same time: one after the other they take long. */
const playAll = async (): Promise<ReadonlyArray<Played>> => {
  const results: Array<Played> = []
  const waiting = rows.entries()
  const worker = async (): Promise<void> => {
    for (const [index, row] of waiting) results[index] = await play(row)
  }
  await Promise.all(Array.from({ length: 6 }, worker))
  return results
}

describe('faults', function () {
  this.timeout(30_000)

  let played: ReadonlyArray<Played> = []

  before(async function () {
    this.timeout(120_000)
    played = await playAll()
  })

  after(() => console.table(printed))

  for (const [index, { fault, ends, requests, mails }] of rows.entries())
    it(`${fault}: ${'sent' in ends ? 'is sent' : `ends as ${ends.error._tag}`}, ${mails} mail`, () => {
      const actual = played[index]!
      record(fault, actual.result, actual.requests, actual.mails)
      expectEnding(actual.result, ends)
      expect(actual.requests, 'requests').to.equal(requests)
      expect(actual.mails, 'mails').to.equal(mails)
    })

  it('throttling until the deadline: not delivered', () =>
    withSandbox(async (sandbox) => {
      sandbox.failNext(serviceError('Throttling.User', 400, { retryAfterMs: 200 }), 100)()
      const impatient = { ...patience, deadlineMs: 1_000 }
      const connector = connect(sandbox.endpoint, impatient)
      await connector.warmUp()
      const result = await connector.sendMessage(message)()
      record('throttling, until the deadline', result, sandbox.requests(), sandbox.inbox().length)
      expectEnding(result, no({ _tag: 'Throttled', code: 'Throttling.User', retryAfterMs: 200 }))
      expect(sandbox.requests()).to.be.within(2, 5)
      expect(sandbox.inbox()).to.have.length(0)
    }))

  describe('with an idempotency key', () => {
    /** What two processes get that send the same message, the first of which meets these faults. */
    const sentTwice = (fault: string, faults: ReadonlyArray<Fault>, first: Ending, second: Ending) =>
      it(`${fault}: one mail`, () =>
        withSandbox(async (sandbox) => {
          for (const played of faults) sandbox.failNext(played)()
          for (const ending of [first, second]) {
            const before = sandbox.requests()
            const connector = connect(sandbox.endpoint, patienceFor(faults))
            const result = await connector.sendMessage(message, { idempotencyKey: 'order-1' })()
            record(`with a key: ${fault}`, result, sandbox.requests() - before, sandbox.inbox().length)
            expectEnding(result, ending)
          }
          expect(sandbox.inbox()).to.have.length(1)
        }))

    const known = unknown({ _tag: 'Duplicate', idempotencyKey: 'order-1' })
    sentTwice('no fault', [], sent, known)
    sentTwice('throttling, once', [serviceError('Throttling.User', 400, { retryAfterMs: 50 })], sent, known)
    sentTwice(
      'reset before the headers, though accepted',
      [accepted({ kind: 'reset', at: 'headers' })],
      unknown(reset),
      known,
    )
    sentTwice(
      'reset before the headers, for good',
      Array(3).fill({ kind: 'reset', at: 'headers' }),
      unknown(reset),
      sent,
    )
    sentTwice(
      '502 HTML, though accepted',
      [accepted(answer(502, '<html></html>', html))],
      unknown(notJson),
      known,
    )
  })

  it('connection refused: not delivered, after three attempts', async () => {
    const port = await closedPort()
    const result = await connect(`http://127.0.0.1:${port}`, patience).sendMessage(message)()
    record('connection refused', result, 0, 0)
    expectEnding(result, no({ _tag: 'ConnectionFailed', code: 'ECONNREFUSED' }))
  })

  it('a name that does not resolve: not delivered', async () => {
    const result = await connect('dm.invalid', patience).sendMessage(message)()
    record('DNS', result, 0, 0)
    expect(result).to.have.nested.property('left._tag', 'ConnectionFailed')
    expect(result).to.have.nested.property('left.delivered', 'no')
  })

  it('a certificate that nobody trusts: not delivered, and not tried again', async () => {
    const server = await untrustedServer()
    const result = await connect(`https://127.0.0.1:${server.port}`, patience).sendMessage(message)()
    record('TLS certificate unknown', result, 0, 0)
    const connections = server.connections()
    await server.stop()
    expectEnding(result, no({ _tag: 'ConnectionFailed', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }))
    expect(connections).to.equal(1)
  })

  it('a stall at connect: not delivered', async () => {
    const server = await blackHole()
    const result = await connect(`http://127.0.0.1:${server.port}`, {
      ...patience,
      maxAttempts: 1,
    }).sendMessage(message)()
    record('stall at connect', result, 0, 0)
    await server.stop()
    expectEnding(result, no({ _tag: 'Timeout', phase: 'connect' }))
  })

  it('a stall in the TLS handshake: not delivered', async () => {
    const server = await rawServer(() => undefined)
    const result = await connect(`https://127.0.0.1:${server.port}`, {
      ...patience,
      maxAttempts: 1,
    }).sendMessage(message)()
    record('stall in the TLS handshake', result, 0, 0)
    await server.stop()
    expectEnding(result, no({ _tag: 'Timeout', phase: 'connect' }))
  })

  it('a kept-alive connection that the server closed while idle: is sent, once', () =>
    withSandbox(async (sandbox) => {
      const { sendMessage } = connect(sandbox.endpoint, patience)
      right(await sendMessage(message)())
      sandbox.closeIdle()
      const result = await sendMessage(message)()
      record('idle connection closed', result, sandbox.requests() - 1, sandbox.inbox().length - 1)
      right(result)
      expect(sandbox.inbox()).to.have.length(2)
    }))

  it('a kept-alive connection that dies under the next request: is sent, once', async () => {
    const bodies: Array<string> = []
    const server = await rawServer((socket) => {
      let requests = 0
      socket.on('data', (data) => {
        // The head of a request opens one; its body follows in the same or the next packet.
        if (!data.toString().startsWith('POST')) return
        requests += 1
        if (requests === 2) socket.resetAndDestroy()
        else {
          bodies.push('mail')
          socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${success.length}\r\n\r\n${success}`)
        }
      })
    })
    const { sendMessage } = connect(`http://127.0.0.1:${server.port}`, patience)
    right(await sendMessage(message)())
    const result = await sendMessage(message)()
    record('kept-alive connection dies', result, 2, bodies.length - 1)
    await server.stop()
    right(result)
    expect(bodies).to.have.length(2)
  })
})
