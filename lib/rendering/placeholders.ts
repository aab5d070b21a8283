/**
 * Where the placeholders of a text are: `{{code}}`, `{{ code }}`, `{{application.name}}`.
 */

export interface Placeholder {
  /** `application.name` */
  readonly name: string
  /** `['application', 'name']` */
  readonly path: readonly [string, ...ReadonlyArray<string>]
  /** `{{ application.name }}`, as it was written. */
  readonly source: string
}

/** Literal text and placeholders, in order. */
export type Compiled = ReadonlyArray<string | Placeholder>

// No two quantifiers here can match the same text, so the time is linear in the template's length.
const placeholders = /\{\{([^{}]+)\}\}/g

/**
 * Takes a text apart. A lone surrogate cannot be written in UTF-8; it becomes U+FFFD here, so that what is rendered is
 * what arrives.
 */
export const compile = (source: string): Compiled => {
  const text = source.toWellFormed()
  const parts: Array<string | Placeholder> = []
  let end = 0
  for (const match of text.matchAll(placeholders)) {
    const name = (match[1] ?? '').trim()
    if (name === '') continue
    if (match.index > end) parts.push(text.slice(end, match.index))
    const [root = '', ...leaves] = name.split('.')
    parts.push({ name, path: [root, ...leaves], source: match[0] })
    end = match.index + match[0].length
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
  ...new Set(compile(source).flatMap((part) => (typeof part === 'string' ? [] : [part.name]))),
]
