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
import { ClientRequest, type IncomingMessage } from 'node:http'

/** How an attempt ended that had to be ended from outside. */
export type Verdict = 'connect' | 'read' | 'oversized'

export type Progress = 'unseen' | 'connecting' | 'connected'

export interface RequestWatch {
  /** Settles when the attempt has to be given up. The request has been ended by then. */
  readonly verdict: Promise<Verdict>
  /** How far the request got. `unseen`: nobody can tell. */
  readonly progress: () => Progress
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
}

export const nonceHeader = 'x-acs-signature-nonce'

/** DirectMail's answers have a few hundred bytes. */
const maxAnswerBytes = 1_048_576

/** Those who wait to be told of their request, by nonce. */
const watches = new Map<unknown, (request: ClientRequest) => void>()

const onRequestStart = (event: unknown): void => {
  const request =
    typeof event === 'object' && event !== null && 'request' in event ? event.request : undefined
  if (watches.size > 0 && request instanceof ClientRequest)
    watches.get(request.getHeader(nonceHeader))?.(request)
}

/** httpx keeps its read timer on the socket under a symbol of its own. */
const readTimer = (socket: object): symbol | undefined =>
  Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'TIMER::READ_TIMER')

/**
 * Stops the timer that the SDK leaves behind. Without this each finished request, its answer and its mail stay in
 * memory until the timer fires, and then it disarms the timer of whatever uses the socket by then.
 */
const stopReadTimer = (socket: object): void => {
  const symbol = readTimer(socket)
  if (symbol !== undefined) clearTimeout(Reflect.get(socket, symbol) as NodeJS.Timeout | undefined)
}

export const watchRequest = (nonce: string, limits: Limits): RequestWatch => {
  if (watches.size === 0) diagnostics.subscribe('http.client.request.start', onRequestStart)

  const startedAt = performance.now()
  let request: ClientRequest | undefined
  let connected = false
  let released = false
  let timer: NodeJS.Timeout | undefined
  let settle: (verdict: Verdict) => void
  const verdict = new Promise<Verdict>((resolve) => {
    settle = resolve
  })

  const giveUp = (reason: Verdict): void => {
    settle(reason)
    request?.destroy()
  }

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
    if (Number(response.headers['content-length']) > maxAnswerBytes) {
      giveUp('oversized')
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

  watches.set(nonce, onStart)
  arm('read', limits.connectTimeoutMs + limits.readTimeoutMs)

  return {
    verdict,
    progress: () => (request === undefined ? 'unseen' : connected ? 'connected' : 'connecting'),
    release: () => {
      released = true
      clearTimeout(timer)
      watches.delete(nonce)
      if (watches.size === 0) diagnostics.unsubscribe('http.client.request.start', onRequestStart)
      if (request?.socket) stopReadTimer(request.socket)
    },
  }
}
