/**
 * What mail programs do to a mail that a browser would show as it was meant.
 */
import { isRecord } from '../json.js'
import { gmailLimitBytes } from '../plain-text.js'
import type { Attribute, Element, Html, Place } from './html.js'
import { isAddressAttribute } from './places.js'
import { readText, type TemplateText } from './template.js'
import type { Warning, WarningCode } from './warning.js'

// ------------------------------------------------------------------------------------------------------------
// Headers
// ------------------------------------------------------------------------------------------------------------

const emoji = /\p{Emoji_Presentation}|\ufe0f/u

const warnOfEmoji = (path: string, text: string): ReadonlyArray<Warning> =>
  emoji.test(text)
    ? [{ code: 'mail/alias-emoji', path, message: 'has an emoji, which some mail programs show as a box' }]
    : []

export const findEmojiInConfig = (input: unknown): ReadonlyArray<Warning> =>
  isRecord(input)
    ? ['fromAlias', 'replyAddressAlias'].flatMap((key) => warnOfEmoji(key, readText(input, key) ?? ''))
    : []

export const findEmojiInAlias = ({ path, text }: TemplateText): ReadonlyArray<Warning> =>
  warnOfEmoji(path, text)

/** The API takes 256 characters; DirectMail's console shows and counts 100. */
const longSubject = 100

export const findLongSubject = ({ path, text, placeholders }: TemplateText): ReadonlyArray<Warning> => {
  const length = placeholders.reduce((rest, { source }) => rest - source.length, text.length)
  const message = `longer than ${longSubject} characters without its values: DirectMail's console takes no more`
  return length > longSubject ? [{ code: 'mail/long-subject', path, message }] : []
}

// ------------------------------------------------------------------------------------------------------------
// Bodies
// ------------------------------------------------------------------------------------------------------------

export const findTooLong = ({ path, text }: TemplateText): ReadonlyArray<Warning> =>
  Buffer.byteLength(text) > gmailLimitBytes
    ? [{ code: 'mail/too-long', path, message: 'longer than 102 kB, where Gmail cuts a mail off' }]
    : []

const plainHttp = /\bhttp:\/\/([\w.:[\]{}-]{0,80})/gi

/** Links in a text. `isLink` tells by the place in it whether an address there is one. */
const findPlainHttp = (
  { path, text }: TemplateText,
  isLink: (matches: ReadonlyArray<number>) => ReadonlyArray<boolean>,
): ReadonlyArray<Warning> => {
  const matches = Array.from(text.matchAll(plainHttp))
  const links = isLink(matches.map(({ index }) => index))
  return matches
    .filter((_, index) => links[index])
    .map(({ 1: host = '', index }) => ({
      code: 'mail/plain-http',
      path,
      index,
      message: `a link to http://${host} is not encrypted; use https`,
    }))
}

export const findPlainHttpInText = (text: TemplateText): ReadonlyArray<Warning> =>
  findPlainHttp(text, (matches) => matches.map(() => true))

/** Names of XML namespaces and of document types look like addresses. */
const holdsLinks = (place: Place): boolean =>
  place._tag === 'Value'
    ? !place.attribute.name.startsWith('xmlns')
    : !['Tag', 'Comment'].includes(place._tag)

export const findPlainHttpInHtml = (text: TemplateText, html: Html): ReadonlyArray<Warning> =>
  findPlainHttp(text, (matches) => html.locate(matches).map(holdsLinks))

export const findImports = ({ path, text }: TemplateText, html: Html): ReadonlyArray<Warning> => {
  const imports = Array.from(text.matchAll(/@import\b/gi), ({ index }) => index)
  const places = html.locate(imports)
  return imports
    .filter((_, index) => places[index]?._tag === 'Style')
    .map((index) => ({ code: 'mail/external-css', path, index, message: messages['mail/external-css'] }))
}

// ------------------------------------------------------------------------------------------------------------
// Elements
// ------------------------------------------------------------------------------------------------------------

const messages = {
  'mail/no-lang': 'has no lang: say which language it is in, for screen readers and translation',
  'mail/no-alt': 'has no alt, and most mail programs show no pictures before they are asked to',
  'mail/form': 'a form, which most mail programs take out',
  'mail/external-css': 'a style sheet from elsewhere, which mail programs do not load',
} as const satisfies Partial<Record<WarningCode, string>>

const findAttribute = ({ attributes }: Element, name: string): Attribute | undefined =>
  attributes.find((attribute) => attribute.name === name)

const isStyleSheet = (element: Element): boolean =>
  element.name === 'link' && /\bstylesheet\b/i.test(findAttribute(element, 'rel')?.value ?? '')

const lacks = (name: string, attribute: string) => (element: Element) =>
  element.name === name && findAttribute(element, attribute) === undefined

const faults: ReadonlyArray<
  readonly [code: keyof typeof messages, isAtFault: (element: Element) => boolean]
> = [
  ['mail/no-lang', lacks('html', 'lang')],
  ['mail/no-alt', lacks('img', 'alt')],
  ['mail/form', ({ name }) => name === 'form'],
  ['mail/external-css', isStyleSheet],
]

export const findElements = ({ path }: TemplateText, { elements }: Html): ReadonlyArray<Warning> =>
  elements.flatMap((element) => [
    ...faults.flatMap(([code, isAtFault]) =>
      isAtFault(element) ? [{ code, path, index: element.start, message: messages[code] }] : [],
    ),
    ...(isStyleSheet(element) ? [] : findRelativeLinks(element, path)),
  ])

/** Not one with a scheme, an anchor in the mail itself, or a placeholder, whose value nobody knows yet. */
const isRelative = (address: string): boolean => address !== '' && !/^(?:[a-z][\w+.-]*:|#|\{)/i.test(address)

const findRelativeLinks = ({ attributes }: Element, path: string): ReadonlyArray<Warning> =>
  attributes
    .filter(({ name, value }) => isAddressAttribute(name) && isRelative(value))
    .map(({ start }) => ({
      code: 'mail/relative-link',
      path,
      index: start,
      message: 'leads nowhere from within a mail: write the whole address, with https://',
    }))
