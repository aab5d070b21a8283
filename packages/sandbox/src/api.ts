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
import { toEml } from './eml.js'
import { inertHtml } from './inert.js'
import { toListed } from './listing.js'
import { openApi } from './openapi.js'
import { readPage } from './page.js'
import type { Pusher } from './pusher.js'
import { send } from './playback.js'
import { splitTarget } from './request.js'
import { decodeMailQuery, matchMail, waitForMail, type MailQuery } from './waiting.js'

/** What the routes work on. */
export interface ApiContext {
  readonly inbox: Inbox
  readonly faults: FaultQueue
  readonly events: EventStreams
  readonly pusher: Pusher
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
const maxWaitSeconds = 300

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

/** `to`, `since` and `wait`, whose unit is the second. Other parameters are none of ours. */
const parseMailQuery = (query: string): E.Either<string, MailQuery> => {
  const given = new URLSearchParams(query)
  const wait = given.get('wait') ?? '0'
  return /^\d{1,3}(?:\.\d{1,3})?$/.test(wait) && Number(wait) <= maxWaitSeconds
    ? decodeMailQuery({
        to: given.get('to') ?? undefined,
        since: given.get('since') ?? undefined,
        timeoutMs: Math.round(Number(wait) * 1000),
      })
    : E.left(`wait: expected seconds from 0 to ${maxWaitSeconds}`)
}

const listMails: Route['handle'] = ({ inbox }, { request, response }) => {
  const list = async (query: MailQuery): Promise<Reply> => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    if (query.timeoutMs !== 0) await waitForMail(inbox, gone.signal)(query)()
    return json(200, inbox.mails().filter(matchMail(query)).reverse().map(toListed))
  }
  return pipe(
    parseMailQuery(splitTarget(request.url ?? '/').query),
    E.match((error) => Promise.resolve(json(400, { error })), list),
  )
}

const showHtml: Route['handle'] = ({ inbox }, { envId }) => {
  const html = inbox.find(envId)?.htmlBody
  if (html === undefined) return json(404, { error: 'no such mail, or it has no HTML' })
  return {
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

const downloadEml: Route['handle'] = ({ inbox }, { envId }) => {
  const mail = inbox.find(envId)
  if (mail === undefined) return noSuchMail
  return {
    statusCode: 200,
    headers: {
      'content-type': 'message/rfc822',
      'content-disposition': `attachment; filename="${envId}.eml"`,
    },
    body: Buffer.from(toEml(mail)),
  }
}

const routes: ReadonlyArray<Route> = [
  { method: 'GET', path: /^\/healthz$/, handle: () => json(200, { status: 'ok' }) },
  { method: 'GET', path: /^\/api$/, handle: () => json(200, openApi) },
  { method: 'GET', path: /^\/api\/mails$/, handle: listMails },
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
  { method: 'GET', path: /^\/api\/mails\/(\d{1,20})\/eml$/, handle: downloadEml },
  {
    method: 'GET',
    path: /^\/api\/mails\/(\d{1,20})\/outcomes$/,
    handle: ({ inbox, pusher }, { envId }) => {
      const mail = inbox.find(envId)
      return mail === undefined ? noSuchMail : json(200, pusher.outcomes(mail, Date.now()))
    },
  },
  {
    method: 'GET',
    path: /^\/certificate\.pem$/,
    handle: ({ pusher: { publicKey } }) =>
      publicKey === undefined
        ? json(404, { error: 'events are pushed to nobody: there is no option `events`' })
        : {
            statusCode: 200,
            headers: { 'content-type': 'application/x-pem-file' },
            body: Buffer.from(publicKey),
          },
  },
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

const servePage = async (path: string): Promise<Reply> => {
  const file = await readPage(path)
  if (file === undefined) return json(404, { error: 'no such page' })
  return { statusCode: 200, headers: { 'content-type': file.contentType }, body: file.content }
}

const answer = (
  context: ApiContext,
  request: IncomingMessage,
  response: ServerResponse,
): Reply | Promise<Reply> => {
  const { path } = splitTarget(request.url ?? '/')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const matching = routes.filter((route) => route.path.test(path))
  const route = matching.find((candidate) => candidate.method === method)
  if (route !== undefined) {
    return route.handle(context, { request, response, envId: route.path.exec(path)?.[1] ?? '' })
  }
  const isPage = matching.length === 0 && method === 'GET'
  return isPage ? servePage(path) : json(405, { error: 'method not allowed' })
}

/** Answers a request that is not for DirectMail. `HEAD` is answered as `GET`; node leaves the body out. */
export const serveApi = async (
  context: ApiContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const reply = await answer(context, request, response)
  if (reply !== undefined) send(reply, response)
}
