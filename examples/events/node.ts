/**
 * Delivery events over node:http.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import * as E from 'fp-ts/lib/Either.js'
import { type DeliveryEvent, receiveEvent, type ReceiveOptions } from 'aliyun-dm-connector/events'

const maxBytes = 1_048_576

/** The body as it came; undefined where it is larger than any event. */
const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Array<Buffer> = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** `handle` should be done, or throw, before EventBridge is answered: an event that is answered with 200 is not sent again. */
export const makeServer = (
  options: ReceiveOptions,
  handle: (event: DeliveryEvent) => Promise<void>,
): Server => {
  // Once, and not for each request: it remembers the certificate, and what it has received.
  const receive = receiveEvent(options)

  const answer = async (request: IncomingMessage): Promise<number> => {
    if (request.method !== 'POST') return 405
    const body = await readBody(request)
    if (body === undefined) return 413
    const result = await receive({ url: request.url ?? '', headers: request.headers, body })()
    if (E.isLeft(result)) {
      console.warn(result.left.message)
      return result.left.httpStatus
    }
    await handle(result.right)
    return 200
  }

  return createServer((request, response) => {
    answer(request).then(
      (status) => response.writeHead(status).end(),
      () => response.writeHead(500).end(),
    )
  })
}
