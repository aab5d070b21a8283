/**
 * The program of each README, run as it stands.
 */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startSandbox } from 'aliyun-dm-sandbox/promises'
import { expect } from 'chai'
import { describeWithRedis, startRedis } from './redis.js'

for (const page of ['README.md', 'README.zh-CN.md'])
  describeWithRedis(page, () => {
    it('has a program that queues a mail, sends it, and ends when it is told to', async () => {
      const readme = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8')
      const [, program = ''] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? []
      const file = fileURLToPath(new URL(`readme-program-${process.pid}.ts`, import.meta.url))
      writeFileSync(file, program.replaceAll("'aliyun-dm-bullmq'", "'../src/index.js'"))
      const redis = await startRedis()
      const sandbox = await startSandbox()
      try {
        const child = spawn(process.execPath, ['--import', 'tsx', file], {
          env: {
            ...process.env,
            REDIS_PORT: String(redis.connection.port),
            MAIL_KEY: Buffer.alloc(32, 7).toString('base64'),
            ALIYUN_DM_ENDPOINT: sandbox.endpoint,
          },
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        let output = ''
        const sent = new Promise<void>((resolve) => {
          child.stdout.on('data', (data) => {
            output += String(data)
            if (output.includes('Sent')) resolve()
          })
        })
        const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
        await Promise.race([sent, ended])
        child.kill('SIGTERM')
        expect(await ended, output).to.equal(0)
        expect(output).to.match(/_tag: 'Right'/)
        expect(sandbox.inbox().map(({ code }) => code)).to.deep.equal(['123456'])
      } finally {
        rmSync(file)
        await sandbox.stop()
        await redis.stop()
      }
    })
  })
