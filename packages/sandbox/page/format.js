/**
 * Times, sizes and addresses as people read them.
 */
// @ts-check
import { words } from './words.js'

const clock = new Intl.DateTimeFormat(words.locale, { hour: '2-digit', minute: '2-digit', hour12: false })
const day = new Intl.DateTimeFormat(words.locale, { month: 'short', day: 'numeric' })
const full = new Intl.DateTimeFormat(words.locale, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hour12: false,
})
const number = new Intl.NumberFormat(words.locale, { maximumFractionDigits: 1 })

/**
 * The time of day if it was today, else the day.
 *
 * @param {string} iso
 */
export const shortTime = (iso) => {
  const date = new Date(iso)
  return (date.toDateString() === new Date().toDateString() ? clock : day).format(date)
}

/** @param {string} iso */
export const longTime = (iso) => full.format(new Date(iso))

/** @param {number} bytes */
export const bytesText = (bytes) =>
  bytes < 1000
    ? `${bytes} B`
    : bytes < 1_000_000
      ? `${number.format(bytes / 1000)} kB`
      : `${number.format(bytes / 1_000_000)} MB`

/**
 * `Alias <address>`, or the address alone.
 *
 * @param {string | undefined} alias
 * @param {string} address
 */
export const senderText = (alias, address) =>
  alias === undefined || alias === '' ? address : `${alias} <${address}>`
