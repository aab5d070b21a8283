/**
 * Where the placeholders of a text are: `{{code}}`, `{{ code }}`, `{{application.name}}`.
 */

/**
 * A placeholder as it stands in a text.
 *
 * @category rendering
 * @since 0.1.0
 */
export interface Placeholder {
  /** `application.name` */
  readonly name: string
  /** `['application', 'name']` */
  readonly path: readonly [string, ...ReadonlyArray<string>]
  /** `{{ application.name }}`, as it was written. */
  readonly source: string
  /** Where it begins, in UTF-16 units. */
  readonly index: number
}

/** A placeholder of a compiled text. */
export interface CompiledPlaceholder extends Placeholder {
  /** Whether it begins an address in HTML, so that its value decides where a link leads. */
  readonly beginsAddress?: true
}

/** Literal text and placeholders, in order. */
export type CompiledText = ReadonlyArray<string | CompiledPlaceholder>

// No two quantifiers here can match the same text, so the time is linear in the template's length.
const placeholders = /\{\{([^{}]+)\}\}/g

/**
 * Every placeholder of a text, in the order in which they appear.
 *
 * @example
 * import { locatePlaceholders } from 'aliyun-dm-connector'
 *
 * console.log(locatePlaceholders('Hi {{ user.name }}').map(({ name, index }) => [name, index])) // [['user.name', 3]]
 *
 * @category rendering
 * @since 0.1.0
 */
export const locatePlaceholders = (text: string): ReadonlyArray<Placeholder> =>
  Array.from(text.matchAll(placeholders), ({ 0: source, 1: inside = '', index }): Placeholder => {
    const name = inside.trim()
    const [root = '', ...leaves] = name.split('.')
    return { name, path: [root, ...leaves], source, index }
  }).filter(({ name }) => name !== '')

/**
 * The attributes of HTML that hold an address, where `javascript:` would be a program.
 *
 * @category rendering
 * @since 0.1.0
 */
export const addressAttributes = [
  'href',
  'src',
  'action',
  'formaction',
  'background',
  'poster',
  'xlink:href',
] as const

const addressBegins = new RegExp(`[\\s"'/](?:${addressAttributes.join('|')})\\s*=\\s*["']?\\s*$`, 'i')

/** Enough for an attribute's name and the blanks of any template that is written by people. */
const maxAttributeLength = 200

/** Looks at the text before a placeholder only: in HTML that is right, any `href=` there is one of a tag. */
const beginsAddress = (before: string): boolean => addressBegins.test(before.slice(-maxAttributeLength))

/**
 * Takes a text apart. A lone surrogate cannot be written in UTF-8; it becomes U+FFFD here, so that what is rendered is
 * what arrives.
 */
export const compileText = (source: string, isHtml = false): CompiledText => {
  const text = source.toWellFormed()
  const parts: Array<string | CompiledPlaceholder> = []
  let end = 0
  for (const placeholder of locatePlaceholders(text)) {
    const before = text.slice(end, placeholder.index)
    if (before !== '') parts.push(before)
    parts.push(isHtml && beginsAddress(before) ? { ...placeholder, beginsAddress: true } : placeholder)
    end = placeholder.index + placeholder.source.length
  }
  if (end < text.length) parts.push(text.slice(end))
  return parts
}

/**
 * The names of the placeholders of a text, each once, in the order in which they appear.
 *
 * @example
 * import { findPlaceholders } from 'aliyun-dm-connector'
 *
 * console.log(findPlaceholders('{{ code }} for {{application.name}}')) // ['code', 'application.name']
 *
 * @category rendering
 * @since 0.1.0
 */
export const findPlaceholders = (source: string): ReadonlyArray<string> => [
  ...new Set(locatePlaceholders(source.toWellFormed()).map(({ name }) => name)),
]
