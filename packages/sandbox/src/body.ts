/** Reading a request's body without trusting its length. */
import type { IncomingMessage } from 'node:http'

/**
 * The bytes, or why there are none: `too large`, in which case the rest was read and thrown away so that the
 * client is listening when it is told, or `aborted`, in which case nobody is.
 */
export type Body = Uint8Array | 'too large' | 'aborted'

/** A client that goes on beyond this is cut off. */
const maxDiscardedBytes = 256 * 1024 * 1024

/** Reads at most `limit` bytes into memory. Never rejects. */
export const readBody = (request: IncomingMessage, limit: number): Promise<Body> =>
  new Promise((resolve) => {
    const chunks: Array<Buffer> = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= limit) chunks.push(chunk)
      else chunks.length = 0
      if (length > limit + maxDiscardedBytes) request.destroy()
    })
    request.on('end', () => resolve(length > limit ? 'too large' : Buffer.concat(chunks)))
    request.on('error', () => resolve('aborted'))
    request.on('close', () => resolve('aborted'))
  })
