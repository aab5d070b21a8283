/**
 * The mails in a browser, anew whenever the config or the file of a template changes: a server on loopback that renders the page each time it
 * is asked, and tells open pages when to ask again.
 */
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventsPath, policy, script, scriptPath } from './pages.js'

export interface LiveServer {
  readonly url: string
  readonly stop: () => void
}

/** Looked at again and again: editors replace files, and some file systems report no changes. */
const pollMs = 250

type Files = () => ReadonlyArray<string>

/** Another one after each change of the file. */
const readStamp = async (file: string): Promise<string> => {
  const found = await stat(file).catch(() => undefined)
  return `${found?.ino} ${found?.mtimeMs} ${found?.size}`
}

const readStamps = async (files: Files): Promise<string> =>
  (await Promise.all([...new Set(files())].map(readStamp))).join('\n')

/** Calls back after each change from now on. What it returns ends it. */
const watch = async (files: Files, onChange: () => void): Promise<() => void> => {
  let last = await readStamps(files)
  const look = async (): Promise<void> => {
    const stamp = await readStamps(files)
    if (stamp !== last) onChange()
    last = stamp
  }
  const timer = setInterval(() => void look(), pollMs)
  return () => clearInterval(timer)
}

const headers = {
  'cache-control': 'no-store',
  'content-security-policy': `${policy}; script-src 'self'; connect-src 'self'; frame-ancestors 'none'`,
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}

/** Serves what `render` gives, at a port that is free. */
export const startLiveServer = async (files: Files, render: () => Promise<string>): Promise<LiveServer> => {
  const readers = new Set<ServerResponse>()
  const reportChange = (): void => readers.forEach((reader) => reader.write('data: changed\n\n'))

  const listen = (response: ServerResponse): void => {
    readers.add(response)
    response.on('close', () => readers.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('retry: 1000\n\n')
  }

  const serve = async ({ url }: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (url === eventsPath) listen(response)
    else if (url === scriptPath)
      response.setHeader('content-type', 'text/javascript;charset=utf-8').end(script)
    else if (url === '/') response.setHeader('content-type', 'text/html;charset=utf-8').end(await render())
    else response.writeHead(404).end()
  }

  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    // A web page may let a name of its own resolve to 127.0.0.1, and would read the mails under it.
    const isOwn = /^(?:127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? '')
    if (!isOwn || request.method !== 'GET') response.writeHead(isOwn ? 405 : 421).end()
    else serve(request, response).catch(() => response.destroy())
  })

  const unwatch = await watch(files, reportChange)
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      // As it listens on a port, its address is no path.
      const { port } = server.address() as AddressInfo
      resolve({
        url: `http://127.0.0.1:${port}/`,
        stop: () => {
          unwatch()
          server.close()
          server.closeAllConnections()
        },
      })
    })
  })
}
