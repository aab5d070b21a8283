/**
 * What DirectMail tells later about a mail: it arrived or did not, was opened, its link was clicked, its recipient
 * complained or unsubscribed. The codec reads the CloudEvent that EventBridge delivers, and its own encoding.
 *
 * Fields and examples: https://www.alibabacloud.com/help/en/eventbridge/user-guide/events-of-the-direct-mail-type
 * What differs from that page was seen in receivers that are in use:
 *
 * - `source` is `acs:dm` on that page and `acs.dm` in the console's event pattern
 * - the id of the sent mail is `env_id`, but `envid` in feedback events
 * - an FblReport has `block_email`, `send_email`, `message_id`, and its times in seconds since the epoch
 * - times have a zone in older versions of the page, and none in newer ones
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import type { Issue } from '../errors/send-error.js'
import { type InvalidEvent, invalidEvent, type UnsupportedEvent, unsupportedEvent } from './event-error.js'

/**
 * What every event says.
 *
 * @category model
 * @since 0.1.0
 */
export interface EventFields<Tag extends string> {
  readonly _tag: Tag
  /** The event's own id. EventBridge may deliver an event more than once, always under the same id. */
  readonly id: string
  /** The recipient. */
  readonly to: string
  /** When it happened. */
  readonly at: Date
  /** The `envId` of the receipt. DirectMail does not name it in a complaint. */
  readonly envId?: string
  /** The sender address (发信地址) of the account. */
  readonly accountName?: string
  /** The address that the mail says it comes from. */
  readonly from?: string
  /** The mail's `Message-ID`. */
  readonly messageId?: string
  /** The e-mail tag (邮件标签) that the mail was sent with. */
  readonly tagName?: string
  readonly regionId?: string
}

/**
 * The recipient's mail server took the mail.
 *
 * @category model
 * @since 0.1.0
 */
export type Delivered = EventFields<'Delivered'>

/**
 * The mail did not arrive.
 *
 * @category model
 * @since 0.1.0
 */
export interface Failed extends EventFields<'Failed'> {
  /** `invalidAddress`: there is no such mailbox. `spam`: it was taken for spam. `failed`: anything else. */
  readonly status: 'invalidAddress' | 'spam' | 'failed'
  /** DirectMail's name of the failure: `SmtpNxBox`, `SysOutDnsResolveFail`. */
  readonly failedType?: string
  /** The SMTP code: `554`. */
  readonly errorCode?: string
  /** What the recipient's mail server said. */
  readonly errorMessage?: string
}

interface Traced {
  readonly clientIp?: string
  readonly userAgent?: string
}

/**
 * The mail was opened. Needs `clickTrace`.
 *
 * @category model
 * @since 0.1.0
 */
export interface Opened extends EventFields<'Opened'>, Traced {}

/**
 * A link in the mail was clicked. Needs `clickTrace`.
 *
 * @category model
 * @since 0.1.0
 */
export interface Clicked extends EventFields<'Clicked'>, Traced {
  readonly url?: string
}

/**
 * The recipient reported the mail as spam.
 *
 * @category model
 * @since 0.1.0
 */
export type Complained = EventFields<'Complained'>

/**
 * The recipient wants mails again.
 *
 * @category model
 * @since 0.1.0
 */
export type Subscribed = EventFields<'Subscribed'>

/**
 * The recipient wants no more mails.
 *
 * @category model
 * @since 0.1.0
 */
export type Unsubscribed = EventFields<'Unsubscribed'>

/**
 * What became of a mail.
 *
 * @category codecs
 * @since 0.1.0
 */
export type DeliveryEvent = Delivered | Failed | Opened | Clicked | Complained | Subscribed | Unsubscribed

// ------------------------------------------------------------------------------------------------------------
// The event as this library has it
// ------------------------------------------------------------------------------------------------------------

/** The names of these codecs complete the sentence "expected …". */
const codec = <A>(
  name: string,
  is: t.Is<A>,
  read: (u: unknown) => O.Option<A>,
  encode: (a: A) => unknown = t.identity,
): t.Type<A, unknown> =>
  new t.Type(
    name,
    is,
    (u, context) =>
      pipe(
        read(u),
        O.fold(() => t.failure(u, context), t.success),
      ),
    encode,
  )

const isText = (u: unknown): u is string => typeof u === 'string' && u.trim() !== ''

/** Ids and codes come as strings; a number is read as one, as long as JSON has not rounded it. */
const Text = codec('a text that is not empty', isText, (u) =>
  pipe(Number.isSafeInteger(u) ? String(u) : u, O.fromPredicate(isText)),
)

const isAddress = (u: unknown): u is string =>
  typeof u === 'string' && u.length <= 320 && /^[^\s\p{C}@]+@[^\s\p{C}@]+$/u.test(u)

const Address = codec('an e-mail address', isAddress, O.fromPredicate(isAddress))

const isDate = (u: unknown): u is Date => u instanceof Date && !Number.isNaN(u.getTime())

const Time = codec(
  'a date and time',
  isDate,
  (u) => (isDate(u) ? O.some(u) : readTime(u)),
  (date) => date.toISOString(),
)

const told = { id: Text, to: Address, at: Time }
const maybeTold = {
  envId: Text,
  accountName: Text,
  from: Text,
  messageId: Text,
  tagName: Text,
  regionId: Text,
}
const traced = { clientIp: Text, userAgent: Text }

const plain = <Tag extends string>(tag: Tag) =>
  t.intersection([t.strict({ _tag: t.literal(tag), ...told }), t.exact(t.partial(maybeTold))], tag)

const Tagged = t.union(
  [
    plain('Delivered'),
    t.intersection(
      [
        t.strict({
          _tag: t.literal('Failed'),
          ...told,
          status: t.keyof({ invalidAddress: null, spam: null, failed: null }),
        }),
        t.exact(t.partial({ ...maybeTold, failedType: Text, errorCode: Text, errorMessage: Text })),
      ],
      'Failed',
    ),
    t.intersection(
      [t.strict({ _tag: t.literal('Opened'), ...told }), t.exact(t.partial({ ...maybeTold, ...traced }))],
      'Opened',
    ),
    t.intersection(
      [
        t.strict({ _tag: t.literal('Clicked'), ...told }),
        t.exact(t.partial({ ...maybeTold, ...traced, url: Text })),
      ],
      'Clicked',
    ),
    plain('Complained'),
    plain('Subscribed'),
    plain('Unsubscribed'),
  ],
  'DeliveryEvent',
)

// ------------------------------------------------------------------------------------------------------------
// The event as EventBridge delivers it
// ------------------------------------------------------------------------------------------------------------

const isVersion = (u: unknown): u is '1.0' | undefined => u === '1.0' || u === undefined

const CloudEvent = t.type(
  {
    id: Text,
    source: Text,
    type: Text,
    specversion: codec('1.0', isVersion, O.fromPredicate(isVersion)),
    time: t.unknown,
    data: t.record(t.string, t.unknown, 'an object'),
  },
  'a CloudEvent',
)
type CloudEvent = t.TypeOf<typeof CloudEvent>

const sources: ReadonlyArray<string> = ['acs.dm', 'acs:dm']

const tags: Readonly<Record<string, DeliveryEvent['_tag']>> = {
  'dm:Deliver:Succeed': 'Delivered',
  'dm:Deliver:Fail': 'Failed',
  'dm:Trace:Open': 'Opened',
  'dm:Trace:Click': 'Clicked',
  'dm:Feedback:FblReport': 'Complained',
  'dm:Feedback:Subscribe': 'Subscribed',
  'dm:Feedback:UnSubscribe': 'Unsubscribed',
}

const findTag = ({ source, type }: CloudEvent): O.Option<DeliveryEvent['_tag']> =>
  sources.includes(source) && Object.hasOwn(tags, type) ? O.fromNullable(tags[type]) : O.none

/** Where the fields stand in `data`; the first one that is there counts. */
const places: Readonly<Record<string, ReadonlyArray<string>>> = {
  to: ['rcpt', 'block_email'],
  envId: ['env_id', 'envid'],
  accountName: ['account'],
  from: ['from', 'send_email'],
  messageId: ['msg_id', 'message_id'],
  tagName: ['tag'],
  regionId: ['region'],
  failedType: ['failed_type'],
  errorCode: ['err_code'],
  errorMessage: ['err_msg'],
  clientIp: ['client_ip'],
  userAgent: ['user_agent'],
  url: ['url'],
}

const timePlaces = ['deliver_time', 'operate_time', 'block_time']

const isThere = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

const find = (data: CloudEvent['data'], keys: ReadonlyArray<string>): unknown =>
  keys.map((key) => data[key]).find(isThere)

/** The `status` of a failed delivery, as in DirectMail's statistics: 2 invalid address, 3 spam, 4 failed. */
const readStatus = (status: unknown): Failed['status'] => {
  if (status === '2' || status === 2) return 'invalidAddress'
  if (status === '3' || status === 3) return 'spam'
  return 'failed'
}

/** The same under the names of this library; what the values are is looked at afterwards. */
const rename = (tag: DeliveryEvent['_tag'], { id, time, data }: CloudEvent): unknown => {
  const fields = Object.entries(places)
    .map(([name, keys]) => [name, find(data, keys)] as const)
    .filter(([, value]) => isThere(value))
  const published = readTime(time)
  const happened = find(data, timePlaces)
  const at = isThere(happened) ? readTime(happened, O.toUndefined(published)) : published
  return {
    ...Object.fromEntries(fields),
    _tag: tag,
    id,
    at: O.toUndefined(at),
    status: readStatus(data['status']),
  }
}

// ------------------------------------------------------------------------------------------------------------
// Times
// ------------------------------------------------------------------------------------------------------------

const timePattern = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/

/**
 * A time with a zone, or in seconds since the epoch, or without a zone.
 *
 * One without a zone is China's: the page's example has `deliver_time` 11:07:12 where `time` says 11:07:12+08:00, and
 * an older version of it had 11:07:12+08:00 in both. But one receiver in use reads those of feedback events as UTC, and
 * the regions outside China are documented nowhere. `time` always has a zone and tells of the same moment, so of both
 * readings the one nearer to it is taken, and China's where there is no `time`.
 */
const readTime = (u: unknown, near?: Date): O.Option<Date> => {
  const text = typeof u === 'number' ? String(u) : typeof u === 'string' ? u : ''
  if (/^\d{10}$/.test(text)) return O.some(new Date(Number(text) * 1000))
  const [, day = '', clock = '', fraction = '', zone] = timePattern.exec(text) ?? []
  if (!isOnCalendar(`${day}T${clock}`)) return O.none
  const at = (zone: string): Date => new Date(`${day}T${clock}${fraction}${zone}`)
  if (zone !== undefined) return O.fromPredicate(isDate)(at(zone))
  const [china, utc] = [at('+08:00'), at('Z')]
  const distance = (date: Date): number =>
    near === undefined ? 0 : Math.abs(date.getTime() - near.getTime())
  return O.some(distance(utc) < distance(china) ? utc : china)
}

/** JavaScript takes the 31st of February for the 2nd of March. */
const isOnCalendar = (time: string): boolean =>
  pipe(new Date(`${time}Z`), (date) => isDate(date) && date.toISOString().startsWith(time))

// ------------------------------------------------------------------------------------------------------------
// Codec
// ------------------------------------------------------------------------------------------------------------

/** The same place, where another codec is asked. */
const asking = (type: t.Mixed, context: t.Context): t.Context =>
  context.map((entry, index) => (index === context.length - 1 ? { ...entry, type } : entry))

const decodeCloudEvent = (
  u: unknown,
  context: t.Context,
): E.Either<t.Errors | UnsupportedEvent, DeliveryEvent> =>
  pipe(
    CloudEvent.validate(u, asking(CloudEvent, context)),
    E.chainW((event) =>
      pipe(
        findTag(event),
        E.fromOption(() => unsupportedEvent(event.source, event.type)),
        E.chainW((tag) => Tagged.validate(rename(tag, event), asking(Tagged, context))),
      ),
    ),
  )

const isErrors = (left: t.Errors | UnsupportedEvent): left is t.Errors => Array.isArray(left)

/** Getters and proxies may throw; a codec does not. */
const guard = <A>(read: () => A, otherwise: () => A): A => {
  try {
    return read()
  } catch {
    return otherwise()
  }
}

/** A copy: what is looked at is what is returned. An optional field that is undefined is left out. */
const copy = (u: object): unknown =>
  Object.fromEntries(Object.entries(u).filter(([, value]) => value !== undefined))

const validate: t.Validate<unknown, DeliveryEvent> = (u, context) =>
  guard(
    () =>
      t.UnknownRecord.is(u) && '_tag' in u
        ? Tagged.validate(copy(u), context)
        : pipe(
            decodeCloudEvent(u, context),
            E.mapLeft((left) => (isErrors(left) ? left : [{ value: u, context, message: left.message }])),
          ),
    () => t.failure(u, context, 'The event could not be read.'),
  )

/**
 * What became of a mail. Reads a CloudEvent of DirectMail's as EventBridge delivers it, also one that came by a queue
 * and not by `receiveEvent`, and its own encoding, whose `at` is an ISO 8601 text.
 *
 * @example
 * import * as E from 'fp-ts/lib/Either.js'
 * import { DeliveryEvent } from 'aliyun-dm-connector/events'
 *
 * const event = DeliveryEvent.decode({
 *   id: '8734hhidu983hi457',
 *   source: 'acs.dm',
 *   specversion: '1.0',
 *   type: 'dm:Deliver:Fail',
 *   time: '2024-04-29T11:07:12+08:00',
 *   data: { env_id: '600001', rcpt: 'ann@example.com', status: '2', err_code: '554', deliver_time: '2024-04-29T11:07:12' },
 * })
 * if (E.isRight(event)) console.log(event.right._tag, event.right.to, event.right.at)
 *
 * @category codecs
 * @since 0.1.0
 */
export const DeliveryEvent: t.Type<DeliveryEvent, unknown> = new t.Type<DeliveryEvent, unknown>(
  'DeliveryEvent',
  (u): u is DeliveryEvent =>
    guard(
      () => Tagged.is(u),
      () => false,
    ),
  validate,
  Tagged.encode,
)

/** Reads the body of a request whose signature is right. */
export const decodeEvent = (body: unknown): E.Either<InvalidEvent | UnsupportedEvent, DeliveryEvent> =>
  pipe(
    decodeCloudEvent(body, [{ key: '', type: Tagged }]),
    E.mapLeft((left) => (isErrors(left) ? invalidEvent(left.map(toIssue)) : left)),
  )

/** That a codec is made of others shows in the context as a key, but is no place in the input. */
const toIssue = ({ context }: t.ValidationError): Issue => ({
  path: context
    .filter((_, index) => index > 0 && !isMadeOfOthers(context[index - 1]?.type))
    .map(({ key }) => key)
    .join('.'),
  message: `expected ${context.at(-1)?.type.name ?? 'something else'}`,
})

const isMadeOfOthers = (type: unknown): boolean =>
  type instanceof t.IntersectionType || type instanceof t.UnionType
