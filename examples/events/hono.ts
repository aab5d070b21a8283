/**
 * Delivery events with Hono, on any of its platforms that has node:crypto.
 */
import * as E from 'fp-ts/lib/Either.js'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { type DeliveryEvent, receiveEvent, type ReceiveOptions } from 'aliyun-dm-connector/events'

export const makeApp = (options: ReceiveOptions, handle: (event: DeliveryEvent) => Promise<void>): Hono => {
  const receive = receiveEvent(options)

  const app = new Hono()

  app.post('/mail-events', bodyLimit({ maxSize: 1_048_576 }), async (context) => {
    const result = await receive({
      url: context.req.url,
      headers: context.req.header(),
      body: new Uint8Array(await context.req.arrayBuffer()),
    })()
    if (E.isLeft(result)) {
      console.warn(result.left.message)
      return new Response(null, { status: result.left.httpStatus })
    }
    // Hono answers 500 if it rejects, and EventBridge sends the event again.
    await handle(result.right)
    return context.body(null, 200)
  })

  return app
}
