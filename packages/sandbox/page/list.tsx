/**
 * The list of entries. Only the first hundred are in the document; more come as the reader scrolls or goes there.
 * However many arrive above the focused row, it keeps the focus.
 */
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks'
import { deleteOne, focusWish, open, opened, passOver, shown, type Entry } from './inbox.js'
import { CopyButton, formatBytes, formatSender, formatShortTime, formatTime } from './parts.jsx'
import { words } from './words.js'

const pageSize = 100

const describe = (entry: Entry) =>
  entry.kind === 'mail'
    ? {
        to: entry.mail.toAddress,
        title: entry.mail.subject,
        detail: formatSender(entry.mail.fromAlias, entry.mail.accountName),
        note: formatBytes(entry.mail.size),
        code: entry.mail.code,
      }
    : {
        to: entry.refused.toAddress,
        title: entry.refused.code,
        detail: entry.refused.message,
        note: entry.refused.statusCode,
        code: undefined,
      }

interface RowProps {
  readonly entry: Entry
  readonly isOpen: boolean
  readonly isReachable: boolean
}

const Row = ({ entry, isOpen, isReachable }: RowProps) => {
  const { to = words.unknownRecipient, title, detail, note, code } = describe(entry)
  return (
    <li data-id={entry.id}>
      <button
        type="button"
        class={`row ${entry.kind} ${entry.unread ? 'unread' : ''}`}
        tabIndex={isReachable ? 0 : -1}
        aria-current={isOpen || undefined}
        onClick={() => open(entry.id, true)}
      >
        <span class="row-title">
          {entry.unread && <span class="unread-dot" role="img" aria-label={words.unread} />}
          {entry.kind === 'refused' && <span class="badge">{words.refused}</span>}
          <span class="row-subject">{title || words.noSubject}</span>
        </span>
        <time dateTime={entry.at} title={formatTime(entry.at)}>
          {formatShortTime(entry.at)}
        </time>
        <span class="row-to">{to}</span>
        <span class="row-from">{detail}</span>
        <span class="row-note">{note}</span>
      </button>
      {code !== undefined && (
        <CopyButton
          text={code}
          class="code-chip"
          label={words.copyCode(code)}
          title={words.copyCode(code)}
          tabIndex={-1}
        >
          {code}
        </CopyButton>
      )}
    </li>
  )
}

const findFocusedId = (list: HTMLElement | null): string | undefined => {
  const item = document.activeElement?.closest<HTMLElement>('[data-id]')
  return item && list?.contains(item) ? item.dataset['id'] : undefined
}

export const List = () => {
  const list = useRef<HTMLUListElement>(null)
  const sentinel = useRef<HTMLLIElement>(null)
  const [limit, setLimit] = useState(pageSize)
  const [, refresh] = useReducer<number, unknown>((count) => count + 1, 0)
  const order = useRef<ReadonlyArray<Entry>>([])

  const entries = shown.value
  const wish = focusWish.value
  const focused = findFocusedId(list.current)
  const indexOf = (id: string | undefined): number => entries.findIndex((entry) => entry.id === id)
  const needed = pageSize * Math.ceil((indexOf(wish ?? focused) + 1) / pageSize)
  const visible = entries.slice(0, Math.max(limit, needed))
  const reachable = [focused, opened.value?.id].find((id) => indexOf(id) >= 0) ?? entries[0]?.id

  useLayoutEffect(() => {
    // The focused row is gone: its neighbour takes over, so that the keyboard keeps its place.
    const lastIndex = order.current.findIndex((entry) => entry.id === focused)
    const isGone = focused !== undefined && indexOf(focused) < 0
    order.current = entries
    if (needed > limit) setLimit(needed)
    if (wish === undefined && !isGone) return
    const target =
      wish === undefined ? entries[Math.min(lastIndex, entries.length - 1)] : entries[indexOf(wish)]
    list.current?.querySelector<HTMLElement>(`[data-id="${target?.id ?? entries[0]?.id}"] .row`)?.focus()
    focusWish.value = undefined
  })
  useEffect(() => {
    const observer = new IntersectionObserver(
      (seen) => seen.some((one) => one.isIntersecting) && setLimit((now) => now + pageSize),
      { root: list.current, rootMargin: '600px' },
    )
    if (sentinel.current !== null) observer.observe(sentinel.current)
    return () => observer.disconnect()
  }, [])

  const press = (event: KeyboardEvent): void => {
    const id = findFocusedId(list.current)
    const index = indexOf(id)
    if (id === undefined || index < 0 || event.ctrlKey || event.metaKey || event.altKey) return
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      j: index + 1,
      ArrowUp: index - 1,
      k: index - 1,
      Home: 0,
      End: entries.length - 1,
    }
    const target = targets[event.key]
    if (target !== undefined) {
      const next = entries[Math.max(0, Math.min(target, entries.length - 1))]?.id
      focusWish.value = next
      if (next !== undefined && next !== id) passOver(next)
    } else if (event.key === 'Delete') void deleteOne(id)
    else if (event.key === 'c')
      list.current?.querySelector<HTMLElement>(`[data-id="${id}"] .code-chip`)?.click()
    else if (event.key === '/') document.getElementById('search')?.focus()
    else return
    event.preventDefault()
  }

  return (
    <ul id="list" ref={list} aria-label={words.list} onKeyDown={press} onFocusIn={refresh}>
      {visible.map((entry) => (
        <Row
          key={entry.id}
          entry={entry}
          isOpen={entry.id === opened.value?.id}
          isReachable={entry.id === reachable}
        />
      ))}
      <li
        class="sentinel"
        key="sentinel"
        ref={sentinel}
        aria-hidden="true"
        hidden={visible.length >= entries.length}
      />
    </ul>
  )
}
