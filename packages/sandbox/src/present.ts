/** Optional fields: what was not sent is absent from a mail or a list entry, not undefined and not empty. */

/** The fields that have a value, that is, are neither undefined nor empty. */
export const present = <K extends string>(
  fields: Readonly<Record<K, string | undefined>>,
): Readonly<Partial<Record<K, string>>> => {
  const set = Object.entries<string | undefined>(fields).filter(
    ([, value]) => value !== undefined && value !== '',
  )
  // fromEntries forgets the names; they are some of K, and undefined has been left out.
  return Object.fromEntries(set) as Partial<Record<K, string>>
}
