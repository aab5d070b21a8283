/**
 * One text in several languages, and which of them a recipient reads.
 */
import { match } from '@formatjs/intl-localematcher'

/** The text that a recipient with this language reads; without a language, or where none fits, always the same one. */
export interface Translations<A> {
  readonly choose: (locale: string | undefined) => A | undefined
}

export interface Translation<A> {
  readonly locale?: string | undefined
  readonly value: A
}

/** What was chosen is remembered for so many languages: to compare takes longer than to render. */
const maxRemembered = 1_000

/** No language: what the matcher answers where none fits. */
const none = 'und'

/**
 * Chooses by CLDR's language matching: `zh-Hans-CN` reads `zh-CN`, `en-GB` reads `en-US`. Else the first text without a
 * language, else the first of all. Of two texts in one language, the first counts.
 */
export const createTranslations = <A>(translations: ReadonlyArray<Translation<A>>): Translations<A> => {
  const fallback = (translations.find(({ locale }) => locale === undefined) ?? translations[0])?.value
  const byLocale = new Map<string, A>()
  for (const { locale, value } of translations)
    if (locale !== undefined && !byLocale.has(locale)) byLocale.set(locale, value)
  const locales = [...byLocale.keys()]
  const remembered = new Map<string, A | undefined>()
  return {
    choose: (locale) => {
      if (locale === undefined) return fallback
      if (remembered.has(locale)) return remembered.get(locale)
      const chosen = byLocale.get(match([locale], locales, none)) ?? fallback
      if (remembered.size >= maxRemembered) remembered.clear()
      remembered.set(locale, chosen)
      return chosen
    },
  }
}
