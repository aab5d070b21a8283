/**
 * What has arrived: a ring of accepted mails, a ring of refused requests, and a way to be told of changes. Bounded
 * by number and, because one mail may have 8 MiB, by weight.
 */
import type { ReceivedMail, RefusedRequest } from './mail.js'

/**
 * What subscribers are told. A mail that has to make room is `deleted` like one that somebody deletes.
 *
 * @category model
 * @since 0.1.0
 */
export type InboxEvent =
  | { readonly type: 'mail'; readonly mail: ReceivedMail }
  | { readonly type: 'refused'; readonly refused: RefusedRequest }
  | { readonly type: 'deleted'; readonly envId: string }
  | { readonly type: 'cleared' }

/** The two rings. */
export interface Inbox {
  readonly add: (mail: ReceivedMail) => void
  readonly refuse: (refused: RefusedRequest) => void
  /** Oldest first. */
  readonly mails: () => ReadonlyArray<ReceivedMail>
  /** Oldest first. */
  readonly refused: () => ReadonlyArray<RefusedRequest>
  readonly find: (envId: string) => ReceivedMail | undefined
  /** Whether there was such a mail. */
  readonly remove: (envId: string) => boolean
  /** Empties both rings. */
  readonly clear: () => void
  /** Returns the function that ends the subscription. */
  readonly subscribe: (listener: (event: InboxEvent) => void) => () => void
}

// The bodies are among the parameters, and share their memory. The text of an HTML mail is its own.
const weigh = ({ parameters, htmlBody, text = '' }: ReceivedMail): number =>
  // A character takes one or two bytes.
  2 *
  (Object.entries(parameters).reduce((sum, [name, value]) => sum + name.length + value.length, 0) +
    (htmlBody === undefined ? 0 : text.length))

const warn = (error: unknown): void => {
  const reason = error instanceof Error ? error.message : typeof error
  process.emitWarning(`a listener of the sandbox's inbox threw: ${reason}`)
}

/** A listener's mistake is not the mail's: its sender must get the answer all the same. */
const call = (listener: (event: InboxEvent) => unknown, event: InboxEvent): void => {
  try {
    const result = listener(event)
    if (result instanceof Promise) result.catch(warn)
  } catch (error) {
    warn(error)
  }
}

/**
 * Empty rings for `capacity` mails and as many refused requests. Beyond the capacity, or when all mails together
 * have more than `maxBytes`, the oldest go; the newest mail always stays.
 */
export const createInbox = (capacity: number, maxBytes = Infinity): Inbox => {
  // A Map keeps its insertion order: oldest first, and any can be deleted.
  const mails = new Map<string, ReceivedMail>()
  const refusedRequests: Array<RefusedRequest> = []
  const listeners = new Set<(event: InboxEvent) => void>()
  let weight = 0

  const emit = (event: InboxEvent): void => {
    // Whoever subscribes meanwhile is told of the next event.
    for (const listener of [...listeners]) call(listener, event)
  }
  const drop = (mail: ReceivedMail): void => {
    if (mails.delete(mail.envId)) weight -= weigh(mail)
  }
  const makeRoom = (): void => {
    for (const oldest of mails.values()) {
      if (mails.size <= 1 || (mails.size <= capacity && weight <= maxBytes)) return
      drop(oldest)
      emit({ type: 'deleted', envId: oldest.envId })
    }
  }

  return {
    add: (mail) => {
      mails.set(mail.envId, mail)
      weight += weigh(mail)
      makeRoom()
      emit({ type: 'mail', mail })
    },
    refuse: (refused) => {
      refusedRequests.push(refused)
      if (refusedRequests.length > capacity) refusedRequests.shift()
      emit({ type: 'refused', refused })
    },
    mails: () => [...mails.values()],
    refused: () => [...refusedRequests],
    find: (envId) => mails.get(envId),
    remove: (envId) => {
      const mail = mails.get(envId)
      if (mail === undefined) return false
      drop(mail)
      emit({ type: 'deleted', envId })
      return true
    },
    clear: () => {
      mails.clear()
      weight = 0
      refusedRequests.length = 0
      emit({ type: 'cleared' })
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
