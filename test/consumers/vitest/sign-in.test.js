/** Vitest: spied on with its own spies, and into the sandbox. */
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { expect, test, vi } from 'vitest'
import { createConnector } from 'aliyun-dm-connector'
import { startSandbox } from 'aliyun-dm-sandbox'
import config from '../connector.json'

const message = { to: 'ann@example.com', type: 'SignIn', payload: { code: '123456' } }

test('a connector is a record that can be spied on', async () => {
  const connector = createConnector(config).right
  const receipt = { envId: '1', requestId: '2' }
  const sendMessage = vi.spyOn(connector, 'sendMessage').mockReturnValue(TE.right(receipt))
  expect(await connector.sendMessage(message)()).toEqual(E.right(receipt))
  expect(sendMessage).toHaveBeenCalledOnce()
})

test('a mail arrives in the sandbox', async () => {
  const sandbox = (await startSandbox()()).right
  const sent = await createConnector(config, { endpoint: sandbox.endpoint }).right.sendMessage(message)()
  expect(E.isRight(sent)).toBe(true)
  expect(sandbox.inbox()).toMatchObject([
    { envId: sent.right.envId, htmlBody: '<p>Your code is <b>123456</b>.</p>' },
  ])
  await sandbox.stop()
})
