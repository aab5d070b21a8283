/**
 * What is allowed in a config and probably not meant. Nothing here makes a config invalid; each warning is a mail
 * that would go out without its code, with a placeholder in it, or under a name that is about to be too long.
 */
import { type Config, findPlaceholders, type Issue, type Template, type UsageType } from 'aliyun-dm-connector'
import { isRecord } from './source.js'
import { probablyMeant } from './misspelling.js'

export interface Warning extends Issue {
  /** Where in the string at `path`, in UTF-16 units. */
  readonly index?: number
}

/** Reads a config that need not be valid, and skips what it cannot read. */
export const warningsOf = (input: unknown): ReadonlyArray<Warning> => {
  if (!isRecord(input)) return []
  const templates = readTemplates(input['templates'])
  return [
    ...keyWarnings(input, configKeys, ''),
    ...aliasWarnings(input, ''),
    ...templates.flatMap(templateWarnings(templates)),
    ...fallbackWarnings(templates),
  ]
}

type Keys<A> = Readonly<Record<keyof A, true>>

// Records, so that a key that is added to the config and forgotten here does not compile.
const configKeys: Keys<Config> = {
  accessKeyId: true,
  accessKeySecret: true,
  securityToken: true,
  regionId: true,
  accountName: true,
  fromAlias: true,
  replyToAddress: true,
  replyAddress: true,
  replyAddressAlias: true,
  tagName: true,
  clickTrace: true,
  ipPoolId: true,
  templates: true,
}

const templateKeys: Keys<Template> = {
  usageType: true,
  subject: true,
  content: true,
  contentType: true,
  fromAlias: true,
  replyAddress: true,
}

/** The keys that the decoder reads at a path, of which a duplicate changes something. */
export const keysRead: { readonly config: ReadonlyArray<string>; readonly template: ReadonlyArray<string> } =
  {
    config: Object.keys(configKeys),
    template: Object.keys(templateKeys),
  }

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

const essentialOf = (usageType: string): 'code' | 'link' | undefined =>
  Object.entries(essentials).find(([known]) => known === usageType)?.[1]

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

// ------------------------------------------------------------------------------------------------------------
// Reading
// ------------------------------------------------------------------------------------------------------------

interface LooseTemplate {
  readonly path: string
  readonly raw: Readonly<Record<string, unknown>>
  readonly usageType: string | undefined
  /** The texts with placeholders, by key. */
  readonly texts: ReadonlyArray<readonly [key: string, text: string]>
}

const textAt = (object: Readonly<Record<string, unknown>>, key: string): string | undefined => {
  const value = Object.hasOwn(object, key) ? object[key] : undefined
  return typeof value === 'string' ? value : undefined
}

const readTemplates = (input: unknown): ReadonlyArray<LooseTemplate> =>
  Array.isArray(input)
    ? input.flatMap((raw: unknown, index) =>
        isRecord(raw)
          ? [
              {
                path: `templates[${index}]`,
                raw,
                usageType: textAt(raw, 'usageType'),
                texts: ['subject', 'content', 'fromAlias', 'replyAddress'].flatMap((key) => {
                  const text = textAt(raw, key)
                  return text === undefined ? [] : [[key, text] as const]
                }),
              },
            ]
          : [],
      )
    : []

const namesIn = ({ texts }: LooseTemplate): ReadonlyArray<string> =>
  texts.flatMap(([, text]) => findPlaceholders(text))

// ------------------------------------------------------------------------------------------------------------
// Warnings
// ------------------------------------------------------------------------------------------------------------

const keyWarnings = (
  object: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, true>>,
  path: string,
): ReadonlyArray<Warning> =>
  Object.keys(object).flatMap((key) => {
    const meant = probablyMeant(key, Object.keys(known))
    // The key itself is not repeated if it could not be part of a path.
    return meant === undefined || Object.hasOwn(object, meant) || !/^\w+$/.test(key)
      ? []
      : [
          {
            path: path === '' ? key : `${path}.${key}`,
            message: `not a key of the config, and ignored; did you mean "${meant}"?`,
          },
        ]
  })

const maxAlias = 14

const aliasWarnings = (object: Readonly<Record<string, unknown>>, path: string): ReadonlyArray<Warning> =>
  ['fromAlias', 'replyAddressAlias'].flatMap((key) => {
    const alias = textAt(object, key) ?? ''
    const literal = alias.length > 1000 || findPlaceholders(alias).length > 0 ? 0 : Array.from(alias).length
    return literal === maxAlias || literal === maxAlias - 1
      ? [
          {
            path: path === '' ? key : `${path}.${key}`,
            message: `${literal} characters long, near the limit: DirectMail takes at most ${maxAlias}`,
          },
        ]
      : []
  })

const templateWarnings =
  (all: ReadonlyArray<LooseTemplate>) =>
  (template: LooseTemplate): ReadonlyArray<Warning> => [
    ...unusedWarning(template, all),
    ...keyWarnings(template.raw, templateKeys, template.path),
    ...aliasWarnings(template.raw, template.path),
    ...essentialWarning(template),
    ...template.texts.flatMap(([key, text]) => [
      ...misspeltWarnings(`${template.path}.${key}`, text),
      ...braceWarnings(`${template.path}.${key}`, text),
    ]),
    ...template.texts.flatMap(([key, text]) =>
      key === 'content' ? plainHttpWarnings(`${template.path}.content`, text) : [],
    ),
  ]

const unusedWarning = (
  template: LooseTemplate,
  all: ReadonlyArray<LooseTemplate>,
): ReadonlyArray<Warning> => {
  const first = all.find(({ usageType }) => usageType === template.usageType)
  return template.usageType === undefined || first === undefined || first === template
    ? []
    : [
        {
          path: template.path,
          message: `never used: ${first.path} is for the same usage type and comes first`,
        },
      ]
}

const essentialWarning = (template: LooseTemplate): ReadonlyArray<Warning> => {
  const { usageType, path } = template
  const essential = usageType === undefined ? undefined : essentialOf(usageType)
  return essential === undefined ||
    textAt(template.raw, 'content') === undefined ||
    namesIn(template).includes(essential)
    ? []
    : [
        {
          path: `${path}.content`,
          message:
            essential === 'code'
              ? 'has no {{code}}, so whoever gets this mail gets no verification code'
              : 'has no {{link}}, so whoever is invited has nothing to follow',
        },
      ]
}

const misspeltWarnings = (path: string, text: string): ReadonlyArray<Warning> =>
  findPlaceholders(text).flatMap((name) => {
    const meant = probablyMeant(name, wellKnown)
    const at = Array.from(text.matchAll(/\{\{([^{}]+)\}\}/g)).find((match) => match[1]?.trim() === name)
    return meant === undefined
      ? []
      : [
          {
            path,
            message: `{{${name}}} looks misspelt; did you mean {{${meant}}}?`,
            ...(at === undefined ? {} : { index: at.index }),
          },
        ]
  })

// Names without a dot would match too much of a style sheet or script if braces were not beside them.
const braced = new RegExp(`(\\{+)\\s*(${wellKnown.join('|').replaceAll('.', '\\.')})\\s*(\\}*)`, 'g')

/** `{code}`, `{{code}` and `{{{code}}}`: the mail would show the braces. */
const braceWarnings = (path: string, text: string): ReadonlyArray<Warning> =>
  Array.from(text.matchAll(braced)).flatMap(({ 1: opening = '', 2: name = '', 3: closing = '', index }) =>
    opening.length === 2 && closing.length === 2
      ? []
      : opening.length + closing.length > 1 &&
          !/^[\w.:]/.test(text.slice(index + opening.length + name.length + closing.length))
        ? [{ path, index, message: `braces that do not match: a placeholder is written {{${name}}}` }]
        : [],
  )

/** Blanks out what looks like a link and is none: a document type and the names of XML namespaces. */
const withoutNamespaces = (html: string): string =>
  html.replace(/<!DOCTYPE[^>]*>|xmlns(?::[\w-]+)?\s*=\s*(?:"[^"]*"|'[^']*')/gi, (found) =>
    ' '.repeat(found.length),
  )

const plainHttpWarnings = (path: string, text: string): ReadonlyArray<Warning> =>
  Array.from(withoutNamespaces(text).matchAll(/\bhttp:\/\/([\w.:[\]{}-]{0,80})/gi)).map(
    ({ 1: host = '', index }) => ({
      path,
      index,
      message: `a link to http://${host} is not encrypted; use https`,
    }),
  )

const fallbackWarnings = (templates: ReadonlyArray<LooseTemplate>): ReadonlyArray<Warning> => {
  const generic = templates.find(({ usageType }) => usageType === 'Generic')
  const absent = Object.keys(essentials).filter(
    (known) => !templates.some(({ usageType }) => usageType === known),
  )
  // Without the required ones the config is invalid, which says it better.
  const required = ['Register', 'SignIn', 'ForgotPassword', 'Generic']
  if (generic === undefined || absent.length === 0 || absent.some((name) => required.includes(name)))
    return []
  const one = absent.length === 1
  const names = namesIn(generic)
  return [
    {
      path: 'templates',
      message: `no template for ${absent.join(', ')}: ${one ? 'its' : 'their'} mails fall back to Generic (${generic.path})`,
    },
    ...(absent.includes('OrganizationInvitation') && (!names.includes('link') || names.includes('code'))
      ? [
          {
            path: `${generic.path}.content`,
            message: names.includes('code')
              ? 'needs {{code}}, which an invitation does not have: give OrganizationInvitation a template with {{link}}'
              : 'has no {{link}}: give OrganizationInvitation a template of its own',
          },
        ]
      : []),
  ]
}
