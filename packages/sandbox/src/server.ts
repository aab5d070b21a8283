/**
 * The HTTP server: it lets a request in or not, tells DirectMail's requests from its own, and for the former
 * goes the whole way from bytes to inbox to answer, with the fault that awaits it, if any.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import * as E from 'fp-ts/lib/Either.js'
import { findDenial, type Address } from './access.js'
import { accountAnswer, refusalAnswer, receiptAnswer, type Answer } from './answer.js'
import { json, securityHeaders, serveApi, type ApiContext } from './api.js'
import { readBody } from './body.js'
import type { Fault } from './faults.js'
import type { RefusedRequest } from './mail.js'
import { pause, play, reset, send } from './playback.js'
import { present } from './present.js'
import { refusals, type Refusal } from './refusal.js'
import { readCall, splitTarget, type Call } from './request.js'
import type { Service } from './service.js'

/** What the server works on. */
export interface ServerContext extends ApiContext {
  readonly service: Service
  /** Milliseconds before every answer to an API request. */
  readonly latencyMs: number
  /** Called with every API request, first thing. */
  readonly onRequest: () => void
  /** Where it listens; asked for with every request, because the port is known only after it does. */
  readonly address: () => Address
}

/** 8 MiB, three times as long when percent-encoded, and the other parameters. */
const maxRequestBytes = 26 * 1024 * 1024
const maxNoteCharacters = 512

const isDirectMail = (request: IncomingMessage): boolean => {
  const { path, query } = splitTarget(request.url ?? '/')
  return (
    path === '/' &&
    (request.method === 'POST' ||
      (request.method === 'GET' &&
        (request.headers['x-acs-action'] !== undefined || /(?:^|&)Action=/.test(query))))
  )
}

/** A copy: a slice would keep the whole string, of up to 26 MiB, alive. */
const cut = (value: string | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value.slice(0, maxNoteCharacters)).toString()

const refusedRequest = (
  refusal: Refusal,
  requestId: string,
  call: Call,
  fault: Fault | undefined,
): RefusedRequest => ({
  requestId,
  receivedAt: new Date().toISOString(),
  code: refusal.code,
  statusCode: refusal.statusCode,
  message: refusal.message,
  ...present({
    action: cut(call.action),
    accessKeyId: cut(call.accessKeyId),
    accountName: cut(call.parameters.get('AccountName')),
    toAddress: cut(call.parameters.get('ToAddress')),
    subject: cut(call.parameters.get('Subject')),
    fault: fault?.kind,
  }),
})

const toRefusal = (fault: Extract<Fault, { kind: 'error' }>): Refusal => ({
  code: fault.code,
  statusCode: fault.statusCode ?? 400,
  message: fault.message ?? 'The sandbox was told to refuse this request.',
  ...(fault.recommend === undefined ? {} : { recommend: fault.recommend }),
  ...(fault.retryAfterMs === undefined ? {} : { retryAfterMs: fault.retryAfterMs }),
})

/** Whether the request is handled at all, or only met with the fault. */
const isHandled = (fault: Fault | undefined): boolean =>
  fault === undefined || fault.kind === 'delay' || fault.accepted === true

/** Puts a call into the inbox or among the refused, and says what its client is to be told. */
const settle = (context: ServerContext, call: Call, fault: Fault | undefined, tooLarge: boolean): Answer => {
  const requestId = randomUUID().toUpperCase()
  const failure = fault?.kind === 'error' ? toRefusal(fault) : refusals.unavailable
  const outcome = !isHandled(fault)
    ? E.left(failure)
    : tooLarge
      ? E.left(refusals.body)
      : context.service(call, Date.now())
  if (E.isRight(outcome)) {
    if (outcome.right._tag === 'Accepted') context.inbox.add(outcome.right.mail)
  } else {
    const cause = isHandled(fault) ? undefined : fault
    context.inbox.refuse(refusedRequest(outcome.left, requestId, call, cause))
  }
  if (fault?.kind === 'error') {
    return refusalAnswer(failure, requestId, call.host, fault.format ?? call.format)
  }
  if (E.isLeft(outcome)) return refusalAnswer(outcome.left, requestId, call.host, call.format)
  return outcome.right._tag === 'Accepted'
    ? receiptAnswer(outcome.right.mail, call.format)
    : accountAnswer(outcome.right, requestId, call.format)
}

const serveDirectMail = async (
  context: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  context.onRequest()
  const fault = context.faults.next()
  if (fault?.kind === 'reset' && fault.at === 'request') {
    settle(context, readCall(request, new Uint8Array()), fault, false)
    reset(response)
    return
  }
  const body = await readBody(request, maxRequestBytes)
  if (body === 'aborted') return
  const tooLarge = body === 'too large'
  const call = readCall(request, tooLarge ? new Uint8Array() : body)
  const answer = settle(context, call, fault, tooLarge)
  await pause(context.latencyMs, response)
  if (fault === undefined) send(answer, response)
  else await play(fault, answer, response)
}

const serve = async (
  context: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const denial = findDenial(request, context.address())
  const forDirectMail = denial === undefined && isDirectMail(request)
  if (forDirectMail) return serveDirectMail(context, request, response)
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
  if (denial === undefined) return serveApi(context, request, response)
  request.resume()
  send(json(denial.statusCode, { error: denial.message }), response)
}

/** A server that does not listen yet. */
export const createSandboxServer = (context: ServerContext): Server =>
  // V1 clients send a whole mail in the URL, of which the service takes 80 KB. Node's own limit is 16 KiB.
  createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
    // A reset or a client that hangs up is an event of the day, not an error of ours.
    response.on('error', () => undefined)
    serve(context, request, response).catch(() => response.destroy())
  })
