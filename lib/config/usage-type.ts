/**
 * What a mail is for, and which names of that a config and its messages may have.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as t from 'io-ts'
import { list, oneOf, readProperties, text } from './decode.js'

/** A record, as `t.keyof` wants it. */
export const knownUsageTypes = {
  Register: null,
  SignIn: null,
  ForgotPassword: null,
  Generic: null,
  OrganizationInvitation: null,
  UserPermissionValidation: null,
  BindNewIdentifier: null,
  MfaVerification: null,
  BindMfa: null,
}

/**
 * @category codecs
 * @since 0.1.0
 */
export type UsageType = keyof typeof knownUsageTypes

/**
 * What a mail is for. A config needs a template for each of `requiredUsageTypes`; the others fall back to `Generic`.
 *
 * @example
 * import { UsageType } from 'aliyun-dm-connector'
 *
 * console.log(UsageType.is('SignIn'), UsageType.is('signin')) // true false
 *
 * @category codecs
 * @since 0.1.0
 */
export const UsageType: t.Type<UsageType> = oneOf('UsageType', knownUsageTypes)

/**
 * The usage types for which every config has a template.
 *
 * @category codecs
 * @since 0.1.0
 */
export const requiredUsageTypes = [
  'Register',
  'SignIn',
  'ForgotPassword',
  'Generic',
] as const satisfies ReadonlyArray<UsageType>

// ------------------------------------------------------------------------------------------------------------
// Which are accepted
// ------------------------------------------------------------------------------------------------------------

/**
 * Which usage types are accepted. `known`: the library's own, so that a mistyped name is an error. A list: these
 * names of yours as well. `any`: every name, for platforms that add usage types of their own.
 *
 * @category model
 * @since 0.1.0
 */
export type UsageTypes = 'known' | 'any' | ReadonlyArray<string>

/**
 * @category model
 * @since 0.1.0
 */
export interface DecodeOptions<U extends UsageTypes = UsageTypes> {
  /** `known` unless given. */
  readonly usageTypes?: U | undefined
}

/**
 * The usage types that a config or a message may have under an option `usageTypes`.
 *
 * @category model
 * @since 0.1.0
 */
export type AcceptedUsageType<U extends UsageTypes> = U extends 'any'
  ? string
  : U extends ReadonlyArray<infer Own extends string>
    ? UsageType | Own
    : UsageType

/** The name of a usage type that the library need not know. */
export const AnyUsageType = text('UsageType', 'the name of a usage type', (s) => /^\S{1,128}$/.test(s))

const maxOwnUsageTypes = 1_000

/** A list of usage types that the library does not know. */
export const OwnUsageTypes = list(AnyUsageType, maxOwnUsageTypes)

/** Which usage types are asked for. A caller without types may give anything: what is no option asks for the known. */
export const readUsageTypes = (options: unknown): UsageTypes => {
  const usageTypes = readProperties(options, ['usageTypes'])?.['usageTypes']
  if (usageTypes === 'any') return 'any'
  return pipe(
    OwnUsageTypes.decode(usageTypes),
    E.getOrElse((): UsageTypes => 'known'),
  )
}

/** The codec for the usage types that are asked for. */
export const createUsageType = (usageTypes: UsageTypes): t.Type<string> => {
  if (usageTypes === 'any') return AnyUsageType
  if (usageTypes === 'known') return oneOf<string>('UsageType', knownUsageTypes)
  const own = Object.fromEntries(usageTypes.map((name) => [name, null]))
  return oneOf<string>('UsageType', { ...knownUsageTypes, ...own })
}
