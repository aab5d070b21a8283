/** A program in ES modules, with top-level await and no fp-ts of its own. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createConnector } from 'aliyun-dm-connector'
import { startSandbox } from 'aliyun-dm-sandbox'

const right = (either) => {
  assert.equal(either._tag, 'Right', JSON.stringify(either))
  return either.right
}

const config = JSON.parse(await readFile(new URL('../connector.json', import.meta.url), 'utf8'))
const sandbox = right(await startSandbox({ accessKeys: { [config.accessKeyId]: config.accessKeySecret } })())
const connector = right(createConnector(config, { endpoint: sandbox.endpoint }))
await connector.warmUp()
const message = { to: 'ann@example.com', type: 'SignIn', payload: { code: '123456' } }
const receipt = right(await connector.sendMessage(message)())

const [mail, ...more] = sandbox.inbox()
assert.equal(mail.htmlBody, '<p>Your code is <b>123456</b>.</p>')
assert.equal(mail.signature.verified, true)
assert.equal(mail.envId, receipt.envId)
assert.equal(more.length, 0)
assert.equal((await fetch(sandbox.endpoint)).status, 200)
console.log(`sent ${receipt.envId}`)
await sandbox.stop()
