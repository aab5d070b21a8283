/**
 * Copying to the clipboard, with a button that says so when it is done.
 */
// @ts-check
import { announce } from './announce.js'
import { element } from './element.js'
import { words } from './words.js'

const doneMs = 1500

/** Where the page is not a secure context (neither loopback nor https) browsers have no clipboard API. */
const copyBySelection = (/** @type {string} */ text) => {
  const area = element('textarea', { class: 'offscreen', 'aria-hidden': 'true' })
  area.value = text
  const focused = document.activeElement
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return done
}

/**
 * Whether the text is now on the clipboard.
 *
 * @param {string} text
 * @returns {Promise<boolean>}
 */
const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

/**
 * A button that copies.
 *
 * @param {string} text What it copies.
 * @param {Record<string, string>} attributes
 * @param {ReadonlyArray<Node | string>} label What it shows until it is pressed; the word “Copy” unless given.
 */
export const copyButton = (text, attributes = {}, ...label) => {
  const shown = label.length > 0 ? label : [words.copy]
  const button = element('button', { type: 'button', class: 'button', ...attributes }, ...shown)
  button.addEventListener('click', async () => {
    const note = (await copy(text)) ? words.copied : words.copyFailed
    announce(note)
    // The button keeps its width, so that nothing jumps.
    button.style.minWidth = `${button.offsetWidth}px`
    button.replaceChildren(note)
    button.classList.add('done')
    setTimeout(() => {
      button.replaceChildren(...shown)
      button.classList.remove('done')
    }, doneMs)
  })
  return button
}
