/**
 * Waiting for a mail. A test may start to wait before the mail is sent or after it, so what is there already counts
 * like what is yet to come.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { guard, integer, partial, report, snapshot } from './decoding.js'
import type { Inbox } from './inbox.js'
import type { ReceivedMail } from './mail.js'

/**
 * Which mail to wait for, and how long.
 *
 * @category model
 * @since 0.1.0
 */
export interface MailQuery {
  /** One of the mail's recipients, in capitals or not. Default: anybody. */
  readonly to?: string | undefined
  /** Only a mail that came after the one with this envId. Default: any. */
  readonly since?: string | undefined
  /** Milliseconds to wait at most. Default 10 000; 0 looks only at what is there. */
  readonly timeoutMs?: number | undefined
}

const Query: t.Decoder<unknown, MailQuery> = partial({
  to: t.string,
  since: guard('an envId', (value): value is string => typeof value === 'string' && /^\d{1,20}$/.test(value)),
  timeoutMs: integer(0, 86_400_000),
})

/** Left with what is wrong with a query. */
export const decodeMailQuery = (given: unknown): E.Either<string, MailQuery> =>
  pipe(
    snapshot(given),
    E.mapLeft(() => 'the query could not be read'),
    E.chain((copy) =>
      pipe(
        Query.decode(copy),
        E.mapLeft((errors) => report(errors).join('; ')),
      ),
    ),
  )

/** Whether a mail is one of those that a query asks for. */
export const matchMail =
  ({ to, since }: MailQuery) =>
  ({ toAddress, envId }: ReceivedMail): boolean =>
    // EnvIds grow, and all have the same number of digits.
    (since === undefined || BigInt(envId) > BigInt(since)) &&
    (to === undefined || toAddress.toLowerCase().split(/, ?/).includes(to.toLowerCase()))

const describe = ({ to, since }: MailQuery): string =>
  `no mail${to === undefined ? '' : ` to ${to}`}${since === undefined ? '' : ` since ${since}`}`

/** The oldest mail that matches, as soon as there is one. Left when time is up, or when `stopped` is aborted. */
export const waitForMail =
  (inbox: Inbox, stopped: AbortSignal) =>
  (query: MailQuery): TE.TaskEither<Error, ReceivedMail> =>
  () =>
    new Promise((resolve) => {
      const { timeoutMs = 10_000 } = query
      const matches = matchMail(query)
      const giveUp = (why: string) => (): void => {
        settle(E.left(new Error(`waitForMail: ${describe(query)} ${why}`)))
      }
      const giveUpInTime = giveUp(`within ${timeoutMs} ms`)
      const giveUpOnStop = giveUp('before the sandbox was stopped')
      const timer = setTimeout(giveUpInTime, timeoutMs)
      const leave = inbox.subscribe((event) => {
        if (event.type === 'mail' && matches(event.mail)) settle(E.right(event.mail))
      })
      const settle = (result: E.Either<Error, ReceivedMail>): void => {
        clearTimeout(timer)
        leave()
        stopped.removeEventListener('abort', giveUpOnStop)
        resolve(result)
      }
      const there = inbox.mails().find(matches)
      if (there !== undefined) settle(E.right(there))
      else if (stopped.aborted) giveUpOnStop()
      else stopped.addEventListener('abort', giveUpOnStop)
    })
