/**
 * The door of the only room that touches Alibaba's SDK: a mail goes in, one SingleSendMail request is made, and a receipt
 * or a `SendError` comes out. What an attempt does about credentials that change is decided here. Questions about the
 * account go through the same client.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { IO } from 'fp-ts/lib/IO.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { credentialsUnavailable, type SendError } from '../errors/send-error.js'
import type { Mail } from '../rendering/render.js'
import { hasExpiredToken, type Receipt } from './answer.js'
import { type Ask, type AskOptions, startAsking } from './ask.js'
import { type AnyConfig, type ClientOptions, makeClientSource, type Ready } from './client.js'
import { sendMail } from './request.js'
import { closeIdleConnections, type Limits } from './request-watch.js'

/** One request to DirectMail, under a signature nonce by which DirectMail knows it again. */
export type Attempt = (mail: Mail, nonce: string, limits: Limits) => TE.TaskEither<SendError, Receipt>

export interface DirectMail {
  /** Loads the SDK, gets credentials and makes the client, so that the first attempt need not. */
  readonly load: TE.TaskEither<SendError, void>
  readonly attempt: Attempt
  /** Closes the connections on which no request is under way. */
  readonly closeIdle: IO<void>
  /** When the credentials that are in use end; ms since the epoch, Infinity where they do not. */
  readonly credentialsEnd: IO<number>
  /** Asks DirectMail about the account. What is asked in one go shares one deadline. */
  readonly startAsking: (options: AskOptions) => Ask
}

type Sent = Promise<E.Either<SendError, Receipt>>

export const makeDirectMail = (config: AnyConfig, options: ClientOptions): DirectMail => {
  const source = makeClientSource(config, options)

  /** Mails that may have arrived, and with whose keys. Each mail is an object of its own message. */
  const inDoubt = new WeakMap<Mail, Ready>()

  const sendOnceReady = async (mail: Mail, nonce: string, limits: Limits): Sent => {
    const startedAt = performance.now()
    const ready = await source.wait(limits)
    return E.isLeft(ready) ? ready : sendMail(ready.right, mail, nonce, shorten(limits, startedAt))
  }

  /** Takes no promise more than the request itself: this is the way of nearly every mail. */
  const sendWithFixedKeys = (mail: Mail, nonce: string, limits: Limits): Sent => {
    const ready = source.current()
    return ready === undefined ? sendOnceReady(mail, nonce, limits) : sendMail(ready, mail, nonce, limits)
  }

  /**
   * - A request that was refused because its token has expired is made again, once, with fresh keys. The nonce stays: to
   *   learn the secret that a signature is checked with, DirectMail has to open the token first, so it has noted nothing.
   * - A mail that may have arrived goes out with the same keys again. Whether DirectMail knows a nonce for the account or
   *   for the key that signed it is not documented; under other keys the second request might be another mail.
   */
  const sendWithRenewedKeys = async (mail: Mail, nonce: string, limits: Limits, mayAskAgain = true): Sent => {
    const startedAt = performance.now()
    const first = inDoubt.get(mail)
    if (first !== undefined && first.lease.expiresAt <= Date.now())
      return E.left(
        credentialsUnavailable('those of the first attempt have expired, with others it could arrive twice'),
      )

    const usable = first ?? source.current()
    const ready = usable === undefined ? await source.wait(limits) : E.right(usable)
    if (E.isLeft(ready)) return ready
    const result = await sendMail(ready.right, mail, nonce, shorten(limits, startedAt))
    if (E.isRight(result)) return result

    if (result.left.delivered === 'unknown') inDoubt.set(mail, ready.right)
    if (!hasExpiredToken(result.left)) return result
    source.discard(ready.right)
    const rest = shorten(limits, startedAt)
    return mayAskAgain && first === undefined && (rest.startMs ?? rest.budgetMs) > 0
      ? sendWithRenewedKeys(mail, nonce, rest, false)
      : result
  }

  const send = source.renews ? sendWithRenewedKeys : sendWithFixedKeys

  return {
    load: pipe(
      TE.fromIO(source.current),
      TE.chain((ready) => (ready === undefined ? source.prepare : TE.right(ready))),
      TE.map(() => undefined),
    ),
    attempt: (mail, nonce, limits) => () => send(mail, nonce, limits),
    closeIdle: () => closeIdleConnections(options.endpoint.host),
    credentialsEnd: source.credentialsEnd,
    startAsking: (options) => startAsking(source, options),
  }
}

/** What is left of the time of an attempt. */
const shorten = ({ budgetMs, startMs = budgetMs, ...rest }: Limits, startedAt: number): Limits => {
  const passedMs = performance.now() - startedAt
  return { ...rest, budgetMs: budgetMs - passedMs, startMs: startMs - passedMs }
}
