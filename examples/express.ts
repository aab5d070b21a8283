/**
 * A route of Express 5 that sends verification codes: promises, a guard against bombing, and an end that loses nothing.
 *
 *     npx aliyun-dm-sandbox --port 8025 -- npx tsx examples/express.ts
 *     curl localhost:3000/codes -H 'content-type: application/json' -d '{"email": "ann@example.com"}'
 *
 * The mail is at http://127.0.0.1:8025. Without the sandbox it goes to DirectMail, with the keys of connector.json.
 */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createConnector, SendFailure } from 'aliyun-dm-connector/promises'
import { Mailbox } from 'aliyun-dm-connector'
import express, { type ErrorRequestHandler } from 'express'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import config from './connector.json' with { type: 'json' }

const connector = createConnector(config, { endpoint: process.env['ALIYUN_DM_ENDPOINT'] })

// One code a minute and five an hour to an address; thirty an hour from a client. With several machines take
// RateLimiterRedis, which has the same functions.
const perMinute = new RateLimiterMemory({ keyPrefix: 'minute', points: 1, duration: 60 })
const perHour = new RateLimiterMemory({ keyPrefix: 'hour', points: 5, duration: 3_600 })
const perClient = new RateLimiterMemory({ keyPrefix: 'client', points: 30, duration: 3_600 })

/** Whether it may be sent. A limiter rejects with what is left of its time, or with an Error if it could not tell. */
const mayPass = async (limiter: RateLimiterMemory, key: string): Promise<boolean> => {
  try {
    await limiter.consume(key)
    return true
  } catch (refused) {
    if (refused instanceof Error) throw refused
    return false
  }
}

const sendCode = async (email: string): Promise<void> => {
  // `Ann@Example.com` is the same person.
  const key = email.toLowerCase()
  if (!(await mayPass(perMinute, key)) || !(await mayPass(perHour, key))) return
  const code = String(randomInt(1_000_000)).padStart(6, '0')
  // Here it would be stored, as a hash and with its end, before it is sent.
  await connector.sendMessage({ to: email, type: 'SignIn', payload: { code } })
}

const app = express().use(express.json({ limit: '10kb' }))

app.post('/codes', async (request, response) => {
  const email: unknown = (request.body as { readonly email?: unknown } | undefined)?.email
  if (!Mailbox.is(email)) {
    response.status(400).json({ error: 'email: expected one e-mail address' })
    return
  }
  if (!(await mayPass(perClient, request.ip ?? ''))) {
    response.sendStatus(429)
    return
  }
  // Sent, suppressed or failed: the answer and its time are the same, so nobody learns who has an account, or got a code.
  response.status(202).json({ message: 'If the address is right, a code is on its way.' })
  sendCode(email).catch((error: unknown) => {
    console.error(error instanceof SendFailure ? JSON.stringify(error) : 'no code was sent')
  })
})

/** Of a body that is no JSON, Express would log all, with the address in it, and answer with a page. */
const refuse: ErrorRequestHandler = (error: { readonly status?: number }, _request, response, next) => {
  const { status = 500 } = error
  if (response.headersSent) {
    next(error)
    return
  }
  if (status >= 500) console.error(error)
  response.status(status).json({ error: status >= 500 ? 'try again later' : 'expected JSON with an email' })
}
app.use(refuse)

const server = app.listen(Number(process.env['PORT'] ?? 3_000), () => {
  const address = server.address()
  console.log(`listening on ${typeof address === 'object' && address !== null ? address.port : ''}`)
})

// No new requests, then the mails that are under way, then the end.
await once(process, 'SIGTERM')
server.close()
server.closeIdleConnections()
// A server that closes no longer ends requests that never come whole.
setTimeout(() => server.closeAllConnections(), 5_000).unref()
await once(server, 'close')
await connector.close()
console.log('closed')
