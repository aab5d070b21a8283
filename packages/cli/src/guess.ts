/**
 * Names that are nearly right. A placeholder or a key that nobody knows is not an error, but one letter away from
 * a well-known name it is rarely meant.
 */
import { distance } from 'fastest-levenshtein'

/** Case, dots and underscores: what people get wrong before they get letters wrong. */
const toLetters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Two neighbours that changed places are one slip, and two edits. */
const isSwapped = (a: string, b: string): boolean => {
  const at = Array.from(a).findIndex((letter, index) => letter !== b[index])
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2)
}

const longestName = 64

const isNear = (given: string, known: string): boolean => {
  const [a, b] = [toLetters(given), toLetters(known)]
  return isSwapped(a, b) || distance(a, b) <= (b.length < 6 ? 1 : 2)
}

/** The known name that was probably meant; undefined where the name is known, or like none of them. */
export const guessName = (name: string, known: ReadonlyArray<string>): string | undefined => {
  if (name === '' || name.length > longestName || known.includes(name)) return undefined
  const near = known.filter((candidate) => isNear(name, candidate))
  return near.sort((a, b) => distance(name, a) - distance(name, b))[0]
}
