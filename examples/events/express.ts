/**
 * Delivery events with Express 5.
 */
import express, { type Express } from 'express'
import * as E from 'fp-ts/lib/Either.js'
import { type DeliveryEvent, receiveEvent, type ReceiveOptions } from 'aliyun-dm-connector/events'

export const makeApp = (
  options: ReceiveOptions,
  handle: (event: DeliveryEvent) => Promise<void>,
): Express => {
  const receive = receiveEvent(options)
  const app = express()

  // `raw` and not `json`: the signature is over the bytes. Put it before any express.json() for the whole app.
  app.post('/mail-events', express.raw({ type: () => true, limit: '1mb' }), async (request, response) => {
    // Without a body there is none; where there is one, `raw` made it a Buffer.
    const body: unknown = request.body
    const result = await receive({
      url: request.originalUrl,
      headers: request.headers,
      body: Buffer.isBuffer(body) ? body : '',
    })()
    if (E.isLeft(result)) {
      console.warn(result.left.message)
      response.sendStatus(result.left.httpStatus)
      return
    }
    // Express 5 answers 500 if it rejects, and EventBridge sends the event again.
    await handle(result.right)
    response.sendStatus(200)
  })

  return app
}
