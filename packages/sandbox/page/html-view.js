/**
 * The mail as its reader sees it: the sandbox serves its HTML inert and under a policy of its own, and the frame it
 * is shown in may do nothing: no script, no form, no other address, no window. Its links are listed below it.
 */
// @ts-check
import { copyButton } from './copy.js'
import { element } from './element.js'
import { bytesText } from './format.js'
import { linksOf } from './mail-text.js'
import { words } from './words.js'

/** More HTML than this is laid out only if the reader insists. */
const largeBytes = 1_000_000

let isPhoneWidth = false

/**
 * @param {string} envId
 * @param {string} subject
 */
const mailFrame = (envId, subject) =>
  element('iframe', {
    class: 'mail-frame',
    title: words.htmlOf(subject),
    sandbox: '',
    referrerpolicy: 'no-referrer',
    src: `/api/mails/${envId}/html`,
  })

/** @param {string} html */
const linkList = (html) => {
  const links = linksOf(html)
  if (links.length === 0) return undefined
  const items = links.map((href) =>
    element(
      'li',
      {},
      element('a', { href, target: '_blank', rel: 'noopener noreferrer' }, href),
      copyButton(href, { class: 'button small', 'aria-label': `${words.copy}: ${href}` }),
    ),
  )
  return element(
    'details',
    { class: 'links' },
    element('summary', {}, words.links(links.length)),
    element('ul', {}, ...items),
  )
}

/**
 * @param {{ envId: string, subject: string, size: number, htmlBody?: string }} mail
 * @returns {HTMLElement}
 */
export const htmlView = ({ envId, subject, size, htmlBody }) => {
  if (htmlBody === undefined) return element('p', { class: 'notice' }, words.noHtml)
  const show = () => stage.replaceChildren(mailFrame(envId, subject))
  const stage = element('div', { class: isPhoneWidth ? 'stage phone' : 'stage' })
  const toggle = element(
    'button',
    { type: 'button', class: 'button phone-toggle', 'aria-pressed': String(isPhoneWidth) },
    words.phone,
  )
  toggle.addEventListener('click', () => {
    isPhoneWidth = !isPhoneWidth
    toggle.setAttribute('aria-pressed', String(isPhoneWidth))
    stage.classList.toggle('phone', isPhoneWidth)
  })
  if (size > largeBytes) {
    const button = element('button', { type: 'button', class: 'button', onclick: show }, words.showAnyway)
    stage.append(element('div', { class: 'notice' }, element('p', {}, words.large(bytesText(size))), button))
  } else show()
  return element(
    'div',
    { class: 'html-view' },
    element('div', { class: 'bar' }, toggle),
    stage,
    linkList(htmlBody),
  )
}
