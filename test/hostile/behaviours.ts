/**
 * What a server, a gateway before it or the network may do with a request: some ninety things that DirectMail hopefully
 * never does, and a few that it does every day. None lies: a receipt is only given for a mail that was taken, and a
 * refusal with a code of DirectMail's only for one that was not. Everything else is allowed.
 */
import type { Socket } from 'node:net'

/** What the service answers to a request that was handed to it. */
export interface Answer {
  readonly status: number
  readonly body: string
}

export interface Exchange {
  readonly socket: Socket
  /** Hands the request to the service. It takes the mail, unless it has seen the nonce. May be called again. */
  readonly handle: () => Answer
  /** The same after so many ms. */
  readonly handleLater: (ms: number) => void
  /** Lets the service note the nonce of a request that it refuses. */
  readonly note: () => void
}

export interface Behaviour {
  readonly name: string
  readonly play: (exchange: Exchange) => void
  /** Whether it slows the whole queue of a connector. */
  readonly isThrottling: boolean
}

/** A whole answer on the wire. */
const write = ({ status, body }: Answer, headers = ''): string =>
  `HTTP/1.1 ${status} Status\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
  `${headers}\r\n${body}`

const serviceError = (code: string): string =>
  JSON.stringify({ Code: code, Message: code, RequestId: '12D086F6-8F31-4658-84C1-006DED011A85' })

const throttled: Answer = { status: 400, body: serviceError('Throttling.User') }
const refused: Answer = { status: 400, body: serviceError('InvalidToAddress') }

/** Writes a text piece by piece. */
const drip = (socket: Socket, text: string, size: number, everyMs: number): void => {
  let at = 0
  const timer = setInterval(() => {
    if (socket.destroyed || at >= text.length) {
      clearInterval(timer)
      return
    }
    socket.write(text.slice(at, at + size), 'latin1')
    at += size
  }, everyMs)
  socket.once('close', () => clearInterval(timer))
}

const reset = (socket: Socket): void => {
  socket.resetAndDestroy()
}

const thenReset = (text: string) => (socket: Socket) => socket.write(text, 'latin1', () => reset(socket))
const thenEnd = (text: string) => (socket: Socket) => socket.end(text, 'latin1')
const half = (text: string): string => text.slice(0, text.length / 2)
const json200 = (body: string): string => write({ status: 200, body })

// ------------------------------------------------------------------------------------------------------------
// After the service took the request
// ------------------------------------------------------------------------------------------------------------

type AfterHandling = (socket: Socket, answer: Answer) => void

const say =
  (text: string): AfterHandling =>
  (socket) =>
    socket.write(text, 'latin1')

const headersOnly = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n'
const early = (status: string): string => `HTTP/1.1 ${status}\r\n\r\n`

const afterHandling: Readonly<Record<string, AfterHandling>> = {
  // As it should be, or nearly.
  'an answer': (socket, answer) => socket.write(write(answer)),
  'an answer byte by byte': (socket, answer) => drip(socket, write(answer), 20, 1),
  'an answer in chunks': (socket, { status, body }) =>
    socket.write(
      `HTTP/1.1 ${status} X\r\ntransfer-encoding: chunked\r\n\r\n5;x=y\r\n${body.slice(0, 5)}\r\n` +
        `${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\ntrailer: x\r\n\r\n`,
    ),
  'an answer that ends with the connection': (socket, { status, body }) =>
    socket.end(`HTTP/1.0 ${status} X\r\n\r\n${body}`),
  'an answer, then FIN': (socket, answer) => socket.end(write(answer)),
  'an answer, then RST': (socket, answer) => thenReset(write(answer))(socket),
  'an answer, then RST in the way of the next request': (socket, answer) =>
    socket.write(write(answer), () => setTimeout(reset, 3, socket)),
  'an answer that says close and stays open': (socket, answer) =>
    socket.write(write(answer, 'connection: close\r\n')),
  'an answer after 1 000 times 100 Continue': (socket, answer) =>
    socket.write(early('100 Continue').repeat(1_000) + write(answer)),
  'an answer after early hints': (socket, answer) =>
    socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${write(answer)}`),
  'an answer with a byte order mark': (socket, { status, body }) =>
    socket.write(write({ status, body: `\ufeff${body}` })),
  'an answer with 206': (socket, { status, body }) =>
    socket.write(write({ status: status === 200 ? 206 : status, body })),
  'an answer with a hundred headers': (socket, answer) => socket.write(write(answer, 'x: y\r\n'.repeat(100))),
  'an answer twice, at once': (socket, answer) => socket.write(write(answer).repeat(2)),

  // Broken connections.
  'RST before the headers': reset,
  'RST in the status line': thenReset('HTTP/1.1 20'),
  'RST in the headers': thenReset('HTTP/1.1 200 OK\r\ncontent-ty'),
  'RST after the headers': thenReset(headersOnly),
  'RST in the body': (socket, answer) => thenReset(half(write(answer)))(socket),
  'FIN before the headers': thenEnd(''),
  'FIN in the status line': thenEnd('HTTP/1.1 20'),
  'FIN in the headers': thenEnd('HTTP/1.1 200 OK\r\ncontent-ty'),
  'FIN after the headers': thenEnd(headersOnly),
  'FIN one byte before the end': (socket, answer) => thenEnd(write(answer).slice(0, -1))(socket),
  'chunks without an end, then FIN': thenEnd(
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"Env\r\n',
  ),

  // Silence.
  'silence before the headers': () => undefined,
  'silence after the headers': say(headersOnly),
  'silence in the body': (socket, answer) => socket.write(write(answer).slice(0, -5)),
  'silence after half a status line': say('HTTP/1.'),
  'a slow drip of headers': (socket, answer) => drip(socket, write(answer), 1, 40),
  'a drip of spaces without an end': (socket) =>
    drip(socket, `${headersOnly.replace('90', '9000')}${' '.repeat(9_000)}`, 10, 20),
  '100 Continue without an end': (socket) => drip(socket, early('100 Continue').repeat(500), 25, 5),

  // Wrong lengths.
  'a length that is too long, then FIN': thenEnd(
    'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"EnvId":"1"}',
  ),
  'a length that is too short': (socket, { body }) =>
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n${body}`),
  'a length below zero': say('HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n{}'),
  'two lengths': (socket, { body }) =>
    socket.write(
      `HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  'a length and chunks': (socket, { body }) =>
    socket.write(
      `HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ),
  'a length of 10 GB': say('HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n{'),
  'a length that is no number': say('HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{}'),
  'a chunk of a wrong size': say(
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
  ),

  // What is no HTTP.
  garbage: say('\xff\x00\x13\x37'.repeat(50)),
  'a TLS alert': say('\x15\x03\x03\x00\x02\x02\x28'),
  'the preface of HTTP/2': say('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  'a body alone': (socket, { body }) => socket.end(body),
  'empty lines': say('\r\n\r\n\r\n'),
  'the banner of another protocol': say('220 mail.example.com ESMTP\r\n'),
  'a header with a zero byte': say('HTTP/1.1 200 OK\r\nx: \x00\r\ncontent-length: 2\r\n\r\n{}'),
  'a header without a colon': say('HTTP/1.1 200 OK\r\nnothing\r\ncontent-length: 2\r\n\r\n{}'),
  'a header of 1 MB': say(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1_000_000)}\r\ncontent-length: 2\r\n\r\n{}`),
  'folded headers': say('HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\tc\r\ncontent-length: 2\r\n\r\n{}'),

  // Statuses that DirectMail does not give, or gives when nobody knows.
  'status 99': say(write({ status: 99, body: '{}' })),
  'status 999': say(write({ status: 999, body: '{}' })),
  'switching protocols': say(
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
  ),
  'no content': say('HTTP/1.1 204 No Content\r\n\r\n'),
  'not modified': say('HTTP/1.1 304 Not Modified\r\n\r\n'),
  'a redirect to itself': say('HTTP/1.1 307 X\r\nlocation: /\r\ncontent-length: 0\r\n\r\n'),
  'a redirect with a receipt': (socket, { body }) =>
    socket.write(write({ status: 302, body }, 'location: http://127.0.0.1:1/\r\n')),
  '403 of a firewall, as JSON': say(write({ status: 403, body: '{"message":"Forbidden"}' })),
  '403 of a firewall, as HTML': say(write({ status: 403, body: '<h1>Forbidden</h1>' })),
  '408 of a gateway': say(write({ status: 408, body: '{}' })),
  '413 without a body': say(write({ status: 413, body: '' })),
  '500 as JSON': say(write({ status: 500, body: serviceError('InternalError') })),
  '502 as HTML': say(write({ status: 502, body: '<h1>Bad gateway</h1>' })),
  '503 as JSON': say(write({ status: 503, body: serviceError('ServiceUnavailable') })),
  '504 without a body': say(write({ status: 504, body: '' })),

  // Bodies.
  '{}': say(json200('{}')),
  '[]': say(json200('[]')),
  null: say(json200('null')),
  'an EnvId that is an array': say(json200('{"EnvId":["1"],"RequestId":{}}')),
  'an EnvId that is an object': say(json200('{"EnvId":{"a":1}}')),
  'an EnvId of three lines': say(json200('{"EnvId":"1\\n2\\n3"}')),
  'HTML with 200': say(json200('<html>Log in to this network</html>')),
  'half a JSON': (socket, { body }) => socket.write(json200(half(body))),
  'JSON 5 000 levels deep': say(json200('['.repeat(5_000) + ']'.repeat(5_000))),
  'JSON of 2 MB': say(json200(`{"x":"${'y'.repeat(2_000_000)}"}`)),
  'an error with 200': say(json200(serviceError('InternalError'))),
  'a prototype': say(json200('{"__proto__":{"envId":"1"},"constructor":{"envId":"1"}}')),
  'gzip that is none': say(
    'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\n\x1f\x8b\x08\x00\x00',
  ),
}

// ------------------------------------------------------------------------------------------------------------
// Instead of handing it to the service
// ------------------------------------------------------------------------------------------------------------

const instead: Readonly<Record<string, (exchange: Exchange) => void>> = {
  'RST, never handled': ({ socket }) => reset(socket),
  'FIN, never handled': ({ socket }) => socket.end(),
  'silence, never handled': () => undefined,
  '500, never handled': ({ socket }) =>
    socket.write(write({ status: 500, body: serviceError('InternalError') })),
  '502, never handled': ({ socket }) => socket.write(write({ status: 502, body: '<h1>Bad gateway</h1>' })),
  'garbage, never handled': ({ socket }) => socket.write('what?'),
  '{}, never handled': ({ socket }) => socket.write(json200('{}')),
  refusal: ({ socket }) => socket.write(write(refused)),
  'a refusal that notes the nonce': ({ socket, note }) => {
    note()
    socket.write(write(refused))
  },
  'half a refusal, then RST': ({ socket }) => thenReset(half(write(refused)))(socket),
  'a refusal byte by byte': ({ socket }) => drip(socket, write(refused), 20, 1),
  'a refusal, then FIN': ({ socket }) => socket.end(write(refused)),
}

/** Gateways that do with a request what they please. */
const gateways: Readonly<Record<string, (exchange: Exchange) => void>> = {
  'sent on twice, the second answer comes back': ({ socket, handle }) => {
    handle()
    socket.write(write(handle()))
  },
  'sent on twice, the first answer comes back': ({ socket, handle }) => {
    const answer = handle()
    handle()
    socket.write(write(answer))
  },
  'sent on ten times, the last answer comes back': ({ socket, handle }) => {
    for (let count = 1; count < 10; count++) handle()
    socket.write(write(handle()))
  },
  'a 502, and sent on 100 ms later': ({ socket, handleLater }) => {
    socket.write(write({ status: 502, body: '<h1>Bad gateway</h1>' }))
    handleLater(100)
  },
  'silence, and sent on 500 ms later': ({ handleLater }) => handleLater(500),
  'RST, and sent on at once and 50 ms later': ({ socket, handle, handleLater }) => {
    reset(socket)
    handle()
    handleLater(50)
  },
}

const throttle =
  (answer: Answer, headers = ''): ((exchange: Exchange) => void) =>
  ({ socket }) =>
    socket.write(write(answer, headers))

const throttles: Readonly<Record<string, (exchange: Exchange) => void>> = {
  throttling: throttle(throttled),
  'throttling that notes the nonce': ({ socket, note }) => {
    note()
    socket.write(write(throttled))
  },
  'throttling as 503': throttle({ status: 503, body: serviceError('Throttling.Api') }),
  'throttling as 429': throttle({ status: 429, body: serviceError('TooManyRequests') }),
  ...Object.fromEntries(
    ['50', '0', '-1', 'soon', '1e999', '999999999999', '', '50, 60', '3600000'].map((after) => [
      `throttling, retry after "${after}"`,
      throttle(throttled, `x-acs-retry-after: ${after}\r\n`),
    ]),
  ),
}

/** What is not promised: a gateway repeats a request, and the answer to the copy hides that the first was accepted. */
export const throttledCopy: Behaviour = {
  name: 'sent on twice, the second time throttled',
  isThrottling: true,
  play: ({ socket, handle }) => {
    handle()
    socket.write(write(throttled, 'x-acs-retry-after: 10\r\n'))
  },
}

const list = (
  plays: Readonly<Record<string, (exchange: Exchange) => void>>,
  isThrottling = false,
): ReadonlyArray<Behaviour> => Object.entries(plays).map(([name, play]) => ({ name, play, isThrottling }))

export const honest: Behaviour = {
  name: 'an answer',
  isThrottling: false,
  play: ({ socket, handle }) => {
    socket.write(write(handle()))
  },
}

export const behaviours: ReadonlyArray<Behaviour> = [
  ...list(
    Object.fromEntries(
      Object.entries(afterHandling).map(([name, play]) => [
        name,
        ({ socket, handle }) => {
          play(socket, handle())
        },
      ]),
    ),
  ),
  ...list(instead),
  ...list(gateways),
  ...list(throttles, true),
]

/** What may happen before the request has been read. */
export const interruptions: Readonly<Record<string, (socket: Socket) => void>> = {
  'RST while it is sent': reset,
  'FIN while it is sent': (socket) => socket.end(),
  'a refusal while it is sent': (socket) => socket.end(write(refused)),
  'a 503 while it is sent, then RST': (socket) =>
    thenReset(write({ status: 503, body: serviceError('ServiceUnavailable') }))(socket),
  'silence, and nothing is read': (socket) => socket.pause(),
}
