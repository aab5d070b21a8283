/** A worker as a process of its own. Its arguments are the port of Redis, the endpoint, and the name of the queue. */
import { createConnector } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'
import { createMailWorker } from '../src/index.js'
import { config } from './support.js'

const [port, endpoint, name] = process.argv.slice(2)
const connector = createConnector(config, { endpoint })
if (E.isLeft(connector)) throw new Error(connector.left.message)
createMailWorker(connector.right, { connection: { port: Number(port) }, name, concurrency: 8, lockMs: 2_000 })
process.send?.('ready')
