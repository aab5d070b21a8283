/**
 * What the integration tests share: a config, a sandbox for the length of a test, and servers that misbehave below
 * HTTP, where the sandbox cannot.
 */
import { spawn } from 'node:child_process'
import net, { type AddressInfo, type Socket } from 'node:net'
import tls from 'node:tls'
import * as dm from '@alicloud/dm20151123'
import { type Connector, type ConnectorOptions, createConnector, type Message } from '../../lib/index.js'
import { type Sandbox, type SandboxOptions, startSandbox } from 'aliyun-dm-sandbox'
import { left, right } from './either.js'

export const accessKeyId = 'LTAI5tIntegration'
export const accessKeySecret = 'S3cretOfIntegration'

const template = { subject: 'Your code {{code}}', content: '<p>Your code is <b>{{code}}</b></p>' }

export const config = {
  accessKeyId,
  accessKeySecret,
  accountName: 'no-reply@mail.example.com',
  fromAlias: '示例',
  templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({
    usageType,
    ...template,
  })),
}

export const message = {
  to: 'ann@example.com',
  type: 'SignIn',
  payload: { code: '739182' },
} as const satisfies Message

/** The SDK's client class, which Node's ESM and a TypeScript loader put at different places. */
export const SdkClient = (
  'default' in dm.default ? dm.default.default : dm.default
) as typeof dm.default.default

export { left, right }

export const connect = (endpoint: string, options: ConnectorOptions = {}): Connector =>
  right(createConnector(config, { endpoint, ...options }))

/** A sandbox that knows the config's key pair, for the length of `use`. */
export const withSandbox = async <A>(
  use: (sandbox: Sandbox) => Promise<A>,
  options: SandboxOptions = { accessKeys: { [accessKeyId]: accessKeySecret } },
): Promise<A> => {
  const sandbox = right(await startSandbox(options)())
  try {
    return await use(sandbox)
  } finally {
    await sandbox.stop()
  }
}

interface RawServer {
  readonly port: number
  readonly connections: () => number
  readonly stop: () => Promise<void>
}

const listening = async (server: net.Server): Promise<RawServer> => {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    // A TCP server that listens has an address with a port.
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** A server that does something with each raw connection. */
export const rawServer = (onSocket: (socket: Socket) => void): Promise<RawServer> =>
  listening(net.createServer(onSocket))

/** A TLS server whose certificate nobody trusts. */
export const untrustedServer = (): Promise<RawServer> =>
  listening(tls.createServer({ key: untrusted.key, cert: untrusted.cert }, (socket) => socket.end()))

/** A port on which nobody listens. */
export const closedPort = async (): Promise<number> => {
  const server = await rawServer(() => undefined)
  await server.stop()
  return server.port
}

/** A port on which connections are never accepted: its process is stopped and its backlog is full. */
export const blackHole = async (): Promise<RawServer> => {
  const script =
    'const s=require("net").createServer();s.listen({port:0,host:"127.0.0.1",backlog:1},' +
    '()=>{console.log(s.address().port);process.kill(process.pid,"SIGSTOP")})'
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (data) => resolve(Number(data))),
  )
  await new Promise((resolve) => setTimeout(resolve, 100))
  const backlog = Array.from({ length: 4 }, () => net.connect(port, '127.0.0.1').on('error', () => undefined))
  await new Promise((resolve) => setTimeout(resolve, 100))
  return {
    port,
    connections: () => 0,
    stop: async () => {
      for (const socket of backlog) socket.destroy()
      child.kill('SIGKILL')
      await new Promise((resolve) => child.once('close', resolve))
    },
  }
}

/** Made for these tests, for 127.0.0.1, and signed by itself. */
const untrusted = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnbeEt9q0qItxa26g
hZ61ZtgdB3IZXCUFTOQXMlGX+GahRANCAATaEqi15iaVYczlJbS1cnZ6WvA+Mi66
wkOtrURxwzMKFwy6iSd9quqmvCxq14r0ZCBF2ocYfwL+LEFyV/WFGVH2
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUe7+kGUUdKX1+VqBfDoVchIzv8ZswCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNDIyMTM1NloYDzIxMjYxMDMx
MjIxMzU2WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATaEqi15iaVYczlJbS1cnZ6WvA+Mi66wkOtrURxwzMKFwy6iSd9quqm
vCxq14r0ZCBF2ocYfwL+LEFyV/WFGVH2o2QwYjAdBgNVHQ4EFgQUqZoZJjsBVrpX
w5VFvnzB5LiGwIYwHwYDVR0jBBgwFoAUqZoZJjsBVrpXw5VFvnzB5LiGwIYwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQC
IA2NBKAh4CD5grkPaMbwc7cJbvevn3O8yCFioxYCswt+AiAihjCPvQTx7b2vsbKE
sr2ZvbOriTriCniKRlYL+pHUqQ==
-----END CERTIFICATE-----`,
}
