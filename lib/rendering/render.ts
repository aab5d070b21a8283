/**
 * From template and payload to a mail. Placeholders are found once, when the config is read; rendering a message
 * then only joins strings. Values are put in once: a value that looks like a placeholder stays as it is.
 */
import { escapeUTF8 } from 'entities'
import * as E from 'fp-ts/lib/Either.js'
import { found } from '../config/decode.js'
import {
  aliasFits,
  type Config,
  type ContentType,
  subjectFits,
  type Template,
  type TemplateContent,
} from '../config/config.js'
import {
  invalidMessage,
  type Issue,
  missingVariables,
  type RenderError,
  templateNotFound,
  type TemplateNotFound,
} from '../errors/send-error.js'
import { isMailbox } from '../config/mailbox.js'
import type { Message, Payload } from './message.js'
import { type Compiled, compile, type Placeholder } from './placeholders.js'

/**
 * A rendered message: nothing is left to fill in.
 *
 * @category model
 * @since 0.1.0
 */
export interface Mail {
  readonly usageType: string
  readonly to: string
  /** The sender address. */
  readonly accountName: string
  /** The sender's display name. */
  readonly fromAlias?: string
  readonly subject: string
  readonly contentType: ContentType
  readonly body: string
  readonly replyToAddress: boolean
  readonly replyAddress?: string
  readonly replyAddressAlias?: string
  readonly tagName?: string
  readonly clickTrace?: boolean
  readonly ipPoolId?: string
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
}

// ------------------------------------------------------------------------------------------------------------
// Compile and choose
// ------------------------------------------------------------------------------------------------------------

interface CompiledTemplate {
  /** Whose it is: the message's own usage type, or the one that stands in for it. */
  readonly usageType?: string
  readonly subject: Compiled
  readonly body: Compiled
  readonly contentType: ContentType
  readonly fromAlias?: Compiled
  readonly replyAddress?: Compiled
}

const compileTemplate = (template: TemplateContent): CompiledTemplate => ({
  subject: compile(template.subject),
  body: compile(template.content),
  contentType: template.contentType ?? 'text/html',
  ...(template.fromAlias === undefined ? {} : { fromAlias: compile(template.fromAlias) }),
  ...(template.replyAddress === undefined ? {} : { replyAddress: compile(template.replyAddress) }),
})

type Choose = (usageType: string) => E.Either<TemplateNotFound, CompiledTemplate>

/** The first template of the usage type, else the first `Generic` one. */
const chooseFrom = (templates: ReadonlyArray<Template>): Choose => {
  const compiled = new Map<string, CompiledTemplate>()
  for (const template of templates)
    if (!compiled.has(template.usageType))
      compiled.set(template.usageType, { ...compileTemplate(template), usageType: template.usageType })
  return (usageType) => {
    const template = compiled.get(usageType) ?? compiled.get('Generic')
    return template === undefined ? E.left(templateNotFound(usageType)) : E.right(template)
  }
}

// ------------------------------------------------------------------------------------------------------------
// Render
// ------------------------------------------------------------------------------------------------------------

/** What is wrong with the payload, gathered while all parts of a mail are rendered. */
interface Findings {
  readonly missing: Set<string>
  /** By path, so that a value is complained of once. */
  readonly issues: Map<string, Issue>
}

type Escape = (value: string) => string

const asIs: Escape = (value) => value

const hasOwn = (u: unknown, key: string): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && Object.hasOwn(u, key)

/** The text of a value, or undefined if it has none. */
const toText = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
      ? String(value)
      : undefined

/** Own properties only: `{{constructor}}` is nothing that a payload holds. */
const lookUp = (payload: Payload, path: Placeholder['path']): unknown =>
  path.reduce<unknown>((value, key) => (hasOwn(value, key) ? value[key] : undefined), payload)

const substitute =
  (payload: Payload, keep: boolean, findings: Findings) =>
  ({ name, path, source }: Placeholder, escape: Escape): string => {
    const complain = (message: string): void => {
      findings.issues.set(name, { path: `payload.${name}`, message })
    }
    try {
      const root = hasOwn(payload, path[0]) ? payload[path[0]] : undefined
      const present = keep ? hasOwn(payload, path[0]) : root !== undefined && root !== null
      if (!present) {
        findings.missing.add(name)
        // The template's own text, which is not escaped.
        return source
      }
      const value = path.length === 1 ? root : lookUp(payload, path)
      if (value === undefined || value === null) return ''
      const text = toText(value)
      // Under 'keep' a mail goes out whatever the payload holds.
      if (text === undefined && !keep) complain(`expected a string, number or boolean${found(value)}`)
      return escape((text ?? '').toWellFormed())
    } catch {
      complain('could not be read')
      return ''
    }
  }

const join = (compiled: Compiled, valueOf: (placeholder: Placeholder) => string): string => {
  let text = ''
  for (const part of compiled) text += typeof part === 'string' ? part : valueOf(part)
  return text
}

const control = /[\p{Cc}\u2028\u2029]/gu

/** In a header, a line break would end it. */
const onOneLine = (s: string): string => s.toWellFormed().replace(control, ' ')

const issueIf = (wrong: boolean, path: string, message: string): ReadonlyArray<Issue> =>
  wrong ? [{ path, message }] : []

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
  config: Config,
  options: RenderOptions = {},
): ((message: Message) => E.Either<RenderError, Mail>) => {
  const choose = chooseFrom(config.templates)
  const keep = options.missingVariables === 'keep'
  const settings = settingsOf(config)
  const own = config.fromAlias === undefined ? {} : { fromAlias: onOneLine(config.fromAlias) }

  const fill = ({ to, type, payload }: Message, template: CompiledTemplate): E.Either<RenderError, Mail> => {
    const findings: Findings = { missing: new Set(), issues: new Map() }
    const valueOf = substitute(payload, keep, findings)
    const joined = (compiled: Compiled, escape: Escape): string =>
      join(compiled, (placeholder) => valueOf(placeholder, escape))

    const subject = onOneLine(joined(template.subject, asIs))
    const body = joined(template.body, template.contentType === 'text/html' ? escapeUTF8 : asIs)
    const fromAlias = template.fromAlias && onOneLine(joined(template.fromAlias, asIs))
    const replyAddress = template.replyAddress && joined(template.replyAddress, asIs)

    if (findings.missing.size > 0 && !keep)
      return E.left(missingVariables(type, [...findings.missing], template.usageType))
    const issues = [
      ...findings.issues.values(),
      ...issueIf(subject.trim() === '', 'payload', 'leaves the subject empty'),
      ...issueIf(
        !subjectFits(subject),
        'payload',
        'makes the subject too long: expected at most 256 characters',
      ),
      ...issueIf(
        fromAlias !== undefined && !aliasFits(fromAlias),
        'payload',
        "makes the sender's display name too long: expected under 15 characters",
      ),
      ...issueIf(
        replyAddress !== undefined && replyAddress !== '' && !isMailbox(replyAddress),
        'payload',
        'makes the reply address wrong: expected exactly one e-mail address',
      ),
    ]
    return issues.length > 0
      ? E.left(invalidMessage(issues))
      : E.right({
          usageType: type,
          to,
          ...settings,
          ...own,
          ...(fromAlias ? { fromAlias } : {}),
          ...(replyAddress ? { replyAddress } : {}),
          subject,
          contentType: template.contentType,
          body,
        })
  }

  return (message) => {
    const template =
      message.template === undefined ? choose(message.type) : E.right(compileTemplate(message.template))
    return E.isLeft(template) ? template : fill(message, template.right)
  }
}

/** What every mail of a config has in common. */
const settingsOf = (
  config: Config,
): Omit<Mail, 'usageType' | 'to' | 'fromAlias' | 'subject' | 'contentType' | 'body'> => ({
  accountName: config.accountName,
  replyToAddress: config.replyToAddress ?? false,
  ...(config.replyAddress === undefined ? {} : { replyAddress: config.replyAddress }),
  ...(config.replyAddressAlias === undefined
    ? {}
    : { replyAddressAlias: onOneLine(config.replyAddressAlias) }),
  ...(config.tagName === undefined ? {} : { tagName: config.tagName }),
  ...(config.clickTrace === undefined ? {} : { clickTrace: config.clickTrace }),
  ...(config.ipPoolId === undefined ? {} : { ipPoolId: onOneLine(config.ipPoolId) }),
})
