/**
 * From template and payload to a mail. Placeholders are found once, when the config is read; rendering a message
 * then only joins strings. Values are put in once: a value that looks like a placeholder stays as it is.
 */
import { escapeUTF8 } from 'entities'
import * as E from 'fp-ts/lib/Either.js'
import {
  hasAtMost,
  type MailConfig,
  type MailSettings,
  mailSettingKeys,
  maxAliasLength,
  maxSubjectLength,
} from '../config/config.js'
import { describeMismatch, readProperties, shorten, withoutPrototype } from '../config/decode.js'
import { isMailbox } from '../config/mailbox.js'
import type { ContentType, Template, TemplateContent } from '../config/template.js'
import {
  type InvalidMessage,
  invalidMessage,
  type Issue,
  missingVariables,
  type RenderError,
  templateNotFound,
} from '../errors/send-error.js'
import type { AnyMessage, Payload } from './message.js'
import { type CompiledPlaceholder, type CompiledText, compileText, type Placeholder } from './placeholders.js'
import { createTranslations, type Translation, type Translations } from './translations.js'

/**
 * A rendered message: nothing is left to fill in.
 *
 * @category model
 * @since 0.1.0
 */
export interface Mail extends MailSettings {
  readonly usageType: string
  readonly to: string
  /** The sender address. */
  readonly accountName: string
  /** The sender's display name. */
  readonly fromAlias?: string | undefined
  readonly subject: string
  readonly contentType: ContentType
  readonly body: string
  readonly replyToAddress: boolean
}

/**
 * @category model
 * @since 0.1.0
 */
export interface RenderOptions {
  /**
   * What a placeholder becomes for which the payload holds nothing: the message fails with `MissingVariables`, or
   * the placeholder stays as it was written. `fail` unless given.
   */
  readonly missingVariables?: 'fail' | 'keep' | undefined
  /**
   * What a value has to be where it begins an `href` or `src` in HTML, and so decides where a link leads: an `https:` or
   * `mailto:` address, or the message fails with `InvalidMessage`; or `any`. `safe` unless given.
   */
  readonly links?: 'safe' | 'any' | undefined
}

// ------------------------------------------------------------------------------------------------------------
// Compile
// ------------------------------------------------------------------------------------------------------------

interface CompiledTemplate {
  /** Whose it is: the message's own usage type, or the one that stands in for it. A message's own template has none. */
  readonly usageType: string | undefined
  readonly contentType: ContentType
  readonly subject: CompiledText
  readonly body: CompiledText
  readonly fromAlias: CompiledText
  readonly replyAddress: CompiledText
}

const compileTemplate = (template: TemplateContent, usageType?: string): CompiledTemplate => {
  const { subject, content, contentType = 'text/html', fromAlias, replyAddress } = withoutPrototype(template)
  return {
    usageType,
    contentType,
    subject: compileText(subject),
    body: compileText(content, contentType === 'text/html'),
    fromAlias: compileText(fromAlias ?? ''),
    replyAddress: compileText(replyAddress ?? ''),
  }
}

/** What rendering needs of a config. */
interface CompiledConfig {
  /** What every mail of the config has in common, unless its template says otherwise. */
  readonly common: Omit<Mail, 'usageType' | 'to' | 'subject' | 'contentType' | 'body'>
  /** The templates of each usage type. */
  readonly templates: ReadonlyMap<string, Translations<CompiledTemplate>>
}

const compileConfig = (config: MailConfig<string>): CompiledConfig => {
  const { accountName, fromAlias, templates } = withoutPrototype(config)
  const settings = copySettings(config)
  return {
    common: {
      accountName,
      ...settings,
      replyToAddress: settings.replyToAddress ?? false,
      ...(fromAlias === undefined ? {} : { fromAlias: putOnOneLine(fromAlias.toWellFormed()) }),
    },
    templates: compileTemplates(templates),
  }
}

const compileTemplates = (
  templates: ReadonlyArray<Template<string>>,
): ReadonlyMap<string, Translations<CompiledTemplate>> => {
  const groups = new Map<string, Array<Translation<CompiledTemplate>>>()
  for (const template of templates) {
    const { usageType, locale } = withoutPrototype(template)
    const group = groups.get(usageType) ?? []
    group.push({ locale, value: compileTemplate(template, usageType) })
    groups.set(usageType, group)
  }
  return new Map(Array.from(groups, ([usageType, group]) => [usageType, createTranslations(group)]))
}

const copySettings = (config: MailSettings): MailSettings => {
  const settings: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(readProperties(config, mailSettingKeys) ?? {}))
    if (value !== undefined)
      settings[key] = typeof value === 'string' ? putOnOneLine(value.toWellFormed()) : value
  return settings
}

// ------------------------------------------------------------------------------------------------------------
// Values
// ------------------------------------------------------------------------------------------------------------

/** What is wrong with a part of a mail. */
type Problem =
  { readonly _tag: 'Missing'; readonly name: string } | { readonly _tag: 'Wrong'; readonly issue: Issue }

const wrong = (path: string, message: string): Problem => ({ _tag: 'Wrong', issue: { path, message } })

const wrongValue = ({ name }: Placeholder, message: string): E.Either<Problem, never> =>
  E.left(wrong(`payload.${shorten(name)}`, message))

const hasOwn = (u: unknown, key: string): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && Object.hasOwn(u, key)

/** Own properties only: `{{constructor}}` is nothing that a payload holds. */
const lookUp = (payload: Payload, path: Placeholder['path']): unknown => {
  let value: unknown = payload
  for (const key of path) value = hasOwn(value, key) ? value[key] : undefined
  return value
}

/** The text of a value; undefined where it has none. */
const toText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

/** The options, with their defaults. */
type Rendering = { readonly [K in keyof RenderOptions]-?: NonNullable<RenderOptions[K]> }

/** A browser would take a blank before the scheme for nothing, so none may be there. */
const isSafeAddress = (value: string): boolean => /^(?:https:\/\/|mailto:)/i.test(value)

/** The text of a placeholder's value. */
const findText = (
  payload: Payload,
  placeholder: CompiledPlaceholder,
  { missingVariables, links }: Rendering,
): E.Either<Problem, string> => {
  const { name, path } = placeholder
  try {
    const root = hasOwn(payload, path[0]) ? payload[path[0]] : undefined
    // Whoever keeps placeholders gives undefined and null on purpose.
    const isMissing =
      missingVariables === 'keep' ? !hasOwn(payload, path[0]) : root === undefined || root === null
    if (isMissing) return E.left({ _tag: 'Missing', name: shorten(name) })
    const value = path.length === 1 ? root : lookUp(payload, path)
    const text = toText(value)
    if (placeholder.beginsAddress === true && links === 'safe' && !isSafeAddress(text ?? ''))
      return wrongValue(placeholder, 'begins a link: expected an https: or mailto: address')
    if (text !== undefined) return E.right(text)
    // A leaf that is not there shows as nothing; and under 'keep' a mail goes out whatever the payload holds.
    return value === undefined || value === null || missingVariables === 'keep'
      ? E.right('')
      : wrongValue(placeholder, describeMismatch('a string, number or boolean', value))
  } catch {
    return wrongValue(placeholder, 'could not be read')
  }
}

// ------------------------------------------------------------------------------------------------------------
// Parts
// ------------------------------------------------------------------------------------------------------------

/** What a part of a mail may be. */
interface Rule {
  /** How the text of a value is written in it. */
  readonly escape: (value: string) => string
  /** No text with more UTF-16 units than these can be right, so none is made. */
  readonly maxUnits: number
  /** What is wrong with such a text. */
  readonly tooLong: string
  /** The part itself, or what is wrong with it. */
  readonly finish: (filled: string) => E.Either<string, string>
}

const keepAsIs = (value: string): string => value

const control = /[\p{Cc}\u2028\u2029]/u
const controls = new RegExp(control, 'gu')

/** In a header, a line break would end it. */
const putOnOneLine = (s: string): string => (control.test(s) ? s.replace(controls, ' ') : s)

const subjectTooLong = `makes the subject too long: expected at most ${maxSubjectLength} characters`

const subjectRule: Rule = {
  escape: keepAsIs,
  maxUnits: maxSubjectLength * 2,
  tooLong: subjectTooLong,
  finish: (filled) => {
    if (filled.trim() === '') return E.left('leaves the subject empty')
    return hasAtMost(maxSubjectLength, filled) ? E.right(putOnOneLine(filled)) : E.left(subjectTooLong)
  },
}

const aliasTooLong = `makes the sender's display name too long: expected under ${maxAliasLength + 1} characters`

const aliasRule: Rule = {
  escape: keepAsIs,
  maxUnits: maxAliasLength * 2,
  tooLong: aliasTooLong,
  finish: (filled) =>
    hasAtMost(maxAliasLength, filled) ? E.right(putOnOneLine(filled)) : E.left(aliasTooLong),
}

const wrongReplyAddress = 'makes the reply address wrong: expected exactly one e-mail address'

const replyAddressRule: Rule = {
  escape: keepAsIs,
  maxUnits: 254,
  tooLong: wrongReplyAddress,
  finish: (filled) => (filled === '' || isMailbox(filled) ? E.right(filled) : E.left(wrongReplyAddress)),
}

/** Source: the documentation of SingleSendMail, which says "about 6 MB" of a request body. */
const maxBodyBytes = 6 * 1024 * 1024

const bodyTooLong = 'makes the body too large: DirectMail takes about 6 MB'

const createBodyRule = (escape: Rule['escape']): Rule => ({
  escape,
  maxUnits: maxBodyBytes,
  tooLong: bodyTooLong,
  // A UTF-16 unit is three bytes at most.
  finish: (filled) =>
    filled.length * 3 > maxBodyBytes && Buffer.byteLength(filled) > maxBodyBytes
      ? E.left(bodyTooLong)
      : E.right(filled),
})

const bodyRules: Readonly<Record<ContentType, Rule>> = {
  'text/html': createBodyRule(escapeUTF8),
  'text/plain': createBodyRule(keepAsIs),
}

type Part = E.Either<ReadonlyArray<Problem>, string>

/**
 * Joins two texts; undefined where that is too long. A text that is too long remains so, and nothing more is done for
 * it: to escape a long value once for each of many placeholders would take hours.
 */
const join = (
  text: string | undefined,
  more: string,
  maxUnits: number,
  write: Rule['escape'] = keepAsIs,
): string | undefined => {
  if (text === undefined || text.length + more.length > maxUnits) return undefined
  const written = write(more)
  return text.length + written.length > maxUnits ? undefined : text + written
}

/** Fills in a text. It counts while it joins, and so makes no text that is longer than a mail may be. */
const fillIn = (
  text: CompiledText,
  payload: Payload,
  rendering: Rendering,
  { escape, maxUnits, tooLong, finish }: Rule,
): Part => {
  const problems: Array<Problem> = []
  let filled: string | undefined = ''
  for (const piece of text) {
    if (typeof piece === 'string') {
      filled = join(filled, piece, maxUnits)
      continue
    }
    const value = findText(payload, piece, rendering)
    // A lone surrogate cannot be written in UTF-8. It becomes U+FFFD, so that what is rendered is what arrives.
    if (E.isRight(value)) filled = join(filled, value.right, maxUnits, (s) => escape(s.toWellFormed()))
    // The template's own text, which is not escaped.
    else if (value.left._tag === 'Missing' && rendering.missingVariables === 'keep')
      filled = join(filled, piece.source, maxUnits)
    else problems.push(value.left)
  }
  if (filled === undefined) problems.push(wrong('payload', tooLong))
  if (filled === undefined || problems.length > 0) return E.left(problems)
  const finished = finish(filled)
  return E.isLeft(finished) ? E.left([wrong('payload', finished.left)]) : finished
}

// ------------------------------------------------------------------------------------------------------------
// Mails
// ------------------------------------------------------------------------------------------------------------

const nothing = {}

const renderMail = (
  { to, type, payload }: AnyMessage,
  template: CompiledTemplate,
  common: CompiledConfig['common'],
  rendering: Rendering,
): E.Either<RenderError, Mail> => {
  const { contentType } = template
  const subject = fillIn(template.subject, payload, rendering, subjectRule)
  const body = fillIn(template.body, payload, rendering, bodyRules[contentType])
  const fromAlias = fillIn(template.fromAlias, payload, rendering, aliasRule)
  const replyAddress = fillIn(template.replyAddress, payload, rendering, replyAddressRule)
  if (E.isLeft(subject) || E.isLeft(body) || E.isLeft(fromAlias) || E.isLeft(replyAddress))
    return E.left(explain([subject, body, fromAlias, replyAddress], type, template))
  return E.right({
    usageType: type,
    to,
    ...common,
    // An alias or address that is empty once rendered is none: the config's stands.
    ...(fromAlias.right === '' ? nothing : { fromAlias: fromAlias.right }),
    ...(replyAddress.right === '' ? nothing : { replyAddress: replyAddress.right }),
    subject: subject.right,
    contentType,
    body: body.right,
  })
}

/** All that is wrong with the parts of a mail, each once. What is missing comes before whatever else is wrong. */
const explain = (parts: ReadonlyArray<Part>, type: string, { usageType }: CompiledTemplate): RenderError => {
  const names = new Set<string>()
  const issues = new Map<string, Issue>()
  for (const part of parts)
    for (const problem of E.isLeft(part) ? part.left : [])
      if (problem._tag === 'Missing') names.add(problem.name)
      else issues.set(`${problem.issue.path} ${problem.issue.message}`, problem.issue)
  return names.size > 0
    ? missingVariables(shorten(type), [...names], usageType)
    : invalidMessage([...issues.values()])
}

/**
 * Makes mails of one config. The templates are compiled once, when the config is given.
 *
 * @example
 * import * as E from 'fp-ts/lib/Either.js'
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { decodeConfig, render } from 'aliyun-dm-connector'
 *
 * const template = { subject: 'Your code', content: '<p>{{code}}</p>' }
 * const config = decodeConfig({
 *   accessKeyId: 'an-id',
 *   accessKeySecret: 'a-secret',
 *   accountName: 'no-reply@mail.example.com',
 *   templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({ usageType, ...template })),
 * })
 * const mail = pipe(
 *   config,
 *   E.chainW((valid) => render(valid)({ to: 'ann@example.com', type: 'SignIn', payload: { code: '<1>' } })),
 * )
 * console.log(E.isRight(mail) && mail.right.body) // <p>&lt;1&gt;</p>
 *
 * @category rendering
 * @since 0.1.0
 */
export const render = (
  config: MailConfig<string>,
  options: RenderOptions = {},
): ((message: AnyMessage) => E.Either<RenderError, Mail>) => {
  const given = readProperties(options, ['missingVariables', 'links'])
  const rendering: Rendering = {
    missingVariables: given?.['missingVariables'] === 'keep' ? 'keep' : 'fail',
    links: given?.['links'] === 'any' ? 'any' : 'safe',
  }
  const compiled = E.tryCatch(() => compileConfig(config), unreadable('config'))
  return (message) => {
    if (E.isLeft(compiled)) return compiled
    const { common, templates } = compiled.right
    try {
      const type: unknown = message.type
      if (typeof type !== 'string') return E.left(unreadable('message')())
      const template =
        Object.hasOwn(message, 'template') && message.template !== undefined
          ? compileTemplate(message.template)
          : (templates.get(type) ?? templates.get('Generic'))?.choose(
              Object.hasOwn(message, 'locale') ? message.locale : undefined,
            )
      return template === undefined
        ? E.left(templateNotFound(shorten(type)))
        : renderMail(message, template, common, rendering)
    } catch {
      return E.left(unreadable('message')())
    }
  }
}

/** For callers without types, who give what no codec has read. */
const unreadable = (what: string) => (): InvalidMessage =>
  invalidMessage([{ path: '', message: `the ${what} could not be read: decode it first` }])
