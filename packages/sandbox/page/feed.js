/**
 * The connection to the sandbox: its lists once, then its events, and both again after every interruption.
 */
// @ts-check

/** @typedef {import('./store.js').InboxEvent} InboxEvent */
/** @typedef {import('./store.js').Mail} Mail */
/** @typedef {import('./store.js').Refused} Refused */

/** A burst of events is one change of the page. */
const batchMs = 60
const retryMs = 2000

/** @param {string} path */
const getJson = async (path) => {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response.json()
}

/**
 * @param {object} listener
 * @param {(mails: ReadonlyArray<Mail>, refused: ReadonlyArray<Refused>) => void} listener.onLists
 * @param {(events: ReadonlyArray<InboxEvent>) => void} listener.onEvents
 * @param {(status: 'live' | 'lost') => void} listener.onStatus
 */
export const follow = ({ onLists, onEvents, onStatus }) => {
  /** @type {Array<InboxEvent>} */
  let queue = []
  let isLoaded = false
  let isScheduled = false

  const flush = () => {
    isScheduled = false
    if (!isLoaded || queue.length === 0) return
    const events = queue
    queue = []
    onEvents(events)
  }
  const schedule = () => {
    if (isScheduled) return
    isScheduled = true
    setTimeout(flush, batchMs)
  }

  const connect = () => {
    const source = new EventSource('/api/events')
    const retry = () => {
      source.close()
      onStatus('lost')
      setTimeout(connect, retryMs)
    }
    // The lists are asked for once events flow, and events wait for the lists: nothing falls between the two.
    // What is in both is the same entry, told twice.
    source.addEventListener('open', async () => {
      isLoaded = false
      queue = []
      try {
        onLists(...(await Promise.all([getJson('/api/mails'), getJson('/api/refused')])))
      } catch {
        retry()
        return
      }
      isLoaded = true
      onStatus('live')
      schedule()
    })
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) retry()
      else onStatus('lost')
    })
    for (const type of /** @type {const} */ (['mail', 'refused', 'deleted', 'cleared'])) {
      source.addEventListener(type, ({ data }) => {
        queue.push({ type, data: JSON.parse(data) })
        schedule()
      })
    }
  }
  connect()
}
