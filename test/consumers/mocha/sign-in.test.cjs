/** The tests of an application in CommonJS that mails sign-in codes: with a stub, and into the sandbox. */
const assert = require('node:assert/strict')
const E = require('fp-ts/Either')
const TE = require('fp-ts/TaskEither')
const sinon = require('sinon')
const { createConnector } = require('aliyun-dm-connector')
const { startSandbox } = require('aliyun-dm-sandbox')
const config = require('../connector.json')

const right = (either) => (E.isRight(either) ? either.right : assert.fail(JSON.stringify(either)))

/** The application. */
const signIn = (connector, to) => connector.sendMessage({ to, type: 'SignIn', payload: { code: '123456' } })()

describe('signing in, from CommonJS', () => {
  afterEach(() => sinon.restore())

  it('mails a code', async () => {
    const connector = right(createConnector(config))
    const receipt = { envId: '600000123456789012', requestId: '12D086F6-8F31-4658-84C1-006DED011A85' }
    const sendMessage = sinon.stub(connector, 'sendMessage').returns(TE.right(receipt))
    assert.deepEqual(await signIn(connector, 'ann@example.com'), E.right(receipt))
    sinon.assert.calledOnceWithMatch(sendMessage, { to: 'ann@example.com', payload: { code: '123456' } })
  })

  it("goes through a stub of the SDK's client", async () => {
    const client = { singleSendMailWithOptions: async () => ({ statusCode: 200, body: { envId: '1' } }) }
    const send = sinon.spy(client, 'singleSendMailWithOptions')
    const connector = right(createConnector(config, { client }))
    assert.equal(right(await signIn(connector, 'ann@example.com')).envId, '1')
    assert.equal(send.firstCall.args[0].toAddress, 'ann@example.com')
  })

  it('mails a code that arrives', async () => {
    const sandbox = right(await startSandbox()())
    const connector = right(createConnector(config, { endpoint: sandbox.endpoint }))
    const { envId } = right(await signIn(connector, 'ann@example.com'))
    assert.deepEqual(
      sandbox.inbox().map((mail) => [mail.envId, mail.htmlBody]),
      [[envId, '<p>Your code is <b>123456</b>.</p>']],
    )
    await sandbox.stop()
  })
})
