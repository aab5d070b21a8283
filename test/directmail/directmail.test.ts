/**
 * The module that touches the SDK: what of a mail reaches DirectMail, over a real connection; what a client is given;
 * and how the SDK is loaded.
 */
import http, { type IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import sinon from 'sinon'
import { SingleSendMailResponse } from '@alicloud/dm20151123'
import type { Config } from '@alicloud/openapi-client'
import { decodeConfig } from '../../lib/config/config.js'
import type { ClientOptions, DirectMailClient } from '../../lib/directmail/client.js'
import { makeDirectMail } from '../../lib/directmail/directmail.js'
import type { Limits } from '../../lib/directmail/request-watch.js'
import type { Mail } from '../../lib/rendering/render.js'
import { polluting } from '../support/arbitraries.js'
import { left, right } from '../support/either.js'
import { accessKeyId, accessKeySecret, closedPort, config, rawServer, SdkClient } from '../support/sandbox.js'

const receipt = { envId: '600000123456789012', requestId: '12D086F6-8F31-4658-84C1-006DED011A85' }

const mail: Mail = {
  usageType: 'SignIn',
  to: 'ann@example.com',
  accountName: 'no-reply@mail.example.com',
  subject: 'Your code 739182',
  contentType: 'text/html',
  body: '<p>739182</p>',
  replyToAddress: false,
}

const limits: Limits = { connectTimeoutMs: 5_000, readTimeoutMs: 7_000, budgetMs: 60_000 }

const direct = (options: Partial<ClientOptions> = {}, more: object = {}) =>
  makeDirectMail(right(decodeConfig({ ...config, ...more })), {
    endpoint: { protocol: 'https', host: 'dm.example.com' },
    ...options,
  })

const over = (port: number, more: object = {}) =>
  direct({ endpoint: { protocol: 'http', host: `127.0.0.1:${port}` } }, more)

const stubClient = () => {
  const client = sinon.createStubInstance(SdkClient)
  client.singleSendMailWithOptions.resolves(new SingleSendMailResponse({ statusCode: 200, body: receipt }))
  return client
}

/** A client that never answers, and when it was asked to. */
const silentClient = () => {
  const client = stubClient()
  const asked = new Promise<void>((resolve) => {
    client.singleSendMailWithOptions.callsFake(() => {
      resolve()
      return new Promise(() => undefined)
    })
  })
  return { client, asked }
}

/** Stands for the SDK's class, as whoever loads the SDK from now on finds it. */
const stubClass = () => {
  const sdk = createRequire(import.meta.url)('@alicloud/dm20151123') as { default: typeof SdkClient }
  return sinon.stub(sdk, 'default')
}

afterEach(() => sinon.restore())

describe('what arrives of a mail', () => {
  interface Arrived {
    readonly headers: IncomingHttpHeaders
    readonly parameters: object
  }

  /** Accepts one mail, and tells what came. */
  const arrived = async (nonce: string, more: object = {}): Promise<Arrived> => {
    const requests: Array<Arrived> = []
    const server = http.createServer((request, response) => {
      void text(request).then((body) => {
        requests.push({
          headers: request.headers,
          parameters: Object.fromEntries(new URLSearchParams(body)),
        })
        response.end(JSON.stringify({ EnvId: receipt.envId, RequestId: receipt.requestId }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // A TCP server that listens has an address with a port.
    const { port } = server.address() as AddressInfo
    const result = await over(port, more).attempt(mail, nonce, limits)()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect(result).to.deep.equal(E.right(receipt))
    expect(requests).to.have.length(1)
    const [request] = requests
    if (request === undefined) throw new Error('nothing came')
    return request
  }

  it('is its parameters, and the nonce and credentials in the headers', async () => {
    const { headers, parameters } = await arrived('nonce-of-one-mail')
    expect(parameters).to.deep.equal({
      AccountName: 'no-reply@mail.example.com',
      AddressType: '1',
      HtmlBody: '<p>739182</p>',
      ReplyToAddress: 'false',
      Subject: 'Your code 739182',
      ToAddress: 'ann@example.com',
    })
    expect(headers['x-acs-signature-nonce']).to.equal('nonce-of-one-mail')
    expect(headers['x-acs-action']).to.equal('SingleSendMail')
    expect(headers.authorization).to.match(new RegExp(`^ACS3-HMAC-SHA256 Credential=${accessKeyId},`))
    expect(headers.authorization).to.match(/SignedHeaders=[^,]*x-acs-signature-nonce/)
    expect(headers).not.to.have.property('x-acs-security-token')
  })

  it('says who sent it', async () => {
    expect((await arrived('a')).headers['user-agent']).to.contain('aliyun-dm-connector')
  })

  it('has the STS token with it, if there is one', async () => {
    const { headers } = await arrived('b', { securityToken: 'CAISsToken' })
    expect(headers['x-acs-security-token']).to.equal('CAISsToken')
  })
})

describe('what a client is given', () => {
  const required = {
    accountName: 'no-reply@mail.example.com',
    addressType: 1,
    replyToAddress: false,
    subject: 'Your code 739182',
    toAddress: 'ann@example.com',
  }
  const html = { ...required, htmlBody: '<p>739182</p>' }

  for (const [what, more, expected] of [
    ['only what there has to be, of a mail without settings', {}, html],
    ['a plain text as the text body', { contentType: 'text/plain' }, { ...required, textBody: mail.body }],
    ["the sender's display name", { fromAlias: '示例' }, { ...html, fromAlias: '示例' }],
    ['that replies are wanted', { replyToAddress: true }, { ...html, replyToAddress: true }],
    ['where replies go', { replyAddress: 'help@example.com' }, { ...html, replyAddress: 'help@example.com' }],
    ['the name of where replies go', { replyAddressAlias: 'Help' }, { ...html, replyAddressAlias: 'Help' }],
    ['the tag', { tagName: 'verification' }, { ...html, tagName: 'verification' }],
    ['that clicks are counted', { clickTrace: true }, { ...html, clickTrace: '1' }],
    ['that clicks are not counted', { clickTrace: false }, { ...html, clickTrace: '0' }],
    ['the IP pool', { ipPoolId: 'e4a1b2c3' }, { ...html, ipPoolId: 'e4a1b2c3' }],
  ] as const)
    it(what, async () => {
      const client = stubClient()
      right(await direct({ client }).attempt({ ...mail, ...more }, 'c', limits)())
      expect(Object.assign({}, client.singleSendMailWithOptions.firstCall.args[0])).to.deep.equal(expected)
    })

  it('a nonce, no retries, and time limits that come after our own', async () => {
    const client = stubClient()
    right(await direct({ client }).attempt(mail, 'd', limits)())
    const [, runtime] = client.singleSendMailWithOptions.firstCall.args
    expect(runtime.toMap()).to.include({ autoretry: false, readTimeout: 12_000, connectTimeout: 13_000 })
    expect(runtime.extendsParameters?.headers).to.deep.equal({ 'x-acs-signature-nonce': 'd' })
  })

  it('time limits that Node has timers for', async () => {
    const client = stubClient()
    const longest = 2_147_483_647
    const long = { connectTimeoutMs: longest, readTimeoutMs: longest, budgetMs: longest }
    right(await direct({ client }).attempt(mail, 'e', long)())
    const [, runtime] = client.singleSendMailWithOptions.firstCall.args
    expect(runtime.toMap()).to.include({ readTimeout: longest - 1_000, connectTimeout: longest })
  })
})

describe('how an attempt ends', () => {
  const thrower = (value: unknown) => () => {
    throw value
  }

  const invalid = (reason: string) => ({ _tag: 'InvalidResponse', delivered: 'unknown', reason })

  for (const [what, singleSendMailWithOptions, expected] of [
    ['throws', thrower(new TypeError('boom')), invalid('TypeError')],
    ['throws nothing', thrower(undefined), invalid('without an error')],
    ['rejects', () => Promise.reject(new RangeError('boom')), invalid('RangeError')],
    ['returns nothing', () => undefined, invalid('no EnvId')],
    ['resolves to nothing', () => Promise.resolve(), invalid('no EnvId')],
    [
      'resolves to what cannot be read',
      () =>
        Promise.resolve(
          new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : thrower(new Error('no'))()) }),
        ),
      invalid('it cannot be read'),
    ],
  ] as const)
    it(`is a failure when the client ${what}`, async () => {
      // What a client may not do is what is tested here.
      const client = { singleSendMailWithOptions } as unknown as DirectMailClient
      const error = left(await direct({ client }).attempt(mail, 'f', limits)())
      const { reason, ...rest } = expected
      expect(error).to.include(rest)
      expect(error.message).to.contain(reason)
    })

  it('is a receipt, too, when the client answers without a promise', async () => {
    const client = { singleSendMailWithOptions: () => ({ body: receipt }) } as unknown as DirectMailClient
    expect(await direct({ client }).attempt(mail, 'g', limits)()).to.deep.equal(E.right(receipt))
  })

  it('is a connection that failed, when nobody listens, and nothing was delivered', async () => {
    const error = left(await over(await closedPort()).attempt(mail, 'h', limits)())
    expect(error).to.include({ _tag: 'ConnectionFailed', code: 'ECONNREFUSED', delivered: 'no' })
  })

  it('is in doubt, when the connection breaks after the request', async () => {
    const server = await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const error = left(await over(server.port).attempt(mail, 'i', limits)())
    expect(error).to.include({ _tag: 'ConnectionFailed', code: 'ECONNRESET', delivered: 'unknown' })
    await server.stop()
  })

  it('is an answer that is too large', async () => {
    const server = await rawServer((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\n')),
    )
    const error = left(await over(server.port).attempt(mail, 'j', limits)())
    expect(error).to.include({ _tag: 'InvalidResponse', delivered: 'unknown' })
    expect(error.message).to.contain('too large')
    await server.stop()
  })

  it('leaves no timer behind', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const client = stubClient()
    const { attempt } = direct({ client })
    right(await attempt(mail, 'k', limits)())
    client.singleSendMailWithOptions.rejects(new Error('x'))
    left(await attempt(mail, 'k', limits)())
    client.singleSendMailWithOptions.throws(new Error('x'))
    left(await attempt(mail, 'k', limits)())
    expect(clock.countTimers()).to.equal(0)
  })

  it('is not waited for while somebody else decides what the SDK sends', async () => {
    const client = stubClient()
    const { attempt, load } = direct({ client })
    right(await load())
    for (const [name, what] of [
      ['bccAddress', 'the property bccAddress'],
      ['$', 'the property $'],
      ['x'.repeat(40), `the property ${'x'.repeat(40)}`],
      ['x'.repeat(41), 'a property'],
      ['a b', 'a property'],
      ['a\n', 'a property'],
      ['-a', 'a property'],
    ] as const) {
      const attempts: Array<ReturnType<ReturnType<typeof attempt>>> = []
      polluting({ [name]: 'x' }, () => attempts.push(attempt(mail, 'a', limits)()))
      expect(left((await attempts[0]) ?? expect.fail())).to.deep.include({
        _tag: 'InvalidConfig',
        issues: [
          {
            path: 'Object.prototype',
            message: `has ${what}, which the SDK would take for a setting of its own: nothing is sent until it is gone`,
          },
        ],
      })
    }
    expect(client.singleSendMailWithOptions.called).to.equal(false)
    right(await attempt(mail, 'a', limits)())
  })

  it('is a timeout when the client never answers', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { client, asked } = silentClient()
    const pending = direct({ client }).attempt(mail, 'l', limits)()
    await asked
    clock.tick(12_000)
    expect(left(await pending)).to.include({ _tag: 'Timeout', phase: 'read', delivered: 'unknown' })
  })
})

describe('the SDK', () => {
  it('is told the key, the region and the endpoint', async () => {
    const Client = stubClass().returns(stubClient())
    right(await direct().load())
    right(await direct({}, { regionId: 'eu-central-1', securityToken: 'CAISsToken' }).load())
    const common = {
      endpoint: 'dm.example.com',
      protocol: 'https',
      userAgent: 'aliyun-dm-connector',
    }
    // A pair that is given beside a credential wins over it, in silence.
    const [without, given] = Client.args.map(([config]) => config as unknown as Config)
    expect(without)
      .to.include({ ...common, regionId: 'cn-hangzhou' })
      .and.not.have.property('accessKeyId')
    expect(without?.credential?.getCredential()).to.deep.equal({
      accessKeyId,
      accessKeySecret,
      securityToken: undefined,
    })
    expect(given)
      .to.include({ ...common, regionId: 'eu-central-1' })
      .and.not.have.property('securityToken')
    expect(given?.credential?.getCredential()).to.deep.equal({
      accessKeyId,
      accessKeySecret,
      securityToken: 'CAISsToken',
    })
  })

  it('is loaded, and a client made, once, however many ask', async () => {
    const client = stubClient()
    const Client = stubClass().returns(client)
    const { attempt, load } = direct()
    expect(Client.called).to.equal(false)
    await Promise.all([load(), attempt(mail, 'a', limits)(), attempt(mail, 'b', limits)(), load()])
    right(await attempt(mail, 'c', limits)())
    expect(await load()).to.deep.equal(E.right(undefined))
    expect(Client.callCount).to.equal(1)
    expect(client.singleSendMailWithOptions.callCount).to.equal(3)
  })

  it("makes no client beside the user's own", async () => {
    const Client = stubClass()
    right(await direct({ client: stubClient() }).load())
    expect(Client.called).to.equal(false)
  })

  it('is used at once when it is there', async () => {
    const client = stubClient()
    const { attempt } = direct({ client })
    right(await attempt(mail, 'd', limits)())
    const pending = attempt(mail, 'e', limits)()
    expect(client.singleSendMailWithOptions.callCount).to.equal(2)
    await pending
  })

  it('that cannot be loaded is a failure, and tried again by the next attempt', async () => {
    const Client = stubClass()
    Client.onFirstCall().throws(Object.assign(new Error('gone'), { code: 'ERR_DLOPEN_FAILED' }))
    Client.returns(stubClient())
    const { attempt } = direct()
    const failed = await Promise.all([attempt(mail, 'f', limits)(), attempt(mail, 'g', limits)()])
    for (const error of failed.map(left))
      expect(error).to.include({ _tag: 'ConnectionFailed', code: 'ERR_DLOPEN_FAILED', delivered: 'no' })
    expect(Client.callCount).to.equal(1)
    right(await attempt(mail, 'h', limits)())
    expect(Client.callCount).to.equal(2)
  })

  describe('that takes its time', () => {
    const neverSent = { _tag: 'Timeout', phase: 'load', delivered: 'no' }

    for (const outcome of ['a client', 'a failure'] as const)
      it(`is not waited for beyond the deadline, even if ${outcome} comes of it, and nothing is sent`, async () => {
        const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
        const client = stubClient()
        const Client = stubClass()
        if (outcome === 'a client') Client.returns(client)
        else Client.throws(new Error('gone'))
        const { attempt, load } = direct()
        const pending = attempt(mail, 'i', limits)()
        clock.tick(limits.budgetMs)
        expect(left(await pending)).to.include(neverSent)
        await load()
        await setImmediate()
        expect(client.singleSendMailWithOptions.called).to.equal(false)
      })

    for (const [what, tookMs] of [
      ['just as long as there is', limits.budgetMs],
      ['longer than there is', limits.budgetMs + 1],
    ] as const)
      it(`${what}, and lets no timer run, has nothing sent`, async () => {
        const clock = sinon.useFakeTimers({ toFake: ['performance'] })
        clock.tick(1_000)
        const client = stubClient()
        stubClass().callsFake(() => {
          clock.tick(tookMs)
          return client
        })
        expect(left(await direct().attempt(mail, 'j', limits)())).to.include(neverSent)
        expect(client.singleSendMailWithOptions.called).to.equal(false)
      })

    it('leaves the rest of the time for the request', async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
      clock.tick(1_000)
      const { client, asked } = silentClient()
      stubClass().callsFake(() => {
        clock.tick(limits.budgetMs - 10)
        return client
      })
      const ended = sinon.spy()
      const pending = direct().attempt(mail, 'k', limits)()
      void pending.then(ended)
      await asked
      clock.tick(9)
      await setImmediate()
      expect(ended.called).to.equal(false)
      clock.tick(1)
      expect(left(await pending)).to.include({ _tag: 'Timeout', phase: 'read', delivered: 'unknown' })
    })
  })
})
