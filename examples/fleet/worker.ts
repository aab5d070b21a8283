/**
 * One worker of the fleet: sends what is queued until it is told to end, and then finishes what it has begun. On your machines
 * it runs as it stands, with the endpoint and the port left out.
 */
import { createMailWorker } from 'aliyun-dm-bullmq'
import { createConnector } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'
import config from '../connector.json' with { type: 'json' }

const connector = createConnector(config, { endpoint: process.env['ALIYUN_DM_ENDPOINT'] })
if (E.isLeft(connector)) throw new Error(connector.left.message)

const worker = createMailWorker(connector.right, {
  connection: { port: Number(process.env['REDIS_PORT'] ?? 6379) },
  // A job of a worker that died goes to another one after five seconds. In production, leave it at half a minute.
  lockMs: 5_000,
})

// The order matters: what is under way needs the connector.
process.once('SIGTERM', () => void worker.close().then(connector.right.close))
process.send?.('ready')
