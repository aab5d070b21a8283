/**
 * A Redis of its own for the tests of one file: Debian's redis-server, on a port that is free.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Connection } from '../src/index.js'

const hasRedis = spawnSync('redis-server', ['--version']).status === 0

/** Like `describe`; where there is no redis-server, it says so and skips. */
export const describeWithRedis = (title: string, run: () => void): void => {
  describe(title, function () {
    this.timeout(120_000)
    before(function () {
      if (hasRedis) return
      console.log('      skipped: there is no redis-server (Debian: redis-server)')
      this.skip()
    })
    run()
  })
}

const findPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

export interface RedisServer {
  readonly connection: Connection & { readonly port: number }
  readonly client: () => Redis
  readonly start: () => Promise<void>
  /** As when the machine loses power. */
  readonly kill: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Writes before it answers, unless it is told that once a second is enough. */
export const startRedis = async (fsync: 'always' | 'everysec' = 'always'): Promise<RedisServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'))
  const port = await findPort()
  let child: ChildProcess | undefined
  const client = (): Redis => new Redis({ port, maxRetriesPerRequest: 20 })
  const start = async (): Promise<void> => {
    const files = ['--dir', folder, '--appendonly', 'yes', '--appendfsync', fsync, '--save', '']
    child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...files], {
      stdio: 'ignore',
    })
    const redis = client()
    redis.on('error', () => undefined)
    await redis.ping()
    redis.disconnect()
  }
  const kill = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await start()
  return {
    connection: { host: '127.0.0.1', port },
    client,
    start,
    kill,
    stop: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
