/**
 * What a mail says: its text, its links and its code. Found once, when the mail arrives, for the JSON API and for the
 * inbox page. Only people and tests read the result. Nothing that must be safe depends on it.
 *
 * A mail may be an attack on its reader, so only its first 128 Ki characters are looked at (Gmail shows 102 KB).
 * htmlparser2 compares a closing tag with every open one. The limit keeps the worst mail below a second.
 */
import { Parser } from 'htmlparser2'
import { findCode } from './code.js'
import type { ReceivedMail } from './mail.js'

const maxCharacters = 128 * 1024
const maxLinks = 50

/** Elements whose content is not text for a reader. */
const silent = new Set('script style title template noscript iframe svg textarea select'.split(' '))
const blocks = new Set(
  (
    'address article blockquote body center dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header html li main ol ' +
    'p pre section table tr ul'
  ).split(' '),
)
const breaks = new Set(['br', 'hr'])
const cells = new Set(['td', 'th'])

/** A line for each block, and no runs of spaces. */
const tidy = (text: string): string =>
  text
    // Runs first: a pattern that backtracks over a run of spaces would take minutes for a hostile one.
    .replace(/ +/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()

interface Reading {
  readonly text: string
  readonly links: Iterable<string>
}

const readHtml = (html: string): Reading => {
  const pieces: Array<string> = []
  const links: Array<string> = []
  let silentDepth = 0
  const parser = new Parser({
    onopentag: (name, { href }) => {
      if (silent.has(name)) silentDepth += 1
      if (blocks.has(name) || breaks.has(name)) pieces.push('\n')
      if (cells.has(name)) pieces.push(' ')
      if (name === 'a' && href !== undefined) links.push(href.trim())
    },
    ontext: (text) => {
      if (silentDepth === 0) pieces.push(text.replace(/\s+/g, ' '))
    },
    onclosetag: (name) => {
      if (silent.has(name)) silentDepth -= 1
      if (blocks.has(name)) pieces.push('\n')
    },
  })
  parser.end(html)
  return { text: tidy(pieces.join('')), links }
}

/**
 * Up to the first character that no address has, such as a Chinese full stop. A library would be better, but
 * linkifyjs 4.4 takes Chinese punctuation into the address, and linkify-it 5 needs a minute for 128 KiB of addresses.
 */
const address = /https?:\/\/[^\s<>"'`\\^{|}\u3000-\u303f\uff00-\uffef\u2018-\u201f]+/gi

/** Punctuation at the end belongs to the sentence, and a closing bracket without its opening one too. */
const withoutPunctuation = (link: string): string => {
  let end = link.length
  let unopened = link.split(')').length - link.split('(').length
  for (; end > 0; end -= 1) {
    const last = link.charAt(end - 1)
    if (last === ')' && unopened > 0) unopened -= 1
    else if (!'.,;:!?*_~'.includes(last)) break
  }
  return link.slice(0, end)
}

const readText = (text: string): Reading => ({
  text,
  links: [...text.slice(0, maxCharacters).matchAll(address)].map(([link]) => withoutPunctuation(link)),
})

/** Web addresses alone. Others are left out, `javascript:` above all. */
const keepWebLinks = (links: Iterable<string>): ReadonlyArray<string> => {
  const kept = new Set<string>()
  for (const link of links) {
    if (kept.size >= maxLinks) break
    if (/^https?:\/\//i.test(link) && URL.canParse(link)) kept.add(link)
  }
  return [...kept]
}

type Bodies = Pick<ReceivedMail, 'subject' | 'htmlBody' | 'textBody'>

/** What a mail says. Each field is absent where there is nothing of its kind. */
export const readContent = ({
  subject,
  htmlBody,
  textBody,
}: Bodies): Pick<ReceivedMail, 'text' | 'links' | 'code'> => {
  const reading =
    textBody === undefined ? readHtml((htmlBody ?? '').slice(0, maxCharacters)) : readText(textBody)
  const links = keepWebLinks(reading.links)
  const code = findCode(subject, reading.text)
  return {
    ...(reading.text !== '' && { text: reading.text }),
    ...(links.length > 0 && { links }),
    ...(code !== undefined && { code }),
  }
}
