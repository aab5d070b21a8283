import { inspect } from 'node:util'
import {
  ConnectorError,
  ConnectorErrorCodes,
  ConnectorType,
  type SendMessageData,
  TemplateType,
} from '@logto/connector-kit'
import { expect } from 'chai'
import sinon from 'sinon'
import { credentialsVariable, endpointVariable, insecureVariable } from '../src/environment.js'
import { timeLimits } from '../src/pool.js'
import { showInConsole, showOnSignInPage } from './logto-pages.js'
import {
  config,
  makeConnector,
  makeTemplate,
  rejection,
  secret,
  useSandbox,
  withVariables,
} from './support.js'

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
    const connector = await makeConnector(config)
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
    const { sendMessage } = await makeConnector(config)
    const answer = await sendMessage(signIn)
    expect(answer).to.deep.equal({ EnvId: mail().envId, RequestId: mail().requestId })
  })

  it('prefers the unsaved config of the test to the saved one', async () => {
    const { sendMessage } = await makeConnector({ ...config, accountName: 'saved@mail.example.com' })
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
    const { sendMessage } = await makeConnector(saved)
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
    const { sendMessage } = await makeConnector({
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
    let warnings: ReadonlyArray<string> = []
    beforeEach(() => {
      warnings = []
      sinon.stub(console, 'warn').callsFake((text: string) => {
        warnings = [...warnings, text]
      })
    })
    afterEach(() => sinon.restore())

    it('prefers the template for the language of the user to that of the config', async () => {
      const asked: Array<unknown> = []
      const { sendMessage } = await makeConnector(config, (...args) => {
        asked.push(args)
        return Promise.resolve(translated)
      })
      await sendMessage({ ...signIn, payload: { code: '1', locale: 'zh-CN' } })
      expect(asked).to.deep.equal([['SignIn', 'zh-CN']])
      expect(mail()).to.include({ subject: '验证码 1', htmlBody: '<b>1</b>' })
    })

    it('sends text as text', async () => {
      const { sendMessage } = await makeConnector(config, () =>
        Promise.resolve({ ...translated, content: '{{name}}: {{code}}', contentType: 'text/plain' }),
      )
      await sendMessage({ ...signIn, payload: { code: '1', name: 'A & B' } })
      expect(mail().textBody).to.equal('A & B: 1')
      expect(mail().htmlBody).to.equal(undefined)
    })

    it('fills in the sender’s name and the reply address', async () => {
      const { sendMessage } = await makeConnector({ ...config, fromAlias: 'Config' }, () =>
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

    const senderNames: ReadonlyArray<readonly [string, string, object, string, RegExp | undefined]> = [
      ['fits', '{{application.name}} Codes', { name: 'Shop' }, 'Shop Codes', undefined],
      [
        'has an address too',
        '"{{application.name}}" <codes@example.com>',
        { name: 'Shop' },
        'Shop',
        undefined,
      ],
      ['is an address', 'codes@{{application.name}}.example.com', { name: 'shop' }, 'Config', undefined],
      ['is too long', 'Department of {{application.name}}', { name: 'Mails' }, 'Department of', /Shortened/],
      [
        'would be cut within an emoji',
        '{{application.name}}',
        { name: '1234567890👩‍👩‍👧' },
        '1234567890',
        /Shortened/,
      ],
      [
        'begins with an emoji',
        '{{ application.name }}',
        { name: '👍🏽1234567890123' },
        '👍🏽123456789012',
        /Shortened/,
      ],
      ['has no value', '{{organization.name}}', { name: 'Shop' }, 'Config', /Left out/],
      ['has an empty value', '{{application.name}}', {}, 'Config', /Left out/],
    ]
    for (const [what, sendFrom, application, fromAlias, warning] of senderNames)
      it(`sends the mail where the sender’s name ${what}`, async () => {
        const { sendMessage } = await makeConnector({ ...config, fromAlias: 'Config' }, () =>
          Promise.resolve({ ...translated, sendFrom }),
        )
        await sendMessage({ ...signIn, payload: { code: '1', application } })
        expect(mail()).to.include({ subject: '验证码 1', fromAlias })
        expect(warnings).to.have.length(warning === undefined ? 0 : 1)
        for (const text of warnings) expect(text).to.match(warning!).and.to.include(sendFrom)
      })

    it('warns of the same template once', async () => {
      const { sendMessage } = await makeConnector(config, () =>
        Promise.resolve({ ...translated, sendFrom: 'A name that is too long', replyTo: 'nobody' }),
      )
      for (const code of ['1', '2', '3']) await sendMessage({ ...signIn, payload: { code } })
      expect(sandbox().inbox()).to.have.length(3)
      expect(warnings).to.have.length(2)
    })

    it('says nothing of the template where the recipient is wrong', async () => {
      const { sendMessage } = await makeConnector(config, () =>
        Promise.resolve({ ...translated, sendFrom: 'Another name that is too long' }),
      )
      await connectorError(sendMessage({ ...signIn, to: 'no mailbox' }))
      expect(warnings).to.deep.equal([])
    })

    it('takes the address out of a reply address with a name', async () => {
      const { sendMessage } = await makeConnector(config, () =>
        Promise.resolve({ ...translated, replyTo: 'Help <help@example.com>' }),
      )
      await sendMessage(signIn)
      expect(mail().replyAddress).to.equal('help@example.com')
    })

    it('leaves out a reply address that is none once it is filled in', async () => {
      const { sendMessage } = await makeConnector({ ...config, replyAddress: 'own@example.com' }, () =>
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
        const { sendMessage } = await makeConnector(config, get)
        await sendMessage(signIn)
        expect(mail().subject).to.equal('SignIn subject 407312')
      })
  })

  describe('with the usage types of a config', () => {
    it('chooses a custom usage type by name, and Generic where there is none', async () => {
      const { sendMessage } = await makeConnector({
        ...config,
        templates: [...config.templates, makeTemplate('Newsletter')],
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

    it('takes the template without a language, whichever stands first and is empty', async () => {
      const translated = { ...makeTemplate('SignIn'), locale: 'zh-CN', content: '' }
      const { sendMessage } = await makeConnector({ ...config, templates: [translated, ...config.templates] })
      await sendMessage(signIn)
      expect(mail().subject).to.equal('SignIn subject 407312')
    })

    it('misses an empty template only when it is asked for', async () => {
      const templates = config.templates.map((template) =>
        template['usageType'] === 'ForgotPassword' ? { ...template, content: ' ' } : template,
      )
      const { sendMessage } = await makeConnector({ ...config, templates })
      await sendMessage(signIn)
      const error = await connectorError(sendMessage({ ...signIn, type: TemplateType.ForgotPassword }))
      expect(error.data).to.include({ failure: 'TemplateNotFound', usageType: 'ForgotPassword' })
      expect(mail().subject).to.equal('SignIn subject 407312')
    })

    it('misses an empty Generic template for the types that fall back to it, unless Logto has one', async () => {
      const templates = config.templates.map((template) =>
        template['usageType'] === 'Generic' ? { ...template, subject: '' } : template,
      )
      const bare = await makeConnector({ ...config, templates })
      const error = await connectorError(bare.sendMessage({ ...signIn, type: TemplateType.BindMfa }))
      expect(error.data).to.include({ failure: 'TemplateNotFound', usageType: 'BindMfa' })
      const translated = await makeConnector({ ...config, templates }, () =>
        Promise.resolve({ subject: 's', content: 'c' }),
      )
      await translated.sendMessage({ ...signIn, type: TemplateType.BindMfa })
      expect(mail().subject).to.equal('s')
    })
  })

  describe('when it fails', () => {
    it('refuses two recipients', async () => {
      const { sendMessage } = await makeConnector(config)
      const before = sandbox().requests()
      const error = await connectorError(sendMessage({ ...signIn, to: 'ann@example.com,eve@example.com' }))
      expect(error.data).to.include({ failure: 'InvalidMessage' })
      expect(sandbox().requests()).to.equal(before)
    })

    it('tells the administrator who tests an unsaved config which fields are wrong', async () => {
      const { sendMessage } = await makeConnector(config)
      const wrong = { ...config, accountName: 'nobody', fromAlias: 'x'.repeat(15) }
      const error = await connectorError(sendMessage(signIn, wrong))
      expect(error.code).to.equal(ConnectorErrorCodes.InvalidConfig)
      expect(showInConsole(error)).to.include('accountName').and.to.include('fromAlias')
    })

    it('tells the administrator what to do about a refusal, and the user that there is no mail', async () => {
      const { sendMessage } = await makeConnector({ ...config, accessKeySecret: 'wrong' })
      const tested = await connectorError(sendMessage(signIn, { ...config, accessKeySecret: 'wrong' }))
      expect(showInConsole(tested)).to.include('Check accessKeySecret')
      const used = await connectorError(sendMessage({ ...signIn, payload: { code: '1', locale: 'zh-CN' } }))
      expect(showOnSignInPage(used, 'zh-CN')).to.equal('连接器发生错误：邮件未能发送。')
    })

    it('logs what DirectMail said', async () => {
      const recommend = 'https://api.aliyun.com/troubleshoot'
      sandbox().failNext({ kind: 'error', code: 'Forbidden.RAM', statusCode: 403, recommend })()
      const { sendMessage } = await makeConnector(config)
      const { data } = await connectorError(sendMessage(signIn))
      expect(data).to.include({ code: 'Forbidden.RAM', statusCode: 403, delivered: 'no', recommend })
      expect(data)
        .to.have.property('requestId')
        .that.matches(/^[\dA-F-]{36}$/)
      expect(data).to.have.property('forAdministrator').that.includes('dm:SingleSendMail')
    })

    it('says nothing of the secret, the recipient or the code', async () => {
      const { sendMessage } = await makeConnector(config)
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

    const wrongVariables: ReadonlyArray<readonly [string, string]> = [
      [endpointVariable, 'http://dm.example.com'],
      [endpointVariable, 'not a host'],
      [insecureVariable, 'yes'],
      [credentialsVariable, 'machine'],
    ]
    for (const [variable, wrong] of wrongVariables)
      it(`refuses ${variable}=${wrong}, and names the variable`, () =>
        withVariables({ [variable]: wrong }, async () => {
          const { sendMessage } = await makeConnector(config)
          const error = await connectorError(sendMessage(signIn, config))
          expect(showInConsole(error)).to.include(`"${variable}"`)
        }))
  })

  describe('in containers', () => {
    it('takes plain http to a private address where the variable allows it', () =>
      withVariables({ [endpointVariable]: 'http://10.0.0.1:1', [insecureVariable]: 'true' }, async () => {
        const { metadata, sendMessage } = await makeConnector({ ...config, accountName: 'nobody' })
        expect(metadata.id).to.equal('aliyun-direct-mail')
        // The sender address is all that is wrong.
        const { data } = await connectorError(sendMessage(signIn, { ...config, accountName: 'nobody' }))
        expect(data).to.have.property('issues').that.has.length(1)
      }))
  })

  describe('with the credentials of the machine', () => {
    const { accessKeyId, accessKeySecret, ...keyless } = config
    const machine = {
      [credentialsVariable]: 'default',
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    }

    it('needs no key pair in the config, and says so in its form and its guard', () =>
      withVariables(machine, async () => {
        const { configGuard, metadata, sendMessage } = await makeConnector(keyless)
        expect(configGuard.safeParse(keyless).success).to.equal(true)
        const required = metadata.formItems?.filter((item) => item.required).map(({ key }) => key)
        expect(required).to.deep.equal(['accountName', 'templates'])
        await sendMessage(signIn)
        expect(mail().signature).to.include({ accessKeyId, verified: true })
      }))

    it('does not use the key pair that the config may still have', () =>
      withVariables(machine, async () => {
        const old = { ...config, accessKeyId: 'old', accessKeySecret: 'old', securityToken: 'old' }
        const { configGuard, sendMessage } = await makeConnector(old)
        expect(configGuard.safeParse(old).success).to.equal(true)
        await sendMessage(signIn)
        expect(mail().signature).to.include({ accessKeyId, verified: true })
      }))

    it('asks for a key pair where the variable is not set', async () => {
      const { configGuard, metadata } = await makeConnector(keyless)
      const required = metadata.formItems?.filter((item) => item.required).map(({ key }) => key)
      expect(required).to.deep.equal(['accessKeyId', 'accessKeySecret', 'accountName', 'templates'])
      const paths = configGuard.safeParse(keyless).error?.issues.map(({ path }) => path[0])
      expect(paths).to.deep.equal(['accessKeyId', 'accessKeySecret'])
    })
  })

  describe('with a service that does not answer', () => {
    afterEach(() => sandbox().clearFaults())

    it('leaves time for a second attempt', async () => {
      sandbox().failNext({ kind: 'stall', at: 'headers' })()
      const { sendMessage } = await makeConnector(config)
      await sendMessage(signIn)
      expect(mail().subject).to.equal('SignIn subject 407312')
    })

    it('gives up before the sign-in page does', () => {
      const { connectTimeoutMs, readTimeoutMs, deadlineMs } = timeLimits
      // The page waits for 10 s. A tenth of a second is the longest pause before the second attempt.
      expect(deadlineMs).to.be.lessThan(10_000 - 1_500)
      expect(2 * readTimeoutMs + 200).to.be.lessThan(deadlineMs)
      expect(connectTimeoutMs + readTimeoutMs + 200).to.be.lessThan(deadlineMs)
    })
  })
})
