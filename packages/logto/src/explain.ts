/**
 * An administrator's test that DirectMail refuses: DirectMail is asked what it knows of the account, and what is wrong
 * there joins the refusal. Users do not wait for it.
 */
import type { Connector, SendError } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'
import type { Reader } from './errors.js'

/**
 * The failure, with the points that fail and what to do about each in its message. Where the key may not ask, or
 * DirectMail does not answer, the failure stays as it is. The console waits for 20 s: long enough for both deadlines.
 */
export const explain = async (
  { verify }: Pick<Connector, 'verify'>,
  failure: SendError,
  reader: Reader,
): Promise<SendError> => {
  if (reader._tag === 'User' || failure._tag !== 'Rejected') return failure
  const verification = await verify()
  if (E.isLeft(verification)) return failure
  // A wrong key pair is refused with the same code here, and the failure says what to do about it.
  const problems = verification.right.entries.flatMap((entry) =>
    entry._tag === 'Problem' && !entry.message.includes(failure.code)
      ? [`${entry.message}. ${entry.cure}.`]
      : [],
  )
  return problems.length === 0
    ? failure
    : { ...failure, message: [failure.message, 'The account:', ...problems].join(' ') }
}
