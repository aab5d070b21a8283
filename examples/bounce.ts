/**
 * A mail is sent, and a moment later Express hears that it bounced: the whole way on this machine, with the sandbox in
 * the place of DirectMail and EventBridge.
 *
 *     npx tsx examples/bounce.ts
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createConnector } from 'aliyun-dm-connector/promises'
import { startSandbox } from 'aliyun-dm-sandbox/promises'
import { makeApp } from './events/express.js'

const template = { subject: 'Your code', content: '<p>Your code is {{code}}.</p>' }
const config = {
  accessKeyId: 'an-id',
  accessKeySecret: 'a-secret',
  accountName: 'no-reply@mail.example.com',
  templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({
    usageType,
    ...template,
  })),
}

let endpoint = ''
const app = makeApp(
  // Only for the sandbox, whose key is its own. At Alibaba Cloud the certificate is EventBridge's, and found by itself.
  { fetchCertificate: async () => (await fetch(`${endpoint}/certificate.pem`)).text() },
  (event) => {
    if (event._tag === 'Failed') console.log(`bounced: ${event.envId ?? ''} to ${event.to}`)
    server.close()
    return Promise.resolve()
  },
)
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
// A server that listens on a port has an address of this kind.
const { port } = server.address() as AddressInfo

const sandbox = await startSandbox({ events: `http://127.0.0.1:${port}/mail-events` })
endpoint = sandbox.endpoint
const { sendMessage } = createConnector(config, { endpoint })
const { envId } = await sendMessage({
  to: 'bounce@simulator.test',
  type: 'SignIn',
  payload: { code: '407312' },
})
console.log(`sent: ${envId}`)

await once(server, 'close')
await sandbox.stop()
