/**
 * What the page knows and does: the sandbox's lists and events become entries, the reader's wishes change what is
 * shown. The address's fragment names the open entry, so Back leads back and an address can be passed on.
 */
import { batch, computed, signal } from '@preact/signals'
import type { ListedMail } from '../src/listing.js'
import type { RefusedRequest } from '../src/mail.js'
import { announce, confirm } from './parts.jsx'
import { words } from './words.js'

interface Common {
  readonly id: string
  readonly at: string
  readonly unread: boolean
}
type MailEntry = Common & { readonly kind: 'mail'; readonly mail: ListedMail }
type RefusedEntry = Common & { readonly kind: 'refused'; readonly refused: RefusedRequest }
export type Entry = MailEntry | RefusedEntry

/** The sandbox does not tell when it forgets a refused request, so the page keeps at most so many. */
const maxRefused = 500
/** A burst of events is one change of the page. */
const batchMs = 60
const retryMs = 2000
/** While arrow keys run through the list nothing is fetched. */
const restMs = 120

/** As in page.css: below this width the list and the reading pane take turns. */
const narrow = matchMedia('(max-width: 760px)')

export const status = signal<'connecting' | 'live' | 'lost'>('connecting')
export const isLoaded = signal(false)
/** Newest first. */
export const entries = signal<ReadonlyArray<Entry>>([])
export const query = signal('')
export const kind = signal<'all' | Entry['kind']>('all')
/** What the reading pane shows, also after the sandbox has forgotten it. */
export const opened = signal<Entry | undefined>(undefined)
/** The row that is to have the focus as soon as it is there. */
export const focusWish = signal<string | undefined>(undefined)
/** Whether the title of what is opened is to have the focus. */
export const isTitleWanted = signal(false)

export const counts = computed(() => {
  const mails = entries.value.filter((entry) => entry.kind === 'mail').length
  return { mails, refused: entries.value.length - mails }
})

const searched =
  'subject toAddress fromAlias accountName tagName envId htmlBody textBody text links code message accessKeyId requestId'
const searchedFields = searched.split(' ')

const listText = (entry: Entry): string => {
  const fields = new Map<string, unknown>(Object.entries(entry.kind === 'mail' ? entry.mail : entry.refused))
  return searchedFields
    .map((name) => fields.get(name))
    .join('\n')
    .toLowerCase()
}

/** Every word that the reader typed must occur somewhere in what the entry shows or says. */
export const shown = computed(() => {
  const terms = query.value.toLowerCase().split(/\s+/).filter(Boolean)
  const ofKind = entries.value.filter((entry) => kind.value === 'all' || entry.kind === kind.value)
  if (terms.length === 0) return ofKind
  return ofKind.filter((entry) => {
    const text = listText(entry)
    return terms.every((term) => text.includes(term))
  })
})

const toMailEntry = (mail: ListedMail, unread: boolean): MailEntry => ({
  kind: 'mail',
  id: `mail/${mail.envId}`,
  at: mail.receivedAt,
  unread,
  // The reading pane asks for the whole mail, and the parameters repeat the rest of it.
  mail: mail.bodyOmitted ? mail : { ...mail, parameters: {} },
})
const toRefusedEntry = (refused: RefusedRequest, unread: boolean): RefusedEntry => ({
  kind: 'refused',
  id: `refused/${refused.requestId}`,
  at: refused.receivedAt,
  unread,
  refused,
})

const publish = (next: ReadonlyArray<Entry>): void => {
  let refused = 0
  entries.value = next.filter((entry) => entry.kind === 'mail' || ++refused <= maxRefused)
}

const replaceAll = (mails: ReadonlyArray<ListedMail>, refused: ReadonlyArray<RefusedRequest>): void => {
  const known = new Map(entries.value.map((entry) => [entry.id, entry]))
  const all = [
    ...mails.map((mail) => toMailEntry(mail, isLoaded.value)),
    ...refused.map((one) => toRefusedEntry(one, isLoaded.value)),
  ]
  // Stable: what arrived in the same millisecond stays in its order.
  all.sort((a, b) => (a.at > b.at ? -1 : Number(a.at < b.at)))
  publish(all.map((entry) => known.get(entry.id) ?? entry))
}

type Message =
  | { readonly type: 'mail'; readonly data: ListedMail }
  | { readonly type: 'refused'; readonly data: RefusedRequest }
  | { readonly type: 'deleted'; readonly data: { readonly envId: string } }
  | { readonly type: 'cleared' }

const announceNew = ([first, ...others]: ReadonlyArray<Entry>): void => {
  if (first === undefined) return
  if (others.length > 0) announce(words.newMails(others.length + 1))
  else if (first.kind === 'mail') announce(words.newMail(first.mail.subject, first.mail.toAddress))
  else announce(words.newRefusal(first.refused.code))
}

const apply = (messages: ReadonlyArray<Message>): void => {
  // A Map keeps its insertion order: oldest first.
  const all = new Map(entries.value.toReversed().map((entry) => [entry.id, entry]))
  const added: Array<Entry> = []
  for (const message of messages) {
    if (message.type === 'cleared') all.clear()
    else if (message.type === 'deleted') all.delete(`mail/${message.data.envId}`)
    else {
      const entry =
        message.type === 'mail' ? toMailEntry(message.data, true) : toRefusedEntry(message.data, true)
      if (all.has(entry.id)) continue
      all.set(entry.id, entry)
      added.push(entry)
    }
  }
  batch(() => {
    if (messages.some(({ type }) => type === 'cleared')) opened.value = undefined
    publish([...all.values()].reverse())
  })
  announceNew(added)
}

export const getJson = async <A>(path: string): Promise<A> => {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  // The sandbox that serves this page has the same types.
  return response.json() as Promise<A>
}

/**
 * Follows the sandbox: its lists once, then its events, and both again after every interruption. Returns how to leave
 * off.
 */
const listen = (): (() => void) => {
  let waiting: Array<Message> = []
  let isListening = false
  let isScheduled = false
  let hasEnded = false

  const schedule = (): void => {
    if (isScheduled) return
    isScheduled = true
    setTimeout(() => {
      isScheduled = false
      if (!isListening || waiting.length === 0) return
      const messages = waiting
      waiting = []
      apply(messages)
    }, batchMs)
  }

  const source = new EventSource('/api/events')
  let endNext = (): void => undefined
  const end = (): void => {
    hasEnded = true
    source.close()
    endNext()
  }
  const retry = (): void => {
    if (hasEnded) return
    end()
    status.value = 'lost'
    const timer = setTimeout(() => {
      endNext = listen()
    }, retryMs)
    endNext = () => clearTimeout(timer)
  }
  // The lists are asked for once events flow, and events wait for the lists: nothing falls between the two. What is in
  // both is the same entry, told twice.
  const load = async (): Promise<void> => {
    isListening = false
    waiting = []
    const [mails, refused] = await Promise.all([
      getJson<Array<ListedMail>>('/api/mails'),
      getJson<Array<RefusedRequest>>('/api/refused'),
    ])
    if (hasEnded) return
    batch(() => {
      const isFirst = !isLoaded.value
      replaceAll(mails, refused)
      isLoaded.value = true
      status.value = 'live'
      if (isFirst) followAddress()
    })
    isListening = true
    schedule()
  }
  source.addEventListener('open', () => void load().catch(retry))
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) retry()
    else status.value = 'lost'
  })
  for (const type of ['mail', 'refused', 'deleted', 'cleared'] as const) {
    source.addEventListener(type, ({ data }: MessageEvent<string>) => {
      // As src/events.ts writes it.
      waiting.push({ type, data: JSON.parse(data) as unknown } as Message)
      schedule()
    })
  }
  return end
}

/**
 * Follows the sandbox while the tab can be seen. A browser opens six connections to a host for all of its tabs, and each
 * stream of events holds one, so six tabs would leave none for anything else.
 */
export const follow = (): void => {
  let end: (() => void) | undefined
  const update = (): void => {
    if (document.hidden) {
      end?.()
      end = undefined
    } else end ??= listen()
  }
  document.addEventListener('visibilitychange', update)
  update()
}

const find = (id: string): Entry | undefined => entries.value.find((entry) => entry.id === id)

let resting: ReturnType<typeof setTimeout> | undefined

/** Opens an entry. `isChosen` is false where the reader only passed over it. */
export const open = (id: string, isChosen: boolean): void => {
  clearTimeout(resting)
  const entry = find(id)
  if (entry === undefined) return
  if (location.hash !== `#${id}`) {
    // Where list and reading pane take turns, Back shows the list.
    if (narrow.matches && opened.value === undefined) history.pushState({ fromList: true }, '', `#${id}`)
    else history.replaceState(history.state, '', `#${id}`)
  }
  const read = { ...entry, unread: false }
  batch(() => {
    opened.value = read
    entries.value = entries.value.map((one) => (one === entry ? read : one))
    isTitleWanted.value = isChosen && narrow.matches
  })
}

/** Opens an entry if the reader comes to rest on it. */
export const passOver = (id: string): void => {
  clearTimeout(resting)
  if (!narrow.matches) resting = setTimeout(() => open(id, false), restMs)
}

const close = (): void => {
  if (history.state === null) history.replaceState(null, '', location.pathname)
  opened.value = undefined
}

export const goBack = (): void => {
  focusWish.value = opened.value?.id
  // Only `open` pushes a state.
  const state = history.state as { readonly fromList: boolean } | null
  if (state?.fromList) history.back()
  close()
}

/** Shows what the address asks for, if it is there. */
export const followAddress = (): void => {
  const id = location.hash.slice(1)
  if (find(id) !== undefined) open(id, false)
  else opened.value = undefined
}

const requestDeletion = async (path: string): Promise<boolean> => {
  const response = await fetch(path, { method: 'DELETE' }).catch(() => undefined)
  // A mail that is gone already is as good as deleted.
  const isDone = response !== undefined && (response.ok || response.status === 404)
  if (!isDone) announce(words.deleteFailed)
  return isDone
}

export const deleteOne = async (id: string): Promise<void> => {
  const entry = find(id)
  if (entry?.kind !== 'mail') return
  if (!(await confirm(words.deleteOneQuestion, words.deleteOne))) return
  if (!(await requestDeletion(`/api/mails/${entry.mail.envId}`))) return
  const index = shown.value.findIndex((one) => one.id === id)
  batch(() => {
    apply([{ type: 'deleted', data: entry.mail }])
    if (opened.value?.id === id) close()
    focusWish.value = shown.value[Math.min(index, shown.value.length - 1)]?.id
  })
}

export const deleteAll = async (): Promise<void> => {
  if (!(await confirm(words.deleteAllQuestion, words.deleteAll))) return
  if (!(await requestDeletion('/api/mails'))) return
  batch(() => {
    apply([{ type: 'cleared' }])
    close()
  })
}
