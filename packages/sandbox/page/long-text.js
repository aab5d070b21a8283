/**
 * Text of any length that does not freeze the page: the beginning at once, the rest when asked for, a piece at a
 * time. The browser lays out only the pieces that are in sight (see `.piece` in reader.css).
 */
// @ts-check
import { copyButton } from './copy.js'
import { element } from './element.js'
import { bytesText } from './format.js'
import { words } from './words.js'

const pieceCharacters = 16 * 1024

/**
 * Where the piece that starts at `start` ends: after a line if it has one, and never within a character.
 *
 * @param {string} text
 * @param {number} start
 * @param {number} most Characters.
 */
const endOfPiece = (text, start, most) => {
  const limit = start + most
  if (limit >= text.length) return text.length
  const line = text.lastIndexOf('\n', limit - 1) + 1
  if (line > start) return line
  const last = text.charCodeAt(limit - 1)
  return last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit
}

/** @param {string} text */
const sizeOf = (text) => bytesText(new Blob([text]).size)

/**
 * @param {string} text
 * @param {number} [limit] Characters that are shown at once, about.
 */
export const longText = (text, limit = 4 * pieceCharacters) => {
  const pre = element('pre', { class: 'long-text' })
  let shown = 0
  const showMore = (/** @type {number} */ upTo) => {
    while (shown < upTo && shown < text.length) {
      const end = endOfPiece(text, shown, Math.min(pieceCharacters, upTo - shown))
      // The line break at the end is the block's own.
      pre.append(element('span', { class: 'piece' }, text.slice(shown, end).replace(/\n$/, '') || ' '))
      shown = end
    }
  }
  showMore(limit)
  const isWhole = shown >= text.length
  const note = element('span', { role: 'status' })
  const bar = element('div', { class: 'bar' }, note, copyButton(text))
  if (!isWhole) {
    note.textContent = words.truncated(sizeOf(text.slice(0, shown)), sizeOf(text))
    const button = element('button', { type: 'button', class: 'button' }, words.showAll)
    const goOn = () => {
      if (!pre.isConnected) return
      showMore(shown + 4 * pieceCharacters)
      if (shown < text.length) setTimeout(goOn)
      else bar.removeAttribute('aria-busy')
    }
    button.addEventListener('click', () => {
      bar.setAttribute('aria-busy', 'true')
      note.textContent = sizeOf(text)
      button.remove()
      goOn()
    })
    note.after(button)
  }
  return element('div', { class: 'long' }, bar, pre)
}
