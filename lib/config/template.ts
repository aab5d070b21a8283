/**
 * A config's templates: what the mails of each usage type say, in each language.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import { codec, fail, guarded, list, oneOf, readItems, readProperties, record, text } from './decode.js'
import { requiredUsageTypes, UsageType } from './usage-type.js'

const contentTypes = { 'text/html': null, 'text/plain': null }

/**
 * Whether `content` is HTML, in which values are escaped, or plain text.
 *
 * @category model
 * @since 0.1.0
 */
export type ContentType = keyof typeof contentTypes

/** A text that says something. */
export const NonBlank = text('NonBlank', 'a text that is not empty', (s) => s.trim() !== '')

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
  readonly contentType?: ContentType | undefined
  /** Instead of the config's, for this template: the sender's display name, with placeholders. */
  readonly fromAlias?: string | undefined
  /** Instead of the config's, for this template: where replies go, with placeholders. */
  readonly replyAddress?: string | undefined
}

const contentFields = { subject: NonBlank, content: NonBlank }
const optionalContentFields = {
  contentType: oneOf('ContentType', contentTypes),
  fromAlias: NonBlank,
  replyAddress: NonBlank,
}

/** The longest that anybody uses is a third of it. */
const maxLocaleLength = 100

const isLocale = (s: string): boolean =>
  s.length <= maxLocaleLength && O.isSome(O.tryCatch(() => Intl.getCanonicalLocales(s)))

/**
 * A language tag of BCP 47: `en`, `zh-CN`, `zh-Hant-TW`.
 *
 * @category codecs
 * @since 0.1.0
 */
export const Locale: t.Type<string> = text(
  'Locale',
  'a language tag (BCP 47), such as "en" or "zh-CN"',
  isLocale,
)

/** Files are read before a config is decoded. */
const NotRead = guarded(
  'undefined',
  'content in its place: only loadConfig and the command aliyun-dm read files',
  t.undefined.is,
)

/** The content of a template, without a usage type. */
export const TemplateContent: t.Type<TemplateContent> = record(
  'TemplateContent',
  contentFields,
  optionalContentFields,
)

/**
 * The template for one usage type.
 *
 * @category codecs
 * @since 0.1.0
 */
export interface Template<U extends string = UsageType> extends TemplateContent {
  readonly usageType: U
  /**
   * The language of its texts, as BCP 47 writes it: `en`, `zh-CN`. A usage type may have a template for each; the message's
   * `locale` chooses.
   */
  readonly locale?: string | undefined
}

const ownTemplateFields = { locale: Locale, contentFile: NotRead }

export const createTemplate = <U extends string>(usageType: t.Type<U>): t.Type<Template<U>> =>
  record('Template', { usageType, ...contentFields }, { ...ownTemplateFields, ...optionalContentFields })

/**
 * The template for one usage type.
 *
 * @category codecs
 * @since 0.1.0
 */
export const Template: t.Type<Template> = createTemplate(UsageType)

/**
 * The keys of a template that are read.
 *
 * @category codecs
 * @since 0.1.0
 */
export const templateKeys: ReadonlyArray<string> = Object.keys({
  usageType: UsageType,
  ...contentFields,
  ...ownTemplateFields,
  ...optionalContentFields,
})

const maxTemplates = 10_000

/** A list of templates must cover the required usage types, whatever else is wrong with it. */
export const createTemplates = <U extends string>(
  template: t.Type<Template<U>>,
): t.Type<ReadonlyArray<Template<U>>> => {
  const templates = list(template, maxTemplates)
  return codec(
    templates.name,
    (u) => templates.is(u) && findMissing(u).length === 0,
    (u, context) => {
      // Read once, and looked at twice.
      const items = readItems(u, maxTemplates)?.map((item) => readProperties(item, templateKeys) ?? item)
      const decoded = templates.validate(items ?? u, context)
      const missing = findMissing(
        E.isRight(decoded) ? decoded.right : (items ?? requiredUsageTypes.map(named)),
      )
      if (missing.length === 0) return decoded
      const failed = fail(context, `missing the templates for ${missing.join(', ')}`)
      return E.isLeft(decoded) && E.isLeft(failed) ? t.failures(decoded.left.concat(failed.left)) : failed
    },
  )
}

const named = (usageType: string): { readonly usageType: string } => ({ usageType })

/** The required usage types for which there is no template, not even a wrong one. */
const findMissing = (templates: ReadonlyArray<unknown>): ReadonlyArray<UsageType> =>
  requiredUsageTypes.filter(
    (required) =>
      !templates.some((template) => readProperties(template, ['usageType'])?.['usageType'] === required),
  )
