/**
 * Watches the HTTP request of one attempt from the outside: how far it got, how long it takes, how much comes
 * back; and ends it when it takes too long or brings too much. The SDK cannot do this itself:
 *
 * - it takes no AbortSignal;
 * - its connect timeout is the socket's idle timeout, which also fires after the request was sent, when the mail
 *   may be on its way, with the same text as when no connection was made;
 * - its read timer stays behind on a kept-alive socket and disarms the timer of the next request on it, so that
 *   a request can hang for good;
 * - it reads an answer of any size into memory.
 *
 * Node publishes every outgoing request on a diagnostics channel. Ours are found by their signature nonce, which
 * nobody else's request carries. Where no such event comes (another runtime, a stubbed client), the timer still
 * ends the attempt, only the request itself cannot be ended.
 */
import diagnostics from 'node:diagnostics_channel'
import { Agent, ClientRequest, type IncomingMessage } from 'node:http'

/** How an attempt ended that had to be ended from outside. */
export type Verdict = 'connect' | 'read' | 'oversized' | 'cancelled'

/** How far a request got. `unseen`: nobody can tell. */
export type Stage = 'unseen' | 'connecting' | 'connected'

export interface RequestWatch {
  readonly stage: () => Stage
  /** Forgets the request. To be called once its outcome is known. */
  readonly release: () => void
}

export interface Limits {
  /** Until the connection stands, TLS included; ms. */
  readonly connectTimeoutMs: number
  /** From there until the answer has been read; ms. */
  readonly readTimeoutMs: number
  /** For all of it together; ms. */
  readonly budgetMs: number
  /** Until the request has begun, where that has to be earlier; ms. */
  readonly startMs?: number | undefined
  /** Ends the attempt when it is aborted. */
  readonly signal?: AbortSignal | undefined
}

export const nonceHeader = 'x-acs-signature-nonce'

/** DirectMail's answers have a few hundred bytes. */
const maxAnswerBytes = 1_048_576

/**
 * Those who wait for requests of theirs, in the order in which they began to. They wait until their attempt is over,
 * since a client may make a second request for it. A Map would leave its outgrown tables to the collector.
 */
const waiting: Array<Waiter> = []

interface Waiter {
  readonly nonce: string
  readonly onStart: (request: ClientRequest) => void
}

const stopWaiting = (index: number): void => {
  if (index >= 0) waiting.splice(index, 1)
}

const onRequestStart = (event: unknown): void => {
  if (waiting.length === 0 || typeof event !== 'object' || event === null || !('request' in event)) return
  const { request } = event
  if (!(request instanceof ClientRequest)) return
  const nonce = request.getHeader(nonceHeader)
  const index = waiting.findIndex((waiter) => waiter.nonce === nonce)
  if (index < 0) return
  waiting[index]?.onStart(request)
  const agent: unknown = Reflect.get(request, 'agent')
  if (agent instanceof Agent) agents.set(String(request.getHeader('host')), agent)
}

/** By the host of their requests: the agents of the SDK, which keep connections open for the next request. */
const agents = new Map<string, Agent>()

/** Closes the connections to a host on which no request is under way. */
export const closeIdleConnections = (host: string): void => {
  for (const [name, sockets = []] of Object.entries(agents.get(host)?.freeSockets ?? {}))
    if (name.startsWith(`${host}:`)) for (const socket of sockets) socket.destroy()
}

let subscribed = false

/** Once for the process: it costs next to nothing while nobody waits, less than to subscribe anew for each send. */
const subscribe = (): void => {
  if (!subscribed) diagnostics.subscribe('http.client.request.start', onRequestStart)
  subscribed = true
}

/** httpx keeps its read timer on the socket under a symbol of its own, the same for all sockets. */
let readTimer: symbol | undefined

const findReadTimer = (socket: object): symbol | undefined =>
  Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'TIMER::READ_TIMER')

/**
 * The timer that the SDK leaves behind, which is to be stopped when the attempt is over. Without that each finished
 * request, its answer and its mail stay in memory until the timer fires, and then it disarms the timer of whatever
 * uses the socket by then.
 */
const readTimerOf = (socket: object): NodeJS.Timeout | undefined => {
  readTimer ??= findReadTimer(socket)
  // What httpx keeps there is what setTimeout gave it.
  return readTimer && (Reflect.get(socket, readTimer) as NodeJS.Timeout | undefined)
}

/** `onVerdict` is called when the attempt has to be given up; its request has been ended by then. */
export const watchRequest = (
  nonce: string,
  limits: Limits,
  onVerdict: (verdict: Verdict) => void,
): RequestWatch => {
  subscribe()
  const startedAt = performance.now()
  let request: ClientRequest | undefined
  let connected = false
  let released = false
  let timer: NodeJS.Timeout | undefined
  let leftBehind: NodeJS.Timeout | undefined

  const giveUp = (verdict: Verdict): void => {
    onVerdict(verdict)
    request?.destroy()
  }

  const cancel = (): void => giveUp('cancelled')

  const arm = (phase: 'connect' | 'read', ms: number): void => {
    clearTimeout(timer)
    const left = limits.budgetMs - (performance.now() - startedAt)
    timer = setTimeout(giveUp, Math.max(0, Math.min(ms, left)), phase)
  }

  const onConnected = (): void => {
    if (released) return
    connected = true
    arm('read', limits.readTimeoutMs)
  }

  const onResponse = (response: IncomingMessage): void => {
    // Now it is this request's; later the socket may carry another one, with a timer of its own.
    leftBehind = readTimerOf(response.socket)
    // Node reads as much as the answer says it has; only without a length is there something to count.
    const { 'content-length': length } = response.headers
    if (length !== undefined) {
      if (Number(length) > maxAnswerBytes) giveUp('oversized')
      return
    }
    let bytes = 0
    // Listening for data would start the stream before the SDK listens; on 'resume' it does already.
    response.once('resume', () =>
      response.on('data', (chunk: Uint8Array) => {
        bytes += chunk.length
        if (bytes > maxAnswerBytes) giveUp('oversized')
      }),
    )
  }

  const onStart = (started: ClientRequest): void => {
    request = started
    started.once('response', onResponse)
    const { socket } = started
    if (!socket?.connecting) {
      onConnected()
      return
    }
    arm('connect', limits.connectTimeoutMs)
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', onConnected)
  }

  const waiter: Waiter = { nonce, onStart }
  waiting.push(waiter)
  arm('read', limits.connectTimeoutMs + limits.readTimeoutMs)
  limits.signal?.addEventListener('abort', cancel)

  return {
    stage: () => (request === undefined ? 'unseen' : connected ? 'connected' : 'connecting'),
    release: () => {
      released = true
      clearTimeout(timer)
      stopWaiting(waiting.indexOf(waiter))
      clearTimeout(leftBehind)
      limits.signal?.removeEventListener('abort', cancel)
    },
  }
}
