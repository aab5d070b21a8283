/**
 * HTML as its tokens: which element and which attribute stands where. No tree is built, so the time grows with the
 * text's length however deeply its tags are nested.
 */
import { decodeHTMLAttribute } from 'entities'
import { QuoteType, Tokenizer } from 'htmlparser2'

export interface Attribute {
  /** In small letters. */
  readonly name: string
  /** As a browser reads it, with its entities decoded. */
  readonly value: string
  /** Where the value begins, behind spaces, which do not count. */
  readonly start: number
}

export interface Element {
  /** In small letters. */
  readonly name: string
  /** Where its `<` stands. */
  readonly start: number
  readonly attributes: ReadonlyArray<Attribute>
}

/** What a stretch of the text is. */
export type Place =
  | { readonly _tag: 'Text' | 'Script' | 'Style' | 'Comment' | 'Tag' }
  | {
      readonly _tag: 'Value'
      readonly element: string
      readonly attribute: Attribute
      readonly isQuoted: boolean
    }

export interface Html {
  readonly elements: ReadonlyArray<Element>
  /** What stands at each of these places, which ascend. */
  readonly locate: (starts: ReadonlyArray<number>) => ReadonlyArray<Place>
}

const placeInside = (element: string): Place => {
  if (element === 'script') return { _tag: 'Script' }
  return { _tag: element === 'style' ? 'Style' : 'Text' }
}

interface Stretch {
  readonly end: number
  readonly place: Place
}

/**
 * Reads HTML, valid or not. `masked` is the same text with its placeholders made harmless, so that `{{ a > b }}` ends
 * no tag; values of attributes are read from the text itself.
 */
export const readHtml = (text: string, masked: string): Html => {
  const elements: Array<Element> = []
  // In order and without gaps: each ends where the next one begins.
  const stretches: Array<Stretch> = []
  let name = ''
  let start = 0
  let attributes: Array<Attribute> = []
  let attributeName = ''
  let value: { readonly start: number; readonly end: number } | undefined

  /** What belongs to no token is part of a tag. */
  const add = (from: number, to: number, place: Place): void => {
    stretches.push({ end: from, place: { _tag: 'Tag' } }, { end: to, place })
  }
  const endTag = (): void => {
    elements.push({ name, start, attributes })
  }
  const slice = (from: number, to: number): string => masked.slice(from, to).toLowerCase()

  const tokenizer = new Tokenizer(
    { decodeEntities: false },
    {
      onopentagname: (from, to) => {
        ;[name, start, attributes] = [slice(from, to), from - 1, []]
      },
      onopentagend: endTag,
      onselfclosingtag: endTag,
      onclosetag: () => (name = ''),
      onattribname: (from, to) => {
        attributeName = slice(from, to)
        value = undefined
      },
      onattribdata: (from, to) => (value = { start: from, end: to }),
      onattribend: (quote, end) => {
        const { start: from, end: to } = value ?? { start: end, end }
        const source = text.slice(from, to).trimStart()
        const attribute = {
          name: attributeName,
          value: decodeHTMLAttribute(source),
          start: to - source.length,
        }
        attributes.push(attribute)
        add(from, to, { _tag: 'Value', element: name, attribute, isQuoted: quote !== QuoteType.Unquoted })
      },
      ontext: (from, to) => add(from, to, placeInside(name)),
      oncomment: (from, to) => {
        // Outlook reads what stands in a conditional comment as HTML.
        const isConditional = slice(from, from + 3) === '[if'
        add(from, to, { _tag: isConditional ? 'Text' : 'Comment' })
      },
      oncdata: (from, to) => add(from, to, { _tag: 'Comment' }),
      ondeclaration: () => undefined,
      onprocessinginstruction: () => undefined,
      onattribentity: () => undefined,
      ontextentity: () => undefined,
      onend: () => undefined,
    },
  )
  tokenizer.write(masked)
  tokenizer.end()

  return {
    elements,
    locate: (starts) => {
      let index = 0
      return starts.map((at) => {
        while ((stretches[index]?.end ?? Infinity) <= at) index++
        return stretches[index]?.place ?? { _tag: 'Tag' }
      })
    },
  }
}
