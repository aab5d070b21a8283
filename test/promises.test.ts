import { dirname } from 'node:path'
import { expect } from 'chai'
import sinon from 'sinon'
import { startSandbox } from 'aliyun-dm-sandbox/promises'
import {
  type Connector,
  createConnector,
  decodeConfig,
  decodeMessage,
  defineConfig,
  loadConfig,
  readTemplateFiles,
  render,
  SendFailure,
} from '../lib/promises.js'
import { throttled } from '../lib/testing.js'
import { accessKeyId, accessKeySecret, config, message } from './support/sandbox.js'

/** What was thrown or rejected with; it is a `SendFailure`, and nothing else. */
const failureOf = async (run: () => unknown): Promise<SendFailure> => {
  try {
    await run()
  } catch (error) {
    expect(error).to.be.an.instanceOf(SendFailure)
    // As the line above says.
    return error as SendFailure
  }
  throw new Error('nothing failed')
}

const withSandbox = async (run: (connector: Connector, endpoint: string) => Promise<void>): Promise<void> => {
  const sandbox = await startSandbox({ accessKeys: { [accessKeyId]: accessKeySecret } })
  try {
    await run(createConnector(config, { endpoint: sandbox.endpoint }), sandbox.endpoint)
  } finally {
    await sandbox.stop()
  }
}

describe('promises', () => {
  it('sends when the function is called: nobody has to run what it returns', () =>
    withSandbox(async ({ sendMessage, warmUp, close }) => {
      await warmUp()
      expect(await sendMessage(message)).to.have.keys('envId', 'requestId')
      await close()
      expect(await failureOf(() => sendMessage(message))).to.include({ tag: 'Cancelled', delivered: 'no' })
    }))

  it('passes on the options of a send', () =>
    withSandbox(async ({ sendMessage }) => {
      await sendMessage(message, { idempotencyKey: 'sign-in 1' })
      const again = await failureOf(() => sendMessage(message, { idempotencyKey: 'sign-in 1' }))
      expect(again).to.include({ tag: 'Duplicate', delivered: 'unknown' })
    }))

  it('asks about addresses', () =>
    withSandbox(async ({ findSuppressions, removeSuppression }) => {
      expect(await findSuppressions(message.to)).to.deep.equal([])
      expect(await removeSuppression(message.to)).to.deep.equal([])
    }))

  it('reads a config and its templates from files', async () => {
    const file = 'examples/templates/connector.json'
    const loaded = await loadConfig(file)
    expect(loaded.templates[0]?.content).to.include('{{code}}')
    const templates = [{ usageType: 'Generic', subject: 's', contentFile: 'mails/code.en.html' }]
    expect(await readTemplateFiles(dirname(file))({ templates })).to.have.nested.property(
      'templates[0].content',
      loaded.templates[0]?.content,
    )
    expect((await failureOf(() => loadConfig('nowhere.json'))).tag).to.equal('InvalidConfig')
  })

  it('throws every issue of a wrong config', async () => {
    const failure = await failureOf(() => createConnector({ ...config, accountName: 'nobody' }))
    expect(failure).to.include({ tag: 'InvalidConfig', delivered: 'no' })
    expect(failure.issues).to.have.nested.property('[0].path', 'accountName')
    expect((await failureOf(() => decodeConfig({}))).tag).to.equal('InvalidConfig')
    expect(decodeConfig(config)).to.include({ accountName: config.accountName })
  })

  it('throws what is wrong with a message, and shows the mail of a right one', async () => {
    const { preview } = createConnector(config)
    expect(preview(message).body).to.include(message.payload.code)
    // Callers without types.
    const wrong = { ...message, to: 'a@example.com,b@example.com' }
    expect((await failureOf(() => preview(wrong))).issues).to.have.nested.property('[0].path', 'to')
    expect((await failureOf(() => decodeMessage(wrong))).tag).to.equal('InvalidMessage')
    expect(decodeMessage(message)).to.deep.equal(message)
    const renderMail = render(decodeConfig(config))
    expect(renderMail(message).to).to.equal(message.to)
    expect((await failureOf(() => renderMail({ ...message, payload: {} }))).tag).to.equal('MissingVariables')
  })

  it('asks DirectMail about the account', () =>
    withSandbox(async ({ verify, findOutcomes, findSuppressions, removeSuppression }) => {
      expect(await verify()).to.be.an('object')
      expect(await findOutcomes({ to: message.to, since: new Date() })).to.deep.equal([])
      expect(await findSuppressions(message.to)).to.deep.equal([])
      expect(await removeSuppression(message.to)).to.deep.equal([])
    }))

  it('rejects where DirectMail cannot be asked', async () => {
    const options = { endpoint: 'http://127.0.0.1:1', maxAttempts: 1, deadlineMs: 1_000 }
    const { verify, findOutcomes } = createConnector(config, options)
    await failureOf(() => findOutcomes({ to: 'nobody', since: new Date() }))
    expect((await failureOf(() => verify())).tag).to.equal('ConnectionFailed')
  })

  it('knows the placeholders of a config made by defineConfig', () => {
    const { preview } = createConnector(
      defineConfig({
        ...config,
        templates: [
          { usageType: 'Register', subject: 'S', content: '{{code}}' },
          { usageType: 'SignIn', subject: 'S', content: '{{code}} {{user.name}}' },
          { usageType: 'ForgotPassword', subject: 'S', content: '{{code}}' },
          { usageType: 'Generic', subject: 'S', content: '{{code}}' },
        ],
      }),
    )
    const payload = { code: '1', user: { name: 'Ann' } }
    expect(preview({ to: message.to, type: 'SignIn', payload }).body).to.equal('1 Ann')
    // @ts-expect-error -- user.name is missing
    expect(() => preview({ to: message.to, type: 'SignIn', payload: { code: '1' } })).to.throw(SendFailure)
  })

  it('can be stubbed, with a failure of aliyun-dm-connector/testing', async () => {
    const connector = createConnector(config)
    const busy = new SendFailure(throttled({ code: 'Throttling.User', requestId: '' }))
    sinon.stub(connector, 'sendMessage').rejects(busy)
    expect(await failureOf(() => connector.sendMessage(message))).to.equal(busy)
  })
})
