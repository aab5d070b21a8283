/**
 * Queue and worker as a process of its own, whose Redis dies under it. Its argument is the port of Redis; it prints what it was
 * told, and ends when nothing keeps it alive.
 */
import { once } from 'node:events'
import { createConnector } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'
import { createMailQueue, createMailWorker } from '../src/index.js'
import { config, message } from './support.js'

const connection = { port: Number(process.argv[2]) }
const connector = createConnector(config)
if (E.isLeft(connector)) throw new Error(connector.left.message)
const queue = createMailQueue({ connection })
const worker = createMailWorker(connector.right, { connection })
process.send?.(await queue.counts())
await once(process, 'message')
const asked = [await queue.enqueue(message())(), await queue.counts(), await queue.failed()]
const began = performance.now()
await Promise.all([queue.close(), worker.close()])
process.send?.({ asked, closedMs: performance.now() - began })
process.disconnect()
