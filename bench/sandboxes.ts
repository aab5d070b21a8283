/**
 * The sandbox beside aws-ses-v2-local, which stands for Amazon SES as the sandbox stands for DirectMail: how long each takes
 * to be ready, how many mails it takes a second, and how much memory 100 000 of them need. Both run as their commands do,
 * each in a process of its own; one mail of 1 kB is sent again and again over 32 connections that are kept alive.
 *
 *     npm run bench:sandbox
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { rendered } from './fixtures.js'
import { digits, figure, ratio } from './statistics.js'

const require = createRequire(import.meta.url)
const root = join(import.meta.dirname, '../..')

const mails = 100_000
const perRound = 2_000
const rounds = 10
const inFlight = 32
const starts = 7

const body = rendered(1_000)

interface Sent {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Contender {
  readonly name: string
  readonly args: (port: number) => ReadonlyArray<string>
  readonly makeRequest: () => Sent
}

const form = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString()

const contenders: readonly [Contender, Contender] = [
  {
    name: 'aliyun-dm-sandbox',
    args: (port) => [
      join(root, 'packages/sandbox/bin.js'),
      ...['--port', String(port), '--capacity', String(2 * mails), '--max-memory', '16000'],
    ],
    // Version 1 of the signature. Without a key the sandbox checks everything about it but its value.
    makeRequest: () => ({
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form({
        Action: 'SingleSendMail',
        Version: '2015-11-23',
        Format: 'JSON',
        AccessKeyId: 'id',
        SignatureMethod: 'HMAC-SHA1',
        SignatureVersion: '1.0',
        SignatureNonce: randomUUID(),
        Timestamp: new Date().toISOString().replace(/\.\d+/, ''),
        Signature: 'x',
        AccountName: 'noreply@example.com',
        AddressType: '1',
        ReplyToAddress: 'false',
        ToAddress: 'ada@example.org',
        Subject: 'Your code',
        HtmlBody: body,
      }),
    }),
  },
  {
    name: 'aws-ses-v2-local',
    args: (port) => [
      join(require.resolve('aws-ses-v2-local/package.json'), '../dist/cli.js'),
      `--port=${port}`,
    ],
    makeRequest: () => ({
      path: '/v2/email/outbound-emails',
      headers: {
        'content-type': 'application/json',
        authorization: 'AWS4-HMAC-SHA256 Credential=id/20261126/us-east-1/ses/aws4_request, Signature=x',
      },
      body: JSON.stringify({
        FromEmailAddress: 'noreply@example.com',
        Destination: { ToAddresses: ['ada@example.org'] },
        Content: { Simple: { Subject: { Data: 'Your code' }, Body: { Html: { Data: body } } } },
      }),
    }),
  },
]

const findPort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })

const post = (agent: Agent, port: number, { path, headers, body: text }: Sent): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(text) },
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    sent.on('error', reject)
    sent.end(text)
  })

const open = async (contender: Contender) => {
  const port = await findPort()
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight })
  const startedAt = performance.now()
  const child = spawn(process.execPath, contender.args(port), { stdio: 'ignore' })
  // Ready is who takes a mail.
  for (;;) {
    const status = await post(agent, port, contender.makeRequest()).catch(() => 0)
    if (status === 200) break
    if (status !== 0 || child.exitCode !== null) throw new Error(`${contender.name} answers ${status}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const readyMs = performance.now() - startedAt
  return {
    readyMs,
    send: async (count: number): Promise<number> => {
      const began = performance.now()
      let left = count
      const worker = async (): Promise<void> => {
        while (left-- > 0)
          if ((await post(agent, port, contender.makeRequest())) !== 200)
            throw new Error('a mail was refused')
      }
      await Promise.all(Array.from({ length: inFlight }, worker))
      return count / ((performance.now() - began) / 1000)
    },
    memoryMb: (): number =>
      Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    stop: (): void => {
      agent.destroy()
      child.kill('SIGKILL')
    },
  }
}

const ready: [Array<number>, Array<number>] = [[], []]
const rates: [Array<number>, Array<number>] = [[], []]
for (let round = 0; round < starts; round += 1)
  for (const index of [0, 1] as const) {
    const server = await open(contenders[index])
    ready[index].push(server.readyMs)
    server.stop()
  }

const servers = [await open(contenders[0]), await open(contenders[1])] as const
for (let round = 0; round < rounds; round += 1)
  for (const index of [0, 1] as const) rates[index].push(await servers[index].send(perRound))
const memory: Array<string> = []
for (const index of [0, 1] as const) {
  await servers[index].send(mails - rounds * perRound)
  memory.push(`${contenders[index].name}: ${digits(servers[index].memoryMb())} MB with ${mails} mails`)
  servers[index].stop()
}

const tell = (
  what: string,
  unit: string,
  [ours, theirs]: readonly [ReadonlyArray<number>, ReadonlyArray<number>],
): void => {
  const { median } = ratio(ours, theirs)
  console.log(
    `${what}: ${digits(figure(ours).median)} ${unit}, aws-ses-v2-local ${digits(figure(theirs).median)} ${unit}; ratio ${digits(median)}`,
  )
}
tell('start to ready', 'ms', ready)
tell('mails a second', '', rates)
for (const line of memory) console.log(line)
console.log(`Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'})`)
process.exit()
