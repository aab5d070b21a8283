/**
 * What a caller asks for: a mail for one recipient, for one purpose, with the values its template needs.
 */
import * as E from 'fp-ts/lib/Either.js'
import { flow } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { Locale, TemplateContent } from '../config/template.js'
import {
  createUsageType,
  type DecodeOptions,
  knownUsageTypes,
  readUsageTypes,
  UsageType,
  type UsageTypes,
} from '../config/usage-type.js'
import {
  codec,
  copyProperties,
  decodeAll,
  describeMismatch,
  fail,
  guarded,
  oneOf,
  readProperties,
  record,
} from '../config/decode.js'
import { Mailbox } from '../config/mailbox.js'
import { type InvalidMessage, invalidMessage } from '../errors/send-error.js'

/**
 * The values of a template's placeholders. `{{application.name}}` reads `{ application: { name } }`.
 *
 * @category model
 * @since 0.1.0
 */
export type Payload = Readonly<Record<string, unknown>>

/**
 * The payload of a mail that carries a verification code.
 *
 * @category model
 * @since 0.1.0
 */
export interface CodePayload extends Payload {
  readonly code: string
}

/**
 * The payload of a mail that carries a link to follow.
 *
 * @category model
 * @since 0.1.0
 */
export interface LinkPayload extends Payload {
  readonly link: string
}

interface Asked<K extends string, P> {
  /** Exactly one mailbox, without a display name. */
  readonly to: string
  readonly type: K
  readonly payload: P
  /**
   * The recipient's language (BCP 47). Of the templates of the type, the one whose language fits best is taken; else one
   * without a language, else the first.
   */
  readonly locale?: string | undefined
  /** Instead of the config's template, for this message only: say, a translation. */
  readonly template?: TemplateContent | undefined
}

/** The payload without which a mail of this type is no use. */
type RequiredPayload<K extends string> = K extends 'OrganizationInvitation'
  ? LinkPayload
  : K extends Exclude<UsageType, 'Generic'>
    ? CodePayload
    : Payload

/** A message of one type. */
export type MessageOfType<K extends string> = K extends unknown ? Asked<K, RequiredPayload<K>> : never

/**
 * A message: to whom, what for, and with which values. A mail that verifies somebody carries a `code`, an
 * invitation a `link`; without them the message does not compile.
 *
 * @example
 * import type { Message } from 'aliyun-dm-connector'
 *
 * const message: Message = { to: 'ann@example.com', type: 'SignIn', payload: { code: '123456' } }
 *
 * @category codecs
 * @since 0.1.0
 */
export type Message = MessageOfType<UsageType>

/**
 * A message of which nothing is known but that it can be rendered: under `usageTypes: 'any'`, type and payload are the
 * caller's own affair.
 *
 * @category model
 * @since 0.1.0
 */
export type AnyMessage = Asked<string, Payload>

/**
 * A message of one of your own usage types, whose payload is your own affair.
 *
 * @category model
 * @since 0.1.0
 */
export type OwnMessage<Own extends string> = MessageOfType<Exclude<Own, UsageType>>

/**
 * The messages that are accepted under an option `usageTypes`.
 *
 * @category model
 * @since 0.1.0
 */
export type AcceptedMessage<U extends UsageTypes> = U extends 'any'
  ? AnyMessage
  : U extends ReadonlyArray<infer Own extends string>
    ? Message | OwnMessage<Own>
    : Message

// ------------------------------------------------------------------------------------------------------------
// Codecs
// ------------------------------------------------------------------------------------------------------------

/** A copy: what a placeholder becomes does not change between two looks at it. */
const Payload: t.Type<Payload> = codec('Payload', t.UnknownRecord.is, (u, context) => {
  const payload = copyProperties(u)
  return payload === undefined
    ? fail(context, describeMismatch('an object with the values of the placeholders', u))
    : t.success(payload)
})

const essential = (expected: string): t.Type<string> => guarded('string', `${expected}, as text`, t.string.is)

const CodePayload = Payload.pipe(t.type({ code: essential('a verification code') }), 'Payload')
const LinkPayload = Payload.pipe(t.type({ link: essential('a link') }), 'Payload')

const createMessage = <K extends string, P>(type: t.Type<K>, payload: t.Type<P, Payload>) =>
  record('Message', { to: Mailbox, type, payload }, { locale: Locale, template: TemplateContent })

const { OrganizationInvitation, Generic, ...verifications } = knownUsageTypes
const usageTypeOf = <K extends string>(types: Readonly<Record<K, null>>): t.Type<K> =>
  oneOf('UsageType', types, Object.keys(knownUsageTypes))
const Invitation = createMessage(usageTypeOf({ OrganizationInvitation }), LinkPayload)
const General = createMessage(usageTypeOf({ Generic }), Payload)
const Verification = createMessage(usageTypeOf(verifications), CodePayload)
const Mistyped = createMessage(usageTypeOf<never>({}), Payload)

const keys = ['to', 'type', 'payload', 'locale', 'template']

/**
 * A message: to whom, what for, and with which values.
 *
 * @category codecs
 * @since 0.1.0
 */
export const Message: t.Type<Message> = codec<Message>(
  'Message',
  t.union([Invitation, General, Verification]).is,
  // The type decides what the payload must hold. `t.union` would tell what is wrong with the message as each of them.
  (u, context) => {
    const properties = readProperties(u, keys)
    const type = properties?.['type']
    if (!UsageType.is(type)) return Mistyped.validate(properties ?? u, context)
    if (type === 'OrganizationInvitation') return Invitation.validate(properties, context)
    return (type === 'Generic' ? General : Verification).validate(properties, context)
  },
)

/**
 * Reads a message for rendering, which asks of a payload what the template needs and no more: a message without the
 * code that its type promises is told which template misses it.
 */
export const createReader = (
  usageTypes: UsageTypes,
): ((input: unknown) => E.Either<InvalidMessage, AnyMessage>) => {
  const usageType = createUsageType(usageTypes)
  const decode = flow(decodeAll(createMessage(usageType, Payload)), E.mapLeft(invalidMessage))
  return (input) => {
    const properties = readProperties(input, keys)
    if (properties === undefined) return decode(input)
    const { to, type, locale, template } = properties
    const payload = copyProperties(properties['payload'])
    // Most messages are right and bring no template. Of those there is nothing to tell, so the codecs are only asked.
    const isPlain = template === undefined && (locale === undefined || Locale.is(locale))
    return isPlain && payload !== undefined && Mailbox.is(to) && usageType.is(type)
      ? E.right({ to, type, payload, ...(locale === undefined ? {} : { locale }) })
      : decode(properties)
  }
}

const readAny = createReader('any')
const decodeKnown = flow(decodeAll(Message), E.mapLeft(invalidMessage))

/**
 * Reads a message. Never throws, whatever it is given. Two recipients are refused, since a code is for one person; so
 * is a message without the code or link that its type promises. Under `usageTypes: 'any'` the payload may hold
 * anything.
 *
 * @example
 * import * as E from 'fp-ts/lib/Either.js'
 * import { decodeMessage } from 'aliyun-dm-connector'
 *
 * const result = decodeMessage({ to: 'ann@example.com,eve@example.com', type: 'SignIn', payload: { code: '123456' } })
 * console.log(E.isLeft(result) && result.left.issues) // [{ path: 'to', message: 'expected exactly one …' }]
 *
 * @category codecs
 * @since 0.1.0
 */
export function decodeMessage<const U extends UsageTypes = 'known'>(
  input: unknown,
  options: DecodeOptions<U>,
): E.Either<InvalidMessage, AcceptedMessage<U>>
export function decodeMessage(
  input: unknown,
  options?: DecodeOptions<'known'>,
): E.Either<InvalidMessage, Message>
export function decodeMessage(input: unknown, options?: unknown): E.Either<InvalidMessage, AnyMessage> {
  const usageTypes = readUsageTypes(options)
  if (usageTypes === 'any') return readAny(input)
  // Read once: the type decides who reads the rest.
  const properties = readProperties(input, keys)
  return UsageType.is(properties?.['type'])
    ? decodeKnown(properties)
    : createReader(usageTypes)(properties ?? input)
}
