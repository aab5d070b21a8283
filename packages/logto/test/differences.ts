/**
 * The differences from the built-in connector that are meant, under the ids that docs/differences.md lists them by, in both
 * languages.
 */
import { readFileSync } from 'node:fs'
import type { z } from 'zod'

/** A config that the built-in connector's guard takes and ours refuses. */
export interface AgreedDifference {
  readonly id: string
  readonly explains: (issue: z.ZodIssue, input: unknown) => boolean
}

const valueAt = (input: unknown, path: z.ZodIssue['path']): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (Reflect.get(value, key) as unknown) : undefined,
    input,
  )

/** An issue at one of these keys whose value is a text with this fault. */
const textAt =
  (keys: ReadonlyArray<string>, isWrong: (text: string) => boolean): AgreedDifference['explains'] =>
  ({ path }, input) => {
    const value = valueAt(input, path)
    return path.length === 1 && keys.includes(String(path[0])) && typeof value === 'string' && isWrong(value)
  }

const isOptionOfOurs = (path: string): boolean =>
  /^(securityToken|replyToAddress|replyAddress|replyAddressAlias|tagName|clickTrace|ipPoolId)$/.test(path) ||
  /^templates\.\d+\.(contentType|fromAlias|replyAddress)$/.test(path)

/** Judged without the library's own rules: by what DirectMail's documentation and HTTP allow. */
export const agreedDifferences: ReadonlyArray<AgreedDifference> = [
  {
    id: 'key-characters',
    explains: textAt(['accessKeyId', 'accessKeySecret'], (key) => !/^[\x21-\x7e]{1,256}$/.test(key.trim())),
  },
  {
    id: 'sender-address',
    explains: textAt(
      ['accountName'],
      (address) => !/^[a-z0-9._-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(address.trim()),
    ),
  },
  { id: 'alias-length', explains: textAt(['fromAlias'], (alias) => Array.from(alias).length >= 15) },
  { id: 'own-options', explains: ({ path }) => isOptionOfOurs(path.join('.')) },
]

/** The ids in the first column of the table, in one language. */
export const listedDifferences = (
  page: 'docs/differences.md' | 'docs/differences.zh-CN.md',
): ReadonlyArray<string> => {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^\| `([a-z-]+)`/gm)].map(([, id = '']) => id)
}
