/**
 * A template as the warnings read it: one that need not be valid, and of which nothing is read that is not there.
 */
import { locatePlaceholders, type Placeholder } from 'aliyun-dm-connector'
import { isRecord } from '../json.js'

export interface LooseTemplate {
  /** `templates[0]` */
  readonly path: string
  readonly raw: Readonly<Record<string, unknown>>
  readonly usageType: string | undefined
  readonly isHtml: boolean
  /** The texts with placeholders, by key. */
  readonly texts: ReadonlyArray<TemplateText>
}

export interface TemplateText {
  readonly key: 'subject' | 'content' | 'fromAlias' | 'replyAddress'
  /** `templates[0].subject` */
  readonly path: string
  readonly text: string
  readonly placeholders: ReadonlyArray<Placeholder>
}

const textKeys = ['subject', 'content', 'fromAlias', 'replyAddress'] as const

export const readText = (object: Readonly<Record<string, unknown>>, key: string): string | undefined => {
  const value = Object.hasOwn(object, key) ? object[key] : undefined
  return typeof value === 'string' ? value : undefined
}

export const readTemplates = (input: unknown): ReadonlyArray<LooseTemplate> =>
  isRecord(input) && Array.isArray(input['templates'])
    ? input['templates'].flatMap((raw: unknown, index) =>
        isRecord(raw) ? [readTemplate(raw, `templates[${index}]`)] : [],
      )
    : []

const readTemplate = (raw: Readonly<Record<string, unknown>>, path: string): LooseTemplate => ({
  path,
  raw,
  usageType: readText(raw, 'usageType'),
  isHtml: readText(raw, 'contentType') !== 'text/plain',
  texts: textKeys.flatMap((key) => {
    const text = readText(raw, key)
    return text === undefined
      ? []
      : [{ key, path: `${path}.${key}`, text, placeholders: locatePlaceholders(text) }]
  }),
})

export const uses = ({ texts }: LooseTemplate, name: string): boolean =>
  texts.some(({ placeholders }) => placeholders.some((placeholder) => placeholder.name === name))
