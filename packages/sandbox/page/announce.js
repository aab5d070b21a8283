/**
 * What screen readers are told of: new mails, copies, failures. A burst of mails is one sentence.
 */
// @ts-check
import { byId } from './element.js'

/** Readers miss a text that is replaced at once. */
const quietMs = 800

let nextAt = 0
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting

/**
 * Says it, or after a moment of quiet the last of what was to be said.
 *
 * @param {string} text
 */
export const announce = (text) => {
  clearTimeout(waiting)
  waiting = setTimeout(
    () => {
      byId('announcement').textContent = text
      nextAt = Date.now() + quietMs
    },
    Math.max(0, nextAt - Date.now()),
  )
}
