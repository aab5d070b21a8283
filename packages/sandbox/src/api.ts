/**
 * The sandbox's own JSON, for tests in any language and for the inbox page, and the page itself: a table of
 * routes. Nothing here belongs to DirectMail.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Answer } from './answer.js'
import { readBody } from './body.js'
import type { EventStreams } from './events.js'
import type { FaultQueue } from './fault-queue.js'
import { decodeFaultOrder, type FaultOrder } from './faults.js'
import type { Inbox } from './inbox.js'
import { inertHtml } from './inert.js'
import { toListed } from './listing.js'
import { readPage } from './page.js'
import { send } from './playback.js'
import { splitTarget } from './request.js'

/** What the routes work on. */
export interface ApiContext {
  readonly inbox: Inbox
  readonly faults: FaultQueue
  readonly events: EventStreams
}

/** Undefined: nobody waits for an answer, or the handler has taken the response over. */
type Reply = Answer | undefined

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The path's variable part, where it has one. */
  readonly envId: string
}

interface Route {
  readonly method: string
  readonly path: RegExp
  readonly handle: (context: ApiContext, exchange: Exchange) => Reply | Promise<Reply>
}

const maxFaultBytes = 1024 * 1024

/** The page runs its own script and style and talks to its own origin; nothing else. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A mail may show its own colours and inline images; it runs nothing, loads nothing, and has no origin. */
const mailPolicy = [
  'sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ')

/** Headers of everything that is not DirectMail's: no sniffing, no caching, no framing, no other site. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': pagePolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** A value as JSON. */
export const json = (statusCode: number, value: unknown): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/json;charset=utf-8' },
  body: Buffer.from(JSON.stringify(value)),
})

const noContent: Answer = { statusCode: 204, headers: {}, body: Buffer.alloc(0) }
const noSuchMail = json(404, { error: 'no such mail' })

const parseFaultOrder = (body: Uint8Array): E.Either<string, FaultOrder> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(Buffer.from(body).toString()),
      () => 'the body is not JSON',
    ),
    E.chain(decodeFaultOrder),
  )

const addFault: Route['handle'] = async ({ faults }, { request }) => {
  const body = await readBody(request, maxFaultBytes)
  if (body === 'aborted') return undefined
  if (body === 'too large') return json(413, { error: 'the body is too large' })
  return pipe(
    parseFaultOrder(body),
    E.match(
      (error) => json(400, { error }),
      (order) =>
        faults.push(order) ? json(201, order) : json(429, { error: 'too many faults are waiting' }),
    ),
  )
}

const showHtml: Route['handle'] = ({ inbox }, { envId }) => {
  const html = inbox.find(envId)?.htmlBody
  return html === undefined
    ? json(404, { error: 'no such mail, or it has no HTML' })
    : {
        statusCode: 200,
        headers: {
          'content-type': 'text/html;charset=utf-8',
          'content-security-policy': mailPolicy,
          // Browsers look up the hosts of a mail's links in advance unless told not to.
          'x-dns-prefetch-control': 'off',
        },
        body: Buffer.from(inertHtml(html)),
      }
}

const routes: ReadonlyArray<Route> = [
  { method: 'GET', path: /^\/healthz$/, handle: () => json(200, { status: 'ok' }) },
  {
    method: 'GET',
    path: /^\/api\/mails$/,
    handle: ({ inbox }) => json(200, [...inbox.mails()].reverse().map(toListed)),
  },
  {
    method: 'DELETE',
    path: /^\/api\/mails$/,
    handle: ({ inbox }) => {
      inbox.clear()
      return noContent
    },
  },
  {
    method: 'GET',
    path: /^\/api\/mails\/(\d{1,20})$/,
    handle: ({ inbox }, { envId }) => {
      const mail = inbox.find(envId)
      return mail === undefined ? noSuchMail : json(200, mail)
    },
  },
  {
    method: 'DELETE',
    path: /^\/api\/mails\/(\d{1,20})$/,
    handle: ({ inbox }, { envId }) => (inbox.remove(envId) ? noContent : noSuchMail),
  },
  { method: 'GET', path: /^\/api\/mails\/(\d{1,20})\/html$/, handle: showHtml },
  {
    method: 'GET',
    path: /^\/api\/refused$/,
    handle: ({ inbox }) => json(200, [...inbox.refused()].reverse()),
  },
  { method: 'POST', path: /^\/api\/faults$/, handle: addFault },
  {
    method: 'DELETE',
    path: /^\/api\/faults$/,
    handle: ({ faults }) => {
      faults.clear()
      return noContent
    },
  },
  {
    method: 'GET',
    path: /^\/api\/events$/,
    handle: ({ events }, { response }) =>
      events.open(response) ? undefined : json(503, { error: 'too many event streams' }),
  },
]

const pageReply = async (path: string): Promise<Reply> => {
  const file = await readPage(path)
  return file === undefined
    ? json(404, { error: 'no such page' })
    : { statusCode: 200, headers: { 'content-type': file.contentType }, body: file.content }
}

/** Answers a request that is not for DirectMail. `HEAD` is answered as `GET`; node leaves the body out. */
export const serveApi = async (
  context: ApiContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { path } = splitTarget(request.url ?? '/')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const matching = routes.filter((route) => route.path.test(path))
  const route = matching.find((candidate) => candidate.method === method)
  const envId = route?.path.exec(path)?.[1] ?? ''
  const isPage = matching.length === 0 && method === 'GET'
  const reply =
    route === undefined
      ? isPage
        ? await pageReply(path)
        : json(405, { error: 'method not allowed' })
      : await route.handle(context, { request, response, envId })
  if (reply !== undefined) send(reply, response)
}
