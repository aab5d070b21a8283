/**
 * What a template's texts say, and probably do not mean: a mail that would go out without its code, or with a
 * placeholder in it.
 */
import { UsageType } from 'aliyun-dm-connector'
import { guessName } from '../guess.js'
import { type LooseTemplate, type TemplateText, uses } from './template.js'
import type { Warning } from './warning.js'

/** Usage types and what their mails are nothing without. */
const essentials: Readonly<Record<UsageType, 'code' | 'link'>> = {
  Register: 'code',
  SignIn: 'code',
  ForgotPassword: 'code',
  Generic: 'code',
  OrganizationInvitation: 'link',
  UserPermissionValidation: 'code',
  BindNewIdentifier: 'code',
  MfaVerification: 'code',
  BindMfa: 'code',
}

export const knownUsageTypes: ReadonlyArray<string> = Object.keys(essentials)

const missingEssential = {
  code: {
    code: 'template/no-code',
    message: 'has no {{code}}, so whoever gets this mail gets no verification code',
  },
  link: {
    code: 'template/no-link',
    message: 'has no {{link}}, so whoever is invited has nothing to follow',
  },
} as const

export const findMissingEssential = (template: LooseTemplate): ReadonlyArray<Warning> => {
  const { usageType, path, texts } = template
  const essential = UsageType.is(usageType) ? essentials[usageType] : undefined
  const hasContent = texts.some(({ key }) => key === 'content')
  return essential === undefined || !hasContent || uses(template, essential)
    ? []
    : [{ ...missingEssential[essential], path: `${path}.content` }]
}

/** Placeholders that callers fill: ours, and the ones that Logto documents for its e-mail templates. */
const wellKnown: ReadonlyArray<string> = [
  'code',
  'link',
  'locale',
  'application.name',
  'application.displayName',
  'organization.name',
  'organization.displayName',
  'user.name',
  'user.username',
  'user.primaryEmail',
  'inviter.name',
  'inviter.username',
]

export const findMisspelt = ({ path, placeholders }: TemplateText): ReadonlyArray<Warning> => {
  const seen = new Set<string>()
  return placeholders.flatMap(({ name, index }) => {
    if (seen.has(name)) return []
    seen.add(name)
    const guess = guessName(name, wellKnown)
    if (guess === undefined) return []
    const message = `{{${name}}} looks misspelt; did you mean {{${guess}}}?`
    return [{ code: 'placeholder/misspelt', path, message, index }]
  })
}

// A name alone would match too much of a style sheet; beside a brace it is meant as a placeholder. The pattern begins
// at the first of many braces only: else each of them would read all that follow.
const braced = new RegExp(`(?<!\\{)(\\{+)\\s*(${wellKnown.join('|').replaceAll('.', '\\.')})\\s*(\\}*)`, 'g')

/** `{code}`, `{{code}` and `{{{code}}}`: the mail would show the braces. */
export const findUnmatchedBraces = ({ path, text }: TemplateText): ReadonlyArray<Warning> =>
  Array.from(text.matchAll(braced)).flatMap(({ 1: opening = '', 2: name = '', 3: closing = '', index }) => {
    const isPlaceholder = opening.length === 2 && closing.length === 2
    const isWithinWord = /[\w.:]/.test(text.charAt(index + opening.length + name.length + closing.length))
    if (isPlaceholder || isWithinWord || opening.length + closing.length < 2) return []
    const message = `braces that do not match: a placeholder is written {{${name}}}`
    return [{ code: 'placeholder/braces', path, message, index }]
  })
