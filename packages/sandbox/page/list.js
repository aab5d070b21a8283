/**
 * The list of entries. Rows are made once and kept by their entry's id: a new mail adds a row and moves nothing.
 * Only the first hundred are in the document; more come as the reader scrolls.
 */
// @ts-check
import { copyButton } from './copy.js'
import { element } from './element.js'
import { bytesText, longTime, senderText, shortTime } from './format.js'
import { words } from './words.js'

/** @typedef {import('./store.js').Entry} Entry */
/** @typedef {{ item: HTMLLIElement, button: HTMLButtonElement, chip: HTMLButtonElement | undefined }} Row */

const pageSize = 100

/** @param {Entry} entry */
const contentOf = (entry) => {
  const { kind } = entry
  const to = kind === 'mail' ? entry.mail.toAddress : entry.refused.toAddress
  const title = kind === 'mail' ? entry.mail.subject : entry.refused.code
  const detail =
    kind === 'mail' ? senderText(entry.mail.fromAlias, entry.mail.accountName) : entry.refused.message
  const note = kind === 'mail' ? bytesText(entry.mail.size) : String(entry.refused.statusCode)
  return [
    element(
      'span',
      { class: 'row-title' },
      element('span', { class: 'unread-dot', role: 'img', 'aria-label': words.unread }),
      kind === 'refused' ? element('span', { class: 'badge' }, words.refused) : undefined,
      element('span', { class: 'row-subject' }, title || words.noSubject),
    ),
    element('time', { datetime: entry.at, title: longTime(entry.at) }, shortTime(entry.at)),
    element('span', { class: 'row-to' }, to ?? words.unknownRecipient),
    element('span', { class: 'row-from' }, detail),
    element('span', { class: 'row-note' }, note),
  ]
}

/**
 * @param {HTMLElement} container An `ul`.
 * @param {object} on
 * @param {(id: string, how: 'move' | 'open') => void} on.open The reader moved to an entry, or opened it.
 * @param {(id: string) => void} on.delete
 * @param {() => void} on.search
 */
export const createList = (container, on) => {
  /** @type {Map<string, Row>} */
  const rows = new Map()
  /** @type {ReadonlyArray<Entry>} */
  let entries = []
  /** @type {string | undefined} */
  let openId
  let limit = pageSize
  /** The ids of the rows, as they stand. @type {ReadonlyArray<string>} */
  let order = []

  const sentinel = element('li', { class: 'sentinel', 'aria-hidden': 'true' })
  const grow = () => {
    if (limit >= entries.length) return
    limit += pageSize
    render()
  }
  new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && grow(), {
    root: container,
    rootMargin: '600px',
  }).observe(sentinel)

  /**
   * @param {Entry} entry
   * @returns {Row}
   */
  const makeRow = (entry) => {
    const button = element(
      'button',
      { type: 'button', class: `row ${entry.kind}`, tabindex: -1 },
      ...contentOf(entry),
    )
    button.addEventListener('click', () => on.open(entry.id, 'open'))
    const code = entry.kind === 'mail' ? entry.code() : undefined
    const chip =
      code === undefined
        ? undefined
        : copyButton(
            code,
            {
              class: 'code-chip',
              title: words.copyCode(code),
              'aria-label': words.copyCode(code),
              tabindex: '-1',
            },
            code,
          )
    return { item: element('li', { 'data-id': entry.id }, button, chip), button, chip }
  }

  const shown = () => entries.slice(0, limit)
  const focusedId = () => {
    const item = document.activeElement?.closest('[data-id]')
    return item instanceof HTMLElement && container.contains(item) ? item.dataset['id'] : undefined
  }

  /** One row can be reached with Tab: the focused one, else the open one, else the first. */
  const markRows = () => {
    const focused = focusedId()
    const reachable = [focused, openId].find((id) => id !== undefined && rows.has(id)) ?? entries[0]?.id
    for (const entry of shown()) {
      const row = rows.get(entry.id)
      if (row === undefined) continue
      row.button.tabIndex = entry.id === reachable ? 0 : -1
      row.button.classList.toggle('unread', entry.unread)
      if (entry.id === openId) row.button.setAttribute('aria-current', 'true')
      else row.button.removeAttribute('aria-current')
    }
  }

  /** @param {number} index */
  const focusAt = (index) => {
    const entry = entries[Math.max(0, Math.min(index, entries.length - 1))]
    if (entry === undefined) return undefined
    while (entries.indexOf(entry) >= limit) grow()
    rows.get(entry.id)?.button.focus()
    markRows()
    return entry.id
  }

  const render = () => {
    const focused = focusedId()
    const focusedAt = order.indexOf(focused ?? '')
    // However many arrive above the focused row, it stays.
    const needed = entries.findIndex(({ id }) => id === focused) + 1
    limit = Math.max(limit, pageSize * Math.ceil(needed / pageSize))
    const visible = shown()
    order = visible.map(({ id }) => id)
    const ids = new Set(order)
    for (const [id, row] of rows) {
      if (ids.has(id)) continue
      row.item.remove()
      rows.delete(id)
    }
    /** @type {ChildNode | null} */
    let cursor = container.firstChild
    for (const entry of visible) {
      const row = rows.get(entry.id) ?? makeRow(entry)
      rows.set(entry.id, row)
      if (row.item === cursor) cursor = cursor.nextSibling
      else container.insertBefore(row.item, cursor)
    }
    container.append(sentinel)
    sentinel.hidden = limit >= entries.length
    markRows()
    // The focused row is gone: its neighbour takes over, so that the keyboard keeps its place.
    if (focused !== undefined && !rows.has(focused) && entries.length > 0) {
      focusAt(Math.max(0, focusedAt))
    }
  }

  container.addEventListener('keydown', (event) => {
    const id = focusedId()
    const index = entries.findIndex((entry) => entry.id === id)
    if (id === undefined || index < 0 || event.ctrlKey || event.metaKey || event.altKey) return
    /** @type {Record<string, number>} */
    const targets = {
      ArrowDown: index + 1,
      j: index + 1,
      ArrowUp: index - 1,
      k: index - 1,
      Home: 0,
      End: entries.length - 1,
    }
    const target = targets[event.key]
    if (target !== undefined) {
      const moved = focusAt(target)
      if (moved !== undefined && moved !== id) on.open(moved, 'move')
    } else if (event.key === 'Delete') on.delete(id)
    else if (event.key === 'c') rows.get(id)?.chip?.click()
    else if (event.key === '/') on.search()
    else return
    event.preventDefault()
  })

  return {
    /**
     * Shows these entries, newest first, with one of them marked as open.
     *
     * @param {ReadonlyArray<Entry>} next
     * @param {string | undefined} open
     */
    show: (next, open) => {
      entries = next
      openId = open
      render()
    },
    /** @param {string | undefined} id */
    focus: (id) =>
      focusAt(
        Math.max(
          0,
          entries.findIndex((entry) => entry.id === id),
        ),
      ),
    toTop: () => {
      limit = pageSize
      container.scrollTop = 0
    },
  }
}
