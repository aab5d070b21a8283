/**
 * The connector's config: what an administrator writes down once, as JSON. `decodeConfig` reads it from whatever
 * was found in a file, a database or a form, and says everything that is wrong with it at once.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type InvalidConfig, invalidConfig } from '../errors/send-error.js'
import { codec, decodeAll, flag, guarded, oneOf, readProperty, record, text, withRule } from './decode.js'
import { Mailbox } from './mailbox.js'
import { hideSecret, isSecret, revealSecret, type Secret } from './secret.js'
import { createTemplate, createTemplates, NonBlank, type Template } from './template.js'
import {
  type AcceptedUsageType,
  createUsageType,
  type DecodeOptions,
  readUsageTypes,
  UsageType,
  type UsageTypes,
} from './usage-type.js'

// ------------------------------------------------------------------------------------------------------------
// Limits of DirectMail's SingleSendMail, in characters
// ------------------------------------------------------------------------------------------------------------

/**
 * The longest display name that DirectMail takes, in characters.
 *
 * @category limits
 * @since 0.1.0
 */
export const maxAliasLength = 14

/**
 * The longest subject that DirectMail takes, in characters. Older pages and the console's templates say 100.
 *
 * @category limits
 * @since 0.1.0
 */
export const maxSubjectLength = 256

/**
 * Whether a text has at most this many characters as people count them: an emoji outside the Basic Multilingual Plane
 * is one. Does not walk through a text that cannot fit anyway.
 */
export const hasAtMost = (max: number, s: string): boolean =>
  s.length <= max || (s.length <= max * 2 && Array.from(s).length <= max)

// ------------------------------------------------------------------------------------------------------------
// Fields
// ------------------------------------------------------------------------------------------------------------

const regionIds = {
  'cn-hangzhou': null,
  'ap-southeast-1': null,
  'ap-southeast-2': null,
  'eu-central-1': null,
  'us-east-1': null,
}

/**
 * @category codecs
 * @since 0.1.0
 */
export type RegionId = keyof typeof regionIds

/**
 * The region in which the sender address was set up. Each has a service of its own.
 *
 * @category codecs
 * @since 0.1.0
 */
export const RegionId: t.Type<RegionId> = oneOf('RegionId', regionIds)

const Alias = text('Alias', `a name under ${maxAliasLength + 1} characters`, (s) =>
  hasAtMost(maxAliasLength, s),
)

/** What mails are grouped by in DirectMail's statistics. */
export const TagName = text('TagName', '1–128 letters, digits, "_" or "-"', (s) => /^[\w-]{1,128}$/.test(s))

/** These travel in HTTP headers, where a line break pasted along with a key would break the request. */
const isHeaderText = (max: number, s: string): boolean => s.length <= max && /^[\x21-\x7e]+$/.test(s)

/** A text, or a secret that was decoded before. */
const secretText = (expected: string, max: number): t.Type<Secret> => {
  const credential = text('Secret', expected, (s) => isHeaderText(max, s))
  return codec(credential.name, isSecret, (u, context) =>
    pipe(credential.validate(isSecret(u) ? revealSecret(u) : u, context), E.map(hideSecret)),
  )
}

const AccessKeyId = text(
  'AccessKeyId',
  'an AccessKey ID: letters and digits, without spaces or line breaks',
  (s) => isHeaderText(128, s),
)
const AccessKeySecret = secretText(
  'an AccessKey secret: letters and digits, without spaces or line breaks',
  256,
)
const SecurityToken = secretText('an STS token, without spaces or line breaks', 16_384)

/** Where `options.credentials` gives the key pair. */
const NotGiven = guarded('undefined', 'nothing, because options.credentials is given, too', t.undefined.is)

/**
 * The settings that each mail takes over from its config as they are. A new one is added here, and to the request's
 * parameters in lib/directmail/; the types of a config and of a mail, and rendering, follow.
 */
const mailSettings = {
  /** Whether replies go to the address set up in the console. `false` unless given. */
  replyToAddress: flag,
  /** Where replies go. */
  replyAddress: Mailbox,
  /** The display name of the reply address, under 15 characters. */
  replyAddressAlias: Alias,
  /** The e-mail tag (邮件标签) under which DirectMail counts the mails: 1–128 letters, digits, `_`, `-`. */
  tagName: TagName,
  /** Whether DirectMail traces opens and clicks. It asks for a tag then. */
  clickTrace: flag,
  /** A pool of dedicated IP addresses to send from. */
  ipPoolId: NonBlank,
}

/** What a config sets for each of its mails. */
export type MailSettings = {
  readonly [K in keyof typeof mailSettings]?: t.TypeOf<(typeof mailSettings)[K]> | undefined
}

export const mailSettingKeys: ReadonlyArray<string> = Object.keys(mailSettings)

// ------------------------------------------------------------------------------------------------------------
// Configs
// ------------------------------------------------------------------------------------------------------------

/** What a config says of its mails: all but the key pair. */
export interface MailConfig<U extends string = UsageType> extends MailSettings {
  /** `cn-hangzhou` unless given. */
  readonly regionId?: RegionId | undefined
  /** The sender address (发信地址), as set up in the DirectMail console. */
  readonly accountName: string
  /** The sender's display name, under 15 characters. */
  readonly fromAlias?: string | undefined
  readonly templates: ReadonlyArray<Template<U>>
}

/**
 * A connector's config, decoded. Its secrets cannot be printed.
 *
 * @category codecs
 * @since 0.1.0
 */
export interface Config<U extends string = UsageType> extends MailConfig<U> {
  /** The AccessKey of a RAM user that may call `dm:SingleSendMail`. */
  readonly accessKeyId: string
  readonly accessKeySecret: Secret
  /** For temporary credentials: the token that STS gave with the key pair. */
  readonly securityToken?: Secret | undefined
}

/**
 * The config of a connector that is given `options.credentials`: without a key pair.
 *
 * @category model
 * @since 0.1.0
 */
export interface KeylessConfig<U extends string = UsageType> extends MailConfig<U> {
  readonly accessKeyId?: undefined
  readonly accessKeySecret?: undefined
  readonly securityToken?: undefined
}

const createFields = <U extends string>(usageType: t.Type<U>) => ({
  required: { accountName: Mailbox, templates: createTemplates(createTemplate(usageType)) },
  optional: { regionId: RegionId, fromAlias: Alias, ...mailSettings },
})

/** DirectMail counts clicks by tag, and refuses to trace mails that have none. */
const traceNeedsTag = <C extends MailSettings>(config: t.Type<C>): t.Type<C> =>
  withRule(config, (decoded) =>
    readProperty(decoded, 'clickTrace') === true && readProperty(decoded, 'tagName') === undefined
      ? { path: 'tagName', message: 'missing: expected an e-mail tag, because clickTrace is on' }
      : undefined,
  )

const keyPair = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret }
const notGiven = { accessKeyId: NotGiven, accessKeySecret: NotGiven, securityToken: NotGiven }

const createConfig = <U extends string>(usageType: t.Type<U>): t.Type<Config<U>> => {
  const { required, optional } = createFields(usageType)
  return traceNeedsTag(
    record('Config', { ...keyPair, ...required }, { securityToken: SecurityToken, ...optional }),
  )
}

const createKeylessConfig = <U extends string>(usageType: t.Type<U>): t.Type<KeylessConfig<U>> => {
  const { required, optional } = createFields(usageType)
  return traceNeedsTag(record('Config', required, { ...notGiven, ...optional }))
}

/**
 * A connector's config. Keys it does not know are dropped; an optional key that is null or empty counts as absent.
 *
 * @category codecs
 * @since 0.1.0
 */
export const Config: t.Type<Config> = createConfig(UsageType)

/**
 * The keys of a config that are read.
 *
 * @category codecs
 * @since 0.1.0
 */
export const configKeys: ReadonlyArray<string> = Object.keys({
  ...createFields(UsageType).required,
  ...notGiven,
  ...createFields(UsageType).optional,
})

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
export function decodeConfig<const U extends UsageTypes = 'known'>(
  input: unknown,
  options: DecodeOptions<U>,
): E.Either<InvalidConfig, Config<AcceptedUsageType<U>>>
export function decodeConfig(
  input: unknown,
  options?: DecodeOptions<'known'>,
): E.Either<InvalidConfig, Config>
export function decodeConfig(input: unknown, options?: unknown): E.Either<InvalidConfig, Config<string>> {
  return decode(createConfig(createUsageType(readUsageTypes(options))), input)
}

const decode = <C>(type: t.Type<C>, input: unknown): E.Either<InvalidConfig, C> =>
  pipe(input, decodeAll(type), E.mapLeft(invalidConfig))

/** Reads the config of a connector that is given `options.credentials`: without a key pair. */
export const decodeKeylessConfig = (
  input: unknown,
  options?: DecodeOptions,
): E.Either<InvalidConfig, KeylessConfig<string>> =>
  decode(createKeylessConfig(createUsageType(readUsageTypes(options))), input)
