/**
 * The inbox page: what the sandbox tells (feed) goes into the store, what the reader asks for is shown from it. The
 * address's fragment names the open entry, so Back leads back and an address can be passed on.
 */
// @ts-check
import { announce } from './announce.js'
import { confirm } from './confirm.js'
import { copyButton } from './copy.js'
import { byId } from './element.js'
import { emptyState } from './empty.js'
import { follow } from './feed.js'
import { createList } from './list.js'
import { createReader } from './reader.js'
import { matching } from './search.js'
import { createStore } from './store.js'
import { words } from './words.js'

/** @typedef {import('./search.js').Kind} Kind */
/** @typedef {import('./store.js').Entry} Entry */

/** While arrow keys run through the list nothing is fetched. */
const restMs = 120

/** As in list.css: below this width the list and the reading pane take turns. */
const narrow = matchMedia('(max-width: 760px)')

const store = createStore()
let query = ''
/** @type {Kind} */
let kind = 'all'
let isLoaded = false
/** @type {string | undefined} */
let openId
/** @type {ReadonlyArray<Entry>} */
let shown = []
/** @type {ReturnType<typeof setTimeout> | undefined} */
let resting

const search = byId('search')
const reader = createReader({ delete: (id) => void deleteOne(id), back: () => goBack() })
const list = createList(byId('list'), {
  open: (id, how) => {
    clearTimeout(resting)
    if (how === 'open') void open(id, true)
    else if (!narrow.matches) resting = setTimeout(() => void open(id, false), restMs)
  },
  delete: (id) => void deleteOne(id),
  search: () => search.focus(),
})

const render = () => {
  const { mails, refused } = store.counts()
  const entries = store.entries()
  const unread = entries.filter((entry) => entry.unread).length
  shown = matching(entries, query, kind)
  list.show(shown, openId)
  byId('mail-count').textContent = String(mails)
  byId('refused-count').textContent = String(refused)
  byId('refused-count').classList.toggle('some', refused > 0)
  byId('nothing-found').textContent = entries.length > 0 && shown.length === 0 ? words.nothingFound : ''
  byId('delete-all').toggleAttribute('disabled', entries.length === 0)
  document.title = `${unread > 0 ? `(${unread}) ` : ''}${words.title} · ${words.pageTitle}`
  const isEmpty = entries.length === 0 && openId === undefined
  document.body.dataset['view'] = !isLoaded
    ? 'loading'
    : isEmpty
      ? 'empty'
      : openId === undefined
        ? 'list'
        : 'reader'
}

const close = () => {
  openId = undefined
  reader.clear()
  render()
}

/**
 * @param {string} id
 * @param {boolean} isChosen Whether the reader chose this very entry, and not only passed over it.
 */
const open = async (id, isChosen) => {
  const entry = store.get(id)
  if (entry === undefined) return
  const fragment = `#${id}`
  if (location.hash !== fragment) {
    // Where list and reading pane take turns, Back shows the list.
    if (narrow.matches && openId === undefined) history.pushState({ fromList: true }, '', fragment)
    else history.replaceState(history.state, '', fragment)
  }
  entry.unread = false
  openId = id
  render()
  await reader.show(entry)
  if (isChosen && narrow.matches) document.getElementById('reader-title')?.focus()
}

const goBack = () => {
  const id = openId
  if (history.state?.fromList === true) history.back()
  else history.replaceState(null, '', location.pathname)
  close()
  list.focus(id)
}

/** @param {string} path */
const requestDeletion = async (path) => {
  const response = await fetch(path, { method: 'DELETE' }).catch(() => undefined)
  // A mail that is gone already is as good as deleted.
  const isDone = response !== undefined && (response.ok || response.status === 404)
  if (!isDone) announce(words.deleteFailed)
  return isDone
}

/** @param {string} id */
const deleteOne = async (id) => {
  const entry = store.get(id)
  const envId = id.replace(/^mail\//, '')
  if (entry?.kind === 'refused' || envId === id) return
  if (!(await confirm(words.deleteOneQuestion, words.deleteOne))) return
  if (!(await requestDeletion(`/api/mails/${envId}`))) return
  const index = shown.findIndex((one) => one.id === id)
  store.apply({ type: 'deleted', data: { envId } })
  if (openId === id) {
    history.replaceState(history.state, '', location.pathname)
    close()
  } else render()
  list.focus(shown[Math.min(index, shown.length - 1)]?.id)
}

const deleteAll = async () => {
  if (!(await confirm(words.deleteAllQuestion, words.deleteAll))) return
  if (!(await requestDeletion('/api/mails'))) return
  store.apply({ type: 'cleared', data: {} })
  history.replaceState(null, '', location.pathname)
  close()
}

/** Shows what the address asks for, if it is there. */
const followAddress = () => {
  const id = location.hash.slice(1)
  if (store.get(id) !== undefined) void open(id, false)
  else if (openId !== undefined) close()
}

/** @param {ReadonlyArray<Entry>} added */
const announceNew = (added) => {
  const [first] = added
  if (first === undefined) return
  if (added.length > 1) announce(words.newMails(added.length))
  else if (first.kind === 'mail') announce(words.newMail(first.mail.subject, first.mail.toAddress))
  else announce(words.newRefusal(first.refused.code))
}

/** @param {'live' | 'lost' | 'connecting'} status */
const showStatus = (status) => {
  byId('status').dataset['status'] = status
  byId('status').textContent = words[status]
}

const putWords = () => {
  /** @type {Record<string, unknown>} */
  const all = words
  document.documentElement.lang = words.locale
  for (const place of document.querySelectorAll('[data-word]')) {
    place.textContent = String(all[place.getAttribute('data-word') ?? ''])
  }
  for (const place of document.querySelectorAll('[data-word-label]')) {
    place.setAttribute('aria-label', String(all[place.getAttribute('data-word-label') ?? '']))
  }
  search.setAttribute('placeholder', words.search)
  byId('endpoint').append(
    copyButton(location.origin, { class: 'endpoint', title: words.copyEndpoint }, location.origin),
  )
  byId('empty').append(emptyState())
}

putWords()
showStatus('connecting')
reader.clear()
render()
byId('delete-all').addEventListener('click', () => void deleteAll())
search.addEventListener('input', () => {
  query = search instanceof HTMLInputElement ? search.value : ''
  list.toTop()
  render()
})
search.addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowDown' && event.key !== 'Enter') return
  event.preventDefault()
  list.focus(shown[0]?.id)
})
for (const radio of document.querySelectorAll('input[name=kind]')) {
  radio.addEventListener('change', () => {
    kind = radio instanceof HTMLInputElement ? /** @type {Kind} */ (radio.value) : 'all'
    list.toTop()
    render()
  })
}
byId('reader').addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && openId !== undefined) goBack()
})
window.addEventListener('popstate', followAddress)
follow({
  onLists: (mails, refused) => {
    store.replace(mails, refused)
    const isFirst = !isLoaded
    isLoaded = true
    render()
    if (isFirst) followAddress()
  },
  onEvents: (events) => {
    const added = events.map((event) => store.apply(event)).filter((entry) => entry !== undefined)
    if (events.some(({ type }) => type === 'cleared') && openId !== undefined) close()
    else render()
    announceNew(added)
  },
  onStatus: showStatus,
})
