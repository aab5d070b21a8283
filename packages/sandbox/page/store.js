/**
 * What the page knows of the inbox: one entry for each mail and each refused request, newest first. It keeps what
 * the list and the search need; the reading pane asks the sandbox for the rest.
 */
// @ts-check
import { findCode } from './code.js'
import { textOf } from './mail-text.js'

/**
 * @typedef {object} Mail A mail as `/api/mails` lists it; bodies are absent when they are large.
 * @property {string} envId
 * @property {string} receivedAt
 * @property {string} toAddress
 * @property {string} accountName
 * @property {string} [fromAlias]
 * @property {string} subject
 * @property {string} [tagName]
 * @property {string} [htmlBody]
 * @property {string} [textBody]
 * @property {number} size
 *
 * @typedef {object} Refused A refused request as `/api/refused` lists it.
 * @property {string} requestId
 * @property {string} receivedAt
 * @property {string} code
 * @property {number} statusCode
 * @property {string} message
 * @property {string} [action]
 * @property {string} [accessKeyId]
 * @property {string} [accountName]
 * @property {string} [toAddress]
 * @property {string} [subject]
 * @property {string} [fault]
 *
 * @typedef {{ kind: 'mail', id: string, at: string, unread: boolean, mail: Mail, code: () => string | undefined }} MailEntry
 * @typedef {{ kind: 'refused', id: string, at: string, unread: boolean, refused: Refused }} RefusedEntry
 * @typedef {MailEntry | RefusedEntry} Entry
 *
 * @typedef {{ type: 'mail', data: Mail }
 *   | { type: 'refused', data: Refused }
 *   | { type: 'deleted', data: { envId: string } }
 *   | { type: 'cleared', data: object }} InboxEvent
 */

/** The sandbox does not tell when it forgets a refused request, so the page keeps at most so many. */
const maxRefused = 500

/** @param {Mail} mail */
const bodyText = (mail) => mail.textBody ?? (mail.htmlBody === undefined ? '' : textOf(mail.htmlBody))

/**
 * @param {Mail} mail
 * @param {boolean} unread
 * @returns {MailEntry}
 */
const mailEntry = (mail, unread) => {
  /** @type {{ code: string | undefined } | undefined} */
  let found
  return {
    kind: 'mail',
    id: `mail/${mail.envId}`,
    at: mail.receivedAt,
    unread,
    // Only when a row shows it: of ten thousand mails most are never looked at.
    code: () => (found ??= { code: findCode(mail.subject, bodyText(mail)) }).code,
    mail: {
      envId: mail.envId,
      receivedAt: mail.receivedAt,
      toAddress: mail.toAddress,
      accountName: mail.accountName,
      fromAlias: mail.fromAlias,
      subject: mail.subject,
      tagName: mail.tagName,
      htmlBody: mail.htmlBody,
      textBody: mail.textBody,
      size: mail.size,
    },
  }
}

/**
 * @param {Refused} refused
 * @param {boolean} unread
 * @returns {RefusedEntry}
 */
const refusedEntry = (refused, unread) => ({
  kind: 'refused',
  id: `refused/${refused.requestId}`,
  at: refused.receivedAt,
  unread,
  refused,
})

/** An empty store. */
export const createStore = () => {
  /** In order of arrival, oldest first. @type {Map<string, Entry>} */
  let entries = new Map()
  let refusedCount = 0
  let isFirstSnapshot = true

  const forgetOldestRefused = () => {
    for (const [id, entry] of entries) {
      if (refusedCount <= maxRefused) return
      if (entry.kind !== 'refused') continue
      entries.delete(id)
      refusedCount -= 1
    }
  }

  /** @param {Entry} entry */
  const add = (entry) => {
    if (entries.has(entry.id)) return false
    entries.set(entry.id, entry)
    if (entry.kind === 'refused') {
      refusedCount += 1
      forgetOldestRefused()
    }
    return true
  }

  return {
    /**
     * Takes over what the sandbox has now; entries that are known already stay read or unread.
     *
     * @param {ReadonlyArray<Mail>} mails
     * @param {ReadonlyArray<Refused>} refused
     */
    replace: (mails, refused) => {
      const unread = !isFirstSnapshot
      const known = entries
      entries = new Map()
      refusedCount = 0
      isFirstSnapshot = false
      const all = [
        ...mails.map((mail) => mailEntry(mail, unread)),
        ...refused.map((one) => refusedEntry(one, unread)),
      ]
      // Both lists come newest first; turned round, what arrived in the same millisecond stays in its order.
      for (const entry of all.reverse().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))) {
        add(known.get(entry.id) ?? entry)
      }
    },
    /**
     * Takes over a change. Returns the entry if there is a new one.
     *
     * @param {InboxEvent} event
     * @returns {Entry | undefined}
     */
    apply: (event) => {
      switch (event.type) {
        case 'mail':
        case 'refused': {
          const entry = event.type === 'mail' ? mailEntry(event.data, true) : refusedEntry(event.data, true)
          return add(entry) ? entry : undefined
        }
        case 'deleted':
          entries.delete(`mail/${event.data.envId}`)
          return undefined
        case 'cleared':
          entries.clear()
          refusedCount = 0
          return undefined
      }
    },
    /** @param {string} id */
    get: (id) => entries.get(id),
    /** Newest first. */
    entries: () => [...entries.values()].reverse(),
    counts: () => ({ mails: entries.size - refusedCount, refused: refusedCount }),
  }
}
