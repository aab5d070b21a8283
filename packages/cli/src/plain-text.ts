/**
 * A mail's HTML as text: what a reader sees who is shown no HTML.
 */
import { convert, type HtmlToTextOptions } from 'html-to-text'

/** Gmail shows 102 kB of a mail, and a link to the rest. */
export const gmailLimitBytes = 102_000

/** What Gmail cuts off is not worth reading on a terminal, and the parser's time grows with the square of nesting. */
const maxCharacters = gmailLimitBytes

const headings = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6']

const options: HtmlToTextOptions = {
  limits: { maxDepth: 100, maxChildNodes: 10_000 },
  selectors: [
    ...headings.map((selector) => ({ selector, options: { uppercase: false } })),
    { selector: 'img', options: { linkBrackets: ['[image: ', ']'] } },
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true } },
  ],
}

/** Lines of at most so many columns. Where the HTML is too long, the last line says what is left out. */
export const toPlainText = (html: string, columns: number): ReadonlyArray<string> => {
  const text = convert(html.slice(0, maxCharacters), { ...options, wordwrap: Math.min(columns, 100) })
  const rest = html.length - maxCharacters
  return [
    ...text.trimEnd().split('\n'),
    ...(rest > 0 ? ['', `[${rest} more characters of HTML are not shown here]`] : []),
  ]
}
