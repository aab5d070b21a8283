/**
 * How an answer, or what a fault makes of it, is played on the socket. Everything here ends when the connection
 * does: no timer outlives its request.
 */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './answer.js'
import type { Fault } from './faults.js'

/** Waits `ms` milliseconds, or less if the response's connection closes before. */
export const pause = async (ms: number, response: ServerResponse): Promise<void> => {
  if (ms <= 0 || response.destroyed) return
  const closed = new AbortController()
  const abort = (): void => closed.abort()
  response.once('close', abort)
  await sleep(ms, undefined, { signal: closed.signal }).catch(() => undefined)
  response.off('close', abort)
}

/** Resets the connection (TCP RST). */
export const reset = (response: ServerResponse): void => {
  response.socket?.resetAndDestroy()
}

/** Long enough for the peer to have read what was written before a reset makes it unreadable. */
const flushMs = 25

const writeHead = (answer: Answer, response: ServerResponse): void => {
  response.writeHead(answer.statusCode, {
    ...answer.headers,
    'content-length': String(answer.body.length),
  })
}

/** Sends an answer. */
export const send = (answer: Answer, response: ServerResponse): void => {
  if (response.destroyed) return
  writeHead(answer, response)
  response.end(answer.body)
}

const sendHalf = (answer: Answer, response: ServerResponse): void => {
  writeHead(answer, response)
  response.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)))
}

const drip = async (intervalMs: number, answer: Answer, response: ServerResponse): Promise<void> => {
  writeHead(answer, response)
  response.flushHeaders()
  for (const byte of answer.body) {
    await pause(intervalMs, response)
    if (response.destroyed) return
    response.write(Uint8Array.of(byte))
  }
  response.end()
}

const targetChunkBytes = 64 * 1024

/** Small bodies are joined into larger chunks: fifty million single bytes would take minutes. */
function* repeated(body: Buffer, times: number): Generator<Buffer> {
  if (body.length === 0) return
  const perChunk = Math.min(times, Math.max(1, Math.floor(targetChunkBytes / body.length)))
  const chunk = Buffer.concat(Array.from({ length: perChunk }, () => body))
  for (let sent = 0; sent < times; sent += perChunk) {
    yield times - sent >= perChunk ? chunk : chunk.subarray(0, (times - sent) * body.length)
  }
}

const sendRaw = async (
  fault: Extract<Fault, { kind: 'answer' }>,
  response: ServerResponse,
): Promise<void> => {
  const body =
    fault.bodyBase64 === undefined ? Buffer.from(fault.body ?? '') : Buffer.from(fault.bodyBase64, 'base64')
  response.writeHead(fault.statusCode, fault.headers ?? {})
  // Rejects when the client hangs up, which is its good right.
  await pipeline(Readable.from(repeated(body, fault.repeat ?? 1)), response).catch(() => undefined)
}

/** Plays a fault. `answer` is what the client would have got without it, or for an `error` the error. */
export const play = async (fault: Fault, answer: Answer, response: ServerResponse): Promise<void> => {
  if (response.destroyed) return
  switch (fault.kind) {
    case 'error':
      send(answer, response)
      return
    case 'delay':
      await pause(fault.ms, response)
      send(answer, response)
      return
    case 'reset':
      if (fault.at === 'body') {
        sendHalf(answer, response)
        await pause(flushMs, response)
      }
      reset(response)
      return
    case 'stall':
      if (fault.at === 'body') sendHalf(answer, response)
      return
    case 'drip':
      return drip(fault.intervalMs, answer, response)
    case 'answer':
      return sendRaw(fault, response)
  }
}
