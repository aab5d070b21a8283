/**
 * The connector's config: what an administrator writes down once, as JSON. `decodeConfig` reads it from whatever
 * was found in a file, a database or a form, and says everything that is wrong with it at once.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import {
  type Codec,
  decodeAll,
  failAt,
  flag,
  list,
  oneOf,
  property,
  read,
  record,
  refined,
  text,
} from './decode.js'
import { type InvalidConfig, invalidConfig } from '../errors/send-error.js'
import { Mailbox } from './mailbox.js'

const requiredUsageTypes = ['Register', 'SignIn', 'ForgotPassword', 'Generic'] as const

const usageTypes = [
  ...requiredUsageTypes,
  'OrganizationInvitation',
  'UserPermissionValidation',
  'BindNewIdentifier',
  'MfaVerification',
  'BindMfa',
] as const

/**
 * What a mail is for. A config needs a template for `Register`, `SignIn`, `ForgotPassword` and `Generic`; the
 * others fall back to `Generic`.
 *
 * @example
 * import { UsageType } from 'aliyun-dm-connector'
 *
 * console.log(UsageType.is('SignIn'), UsageType.is('signin')) // true false
 *
 * @category codecs
 * @since 0.1.0
 */
export const UsageType: Codec<UsageType> = oneOf('UsageType', usageTypes)

/**
 * @category codecs
 * @since 0.1.0
 */
export type UsageType = (typeof usageTypes)[number]

const regionIds = ['cn-hangzhou', 'ap-southeast-1', 'ap-southeast-2', 'eu-central-1', 'us-east-1'] as const

/**
 * The region in which the sender address was set up. Each has a service of its own.
 *
 * @category codecs
 * @since 0.1.0
 */
export const RegionId: Codec<RegionId> = oneOf('RegionId', regionIds)

/**
 * @category codecs
 * @since 0.1.0
 */
export type RegionId = (typeof regionIds)[number]

/**
 * Whether `content` is HTML, in which values are escaped, or plain text.
 *
 * @category model
 * @since 0.1.0
 */
export type ContentType = 'text/html' | 'text/plain'

/**
 * What a mail says: text with `{{placeholders}}` that the message's payload fills.
 *
 * @category model
 * @since 0.1.0
 */
export interface TemplateContent {
  /** At most 256 characters once rendered. */
  readonly subject: string
  readonly content: string
  /** `text/html` unless given. */
  readonly contentType?: ContentType
  /** Instead of the config's, for this template: the sender's display name, with placeholders. */
  readonly fromAlias?: string
  /** Instead of the config's, for this template: where replies go, with placeholders. */
  readonly replyAddress?: string
}

/**
 * The template for one usage type.
 *
 * @category codecs
 * @since 0.1.0
 */
export interface Template extends TemplateContent {
  readonly usageType: UsageType
}

/**
 * A connector's config.
 *
 * @category codecs
 * @since 0.1.0
 */
export interface Config {
  /** The AccessKey of a RAM user that may call `dm:SingleSendMail`. */
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** For temporary credentials: the token that STS gave with the key pair. */
  readonly securityToken?: string
  /** `cn-hangzhou` unless given. */
  readonly regionId?: RegionId
  /** The sender address (发信地址), as set up in the DirectMail console. */
  readonly accountName: string
  /** The sender's display name, under 15 characters. */
  readonly fromAlias?: string
  /** Whether replies go to the address set up in the console. `false` unless given. */
  readonly replyToAddress?: boolean
  readonly replyAddress?: string
  /** The display name of the reply address, under 15 characters. */
  readonly replyAddressAlias?: string
  /** The e-mail tag (邮件标签) under which DirectMail counts the mails: 1–128 letters, digits, `_`, `-`. */
  readonly tagName?: string
  /** Whether DirectMail traces opens and clicks. It asks for a tag then. */
  readonly clickTrace?: boolean
  /** A pool of dedicated IP addresses to send from. */
  readonly ipPoolId?: string
  readonly templates: ReadonlyArray<Template>
}

// ------------------------------------------------------------------------------------------------------------
// Limits of DirectMail's SingleSendMail, in characters
// ------------------------------------------------------------------------------------------------------------

/** Characters as people count them in a limit: an emoji outside the Basic Multilingual Plane is one. */
export const lengthOf = (s: string): number => Array.from(s).length

/** Whether the text fits `max` characters. Does not walk through a text that cannot fit anyway. */
const atMost = (max: number, s: string): boolean => s.length <= max * 2 && lengthOf(s) <= max

export const aliasFits = (s: string): boolean => atMost(14, s)

export const subjectFits = (s: string): boolean => atMost(256, s)

// ------------------------------------------------------------------------------------------------------------
// Codecs
// ------------------------------------------------------------------------------------------------------------

const NonBlank = text('NonBlank', 'a text that is not empty', (s) => s.trim() !== '')

/** These travel in HTTP headers, where a line break pasted along with a key would break the request. */
const credential = (expected: string, max: number): Codec<string> =>
  text('Credential', expected, (s) => s.length <= max && /^[\x21-\x7e]+$/.test(s))

const AccessKeyId = credential('an AccessKey ID: letters and digits, without spaces or line breaks', 128)
const AccessKeySecret = credential(
  'an AccessKey secret: letters and digits, without spaces or line breaks',
  256,
)
const SecurityToken = credential('an STS token, without spaces or line breaks', 16_384)

const Alias = text('Alias', 'a name under 15 characters', aliasFits)

const TagName = text('TagName', '1–128 letters, digits, "_" or "-"', (s) => /^[\w-]{1,128}$/.test(s))

const ContentTypeCodec: Codec<ContentType> = oneOf('ContentType', ['text/html', 'text/plain'])

/** What a custom usage type may look like: any short name. */
const CustomUsageType = text('UsageType', 'the name of a usage type', (s) => /^\S{1,128}$/.test(s))

const contentFields = { subject: NonBlank, content: NonBlank }
const optionalContentFields = {
  contentType: ContentTypeCodec,
  fromAlias: NonBlank,
  replyAddress: NonBlank,
}

/** The content of a template, without a usage type. */
export const TemplateContent: Codec<TemplateContent> = record<TemplateContent>(
  'TemplateContent',
  contentFields,
  optionalContentFields,
)

const templateOf = (usageType: Codec<UsageType>): Codec<Template> =>
  record<Template>('Template', { usageType, ...contentFields }, optionalContentFields)

/**
 * The template for one usage type.
 *
 * @category codecs
 * @since 0.1.0
 */
export const Template: Codec<Template> = templateOf(UsageType)

const maxTemplates = 10_000

/** A list of templates must cover the required usage types, whatever else is wrong with it. */
const templatesOf = (template: Codec<Template>): Codec<ReadonlyArray<Template>> =>
  refined(list(template, maxTemplates), (decoded, input, context) => {
    const present = E.isRight(decoded) ? decoded.right.map(({ usageType }) => usageType) : usageTypesIn(input)
    const missing = requiredUsageTypes.filter((usageType) => !present.includes(usageType))
    return missing.length === 0
      ? decoded
      : failAt(decoded, context, '', `missing the templates for ${missing.join(', ')}`)
  })

/** The usage types for which there is a template, be it a wrong one. Where there is no list, none is missing. */
const usageTypesIn = (input: unknown): ReadonlyArray<unknown> =>
  pipe(
    input,
    decodeAll(list(property('usageType'), maxTemplates)),
    E.getOrElse((): ReadonlyArray<unknown> => requiredUsageTypes),
  )

/** DirectMail counts clicks by tag, and refuses to trace mails that have none. */
const traceNeedsTag = (config: Codec<Config>): Codec<Config> =>
  refined(config, (decoded, _, context) =>
    E.isRight(decoded) && decoded.right.clickTrace === true && decoded.right.tagName === undefined
      ? failAt(decoded, context, 'tagName', 'missing: expected an e-mail tag, because clickTrace is on')
      : decoded,
  )

const redacted = '[redacted]'

/**
 * Keeps the secrets of a decoded config out of `JSON.stringify`, `util.inspect` and `console.log`. They remain
 * properties like any other, so that a config can be compared, copied and decoded again.
 */
const keepSecrets = (config: Codec<Config>): Codec<Config> =>
  refined(config, (decoded) =>
    pipe(
      decoded,
      E.map((plain) => {
        const shown = (): object => ({
          ...plain,
          accessKeySecret: redacted,
          ...(plain.securityToken === undefined ? {} : { securityToken: redacted }),
        })
        const hidden = (value: string | undefined): PropertyDescriptor => ({
          enumerable: true,
          get: () => value,
        })
        return Object.defineProperties(plain, {
          // Where nobody asks the object how to show itself, as in console.dir, an accessor shows no value.
          accessKeySecret: hidden(plain.accessKeySecret),
          ...(plain.securityToken === undefined ? {} : { securityToken: hidden(plain.securityToken) }),
          toJSON: { value: shown },
          // The symbol by which Node's util.inspect asks an object how to show itself.
          [Symbol.for('nodejs.util.inspect.custom')]: { value: shown },
        })
      }),
    ),
  )

const configOf = (usageType: Codec<UsageType>): Codec<Config> =>
  keepSecrets(
    traceNeedsTag(
      record<Config>(
        'Config',
        {
          accessKeyId: AccessKeyId,
          accessKeySecret: AccessKeySecret,
          accountName: Mailbox,
          templates: templatesOf(templateOf(usageType)),
        },
        {
          securityToken: SecurityToken,
          regionId: RegionId,
          fromAlias: Alias,
          replyToAddress: flag,
          replyAddress: Mailbox,
          replyAddressAlias: Alias,
          tagName: TagName,
          clickTrace: flag,
          ipPoolId: NonBlank,
        },
      ),
    ),
  )

/**
 * A connector's config. Keys it does not know are dropped; an optional key that is null or empty counts as absent.
 *
 * @category codecs
 * @since 0.1.0
 */
export const Config: Codec<Config> = configOf(UsageType)

// A custom usage type is a string like any other at run time. Within the library the type stays the union of the
// known ones, so that everybody else's mistyped name is a compile error.
export const AnyUsageType = CustomUsageType as Codec<UsageType>
const ConfigWithAnyUsageType = configOf(AnyUsageType)

/**
 * Which usage types are accepted: the `known` ones, so that a mistyped name is an error, or `any`, for platforms
 * that add usage types of their own.
 *
 * @category model
 * @since 0.1.0
 */
export type UsageTypes = 'known' | 'any'

/**
 * @category model
 * @since 0.1.0
 */
export interface DecodeOptions {
  /** `known` unless given. */
  readonly usageTypes?: UsageTypes | undefined
}

/** Whether the options, which may come from a caller without types, ask for any usage type. */
export const acceptsAny = (options: unknown): boolean => read(options, 'usageTypes') === 'any'

/**
 * Reads a config. Never throws, whatever it is given. On failure every issue is listed, with its path, what was
 * expected there and, for a mistyped name, the nearest right one; no value is repeated.
 *
 * @example
 * import * as E from 'fp-ts/lib/Either.js'
 * import { decodeConfig } from 'aliyun-dm-connector'
 *
 * const result = decodeConfig({ accessKeyId: 'an ID', regionId: 'cn-hangzou', templates: [] })
 * if (E.isLeft(result)) for (const { path, message } of result.left.issues) console.log(path, message)
 *
 * @category codecs
 * @since 0.1.0
 */
export const decodeConfig = (input: unknown, options?: DecodeOptions): E.Either<InvalidConfig, Config> =>
  pipe(input, decodeAll(acceptsAny(options) ? ConfigWithAnyUsageType : Config), E.mapLeft(invalidConfig))
