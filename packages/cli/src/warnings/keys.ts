/**
 * Keys of the config that are not read, or not where they are read.
 */
import { configKeys, templateKeys } from 'aliyun-dm-connector'
import { guessName } from '../guess.js'
import { isRecord, type Source } from '../json.js'
import type { LooseTemplate } from './template.js'
import type { Warning } from './warning.js'

type Fields = Readonly<Record<string, unknown>>

export const findKeyWarnings = (
  input: unknown,
  templates: ReadonlyArray<LooseTemplate>,
  source: Source,
): ReadonlyArray<Warning> => {
  const findIn = (fields: Fields, known: ReadonlyArray<string>, path: string): ReadonlyArray<Warning> => [
    ...findDuplicates(known, path, source),
    ...findUnknown(fields, known, path),
  ]
  return [
    ...(isRecord(input) ? findIn(input, configKeys, '') : []),
    ...templates.flatMap(({ raw, path }) => findIn(raw, templateKeys, path)),
  ]
}

/** A key that is written twice, and read from its last place. For keys that are not read it does not matter. */
const findDuplicates = (known: ReadonlyArray<string>, path: string, source: Source): ReadonlyArray<Warning> =>
  source
    .findDuplicates(path)
    .filter((key) => known.includes(key))
    .map((key) => ({
      code: 'key/duplicate',
      path: joinPath(path, key),
      message: 'written more than once; this last one counts',
    }))

/** `$schema` and the like are meant for others. */
const findUnknown = (fields: Fields, known: ReadonlyArray<string>, path: string): ReadonlyArray<Warning> =>
  Object.keys(fields)
    .filter((key) => !known.includes(key) && !/^[$_/]/.test(key))
    .map((key) => {
      const guess = guessName(key, known)
      // Not repeated where it resembles nothing: it may be a secret in the wrong place.
      return guess === undefined || Object.hasOwn(fields, guess) || !/^\w+$/.test(key)
        ? { code: 'key/unknown', path, key, message: 'has a key that the config does not know, and ignores' }
        : {
            code: 'key/unknown',
            path: joinPath(path, key),
            message: `not a key of the config, and ignored; did you mean "${guess}"?`,
          }
    })

const joinPath = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)
