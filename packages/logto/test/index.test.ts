import { inspect } from 'node:util'
import {
  ConnectorError,
  ConnectorErrorCodes,
  ConnectorType,
  type SendMessageData,
  TemplateType,
} from '@logto/connector-kit'
import { expect } from 'chai'
import { endpointVariable } from '../src/errors.js'
import { config, connectorWith, rejection, secret, templateFor, useSandbox } from './support.js'

const to = 'ann@example.com'
const signIn = { to, type: TemplateType.SignIn, payload: { code: '407312' } }

const connectorError = async (promise: Promise<unknown>): Promise<ConnectorError> => {
  const error = await rejection(promise)
  expect(error).to.be.instanceOf(ConnectorError)
  // As the line above says.
  return error as ConnectorError
}

describe('the connector', () => {
  const sandbox = useSandbox()
  const mail = () => {
    expect(sandbox().inbox()).to.have.length(1)
    const [only = expect.fail()] = sandbox().inbox()
    return only
  }

  it('is an e-mail connector with everything that Logto asks for', async () => {
    const connector = await connectorWith(config)
    expect(connector.type).to.equal(ConnectorType.Email)
    expect(connector).to.have.all.keys('metadata', 'type', 'configGuard', 'sendMessage')
  })

  it('asks for the saved config under its own id', async () => {
    const { default: createConnector } = await import('../src/index.js')
    const asked: Array<string> = []
    const { sendMessage } = await createConnector({
      getConfig: (id) => {
        asked.push(id)
        return Promise.resolve(config)
      },
    })
    await sendMessage(signIn)
    expect(asked).to.deep.equal(['aliyun-direct-mail'])
  })

  it("resolves to the service's answer", async () => {
    const { sendMessage } = await connectorWith(config)
    const answer = await sendMessage(signIn)
    expect(answer).to.deep.equal({ EnvId: mail().envId, RequestId: mail().requestId })
  })

  it('prefers the unsaved config of the test to the saved one', async () => {
    const { sendMessage } = await connectorWith({ ...config, accountName: 'saved@mail.example.com' })
    await sendMessage(signIn, { ...config, accountName: 'unsaved@mail.example.com' })
    expect(mail().accountName).to.equal('unsaved@mail.example.com')
  })

  it('lets the error of getConfig through as it is', async () => {
    const { default: createConnector } = await import('../src/index.js')
    const notFound = new Error('entity.not_found')
    const { sendMessage } = await createConnector({ getConfig: () => Promise.reject(notFound) })
    expect(await rejection(sendMessage(signIn))).to.equal(notFound)
  })

  it('sends with a changed config at the next call', async () => {
    const saved = structuredClone(config)
    const { sendMessage } = await connectorWith(saved)
    await sendMessage(signIn)
    saved.accountName = 'changed@mail.example.com'
    saved.templates = saved.templates.map((template) => ({ ...template, subject: 'changed' }))
    await sendMessage(signIn)
    saved.accessKeySecret = 'changed'
    const error = await connectorError(sendMessage(signIn))
    expect(
      sandbox()
        .inbox()
        .map(({ accountName, subject }) => ({ accountName, subject })),
    ).to.deep.equal([
      { accountName: config.accountName, subject: 'SignIn subject 407312' },
      { accountName: 'changed@mail.example.com', subject: 'changed' },
    ])
    expect(error.data).to.include({ code: 'SignatureDoesNotMatch' })
  })

  it('takes keys and addresses that were pasted with blanks around them', async () => {
    const { sendMessage } = await connectorWith({
      ...config,
      accessKeyId: ` ${config.accessKeyId}\n`,
      accessKeySecret: `${secret}\r\n`,
      accountName: `\t${config.accountName} `,
    })
    await sendMessage(signIn)
    expect(mail().accountName).to.equal(config.accountName)
  })

  describe('with templates of Logto’s', () => {
    const translated = { subject: '验证码 {{code}}', content: '<b>{{code}}</b>' }

    it('prefers the template for the language of the user to that of the config', async () => {
      const asked: Array<unknown> = []
      const { sendMessage } = await connectorWith(config, (...args) => {
        asked.push(args)
        return Promise.resolve(translated)
      })
      await sendMessage({ ...signIn, payload: { code: '1', locale: 'zh-CN' } })
      expect(asked).to.deep.equal([['SignIn', 'zh-CN']])
      expect(mail()).to.include({ subject: '验证码 1', htmlBody: '<b>1</b>' })
    })

    it('sends text as text', async () => {
      const { sendMessage } = await connectorWith(config, () =>
        Promise.resolve({ ...translated, content: '{{name}}: {{code}}', contentType: 'text/plain' }),
      )
      await sendMessage({ ...signIn, payload: { code: '1', name: 'A & B' } })
      expect(mail().textBody).to.equal('A & B: 1')
      expect(mail().htmlBody).to.equal(undefined)
    })

    it('fills in the sender’s name and the reply address', async () => {
      const { sendMessage } = await connectorWith({ ...config, fromAlias: 'Config' }, () =>
        Promise.resolve({
          ...translated,
          sendFrom: '{{application.name}}',
          replyTo: 'help@{{organization.domain}}',
        }),
      )
      await sendMessage({
        ...signIn,
        payload: { code: '1', application: { name: 'Shop' }, organization: { domain: 'shop.example.com' } },
      })
      expect(mail()).to.include({ fromAlias: 'Shop', replyAddress: 'help@shop.example.com' })
    })

    it('takes the address out of a reply address with a name', async () => {
      const { sendMessage } = await connectorWith(config, () =>
        Promise.resolve({ ...translated, replyTo: 'Help <help@example.com>' }),
      )
      await sendMessage(signIn)
      expect(mail().replyAddress).to.equal('help@example.com')
    })

    it('leaves out a reply address that is none once it is filled in', async () => {
      const { sendMessage } = await connectorWith({ ...config, replyAddress: 'own@example.com' }, () =>
        Promise.resolve({ ...translated, replyTo: '{{application.replyTo}}' }),
      )
      await sendMessage(signIn)
      expect(mail()).to.include({ subject: '验证码 407312', replyAddress: 'own@example.com' })
    })

    const useless: ReadonlyArray<readonly [string, () => Promise<typeof translated | undefined>]> = [
      ['has none', () => Promise.resolve(undefined)],
      ['rejects', () => Promise.reject(new Error('database'))],
      [
        'throws',
        () => {
          throw new Error('database')
        },
      ],
      ['has one without a subject', () => Promise.resolve({ subject: ' ', content: 'c' })],
      ['has one without content', () => Promise.resolve({ subject: 's', content: '' })],
      // Not what the types allow, but what a database may hold.
      ['has something else', () => Promise.resolve(42 as unknown as typeof translated)],
    ]
    for (const [what, get] of useless)
      it(`uses the config's template where Logto ${what}`, async () => {
        const { sendMessage } = await connectorWith(config, get)
        await sendMessage(signIn)
        expect(mail().subject).to.equal('SignIn subject 407312')
      })
  })

  describe('with the usage types of a config', () => {
    it('chooses a custom usage type by name, and Generic where there is none', async () => {
      const { sendMessage } = await connectorWith({
        ...config,
        templates: [...config.templates, templateFor('Newsletter')],
      })
      // Not a type that this kit knows: Logto may add some.
      await sendMessage({ ...signIn, type: 'Newsletter' } as object as SendMessageData)
      await sendMessage({ ...signIn, type: TemplateType.MfaVerification })
      expect(
        sandbox()
          .inbox()
          .map(({ subject }) => subject),
      ).to.deep.equal(['Newsletter subject 407312', 'Generic subject 407312'])
    })

    it('misses an empty template only when it is asked for', async () => {
      const templates = config.templates.map((template) =>
        template['usageType'] === 'ForgotPassword' ? { ...template, content: ' ' } : template,
      )
      const { sendMessage } = await connectorWith({ ...config, templates })
      await sendMessage(signIn)
      const error = await connectorError(sendMessage({ ...signIn, type: TemplateType.ForgotPassword }))
      expect(error.code).to.equal(ConnectorErrorCodes.TemplateNotFound)
      expect(error.data).to.include({ usageType: 'ForgotPassword' })
      expect(mail().subject).to.equal('SignIn subject 407312')
    })

    it('misses an empty Generic template for the types that fall back to it, unless Logto has one', async () => {
      const templates = config.templates.map((template) =>
        template['usageType'] === 'Generic' ? { ...template, subject: '' } : template,
      )
      const bare = await connectorWith({ ...config, templates })
      const error = await connectorError(bare.sendMessage({ ...signIn, type: TemplateType.BindMfa }))
      expect(error.code).to.equal(ConnectorErrorCodes.TemplateNotFound)
      const translated = await connectorWith({ ...config, templates }, () =>
        Promise.resolve({ subject: 's', content: 'c' }),
      )
      await translated.sendMessage({ ...signIn, type: TemplateType.BindMfa })
      expect(mail().subject).to.equal('s')
    })
  })

  describe('when it fails', () => {
    it('lists every issue of an invalid config', async () => {
      const { sendMessage } = await connectorWith({
        ...config,
        accountName: 'nobody',
        fromAlias: 'x'.repeat(15),
      })
      const error = await connectorError(sendMessage(signIn))
      expect(error.code).to.equal(ConnectorErrorCodes.InvalidConfig)
      expect(error.data).to.have.property('issues').with.length(2)
      expect(error.data)
        .to.have.property('errorDescription')
        .that.includes('accountName')
        .and.includes('fromAlias')
    })

    it('refuses two recipients', async () => {
      const { sendMessage } = await connectorWith(config)
      const before = sandbox().requests()
      const error = await connectorError(sendMessage({ ...signIn, to: 'ann@example.com,eve@example.com' }))
      expect(error.code).to.equal(ConnectorErrorCodes.InvalidRequestParameters)
      expect(sandbox().requests()).to.equal(before)
    })

    const refusals: ReadonlyArray<readonly [string, number, ConnectorErrorCodes]> = [
      ['InvalidSendMail.Spam', 400, ConnectorErrorCodes.UsageLimitExceeded],
      ['InvalidMailAddress.NotFound', 404, ConnectorErrorCodes.General],
      ['Forbidden.RAM', 403, ConnectorErrorCodes.General],
    ]
    for (const [code, statusCode, expected] of refusals)
      it(`makes ${expected} of ${code}, with what an administrator needs to know`, async () => {
        sandbox().failNext({ kind: 'error', code, statusCode, recommend: 'https://example.com/why' })()
        const { sendMessage } = await connectorWith(config)
        const error = await connectorError(sendMessage(signIn))
        expect(error.code).to.equal(expected)
        expect(error.data).to.include({
          code,
          statusCode,
          delivered: 'no',
          recommend: 'https://example.com/why',
        })
        expect(error.data)
          .to.have.property('requestId')
          .that.matches(/^[\dA-F-]{36}$/)
        expect(error.data).to.have.property('errorDescription').that.includes(code)
      })

    it('makes rate_limit_exceeded of throttling that lasts', async () => {
      sandbox().failNext({ kind: 'error', code: 'Throttling.User' }, 3)()
      const { sendMessage } = await connectorWith(config)
      const error = await connectorError(sendMessage(signIn))
      expect(error.code).to.equal(ConnectorErrorCodes.RateLimitExceeded)
    })

    it('makes invalid_response of an answer that is none, and says that the mail may have arrived', async () => {
      sandbox().failNext({ kind: 'answer', statusCode: 200, body: '<html>proxy</html>' }, 3)()
      const { sendMessage } = await connectorWith(config)
      const error = await connectorError(sendMessage(signIn))
      expect(error.code).to.equal(ConnectorErrorCodes.InvalidResponse)
      expect(error.data).to.include({ delivered: 'unknown' })
    })

    it('says nothing of the secret, the recipient or the code', async () => {
      const { sendMessage } = await connectorWith(config)
      const failing = [
        () => sendMessage(signIn, { ...config, accessKeySecret: `${secret}-wrong` }),
        () => sendMessage(signIn, { ...config, accessKeySecret: `${secret} with spaces` }),
        () => sendMessage({ ...signIn, to: 'no mailbox' }),
      ]
      for (const send of failing) {
        const error = await connectorError(send())
        const shown = inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error)
        for (const hidden of [secret, to, '407312', 'no mailbox']) expect(shown).to.not.include(hidden)
      }
    })

    for (const wrong of ['http://dm.example.com', 'not a host'])
      it(`refuses the endpoint ${wrong}, and names the variable`, async () => {
        const kept = process.env[endpointVariable]
        process.env[endpointVariable] = wrong
        try {
          const { sendMessage } = await connectorWith(config)
          const error = await connectorError(sendMessage(signIn))
          expect(error.code).to.equal(ConnectorErrorCodes.InvalidConfig)
          expect(error.message).to.include(endpointVariable)
        } finally {
          process.env[endpointVariable] = kept
        }
      })
  })
})
