/**
 * What an HTML mail says, without showing it: its text and its links. The markup is read tag by tag here and not by
 * the browser's parser, which would report every style of every mail as a breach of this page's policy. Only what
 * readers read depends on this, nothing that must be safe; it is linear in the mail's length whatever it contains.
 */
// @ts-check

/** Enough for any mail that people read; the rest of a larger one is left out. */
const maxCharacters = 256 * 1024

/** Elements whose content is not text; what looks like a tag in them is none. */
const silent = new Set([
  'script',
  'style',
  'title',
  'template',
  'noscript',
  'iframe',
  'svg',
  'textarea',
  'select',
])
const lines = new Set(
  (
    'address article blockquote body br center dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header hr html li ' +
    'main ol p pre section table tr ul'
  ).split(' '),
)
const cells = new Set(['td', 'th'])

/**
 * Character references such as `&amp;` resolved, by the browser, in text that has no tag.
 *
 * @param {string} text
 */
const decode = (text) =>
  text.includes('&')
    ? (new DOMParser().parseFromString(`<body>${text.replaceAll('<', '&lt;')}`, 'text/html').body
        .textContent ?? '')
    : text

/**
 * Where the tag that starts at `start` ends: its `>`, not one within quotes. -1 if it does not end.
 *
 * @param {string} html
 * @param {number} start
 */
const endOfTag = (html, start) => {
  let quote = ''
  for (let index = start + 1; index < html.length; index += 1) {
    const character = html.charAt(index)
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '>') return index
    // A quote opens a value only after an equals sign; elsewhere it is a typing error.
    else if ((character === '"' || character === "'") && html.charAt(index - 1) === '=') quote = character
  }
  return -1
}

/**
 * Calls back for every piece of text and for every tag.
 *
 * @param {string} html
 * @param {(text: string) => void} onText Its character references are not resolved yet.
 * @param {(name: string, tag: string) => void} onTag
 */
const read = (html, onText, onTag) => {
  const lower = html.toLowerCase()
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open < 0) return onText(html.slice(at))
    onText(html.slice(at, open))
    const isTag = /[a-z!/?]/i.test(html.charAt(open + 1))
    const isComment = html.startsWith('<!--', open)
    const end = isComment ? html.indexOf('-->', open + 2) + 2 : isTag ? endOfTag(html, open) : open
    // What never ends is not shown by browsers either.
    if (end < open + (isComment ? 4 : 0)) return
    at = end + 1
    if (!isTag) onText('<')
    else if (!isComment) {
      const tag = html.slice(open, at)
      const name = (/^<\/?([a-z][^\s/>]*)/i.exec(tag)?.[1] ?? '').toLowerCase()
      onTag(name, tag)
      if (!silent.has(name) || tag.startsWith('</')) continue
      at = lower.indexOf(`</${name}`, at)
      if (at < 0) return
    }
  }
}

/**
 * The text of an HTML mail as a reader without HTML would get it: a line a block, no runs of spaces.
 *
 * @param {string} html
 */
export const textOf = (html) => {
  /** @type {Array<string>} */
  const parts = []
  read(
    html.slice(0, maxCharacters),
    (text) => parts.push(text.replace(/\s+/g, ' ')),
    (name) => parts.push(lines.has(name) ? '\n' : cells.has(name) ? ' ' : ''),
  )
  return decode(
    parts
      .join('')
      // Runs first: what backtracks over a run of spaces would take minutes for a hostile one.
      .replace(/ +/g, ' ')
      .replace(/ ?\n ?/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim(),
  )
}

const maxLinks = 50

/**
 * The web addresses that an HTML mail links to, each once. Other schemes, `javascript:` above all, are left out.
 *
 * @param {string} html
 * @returns {ReadonlyArray<string>}
 */
export const linksOf = (html) => {
  /** @type {Set<string>} */
  const links = new Set()
  read(
    html.slice(0, maxCharacters),
    () => undefined,
    (name, tag) => {
      if (name !== 'a' || links.size >= maxLinks) return
      const [, double, single, bare] = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i.exec(tag) ?? []
      const href = decode(double ?? single ?? bare ?? '').trim()
      if (/^https?:\/\//i.test(href) && URL.canParse(href)) links.add(href)
    },
  )
  return [...links]
}
