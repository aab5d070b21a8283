import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import { readBody, type Body } from '../src/body.js'

const mebibyte = Buffer.alloc(1024 * 1024, 'x')

/** What is read of a request whose body comes in these pieces. */
const read = async (limit: number, pieces: Iterable<Buffer>): Promise<Body> => {
  const stream = new PassThrough()
  // Of a request, only that it is a stream matters here.
  const body = readBody(stream as unknown as IncomingMessage, limit)
  for (const piece of pieces) {
    if (!stream.write(piece))
      await new Promise((resolve) => stream.once('drain', resolve).once('close', resolve))
    if (stream.destroyed) break
  }
  stream.end()
  return body
}

const textOf = (body: Body): string => (typeof body === 'string' ? body : Buffer.from(body).toString())

describe('sandbox/body', () => {
  it('is what was sent, in however many pieces', async () => {
    expect(
      textOf(
        await read(
          10,
          ['123', '456', '7890'].map((text) => Buffer.from(text)),
        ),
      ),
    ).to.equal('1234567890')
    expect(await read(10, [])).to.deep.equal(Buffer.alloc(0))
  })

  it('is too large beyond its limit, by a byte as by 256 MiB', async () => {
    expect(
      await read(
        9,
        ['123', '456', '7890'].map((text) => Buffer.from(text)),
      ),
    ).to.equal('too large')
    expect(await read(0, Array<Buffer>(256).fill(mebibyte))).to.equal('too large')
  })

  it('is cut off beyond that', async () => {
    expect(await read(0, [...Array<Buffer>(256).fill(mebibyte), Buffer.from('x')])).to.equal('aborted')
  })

  it('is aborted when the connection breaks, with an error or without', async () => {
    for (const error of [undefined, new Error('ECONNRESET')]) {
      const stream = new PassThrough()
      const body = readBody(stream as unknown as IncomingMessage, 10)
      stream.write('123')
      stream.destroy(error)
      expect(await body).to.equal('aborted')
    }
  })
})
