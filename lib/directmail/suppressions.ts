/**
 * Addresses to which DirectMail sends no more mails, since one bounced or somebody entered them: ListUserSuppression and
 * RemoveUserSuppression.
 * https://www.alibabacloud.com/help/en/direct-mail/api-dm-2015-11-23-listusersuppression
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { decodeAll } from '../config/decode.js'
import { Mailbox } from '../config/mailbox.js'
import { invalidQuery, type SendError } from '../errors/send-error.js'
import { Amount, answerOf, Line, page } from './account-codecs.js'
import type { Ask } from './ask.js'

/**
 * An entry of the account's suppression list (无效地址).
 *
 * @category model
 * @since 0.1.0
 */
export interface Suppression {
  /** A mailbox, or a domain. */
  readonly address: string
  readonly suppressionId: number
  /** `user`: somebody entered it. `system`: mails to it bounced. */
  readonly type?: string | undefined
  readonly createdAt?: Date | undefined
  readonly lastBounceAt?: Date | undefined
}

/** The entries for an address: its own, and that of its domain. */
export const findSuppressions =
  (startAsking: () => Ask) =>
  (address: string): TE.TaskEither<SendError, ReadonlyArray<Suppression>> =>
    pipe(
      TE.fromEither(decodeAddress(address)),
      TE.chain((mailbox) => () => findEntries(startAsking(), mailbox, findDomain(mailbox))),
    )

/** Removes the address from the list, and tells which entries that were. That of its domain stays. */
export const removeSuppression =
  (startAsking: () => Ask) =>
  (address: string): TE.TaskEither<SendError, ReadonlyArray<Suppression>> =>
    pipe(
      TE.fromEither(decodeAddress(address)),
      TE.chain((mailbox) => async () => {
        const ask = startAsking()
        const found = await findEntries(ask, mailbox)
        if (E.isLeft(found) || found.right.length === 0) return found
        const suppressionIds = found.right.map(({ suppressionId }) => suppressionId).join(',')
        const removed = await ask('RemoveUserSuppression', { suppressionIds }, answerOf({}, {}))
        return E.isLeft(removed) ? removed : found
      }),
    )

const decodeAddress = (address: unknown): E.Either<SendError, string> =>
  pipe(address, decodeAll(Mailbox, 'address'), E.mapLeft(invalidQuery))

const findDomain = (mailbox: string): string => mailbox.slice(mailbox.lastIndexOf('@') + 1)

const Entry = answerOf(
  { address: Line, suppressionId: Amount },
  { type: Line, createTime: Amount, lastBounceTime: Amount },
)

const Entries = answerOf({}, { data: answerOf({}, { userSuppressions: page(Entry) }) })

const toSuppression = ({ createTime, lastBounceTime, ...rest }: t.TypeOf<typeof Entry>): Suppression => ({
  ...rest,
  // Seconds since the epoch; 0 where it never bounced.
  ...(createTime && { createdAt: new Date(createTime * 1000) }),
  ...(lastBounceTime && { lastBounceAt: new Date(lastBounceTime * 1000) }),
})

/**
 * Whether DirectMail looks for exactly the address, or for whatever contains it, is not documented: what is not the same
 * is left out. A list of the former kind has one entry, so the first page is enough.
 */
const findEntries = async (
  ask: Ask,
  ...addresses: ReadonlyArray<string>
): Promise<E.Either<SendError, ReadonlyArray<Suppression>>> => {
  const entries: Array<Suppression> = []
  for (const address of addresses) {
    const answer = await ask('ListUserSuppression', { address, pageNo: 1, pageSize: 50 }, Entries)
    if (E.isLeft(answer)) return answer
    const found = answer.right.data?.userSuppressions ?? []
    entries.push(
      ...found.filter((entry) => entry.address.toLowerCase() === address.toLowerCase()).map(toSuppression),
    )
  }
  return E.right(entries)
}
