/** Jest as it comes, which runs CommonJS and knows no dynamic import. */
const E = require('fp-ts/Either')
const TE = require('fp-ts/TaskEither')
const { createConnector } = require('aliyun-dm-connector')
const { startSandbox } = require('aliyun-dm-sandbox')
const config = require('../connector.json')

const message = { to: 'ann@example.com', type: 'SignIn', payload: { code: '123456' } }

test('a connector is a record that can be spied on', async () => {
  const connector = createConnector(config).right
  const receipt = { envId: '1', requestId: '2' }
  const sendMessage = jest.spyOn(connector, 'sendMessage').mockReturnValue(TE.right(receipt))
  expect(await connector.sendMessage(message)()).toEqual(E.right(receipt))
  expect(sendMessage).toHaveBeenCalledTimes(1)
})

test('a mail arrives in the sandbox', async () => {
  const sandbox = (await startSandbox()()).right
  const sent = await createConnector(config, { endpoint: sandbox.endpoint }).right.sendMessage(message)()
  expect(sent).toMatchObject({ _tag: 'Right' })
  expect(sandbox.inbox()).toMatchObject([
    { envId: sent.right.envId, htmlBody: '<p>Your code is <b>123456</b>.</p>' },
  ])
  await sandbox.stop()
})
