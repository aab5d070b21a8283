/**
 * The real SDK against the sandbox: what is sent arrives as it was rendered, signed, for every usage type; and what
 * DirectMail refuses comes back as the right failure.
 */
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import fc from 'fast-check'
import { createConnector, type Message, type UsageType } from '../../lib/index.js'
import { left, right } from '../support/either.js'
import {
  accessKeyId,
  accessKeySecret,
  config,
  connect,
  message,
  SdkClient,
  withSandbox,
} from '../support/sandbox.js'

const usageTypes: ReadonlyArray<UsageType> = [
  'Register',
  'SignIn',
  'ForgotPassword',
  'Generic',
  'OrganizationInvitation',
  'UserPermissionValidation',
  'BindNewIdentifier',
  'MfaVerification',
  'BindMfa',
]

const messageOf = (type: UsageType): Message => ({
  to: 'ann@example.com',
  // The union's members differ in what the payload must hold; this one holds all of it.
  type: type as 'SignIn',
  payload: { code: '739182', link: 'https://example.com/join?a=1&b=2' },
})

const templateOf = (usageType: UsageType) => ({
  usageType,
  subject: `${usageType} {{code}}`,
  content: `<p>${usageType}: {{code}} <a href="{{link}}">{{link}}</a></p>`,
})

describe('the SDK and the service', function () {
  this.timeout(30_000)

  for (const type of usageTypes)
    it(`a ${type} mail arrives with its own template, signed`, () =>
      withSandbox(async (sandbox) => {
        const connector = right(
          createConnector(
            { ...config, templates: usageTypes.map(templateOf) },
            { endpoint: sandbox.endpoint },
          ),
        )
        const receipt = right(await connector.sendMessage(messageOf(type))())
        const [mail] = sandbox.inbox()
        expect(mail).to.deep.include({
          envId: receipt.envId,
          requestId: receipt.requestId,
          toAddress: 'ann@example.com',
          accountName: config.accountName,
          fromAlias: config.fromAlias,
          subject: `${type} 739182`,
          htmlBody: `<p>${type}: 739182 <a href="https://example.com/join?a=1&amp;b=2">https://example.com/join?a=1&amp;b=2</a></p>`,
          replyToAddress: false,
        })
        expect(mail?.signature).to.include({ scheme: 'ACS3-HMAC-SHA256', verified: true, accessKeyId })
        expect(mail?.parameters).to.include({ AddressType: '1' })
      }))

  it('a usage type without a template of its own arrives with the Generic one', () =>
    withSandbox(async (sandbox) => {
      right(await connect(sandbox.endpoint).sendMessage(messageOf('BindMfa'))())
      expect(sandbox.inbox()[0]?.subject).to.equal('Your code 739182')
    }))

  it('every setting of the config arrives as the parameter that it is for', () =>
    withSandbox(async (sandbox) => {
      const settings = {
        replyToAddress: true,
        replyAddress: 'help@example.com',
        replyAddressAlias: 'Help',
        tagName: 'verification',
        clickTrace: true,
        ipPoolId: 'e4a1b2c3',
      }
      const connector = right(createConnector({ ...config, ...settings }, { endpoint: sandbox.endpoint }))
      right(await connector.sendMessage(message)())
      expect(sandbox.inbox()[0]?.parameters).to.include({
        ReplyToAddress: 'true',
        ReplyAddress: 'help@example.com',
        ReplyAddressAlias: 'Help',
        TagName: 'verification',
        ClickTrace: '1',
        IpPoolId: 'e4a1b2c3',
      })
    }))

  it('a plain-text template arrives as the text body, unescaped', () =>
    withSandbox(async (sandbox) => {
      const template = { subject: 'Hi', content: 'Code: {{code}}\n', contentType: 'text/plain' as const }
      right(
        await connect(sandbox.endpoint).sendMessage({ ...message, template, payload: { code: '<1&2>' } })(),
      )
      expect(sandbox.inbox()[0]).to.include({ textBody: 'Code: <1&2>\n' }).and.not.have.property('htmlBody')
    }))

  it('an STS token is sent with the request', () =>
    withSandbox(async (sandbox) => {
      const connector = right(
        createConnector({ ...config, securityToken: 'CAISsToken' }, { endpoint: sandbox.endpoint }),
      )
      right(await connector.sendMessage(message)())
      expect(sandbox.inbox()[0]?.signature.verified).to.equal(true)
    }))

  it('what arrives is what was rendered, byte for byte, for any Unicode', () =>
    withSandbox(async (sandbox) => {
      const { preview, sendMessage } = connect(sandbox.endpoint)
      const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
      await fc.assert(
        fc.asyncProperty(text, text, fc.boolean(), async (content, code, plain) => {
          const contentType = plain ? ('text/plain' as const) : ('text/html' as const)
          const template = { subject: `S ${content}`, content: `B ${content} {{code}}`, contentType }
          const asked: Message = { ...message, template, payload: { code } }
          const rendered = preview(asked)
          if (E.isLeft(rendered)) return // A placeholder that fast-check happened to write.
          right(await sendMessage(asked)())
          const mail = sandbox.inbox().at(-1)
          expect(mail?.subject).to.equal(rendered.right.subject)
          expect(plain ? mail?.textBody : mail?.htmlBody).to.equal(rendered.right.body)
        }),
        { numRuns: 150 },
      )
    }))

  it('a lone surrogate arrives as U+FFFD', () =>
    withSandbox(async (sandbox) => {
      right(await connect(sandbox.endpoint).sendMessage({ ...message, payload: { code: 'a\ud800b' } })())
      expect(sandbox.inbox()[0]?.htmlBody).to.contain('a\ufffdb')
    }))

  it('a warmed-up connector sends its first mail', () =>
    withSandbox(async (sandbox) => {
      const connector = connect(sandbox.endpoint)
      await connector.warmUp()
      right(await connector.sendMessage(message)())
    }))

  it('two mails of the same text are two mails', () =>
    withSandbox(async (sandbox) => {
      const send = connect(sandbox.endpoint).sendMessage(message)
      const receipts = right(await TE.sequenceArray([send, send])())
      expect(new Set(receipts.map(({ envId }) => envId))).to.have.property('size', 2)
      expect(sandbox.inbox()).to.have.length(2)
    }))
})

describe('what DirectMail refuses', () => {
  const refusedWith = (options: object, keys: Record<string, string> = { [accessKeyId]: accessKeySecret }) =>
    withSandbox(
      async (sandbox) => {
        const connector = right(createConnector({ ...config, ...options }, { endpoint: sandbox.endpoint }))
        const error = left(await connector.sendMessage(message)())
        expect(sandbox.inbox()).to.deep.equal([])
        return error
      },
      { accessKeys: keys, senders: [config.accountName] },
    )

  it('a wrong secret: SignatureDoesNotMatch, and what to check', async () => {
    const error = await refusedWith({ accessKeySecret: 'wrong' })
    expect(error).to.include({
      _tag: 'Rejected',
      code: 'SignatureDoesNotMatch',
      statusCode: 400,
      delivered: 'no',
    })
    expect(error.message).to.contain('accessKeySecret')
  })

  it('an unknown key: InvalidAccessKeyId.NotFound', async () => {
    const error = await refusedWith({ accessKeyId: 'LTAInobody' })
    expect(error).to.include({ _tag: 'Rejected', code: 'InvalidAccessKeyId.NotFound', statusCode: 404 })
    expect(error)
      .to.have.property('requestId')
      .that.matches(/^[0-9A-F-]{36}$/)
  })

  it('a sender that the account does not have: InvalidMailAddress.NotFound', async () => {
    const error = await refusedWith({ accountName: 'someone@else.example.com' })
    expect(error).to.include({ _tag: 'Rejected', code: 'InvalidMailAddress.NotFound' })
    expect(error.message).to.contain('accountName').and.contain('regionId')
  })

  it('a clock that is 20 minutes off: InvalidTimeStamp.Expired', () =>
    withSandbox(async (sandbox) => {
      const { sendMessage, warmUp } = connect(sandbox.endpoint)
      await warmUp()
      // The SDK takes the time of a request from `new Date()`, before it first waits for anything but a promise.
      const RealDate = globalThis.Date
      globalThis.Date = class extends RealDate {
        constructor() {
          super(RealDate.now() - 20 * 60_000)
        }
      } as DateConstructor
      const pending = sendMessage(message)()
      // The sandbox shares the process: give it its own time back once the request is on its way.
      await new Promise((resolve) => setImmediate(resolve))
      globalThis.Date = RealDate
      expect(left(await pending)).to.include({
        _tag: 'Rejected',
        code: 'InvalidTimeStamp.Expired',
        delivered: 'no',
      })
    }))

  it('a nonce that was seen before: SignatureNonceUsed', () =>
    withSandbox(async (sandbox) => {
      const { SingleSendMailRequest } = await import('@alicloud/dm20151123')
      const { Config } = await import('@alicloud/openapi-client')
      const { RuntimeOptions, ExtendsParameters } = await import('@alicloud/tea-util')
      const client = new SdkClient(
        // The SDK takes any object with a Config's fields; that of openapi-client is the documented one.
        // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
        new Config({ accessKeyId, accessKeySecret, endpoint: sandbox.endpoint.slice(7), protocol: 'http' }),
      )
      const nonce = 'the-same-nonce'
      const runtime = new RuntimeOptions({
        extendsParameters: new ExtendsParameters({ headers: { 'x-acs-signature-nonce': nonce } }),
      })
      const connector = connect(sandbox.endpoint, {
        maxAttempts: 1,
        client: {
          singleSendMailWithOptions: (request) =>
            client.singleSendMailWithOptions(new SingleSendMailRequest(request), runtime),
        },
      })
      right(await connector.sendMessage(message)())
      const error = left(await connector.sendMessage(message)())
      expect(error).to.include({ _tag: 'Rejected', code: 'SignatureNonceUsed', delivered: 'unknown' })
      expect(sandbox.inbox()).to.have.length(1)
    }))

  it('more than it takes in a second: Throttled, then sent', () =>
    withSandbox(
      async (sandbox) => {
        const { sendMessage } = connect(sandbox.endpoint, { maxAttempts: 10 })
        const results = await Promise.all(Array.from({ length: 6 }, () => sendMessage(message)()))
        expect(results.filter(E.isRight)).to.have.length(6)
        expect(sandbox.requests()).to.be.greaterThan(6)
        expect(sandbox.inbox()).to.have.length(6)
      },
      { throttlePerSecond: 4 },
    ))
})

describe('the endpoint', () => {
  const regions = {
    'cn-hangzhou': 'dm.aliyuncs.com',
    'ap-southeast-1': 'dm.ap-southeast-1.aliyuncs.com',
    'ap-southeast-2': 'dm.ap-southeast-2.aliyuncs.com',
    'eu-central-1': 'dm.eu-central-1.aliyuncs.com',
    'us-east-1': 'dm.us-east-1.aliyuncs.com',
  }

  // Nothing outside this machine may be asked; the host that would be is the one that DNS is asked for.
  const hostsLookedUp = async (send: () => Promise<unknown>): Promise<ReadonlyArray<string>> => {
    const hosts: Array<string> = []
    const { default: https } = await import('node:https')
    const { request } = https
    https.request = ((options: { host: string; port: number }) => {
      hosts.push(`${options.host}:${options.port}`)
      throw Object.assign(new Error('not on this machine'), { code: 'ECONNREFUSED' })
    }) as unknown as typeof request
    try {
      await send()
    } finally {
      https.request = request
    }
    return hosts
  }

  for (const [regionId, host] of Object.entries({ ...regions, none: 'dm.aliyuncs.com' }))
    it(`of region ${regionId} is ${host}, over TLS`, async () => {
      const connector = right(
        createConnector(
          { ...config, ...(regionId === 'none' ? {} : { regionId }) },
          { maxAttempts: 1, connectTimeoutMs: 200 },
        ),
      )
      const hosts = await hostsLookedUp(connector.sendMessage(message))
      expect(hosts).to.deep.equal([`${host}:443`])
    })

  it('that is given wins over the region', () =>
    withSandbox(async (sandbox) => {
      const connector = right(
        createConnector({ ...config, regionId: 'us-east-1' }, { endpoint: sandbox.endpoint }),
      )
      pipe(await connector.sendMessage(message)(), right)
      expect(sandbox.requests()).to.equal(1)
    }))
})
