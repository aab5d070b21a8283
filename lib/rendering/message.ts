/**
 * What a caller asks for: a mail for one recipient, for one purpose, with the values its template needs.
 */
import * as E from 'fp-ts/lib/Either.js'
import { flow } from 'fp-ts/lib/function.js'
import { acceptsAny, AnyUsageType, type DecodeOptions, TemplateContent, UsageType } from '../config/config.js'
import { type Codec, decodeAll, guarded, isRecord, record } from '../config/decode.js'
import { type InvalidMessage, invalidMessage } from '../errors/send-error.js'
import { Mailbox } from '../config/mailbox.js'

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

interface Addressed {
  /** Exactly one mailbox, without a display name. */
  readonly to: string
  /** Instead of the config's template, for this message only: say, a translation. */
  readonly template?: TemplateContent
}

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
export type Message =
  | (Addressed & { readonly type: 'OrganizationInvitation'; readonly payload: LinkPayload })
  | (Addressed & { readonly type: 'Generic'; readonly payload: Payload })
  | (Addressed & {
      readonly type: Exclude<UsageType, 'OrganizationInvitation' | 'Generic'>
      readonly payload: CodePayload
    })

interface AnyMessage extends Addressed {
  readonly type: UsageType
  readonly payload: Payload
}

const PayloadCodec: Codec<Payload> = guarded(
  'Payload',
  'an object with the values of the placeholders',
  isRecord,
)

const messageOf = (usageType: Codec<UsageType>): Codec<Message> =>
  // Whether the payload holds what the template needs is for the template to say (`MissingVariables`). That a
  // verification mail needs a code is a promise of the types only.
  record<AnyMessage>(
    'Message',
    { to: Mailbox, type: usageType, payload: PayloadCodec },
    { template: TemplateContent },
  ) as Codec<Message>

/**
 * A message: to whom, what for, and with which values.
 *
 * @category codecs
 * @since 0.1.0
 */
export const Message: Codec<Message> = messageOf(UsageType)

/**
 * Reads a message. Never throws, whatever it is given. Two recipients are refused, since a code is for one person.
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
export const decodeMessage = (input: unknown, options?: DecodeOptions): E.Either<InvalidMessage, Message> =>
  acceptsAny(options) ? decodeOfAnyUsageType(input) : decodeOfKnownUsageType(input)

const decodeOfKnownUsageType = flow(decodeAll(Message), E.mapLeft(invalidMessage))

const decodeOfAnyUsageType = flow(decodeAll(messageOf(AnyUsageType)), E.mapLeft(invalidMessage))
