/**
 * The fleet of the examples, run as it stands with fewer mails, and with one of its workers killed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { describeWithRedis } from '../packages/bullmq/test/redis.js'

describeWithRedis('examples/fleet', () => {
  it('sends each code once though a worker dies, and ends', async () => {
    const file = fileURLToPath(new URL('../examples/fleet/main.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', file, '90', '2'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    const output = (await child.stdout.setEncoding('utf8').toArray()).join('')
    await ended
    expect(child.exitCode).to.equal(0)
    expect(output).to.include('One worker was killed').and.to.include('90 mails arrived, for 90 of 90')
  })
})
