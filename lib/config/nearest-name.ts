/**
 * The name that somebody meant who typed another one.
 */
import { closest, distance } from 'fastest-levenshtein'

/** Upper and lower case and signs are what people get wrong before they get letters wrong. */
const keepLetters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

const longestName = 64

/** A part this long of a name is enough to tell which one was meant: `timeout`, `password`. */
const tellingLength = 4

/**
 * The known name that is nearest to what was typed: it contains it, or differs from it in a third of its letters at
 * most. Undefined where no name is near.
 */
export const findNearestName = (typed: string, names: ReadonlyArray<string>): string | undefined => {
  if (typed.length > longestName || names.length === 0) return undefined
  const letters = keepLetters(typed)
  const containing =
    letters.length < tellingLength ? [] : names.filter((name) => keepLetters(name).includes(letters))
  const nearest = closest(letters, (containing.length > 0 ? containing : names).map(keepLetters))
  const isNear = containing.length > 0 || distance(letters, nearest) <= Math.max(2, nearest.length / 3)
  return isNear ? names.find((name) => keepLetters(name) === nearest) : undefined
}
