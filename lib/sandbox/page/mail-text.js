/**
 * What an HTML mail says, without showing it: its text and its links. The markup is parsed into a document of its
 * own that has no window, so nothing in it runs or loads.
 */
// @ts-check

/** Enough for any mail that people read; the rest of a larger one is left out. */
export const maxParsedCharacters = 256 * 1024

const silent = new Set(['SCRIPT', 'STYLE', 'TITLE', 'TEMPLATE', 'NOSCRIPT', 'HEAD', 'IFRAME', 'OBJECT', 'SVG'])
const blocks = new Set(
  'ADDRESS ARTICLE BLOCKQUOTE DD DIV DL DT FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN OL P PRE SECTION TABLE TR UL'.split(
    ' ',
  ),
)
const cells = new Set(['TD', 'TH'])

/** @param {string} html */
const parse = (html) => new DOMParser().parseFromString(html.slice(0, maxParsedCharacters), 'text/html')

/**
 * The markup of a text: what stands for an element's start and end.
 *
 * @param {Node} node
 */
const breakOf = (node) =>
  blocks.has(node.nodeName) ? '\n' : node.nodeName === 'BR' ? '\n' : cells.has(node.nodeName) ? ' ' : ''

/**
 * The text of an HTML mail as a reader without HTML would get it: a line a block, no runs of spaces.
 *
 * @param {string} html
 */
export const textOf = (html) => {
  const { body } = parse(html)
  /** @type {Array<string>} */
  const parts = []
  /** @type {Node | null} */
  let node = body
  while (node !== null) {
    const isSilent = silent.has(node.nodeName.toUpperCase())
    if (node.nodeType === Node.TEXT_NODE) parts.push((node.nodeValue ?? '').replace(/\s+/g, ' '))
    else parts.push(breakOf(node))
    if (node.firstChild !== null && !isSilent) {
      node = node.firstChild
      continue
    }
    while (node !== null && node !== body && node.nextSibling === null) {
      node = node.parentNode
      if (node !== null && node.nodeName !== 'BR') parts.push(breakOf(node))
    }
    node = node === body || node === null ? null : node.nextSibling
  }
  return parts
    .join('')
    .replace(/[^\S\n]*\n[^\S\n]*/g, '\n')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

const maxLinks = 50

/**
 * The web addresses that an HTML mail links to, each once. Other schemes, `javascript:` above all, are left out.
 *
 * @param {string} html
 * @returns {ReadonlyArray<string>}
 */
export const linksOf = (html) => {
  const hrefs = [...parse(html).querySelectorAll('a[href]')].map((link) => link.getAttribute('href')?.trim() ?? '')
  return [...new Set(hrefs.filter((href) => /^https?:\/\//i.test(href) && URL.canParse(href)))].slice(0, maxLinks)
}
