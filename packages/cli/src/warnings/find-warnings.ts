/**
 * What is allowed in a config and probably not meant. Nothing here makes a config invalid. The config need not be
 * valid either: what cannot be read is for the decoder to report.
 */
import type { RegionId } from 'aliyun-dm-connector'
import { isRecord, type Source } from '../json.js'
import { findMissingEssential, findMisspelt, findUnmatchedBraces } from './content.js'
import { type Html, readHtml } from './html.js'
import { findKeyWarnings } from './keys.js'
import {
  findElements,
  findEmojiInAlias,
  findEmojiInConfig,
  findImports,
  findLongSubject,
  findPlainHttpInHtml,
  findPlainHttpInText,
  findTooLong,
} from './mail.js'
import { findUnsafePlaces } from './places.js'
import { type LooseTemplate, readTemplates, readText, type TemplateText } from './template.js'
import type { Warning } from './warning.js'

type CheckText = (text: TemplateText) => ReadonlyArray<Warning>
type CheckHtml = (text: TemplateText, html: Html) => ReadonlyArray<Warning>

const forAnyText: ReadonlyArray<CheckText> = [findMisspelt, findUnmatchedBraces]

const forText: Readonly<Record<TemplateText['key'], ReadonlyArray<CheckText>>> = {
  subject: [findLongSubject],
  content: [findTooLong],
  fromAlias: [findEmojiInAlias],
  replyAddress: [],
}

const forHtml: ReadonlyArray<CheckHtml> = [findUnsafePlaces, findElements, findImports, findPlainHttpInHtml]

export const findWarnings = (input: unknown, source: Source): ReadonlyArray<Warning> => {
  const templates = readTemplates(input)
  return [
    ...findKeyWarnings(input, templates, source),
    ...findClosedRegion(input),
    ...findEmojiInConfig(input),
    ...findUnused(templates),
    ...findMissingLanguages(templates),
    ...templates.flatMap((template) => [
      ...findMissingEssential(template),
      ...template.texts.flatMap((text) => [
        ...[...forAnyText, ...forText[text.key]].flatMap((check) => check(text)),
        ...(text.key === 'content' ? checkContent(text, template) : []),
      ]),
    ]),
  ]
}

const checkContent = (text: TemplateText, { isHtml }: LooseTemplate): ReadonlyArray<Warning> => {
  if (!isHtml) return findPlainHttpInText(text)
  const html = readHtml(text.text, maskPlaceholders(text))
  return forHtml.flatMap((check) => check(text, html))
}

/** A text of the same length, in which the placeholders are plain letters. */
const maskPlaceholders = ({ text, placeholders }: TemplateText): string => {
  const parts: Array<string> = []
  let end = 0
  for (const { source, index } of placeholders) {
    parts.push(text.slice(end, index), 'x'.repeat(source.length))
    end = index + source.length
  }
  return [...parts, text.slice(end)].join('')
}

/** https://www.alibabacloud.com/help/en/direct-mail/api-dm-2015-11-23-endpoint */
const closedRegion: RegionId = 'ap-southeast-2'

const findClosedRegion = (input: unknown): ReadonlyArray<Warning> =>
  isRecord(input) && readText(input, 'regionId') === closedRegion
    ? [
        {
          code: 'config/region-closed',
          path: 'regionId',
          message: 'closed to new use: only an account that was set up there can send from it',
        },
      ]
    : []

/** Languages are the same however they are written. */
const readLocale = ({ raw }: LooseTemplate): string | undefined => {
  const locale = readText(raw, 'locale')
  return locale === undefined || locale === '' ? undefined : locale.toLowerCase()
}

/** The first template of a usage type and a language counts. */
const findUnused = (templates: ReadonlyArray<LooseTemplate>): ReadonlyArray<Warning> => {
  const first = new Map<string, string>()
  return templates.flatMap((template) => {
    const { usageType, path } = template
    if (usageType === undefined) return []
    const locale = readLocale(template)
    const purpose = JSON.stringify([usageType, locale])
    const earlier = first.get(purpose)
    if (earlier === undefined) {
      first.set(purpose, path)
      return []
    }
    const same = locale === undefined ? 'usage type' : 'usage type and language'
    const message = `never used: ${earlier} is for the same ${same} and comes first`
    return [{ code: 'template/unused', path, message }]
  })
}

/** A usage type that has templates, but not in every language that the config has. */
const findMissingLanguages = (templates: ReadonlyArray<LooseTemplate>): ReadonlyArray<Warning> => {
  const written = new Map<string, string>()
  const byType = new Map<string, { readonly path: string; readonly locales: Set<string> }>()
  for (const template of templates) {
    const locale = readLocale(template)
    if (locale !== undefined && !written.has(locale))
      written.set(locale, readText(template.raw, 'locale') ?? locale)
    if (template.usageType === undefined) continue
    const type = byType.get(template.usageType) ?? { path: template.path, locales: new Set() }
    if (locale !== undefined) type.locales.add(locale)
    byType.set(template.usageType, type)
  }
  return [...byType].flatMap(([usageType, { path, locales }]) => {
    const missing = [...written].filter(([locale]) => !locales.has(locale)).map(([, locale]) => locale)
    return missing.length === 0
      ? []
      : [
          {
            code: 'template/no-language' as const,
            path,
            message: `${usageType} has no template in ${missing.join(', ')}, as other usage types have`,
          },
        ]
  })
}
