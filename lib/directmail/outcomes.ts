/**
 * What DirectMail knows of mails to an address: SenderStatisticsDetailByParam, page after page.
 * https://www.alibabacloud.com/help/en/direct-mail/api-dm-2015-11-23-senderstatisticsdetailbyparam
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { TagName } from '../config/config.js'
import { decodeAll, guarded, record, withRule } from '../config/decode.js'
import { Mailbox } from '../config/mailbox.js'
import {
  invalidQuery,
  invalidResponse,
  type Issue,
  type SendError,
  withoutMail,
} from '../errors/send-error.js'
import { Amount, answerOf, Line, page, Time } from './account-codecs.js'
import type { Ask } from './ask.js'

/**
 * Which mails: to whom, and when DirectMail last heard of them.
 *
 * @category model
 * @since 0.1.0
 */
export interface OutcomeQuery {
  /** The recipient. */
  readonly to: string
  /** At most 30 days ago: DirectMail keeps no more. */
  readonly since: Date
  /** Now, unless given. */
  readonly until?: Date | undefined
  /**
   * Only mails with this e-mail tag (邮件标签). DirectMail takes either a recipient or a tag, so every mail with the tag
   * is read, and those to others are left out: ask for a short time.
   */
  readonly tag?: string | undefined
}

/**
 * What became of one mail. DirectMail names neither its `envId` nor its tag here. Its subject is left out: it may hold
 * the code.
 *
 * @category model
 * @since 0.1.0
 */
export interface Outcome {
  /** The words of the delivery event `Failed`, and `delivered`: the recipient's mail server took the mail. */
  readonly status: 'delivered' | 'invalidAddress' | 'spam' | 'failed'
  readonly to: string
  /** When DirectMail last heard of it, to the second. */
  readonly at: Date
  /** The sender address (发信地址). */
  readonly accountName?: string | undefined
  /** What the recipient's mail server said, or DirectMail itself: `250 Send Mail OK`. At most 1 000 characters. */
  readonly message?: string | undefined
  /** DirectMail's name of the failure: `SmtpNxBox`. */
  readonly classification?: string | undefined
}

/** Finds outcomes, the newest first. */
export const findOutcomes =
  (startAsking: () => Ask) =>
  (query: unknown): TE.TaskEither<SendError, ReadonlyArray<Outcome>> =>
  async () => {
    const now = Date.now()
    const wanted = decodeQuery(query, now)
    return E.isLeft(wanted) ? wanted : readPages(startAsking(), wanted.right, now)
  }

// ------------------------------------------------------------------------------------------------------------
// The query
// ------------------------------------------------------------------------------------------------------------

const minuteMs = 60_000
const longestMs = 30 * 24 * 60 * minuteMs

const DateCodec = guarded('Date', 'a Date', (u): u is Date => u instanceof Date && !Number.isNaN(u.getTime()))

const Query: t.Type<OutcomeQuery> = record(
  'OutcomeQuery',
  { to: Mailbox, since: DateCodec },
  {
    until: DateCodec,
    tag: TagName,
  },
)

const checkTimes = ({ since, until }: OutcomeQuery, now: number): Issue | undefined => {
  // A caller that computes "30 days ago" has done so a moment before.
  if (since.getTime() < now - longestMs - minuteMs)
    return { path: 'since', message: 'expected a time in the last 30 days: DirectMail keeps no more' }
  return until !== undefined && until < since
    ? { path: 'until', message: 'expected a time after since' }
    : undefined
}

const decodeQuery = (query: unknown, now: number): E.Either<SendError, OutcomeQuery> =>
  pipe(query, decodeAll(withRule(Query, (decoded) => checkTimes(decoded, now))), E.mapLeft(invalidQuery))

const chinaMs = 8 * 60 * minuteMs

/** How far apart DirectMail lets this machine's clock be from its own. */
const clockMs = 15 * minuteMs

const formatMinute = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

/**
 * The times of a request, `yyyy-MM-dd HH:mm` without a zone, of which no page tells the zone. China's is likely: programs
 * in use send it, and in the page's example of an answer LastUpdateTime is 2021-04-28T17:11Z where UtcLastUpdateTime is
 * 1619601108, which is 09:11 in UTC.
 * So the window is as long as it takes to hold the wanted time under both readings: it begins by UTC and ends by China's
 * time. Where that makes more than the 30 days that DirectMail allows, it begins later, by China's time at the latest.
 * What was not asked for is left out afterwards.
 */
const formatWindow = (
  { since, until = new Date(8.64e15) }: Pick<OutcomeQuery, 'since' | 'until'>,
  now: number,
): { readonly startTime: string; readonly endTime: string } => {
  const begin = Math.floor(since.getTime() / minuteMs) * minuteMs
  const last = Math.min(until.getTime(), Math.max(now + clockMs, begin), since.getTime() + longestMs)
  const end = Math.ceil(last / minuteMs) * minuteMs + chinaMs
  return { startTime: formatMinute(Math.max(begin, end - longestMs)), endTime: formatMinute(end) }
}

// ------------------------------------------------------------------------------------------------------------
// The answer
// ------------------------------------------------------------------------------------------------------------

const Detail = answerOf(
  { status: Amount, utcLastUpdateTime: Time },
  { toAddress: Line, accountName: Line, message: Line, errorClassification: Line },
)
type Detail = t.TypeOf<typeof Detail>

const Details = answerOf({}, { data: answerOf({}, { mailDetail: page(Detail) }), nextStart: t.string })

/** DirectMail documents no others. With another one the mail is still under way, for all we know. */
const statuses: Readonly<Record<number, Outcome['status']>> = {
  0: 'delivered',
  2: 'invalidAddress',
  3: 'spam',
  4: 'failed',
}

const pageSize = 100
const maxPages = 100

const readPages = async (
  ask: Ask,
  query: OutcomeQuery,
  now: number,
): Promise<E.Either<SendError, ReadonlyArray<Outcome>>> => {
  const { to, tag } = query
  const parameters = {
    ...(tag === undefined ? { toAddress: to } : { tagName: tag }),
    ...formatWindow(query, now),
    length: pageSize,
  }
  const outcomes: Array<Outcome> = []
  let nextStart: string | undefined
  for (let pages = 0; pages < maxPages; pages += 1) {
    const asked = nextStart === undefined ? parameters : { ...parameters, nextStart }
    const answer = await ask('SenderStatisticsDetailByParam', asked, Details)
    if (E.isLeft(answer)) return answer
    const { data, nextStart: following } = answer.right
    const details = data?.mailDetail ?? []
    for (const detail of details) outcomes.push(...toOutcomes(detail, query))
    if (following === undefined || details.length === 0)
      return E.right(outcomes.sort((a, b) => b.at.getTime() - a.at.getTime()))
    if (following === nextStart)
      return E.left(
        withoutMail(invalidResponse('a page is followed by itself'), 'SenderStatisticsDetailByParam'),
      )
    nextStart = following
  }
  const message = `expected a time with at most ${maxPages * pageSize} mails: ask for a shorter one`
  return E.left(invalidQuery([{ path: 'since', message }]))
}

const toOutcomes = (detail: Detail, { to, since, until, tag }: OutcomeQuery): ReadonlyArray<Outcome> => {
  const { toAddress, status: number, utcLastUpdateTime: at, errorClassification, ...rest } = detail
  const status = statuses[number]
  const isWanted =
    // Without a tag DirectMail was asked for the address. Its page shows addresses in answers with asterisks in them.
    (tag === undefined || toAddress?.toLowerCase() === to.toLowerCase()) &&
    at.getTime() >= Math.floor(since.getTime() / minuteMs) * minuteMs &&
    (until === undefined || at <= until)
  if (status === undefined || !isWanted) return []
  const classified =
    errorClassification === undefined ? rest : { ...rest, classification: errorClassification }
  return [{ status, to, at, ...classified }]
}
