/**
 * The reading pane: one mail in four views, or one refused request with the error that its client got.
 */
// @ts-check
import { copyButton } from './copy.js'
import { findCode } from './code.js'
import { byId, element } from './element.js'
import { bytesText, longTime, senderText } from './format.js'
import { htmlView } from './html-view.js'
import { longText } from './long-text.js'
import { textOf } from './mail-text.js'
import { requestView } from './request-view.js'
import { createTabs } from './tabs.js'
import { words } from './words.js'

/** @typedef {import('./request-view.js').WholeMail} WholeMail */
/** @typedef {import('./store.js').Refused} Refused */
/** @typedef {import('./store.js').Entry} Entry */

/**
 * @param {string} term
 * @param {string | undefined} value
 */
const fact = (term, value) =>
  value === undefined || value === ''
    ? undefined
    : element('div', { class: 'fact' }, element('dt', {}, term), element('dd', {}, value))

/** @param {string} text */
const notice = (text) => element('p', { class: 'notice', role: 'status' }, text)

/** @param {WholeMail} mail */
const textView = ({ htmlBody, textBody }) =>
  textBody !== undefined
    ? longText(textBody)
    : element('div', {}, element('p', { class: 'hint' }, words.textOfHtml), longText(textOf(htmlBody ?? '')))

/** @param {WholeMail} mail */
const codeOf = ({ subject, htmlBody, textBody }) =>
  findCode(subject, textBody ?? (htmlBody === undefined ? '' : textOf(htmlBody)))

/**
 * @param {object} on
 * @param {(id: string) => void} on.delete
 * @param {() => void} on.back
 */
export const createReader = (on) => {
  const container = byId('reader')
  /** @type {string | undefined} */
  let chosenTab
  /** @type {string | undefined} */
  let shownId
  let request = new AbortController()

  const backButton = () =>
    element(
      'button',
      { type: 'button', class: 'button back', onclick: on.back, 'aria-label': words.back },
      '‹',
    )

  /** @param {ReadonlyArray<Node>} content */
  const fill = (...content) => container.replaceChildren(...content)

  /** @param {WholeMail} mail */
  const showMail = (mail) => {
    const code = codeOf(mail)
    const tabs = createTabs(
      words.tabs,
      [
        { id: 'html', label: words.html, render: () => htmlView(mail) },
        { id: 'text', label: words.text, render: () => textView(mail) },
        { id: 'source', label: words.source, render: () => longText(mail.htmlBody ?? mail.textBody ?? '') },
        { id: 'request', label: words.request, render: () => requestView(mail) },
      ],
      chosenTab ?? (mail.htmlBody === undefined ? 'text' : 'html'),
      (id) => (chosenTab = id),
    )
    const remove = element('button', { type: 'button', class: 'button danger' }, words.deleteOne)
    remove.addEventListener('click', () => on.delete(`mail/${mail.envId}`))
    fill(
      element(
        'div',
        { class: 'reader-head' },
        element(
          'div',
          { class: 'title-line' },
          backButton(),
          element('h2', { id: 'reader-title', tabindex: -1 }, mail.subject || words.noSubject),
          element(
            'div',
            { class: 'actions' },
            code === undefined
              ? undefined
              : copyButton(
                  code,
                  { class: 'button primary copy-code', 'aria-label': words.copyCode(code) },
                  words.code,
                  ' ',
                  element('strong', {}, code),
                ),
            remove,
          ),
        ),
        element(
          'dl',
          { class: 'facts inline' },
          fact(words.from, senderText(mail.fromAlias, mail.accountName)),
          fact(words.to, mail.toAddress.replace(/,\s*/g, ', ')),
          fact(words.reply, mail.replyAddress && senderText(mail.replyAddressAlias, mail.replyAddress)),
          fact(words.tag, mail.tagName),
          fact(words.time, longTime(mail.receivedAt)),
          fact(words.size, bytesText(mail.size)),
        ),
        tabs.list,
      ),
      tabs.panels,
    )
  }

  /** @param {Refused} refused */
  const showRefused = (refused) =>
    fill(
      element(
        'div',
        { class: 'reader-head' },
        element(
          'div',
          { class: 'title-line' },
          backButton(),
          element('h2', { id: 'reader-title', tabindex: -1 }, words.refusedTitle),
        ),
      ),
      element(
        'div',
        { class: 'panels refused-view' },
        element(
          'div',
          { class: 'error-card' },
          element('p', { class: 'hint' }, words.clientGot),
          element('p', { class: 'error-code' }, element('code', {}, refused.code)),
          element('p', {}, refused.message),
          refused.fault === undefined
            ? undefined
            : element(
                'p',
                { class: 'hint' },
                refused.fault === 'error' ? words.faultError : words.faultPlayed(refused.fault),
              ),
        ),
        element(
          'dl',
          { class: 'facts' },
          fact(words.status, String(refused.statusCode)),
          fact('RequestId', refused.requestId),
          fact(words.time, longTime(refused.receivedAt)),
          fact(words.action, refused.action),
          fact(words.accessKeyId, refused.accessKeyId),
          fact(words.from, refused.accountName),
          fact(words.to, refused.toAddress),
          fact(words.subject, refused.subject),
          fact(words.fault, refused.fault),
        ),
      ),
    )

  /** @param {string} envId */
  const load = async (envId) => {
    const { signal } = request
    const showNotice = (/** @type {string} */ text) => {
      if (signal.aborted) return
      fill(element('div', { class: 'title-line' }, backButton()), notice(text))
    }
    const giveUp = (/** @type {string} */ text) => {
      showNotice(text)
      // So that opening it again tries again.
      if (!signal.aborted) shownId = undefined
    }
    // Loopback answers at once; only a slow answer is worth a word.
    const slow = setTimeout(() => showNotice(words.loading), 300)
    try {
      const response = await fetch(`/api/mails/${envId}`, { signal })
      if (response.status === 404) return giveUp(words.gone)
      const mail = await response.json()
      if (!signal.aborted) showMail(mail)
    } catch {
      giveUp(words.failed)
    } finally {
      clearTimeout(slow)
    }
  }

  return {
    /**
     * Shows an entry; resolves when it is there.
     *
     * @param {Entry} entry
     */
    show: async (entry) => {
      if (entry.id === shownId) return
      request.abort()
      request = new AbortController()
      shownId = entry.id
      if (entry.kind === 'refused') showRefused(entry.refused)
      else await load(entry.mail.envId)
    },
    clear: () => {
      request.abort()
      shownId = undefined
      fill(
        element(
          'div',
          { class: 'blank' },
          notice(words.nothingOpen),
          element('p', { class: 'keys' }, words.keys),
        ),
      )
    },
  }
}
