import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { expect } from 'chai'
import pino from 'pino'
import winston from 'winston'
import { invalidConfig, rejected, timeout, toError } from '../../lib/errors/send-error.js'
import { SendFailure } from '../../lib/errors/send-failure.js'

const refusal = rejected({ code: 'InvalidToAddress', statusCode: 400, requestId: 'r-1' })
const failure = new SendFailure(refusal)

/** What a logger writes, as the object that its line of JSON is. */
const logged = async (log: (stream: Writable) => void): Promise<Readonly<Record<string, unknown>>> =>
  new Promise((resolve) => {
    const write = (chunk: Buffer): void => {
      // Both loggers write an object a line.
      resolve(JSON.parse(String(chunk)) as Readonly<Record<string, unknown>>)
    }
    log(
      new Writable({
        write: (chunk: Buffer, _, done) => {
          write(chunk)
          done()
        },
      }),
    )
  })

const times = (part: string, text: unknown): number => String(text).split(part).length - 1

describe('SendFailure', () => {
  it('is an Error with the text, the stack and the value of the failure', () => {
    expect(failure).to.be.an.instanceOf(Error)
    expect(failure.message).to.equal(refusal.message)
    expect(failure.cause).to.equal(refusal)
    expect(failure.stack).to.include('send-failure.test.ts')
  })

  it('has what belongs to its kind as own, enumerable properties, and no others', () => {
    expect(Object.entries(failure)).to.deep.equal([
      ['tag', 'Rejected'],
      ['delivered', 'no'],
      ['code', 'InvalidToAddress'],
      ['requestId', 'r-1'],
    ])
    expect(Object.keys(new SendFailure(timeout('read')))).to.deep.equal(['tag', 'delivered'])
    expect(new SendFailure(invalidConfig([{ path: 'a', message: 'b' }])).issues).to.deep.equal([
      { path: 'a', message: 'b' },
    ])
  })

  it('becomes JSON with all of the failure and its text once', () => {
    const { _tag, ...rest } = refusal
    expect(JSON.parse(JSON.stringify(failure))).to.deep.equal({ name: 'SendFailure', tag: _tag, ...rest })
  })

  it('is what toError returns', () => {
    expect(toError(refusal)).to.be.an.instanceOf(SendFailure)
    expect(toError(refusal).cause).to.equal(refusal)
  })

  it('shows its kind when it is printed', () =>
    expect(inspect(failure)).to.match(/^SendFailure: DirectMail refused [^]*tag: 'Rejected'/))

  it('is logged by winston with its text once, its code and its kind', async () => {
    const { combine, errors, json } = winston.format
    const line = await logged((stream) =>
      winston
        .createLogger({
          format: combine(errors({ stack: true }), json()),
          // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston types it so
          transports: [new winston.transports.Stream({ stream })],
        })
        .error(failure),
    )
    expect(line).to.include({ tag: 'Rejected', code: 'InvalidToAddress', delivered: 'no', requestId: 'r-1' })
    expect(times(refusal.message, line['message'])).to.equal(1)
  })

  it('is logged by pino with its text once, its code and its kind, by the serializer of the documentation', async () => {
    const err = (error: unknown): unknown =>
      error instanceof SendFailure ? error.toJSON() : pino.stdSerializers.err(error as Error)
    const line = await logged((stream) => pino({ serializers: { err } }, stream).error(failure))
    expect(line['err']).to.include({ tag: 'Rejected', code: 'InvalidToAddress', delivered: 'no' })
    expect(times(refusal.message, JSON.stringify(line['err']))).to.equal(1)
  })

  it('is logged by pino with its code and its kind as it stands', async () => {
    const line = await logged((stream) => pino(stream).error(failure))
    expect(line['err']).to.include({ tag: 'Rejected', code: 'InvalidToAddress', delivered: 'no' })
    expect(line['msg']).to.equal(refusal.message)
  })
})
