/**
 * Which entries match what the reader typed: every word must occur somewhere in what the entry shows or says.
 */
// @ts-check

/** @typedef {import('./store.js').Entry} Entry */
/** @typedef {'all' | 'mail' | 'refused'} Kind */

/** @param {Entry} entry */
const wordsIn = (entry) => {
  const fields =
    entry.kind === 'mail'
      ? [
          entry.mail.subject,
          entry.mail.toAddress,
          entry.mail.fromAlias,
          entry.mail.accountName,
          entry.mail.tagName,
          entry.mail.envId,
          entry.mail.htmlBody,
          entry.mail.textBody,
        ]
      : [
          entry.refused.code,
          entry.refused.message,
          entry.refused.subject,
          entry.refused.toAddress,
          entry.refused.accountName,
          entry.refused.accessKeyId,
          entry.refused.requestId,
        ]
  return fields.join('\n').toLowerCase()
}

/**
 * @param {ReadonlyArray<Entry>} entries
 * @param {string} query
 * @param {Kind} kind
 */
export const matching = (entries, query, kind) => {
  const terms = query.toLowerCase().split(/\s+/).filter(Boolean)
  return entries.filter((entry) => {
    if (kind !== 'all' && entry.kind !== kind) return false
    if (terms.length === 0) return true
    const text = wordsIn(entry)
    return terms.every((term) => text.includes(term))
  })
}
