/**
 * A question to DirectMail about the account: a request that sends no mail. After a failure that passes it is asked
 * again, under another nonce, whatever became of the first.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { decodeAll, hasMethod } from '../config/decode.js'
import {
  invalidConfig,
  invalidResponse,
  isRetryable,
  type SendError,
  withoutMail,
} from '../errors/send-error.js'
import { hasExpiredToken, readAnswer } from './answer.js'
import { backoffMs } from './backoff.js'
import type { ClientSource, Ready, Sdk } from './client.js'
import type { Fields } from './fields.js'
import { runRequest } from './request.js'
import type { Limits } from './request-watch.js'

export interface AskOptions {
  readonly connectTimeoutMs: number
  readonly readTimeoutMs: number
  readonly deadlineMs: number
  readonly maxAttempts: number
}

/** By the names of DirectMail's API. */
export type Operation = keyof Sdk['requests']

/** Asks, and reads the answer's body, whose fields have the names that the SDK gives them. Never rejects. */
export type Ask = <A>(
  operation: Operation,
  parameters: Readonly<Record<string, unknown>>,
  body: t.Type<A>,
) => Promise<E.Either<SendError, A>>

/** From now on the deadline runs, for all questions together. */
export const startAsking = (source: ClientSource, options: AskOptions): Ask => {
  const deadline = performance.now() + options.deadlineMs
  const readLimits = (): Limits => ({ ...options, budgetMs: deadline - performance.now() })

  const askOnce = async <A>(
    operation: Operation,
    parameters: Readonly<Record<string, unknown>>,
    body: t.Type<A>,
  ): Promise<E.Either<SendError, A>> => {
    const current = source.current()
    const ready = current === undefined ? await source.wait(readLimits()) : E.right(current)
    if (E.isLeft(ready)) return ready
    const method = findMethod(ready.right, operation)
    if (E.isLeft(method)) return method
    const result = await runRequest(
      (runtime) => method.right(new ready.right.sdk.requests[operation](parameters), runtime),
      readAnswer((fields) => readBody(operation, body, fields)),
      ready.right.sdk,
      randomUUID(),
      readLimits(),
    )
    if (E.isLeft(result) && hasExpiredToken(result.left)) source.discard(ready.right)
    return result
  }

  return async (operation, parameters, body) => {
    for (let attempts = 1; ; attempts += 1) {
      const result = await askOnce(operation, parameters, body)
      if (E.isRight(result)) return result
      const error = result.left
      const { retryAfterMs = 0 } = error._tag === 'Throttled' ? error : {}
      const pauseMs = Math.max(retryAfterMs, backoffMs(attempts, Math.random))
      const mayPass = isRetryable(error) || (source.renews && hasExpiredToken(error))
      // As with mails, a throttled request uses up no attempt.
      const isLast = error._tag !== 'Throttled' && attempts >= options.maxAttempts
      if (!mayPass || isLast || performance.now() + pauseMs >= deadline)
        return E.left(withoutMail(error, operation))
      await sleep(pauseMs)
    }
  }
}

type Method = (request: object, runtime: object) => unknown

/** A client of the user's own may be able to send and nothing else. */
const findMethod = ({ client }: Ready, operation: Operation): E.Either<SendError, Method> => {
  const name = `${operation.charAt(0).toLowerCase()}${operation.slice(1)}WithOptions`
  return hasMethod(client, name)
    ? // It is there, and takes what the SDK's own takes.
      E.right((request, runtime) => (client as unknown as Record<string, Method>)[name]?.(request, runtime))
    : E.left(invalidConfig([{ path: 'options.client', message: `expected a client with a method ${name}` }]))
}

const readBody = <A>(operation: Operation, body: t.Type<A>, fields: Fields): E.Either<SendError, A> => {
  const read = decodeAll(body)(fields)
  if (E.isRight(read)) return read
  const [{ path, message } = { path: '', message: '' }] = read.left
  return E.left(invalidResponse(`of ${operation}, ${path}: ${message}`))
}
