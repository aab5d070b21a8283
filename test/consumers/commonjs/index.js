/** A program in CommonJS: everything by `require`. */
const assert = require('node:assert/strict')
const { pipe } = require('fp-ts/function')
const TE = require('fp-ts/TaskEither')
const { createConnector } = require('aliyun-dm-connector')
const { startSandbox } = require('aliyun-dm-sandbox')
const config = require('../connector.json')

const main = pipe(
  startSandbox({ accessKeys: { [config.accessKeyId]: config.accessKeySecret } }),
  TE.bindTo('sandbox'),
  TE.bindW('connector', ({ sandbox }) =>
    TE.fromEither(createConnector(config, { endpoint: sandbox.endpoint })),
  ),
  TE.bindW('receipt', ({ connector }) =>
    connector.sendMessage({ to: 'ann@example.com', type: 'SignIn', payload: { code: '123456' } }),
  ),
  TE.chainFirstTaskK(({ sandbox, receipt }) => async () => {
    const [mail, ...more] = sandbox.inbox()
    assert.equal(mail.htmlBody, '<p>Your code is <b>123456</b>.</p>')
    assert.equal(mail.signature.verified, true)
    assert.equal(mail.envId, receipt.envId)
    assert.equal(more.length, 0)
    assert.equal((await fetch(sandbox.endpoint)).status, 200)
    console.log(`sent ${receipt.envId}`)
    await sandbox.stop()
  }),
)

main().then((result) => assert.equal(result._tag, 'Right', JSON.stringify(result)))
