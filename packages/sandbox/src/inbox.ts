/**
 * What has arrived: a ring of accepted mails, a ring of refused requests, and a way to be told of changes. Bounded
 * by number and, because one mail may have 8 MiB, by weight.
 */
import type { Scheme } from './request.js'

/**
 * A mail that the sandbox accepted, as its sender asked for it.
 *
 * @category model
 * @since 0.1.0
 */
export interface ReceivedMail {
  /** 18 digits, as the client was told. */
  readonly envId: string
  /** An upper-case UUID, as the client was told. */
  readonly requestId: string
  /** ISO 8601, UTC. */
  readonly receivedAt: string
  /** One address, or up to 100 separated by commas, as sent. */
  readonly toAddress: string
  readonly accountName: string
  readonly fromAlias?: string
  readonly subject: string
  readonly htmlBody?: string
  readonly textBody?: string
  readonly tagName?: string
  readonly replyToAddress: boolean
  readonly replyAddress?: string
  readonly replyAddressAlias?: string
  /** Bytes of the body as UTF-8. */
  readonly size: number
  /** Every parameter of the request by its own name, except `Signature` and `SecurityToken`. */
  readonly parameters: Readonly<Record<string, string>>
  readonly signature: {
    readonly scheme: Scheme
    /** False when the sandbox has no `accessKeys` to check it with. */
    readonly verified: boolean
    readonly accessKeyId: string
    readonly nonce: string
  }
}

/**
 * A request that was turned down, with the error that the client got. What the client sent is cut to 512
 * characters each, and neither bodies nor credentials are kept.
 *
 * @category model
 * @since 0.1.0
 */
export interface RefusedRequest {
  /** An upper-case UUID. */
  readonly requestId: string
  /** ISO 8601, UTC. */
  readonly receivedAt: string
  readonly code: string
  readonly statusCode: number
  readonly message: string
  readonly action?: string
  readonly accessKeyId?: string
  readonly accountName?: string
  readonly toAddress?: string
  readonly subject?: string
  /**
   * The kind of the fault that was played instead of looking at the request. If it is not `error`, the client
   * may have seen something else than `code` and `statusCode`, or nothing.
   */
  readonly fault?: string
}

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

/**
 * The two rings.
 *
 * @category model
 * @since 0.1.0
 */
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

/** Characters; a character takes one or two bytes. */
const defaultMaxWeight = 128 * 1024 * 1024

// The bodies are among the parameters, and share their memory.
const weightOf = (mail: ReceivedMail): number =>
  Object.entries(mail.parameters).reduce((sum, [name, value]) => sum + name.length + value.length, 0)

/**
 * Empty rings for `capacity` mails and as many refused requests. Beyond the capacity, or when all mails together
 * have more than `maxWeight` characters, the oldest go; the newest mail always stays.
 *
 * @category constructors
 * @since 0.1.0
 */
export const createInbox = (capacity: number, maxWeight: number = defaultMaxWeight): Inbox => {
  // A Map keeps its insertion order: oldest first, and any can be deleted.
  const mails = new Map<string, ReceivedMail>()
  const refusedRequests: Array<RefusedRequest> = []
  const listeners = new Set<(event: InboxEvent) => void>()
  let weight = 0

  const emit = (event: InboxEvent): void => {
    for (const listener of listeners) {
      // A listener's mistake is not the mail's: its sender must get the answer all the same.
      try {
        listener(event)
      } catch (error) {
        process.emitWarning(`a listener of the sandbox's inbox threw: ${String(error)}`)
      }
    }
  }
  const drop = (mail: ReceivedMail): void => {
    if (mails.delete(mail.envId)) weight -= weightOf(mail)
  }
  const makeRoom = (): void => {
    for (const oldest of mails.values()) {
      if (mails.size <= 1 || (mails.size <= capacity && weight <= maxWeight)) return
      drop(oldest)
      emit({ type: 'deleted', envId: oldest.envId })
    }
  }

  return {
    add: (mail) => {
      mails.set(mail.envId, mail)
      weight += weightOf(mail)
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
