/**
 * What is allowed in a config and probably not meant. Nothing here makes a config invalid. The config need not be
 * valid either: what cannot be read is for the decoder to report.
 */
import type { Source } from '../json.js'
import { findMissingEssential, findMisspelt, findPlainHttp, findUnmatchedBraces } from './content.js'
import { findKeyWarnings } from './keys.js'
import { type LooseTemplate, readTemplates, type TemplateText } from './template.js'
import type { Warning } from './warning.js'

const templateChecks: ReadonlyArray<(template: LooseTemplate) => ReadonlyArray<Warning>> = [
  findMissingEssential,
]

const textChecks: ReadonlyArray<(text: TemplateText) => ReadonlyArray<Warning>> = [
  findMisspelt,
  findUnmatchedBraces,
]

const contentChecks: ReadonlyArray<(text: TemplateText) => ReadonlyArray<Warning>> = [findPlainHttp]

export const findWarnings = (input: unknown, source: Source): ReadonlyArray<Warning> => {
  const templates = readTemplates(input)
  return [
    ...findKeyWarnings(input, templates, source),
    ...findUnused(templates),
    ...templates.flatMap((template) => [
      ...templateChecks.flatMap((check) => check(template)),
      ...template.texts.flatMap((text) =>
        [...textChecks, ...(text.key === 'content' ? contentChecks : [])].flatMap((check) => check(text)),
      ),
    ]),
  ]
}

/** The first template of a usage type counts. */
const findUnused = (templates: ReadonlyArray<LooseTemplate>): ReadonlyArray<Warning> => {
  const first = new Map<string, string>()
  return templates.flatMap(({ usageType, path }) => {
    if (usageType === undefined) return []
    const earlier = first.get(usageType)
    if (earlier === undefined) {
      first.set(usageType, path)
      return []
    }
    const message = `never used: ${earlier} is for the same usage type and comes first`
    return [{ code: 'template/unused', path, message }]
  })
}
