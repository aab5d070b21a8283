/** The inbox as server-sent events: `mail`, `refused`, `deleted` and `cleared`, each with JSON. */
import type { ServerResponse } from 'node:http'
import type { Inbox, InboxEvent } from './inbox.js'
import { toListed } from './listing.js'

const heartbeatMs = 15_000
const maxStreams = 64
/** A reader that leaves this much unread is dropped; its browser connects again and reloads the list. */
const maxUnreadBytes = 8 * 1024 * 1024

const readData = (event: InboxEvent): unknown => {
  switch (event.type) {
    case 'mail':
      return toListed(event.mail)
    case 'refused':
      return event.refused
    case 'deleted':
      return { envId: event.envId }
    case 'cleared':
      return {}
  }
}

/** Streams of events to any number of pages, at most 64. */
export interface EventStreams {
  /** Takes over a response until its connection closes. False when there are too many already. */
  readonly open: (response: ServerResponse) => boolean
}

/** Streams that tell of one inbox. */
export const createEventStreams = (inbox: Inbox): EventStreams => {
  let streams = 0
  return {
    open: (response) => {
      if (streams >= maxStreams) return false
      streams += 1
      const write = (text: string): void => {
        if (response.writableLength > maxUnreadBytes) response.destroy()
        else response.write(text)
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      write('retry: 1000\n\n')
      const unsubscribe = inbox.subscribe((event) =>
        write(`event: ${event.type}\ndata: ${JSON.stringify(readData(event))}\n\n`),
      )
      const heartbeat = setInterval(() => write(': still here\n\n'), heartbeatMs)
      response.once('close', () => {
        streams -= 1
        unsubscribe()
        clearInterval(heartbeat)
      })
      return true
    },
  }
}
