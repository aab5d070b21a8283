import dns from 'node:dns'
import { createRequire } from 'node:module'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import sinon from 'sinon'
import { SingleSendMailResponse } from '@alicloud/dm20151123'
import {
  type Connector,
  type ConnectorOptions,
  createConnector,
  type DirectMailClient,
  type Receipt,
  type SendError,
  type SendEvent,
  sendMessage,
  type SendOptions,
} from '../lib/index.js'
import { observeSend } from '../lib/connector.js'
import { left, right } from './support/either.js'
import { polluting } from './support/arbitraries.js'
import {
  accessKeySecret,
  config,
  connect,
  message,
  rawServer,
  SdkClient,
  withSandbox,
} from './support/sandbox.js'

const receipt: Receipt = { envId: '600000123456789012', requestId: '12D086F6-8F31-4658-84C1-006DED011A85' }

const stubClient = () => {
  const client = sinon.createStubInstance(SdkClient)
  client.singleSendMailWithOptions.resolves(new SingleSendMailResponse({ statusCode: 200, body: receipt }))
  return client
}

describe('createConnector', () => {
  it('lists what is wrong with the config and with the options, at once', () => {
    // A caller without types.
    const options = { maxAttempts: 0, endpoint: 'http://dm.aliyuncs.com' } as object
    const error = left(createConnector({ ...config, accessKeyId: '' }, options))
    expect(error.issues.map(({ path }) => path)).to.deep.equal([
      'accessKeyId',
      'options.endpoint',
      'options.maxAttempts',
    ])
  })

  it('lists what is wrong with the options of a valid config', () => {
    const error = left(createConnector(config, { maxAttempts: 0 }))
    expect(error.issues.map(({ path }) => path)).to.deep.equal(['options.maxAttempts'])
  })

  it('wants a key pair of the config unless it has a provider, with names of usage types of its own', () => {
    const { accessKeyId: _, accessKeySecret: __, ...keyless } = config
    const templates = [...config.templates, { usageType: 'Own', subject: 's', content: 'c' }]
    const credentials = () => Promise.resolve({ accessKeyId: 'an-id', accessKeySecret: 'a-secret' })
    const paths = (given: unknown, options: object) =>
      left(createConnector(given, options)).issues.map(({ path }) => path)
    expect(paths(keyless, {})).to.deep.equal(['accessKeyId', 'accessKeySecret'])
    expect(paths({ ...keyless, templates }, { credentials })).to.deep.equal(['templates[4].usageType'])
    right(createConnector({ ...keyless, templates }, { credentials, usageTypes: ['Own'] }))
    right(createConnector(config, { credentials: undefined }))
  })

  it('takes nothing from a polluted prototype, and makes no request while there is one', async () => {
    let requests = 0
    const server = await rawServer((socket) => {
      requests += 1
      socket.destroy()
    })
    const { sendMessage, warmUp } = connect(`http://127.0.0.1:${server.port}`, { maxAttempts: 1 })
    await warmUp()
    for (const [name, value] of Object.entries({
      // The SDK would send a copy of each mail, and Node's HTTP client each request to another host.
      bccAddress: 'eve@example.com',
      hostname: 'evil.example.com',
      // These are ours.
      securityToken: 'x',
      regionId: 'evil.example.com/',
      signal: {},
      idempotencyKey: 1,
    })) {
      const sent: Array<Promise<E.Either<SendError, Receipt>>> = []
      polluting({ [name]: value }, () => {
        right(createConnector(config))
        sent.push(sendMessage(message)())
      })
      for (const error of (await Promise.all(sent)).map(left)) {
        expect(error, name).to.include({ _tag: 'InvalidConfig', delivered: 'no' })
        expect(error.message).to.contain(`Object.prototype: has the property ${name}`)
      }
    }
    await server.stop()
    expect(requests).to.equal(0)
  })

  it('never throws, whatever it is given', () => {
    for (const input of [
      undefined,
      null,
      1,
      'x',
      [],
      () => 1,
      Symbol('x'),
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
        },
      ),
    ])
      expect(E.isLeft(createConnector(input, input as object))).to.equal(true)
  })

  it('does not hold on to the config that it was given', () => {
    const mutable = structuredClone(config)
    const connector = right(createConnector(mutable))
    mutable.templates.length = 0
    mutable.accountName = 'eve@example.com'
    expect(right(connector.preview(message))).to.include({ accountName: config.accountName })
  })

  it('shows no secret, however it is printed', async () => {
    const { inspect } = await import('node:util')
    const connector = createConnector(config)
    expect(inspect(connector, { depth: 10, showHidden: true }) + JSON.stringify(connector)).not.to.contain(
      accessKeySecret,
    )
  })
})

describe('preview', () => {
  it('renders what would be sent, without a client', () => {
    const client = stubClient()
    const mail = right(right(createConnector(config, { client })).preview(message))
    expect(mail).to.deep.include({ to: message.to, subject: 'Your code 739182', contentType: 'text/html' })
    expect(client.singleSendMailWithOptions.called).to.equal(false)
  })
})

describe('warmUp', () => {
  afterEach(() => sinon.restore())

  it('makes the client, so that the first send need not', async () => {
    const sdk = createRequire(import.meta.url)('@alicloud/dm20151123') as { default: typeof SdkClient }
    const Client = sinon.stub(sdk, 'default').returns(stubClient())
    const { sendMessage, warmUp } = right(createConnector(config))
    expect(Client.called).to.equal(false)
    await warmUp()
    expect(Client.callCount).to.equal(1)
    right(await sendMessage(message)())
    expect(Client.callCount).to.equal(1)
  })

  it('gives its failure, and succeeds once the cause has passed', async () => {
    const sdk = createRequire(import.meta.url)('@alicloud/dm20151123') as { default: typeof SdkClient }
    const Client = sinon.stub(sdk, 'default').throws(Object.assign(new Error('x'), { code: 'EMFILE' }))
    const { warmUp } = right(createConnector(config))
    expect(left(await warmUp())).to.include({ _tag: 'ConnectionFailed', code: 'EMFILE', delivered: 'no' })
    Client.returns(stubClient())
    expect(await warmUp()).to.deep.equal(E.right(undefined))
  })
})

describe('close', () => {
  /** A connector whose requests are answered when the test says so. */
  const slowly = (options: ConnectorOptions = {}) => {
    const answers: Array<() => void> = []
    const client: DirectMailClient = {
      singleSendMailWithOptions: () =>
        new Promise((resolve) => answers.push(() => resolve({ statusCode: 200, body: receipt }))),
    }
    return { answers, ...right(createConnector(config, { client, ...options })) }
  }
  const settled = async (promise: Promise<unknown>): Promise<boolean> => {
    let isSettled = false
    void promise.then(() => (isSettled = true))
    await setTimeout(20)
    return isSettled
  }

  it('makes later messages end as Cancelled: nothing is sent, and the observer is told', async () => {
    const client = stubClient()
    const events: Array<SendEvent> = []
    const connector = right(createConnector(config, { client, onEvent: (event) => events.push(event) }))
    const task = connector.sendMessage(message)
    await connector.close()
    expect(left(await task())).to.include({ _tag: 'Cancelled', delivered: 'no' })
    expect(client.singleSendMailWithOptions.called).to.equal(false)
    expect(events.map(({ _tag }) => _tag)).to.deep.equal(['Failed'])
  })

  it('waits for the messages that came before, and for those of them that wait for their turn', async () => {
    const { answers, sendMessage, warmUp, close } = slowly({ maxConcurrency: 1 })
    await warmUp()
    const results = Promise.all([sendMessage(message)(), sendMessage(message)()])
    const closed = close()
    for (const count of [1, 2]) {
      expect(await settled(closed)).to.equal(false)
      expect(answers).to.have.length(count)
      answers[count - 1]?.()
    }
    await closed
    expect(await results).to.deep.equal([E.right(receipt), E.right(receipt)])
  })

  it('may be run twice: both wait', async () => {
    const { answers, sendMessage, warmUp, close } = slowly()
    await warmUp()
    const result = sendMessage(message)()
    const closed = [close(), close()]
    for (const one of closed) expect(await settled(one)).to.equal(false)
    answers[0]?.()
    await Promise.all([...closed, result])
    await close()
  })

  it('leaves preview as it is', async () => {
    const connector = right(createConnector(config, { client: stubClient() }))
    await connector.close()
    right(connector.preview(message))
  })
})

describe('what is asked about the account', () => {
  it('goes to the same place', () =>
    withSandbox(async ({ endpoint, requests }) => {
      const connector = connect(endpoint)
      expect(right(await connector.verify()).passed).to.equal(true)
      expect(right(await connector.findOutcomes({ to: message.to, since: new Date() })())).to.deep.equal([])
      expect(right(await connector.findSuppressions(message.to)())).to.deep.equal([])
      expect(requests()).to.be.greaterThan(3)
    }))
})

describe('an observed send', () => {
  it('tells where it goes, how long its credentials last, and what happens', () =>
    withSandbox(async ({ endpoint }) => {
      const { sendMessage } = connect(endpoint)
      const told: Array<unknown> = []
      const send = observeSend(sendMessage as Connector<unknown>['sendMessage'])({
        sendingFrom: ({ server, credentialsEnd }) => told.push(server, credentialsEnd()),
        emit: ({ _tag }) => told.push(_tag),
      })
      right(await send(message)())
      const { hostname: address, port } = new URL(endpoint)
      expect(told).to.deep.equal([{ address, port: Number(port) }, Infinity, 'AttemptStarted', 'Delivered'])
    }))

  it('is the same where it is no connector’s own', () => {
    const stub = sinon.stub<[unknown], ReturnType<Connector['sendMessage']>>()
    expect(observeSend(stub)({ sendingFrom: () => undefined, emit: () => undefined })).to.equal(stub)
  })
})

describe('the endpoint', () => {
  afterEach(() => sinon.restore())

  for (const [what, more, expected] of [
    ["is Hangzhou's unless told", {}, 'dm.aliyuncs.com'],
    ["is the region's", { regionId: 'ap-southeast-1' }, 'dm.ap-southeast-1.aliyuncs.com'],
  ] as const)
    it(what, async () => {
      const lookup = sinon.stub(dns, 'lookup').callsFake((...args: ReadonlyArray<unknown>) => {
        const callback = args.at(-1) as (error: Error) => void
        callback(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))
      })
      const connector = right(createConnector({ ...config, ...more }, { maxAttempts: 1 }))
      expect(left(await connector.sendMessage(message)())).to.include({ code: 'ENOTFOUND', delivered: 'no' })
      expect(lookup.getCalls().map(({ args }) => args[0])).to.deep.equal([expected])
    })
})

describe('sendMessage', () => {
  it('does nothing until the task runs, and sends anew each time it does', async () => {
    const client = stubClient()
    const task = right(createConnector(config, { client })).sendMessage(message)
    expect(client.singleSendMailWithOptions.called).to.equal(false)
    await task()
    await task()
    expect(client.singleSendMailWithOptions.callCount).to.equal(2)
    const nonces = client.singleSendMailWithOptions
      .getCalls()
      .map(({ args }) => args[1].extendsParameters?.headers?.['x-acs-signature-nonce'])
    expect(new Set(nonces).size).to.equal(2)
  })

  it("gives a client of the user's own the SDK's request and runtime objects", async () => {
    const client = stubClient()
    right(
      await right(createConnector(config, { client, connectTimeoutMs: 700, readTimeoutMs: 900 })).sendMessage(
        message,
      )(),
    )
    const [request, runtime] = client.singleSendMailWithOptions.firstCall.args
    expect(request.toMap()).to.deep.equal({
      AccountName: config.accountName,
      AddressType: 1,
      FromAlias: config.fromAlias,
      HtmlBody: '<p>Your code is <b>739182</b></p>',
      ReplyToAddress: false,
      Subject: 'Your code 739182',
      ToAddress: 'ann@example.com',
    })
    expect(runtime.toMap()).to.include({ autoretry: false, readTimeout: 1600, connectTimeout: 2600 })
    expect(runtime.extendsParameters?.headers?.['x-acs-signature-nonce']).to.match(/^[0-9a-f-]{36}$/)
  })

  it('sends nothing when the message is not valid', async () => {
    const client = stubClient()
    const connector = right(createConnector(config, { client }))
    const bad = [
      { ...message, to: 'ann@example.com,eve@example.com' },
      { ...message, type: 'Signin' },
      { ...message, payload: {} },
      undefined,
    ]
    const tags: Array<string> = []
    // Callers without types.
    for (const wrong of bad) tags.push(left(await connector.sendMessage(wrong as never)())._tag)
    expect(tags).to.deep.equal(['InvalidMessage', 'InvalidMessage', 'MissingVariables', 'InvalidMessage'])
    expect(client.singleSendMailWithOptions.called).to.equal(false)
  })

  it('sends nothing when its options are not valid, and names them', async () => {
    const client = stubClient()
    const events: Array<SendEvent> = []
    const connector = right(createConnector(config, { client, onEvent: (event) => events.push(event) }))
    const wrong = [
      [{ idempotencyKey: 'x'.repeat(257) }, 'options.idempotencyKey'],
      [{ idempotencyKey: 7 }, 'options.idempotencyKey'],
      [{ idempotencyKey: '' }, 'options.idempotencyKey'],
      [{ idempotencyKey: null }, 'options.idempotencyKey'],
      [{ idempotencykey: 'order-1' }, 'options.idempotencykey'],
      [{ sendId: '' }, 'options.sendId'],
      [{ signal: { aborted: false } }, 'options.signal'],
      [{ signal: new AbortController() }, 'options.signal'],
      [null, 'options'],
    ]
    for (const [options, path] of wrong) {
      // Callers without types.
      const error = left(await connector.sendMessage(message, options as SendOptions)())
      expect(error).to.include({ _tag: 'InvalidMessage', delivered: 'no' })
      expect(error).to.have.nested.property('issues[0].path', path)
    }
    expect(client.singleSendMailWithOptions.called).to.equal(false)
    expect(events.map(({ _tag }) => _tag)).to.deep.equal(wrong.map(() => 'Failed'))
  })

  it('takes options that are undefined, or whose members are', async () => {
    const connector = right(createConnector(config, { client: stubClient() }))
    for (const options of [undefined, {}, { idempotencyKey: undefined, signal: undefined }])
      right(await connector.sendMessage(message, options)())
  })

  it('makes the nonce of an idempotency key, whichever connector sends, and of its account', async () => {
    const client = stubClient()
    const options = { idempotencyKey: 'x'.repeat(256) }
    for (const accountName of [config.accountName, config.accountName, 'other@mail.example.com'])
      right(
        await right(createConnector({ ...config, accountName }, { client })).sendMessage(message, options)(),
      )
    const [first, second, third] = client.singleSendMailWithOptions
      .getCalls()
      .map(({ args }) => args[1].extendsParameters?.headers?.['x-acs-signature-nonce'])
    expect(first).to.match(/^[0-9a-f]{32}$/)
    expect(second).to.equal(first)
    expect(third).not.to.equal(first)
  })

  it('ends as Cancelled where its signal is aborted before: nothing is sent', async () => {
    const client = stubClient()
    const { sendMessage: send } = right(createConnector(config, { client }))
    expect(left(await send(message, { signal: AbortSignal.abort() })())).to.include({
      _tag: 'Cancelled',
      delivered: 'no',
    })
    expect(client.singleSendMailWithOptions.called).to.equal(false)
  })

  it('takes any usage type when told so, and its own template first', async () => {
    const client = stubClient()
    const custom = { usageType: 'Birthday', subject: 'Happy birthday', content: 'x' }
    const options = { client, usageTypes: 'any' } as const
    const connector = right(createConnector({ ...config, templates: [...config.templates, custom] }, options))
    right(await connector.sendMessage({ ...message, type: 'Birthday' })())
    expect(client.singleSendMailWithOptions.firstCall.args[0].subject).to.equal('Happy birthday')
  })

  it('tells an observer what happened, without recipient or payload', async () => {
    const events: Array<SendEvent> = []
    const client = stubClient()
    client.singleSendMailWithOptions
      .onFirstCall()
      .rejects(Object.assign(new Error('x'), { code: 'ECONNRESET' }))
    const connector = right(createConnector(config, { client, onEvent: (event) => events.push(event) }))
    right(await connector.sendMessage(message)())
    await connector.sendMessage({ ...message, to: 'nobody' })()
    expect(events.map(({ _tag, usageType }) => [_tag, usageType])).to.deep.equal([
      ['AttemptStarted', 'SignIn'],
      ['Retried', 'SignIn'],
      ['AttemptStarted', 'SignIn'],
      ['Delivered', 'SignIn'],
      ['Failed', undefined],
    ])
    expect(events[3]).to.include({ attempts: 2, ...receipt })
    expect(JSON.stringify(events)).not.to.contain('ann@').and.not.to.contain('739182')
  })

  it('names a send in its events as the caller does, whatever becomes of it', async () => {
    const names: Array<string> = []
    const connector = right(
      createConnector(config, { client: stubClient(), onEvent: ({ sendId }) => names.push(sendId) }),
    )
    right(await connector.sendMessage(message, { sendId: 'sent' })())
    left(await connector.sendMessage({ ...message, to: 'nobody' }, { sendId: 'wrong' })())
    await connector.close()
    left(await connector.sendMessage(message, { sendId: 'late' })())
    expect(names).to.deep.equal(['sent', 'sent', 'wrong', 'late'])
  })
})

describe('a connector in the tests of its users', () => {
  afterEach(() => sinon.restore())

  it('can be stubbed with sinon', async () => {
    const connector = connect('http://127.0.0.1:1')
    const stub = sinon.stub(connector, 'sendMessage').returns(TE.right(receipt))
    expect(await connector.sendMessage(message)()).to.deep.equal(E.right(receipt))
    expect(stub.calledOnceWith(message)).to.equal(true)
  })

  it('can be carried in the environment of a ReaderTaskEither', async () => {
    const client = stubClient()
    const connector: Connector = right(createConnector(config, { client }))
    const program: RTE.ReaderTaskEither<{ readonly connector: Connector }, SendError, string> = pipe(
      sendMessage(message),
      RTE.map(({ envId }) => envId),
    )
    expect(await program({ connector })()).to.deep.equal(E.right(receipt.envId))
  })

  it('is given no options where there are none', async () => {
    const connector = connect('http://127.0.0.1:1')
    const stub = sinon.stub(connector, 'sendMessage').returns(TE.right(receipt))
    right(await sendMessage(message)({ connector })())
    expect(stub.calledOnceWithExactly(message)).to.equal(true)
  })

  it('is given the options of a send from the environment too', async () => {
    const connector = connect('http://127.0.0.1:1')
    const stub = sinon.stub(connector, 'sendMessage').returns(TE.right(receipt))
    const options = { idempotencyKey: 'order-1' }
    right(await sendMessage(message, options)({ connector })())
    expect(stub.calledOnceWithExactly(message, options)).to.equal(true)
  })
})

describe('a client that misbehaves', () => {
  const options = { maxAttempts: 2, connectTimeoutMs: 30, readTimeoutMs: 30, deadlineMs: 2_000 }
  const send = (
    singleSendMailWithOptions: (...args: Array<never>) => unknown,
  ): Promise<E.Either<SendError, Receipt>> =>
    // What a client may not do is what is tested here.
    right(
      createConnector(config, { ...options, client: { singleSendMailWithOptions } as never }),
    ).sendMessage(message)()

  const thrower = (value: unknown) => () => {
    throw value
  }

  for (const [what, client, expected] of [
    ['throws at once', thrower(new TypeError('boom')), 'InvalidResponse'],
    ['throws undefined', thrower(undefined), 'InvalidResponse'],
    ['returns undefined', () => undefined, 'InvalidResponse'],
    ['returns a string', () => 'ok', 'InvalidResponse'],
    ['never settles', () => new Promise(() => undefined), 'Timeout'],
    ['rejects with null', () => Promise.resolve().then(thrower(null)), 'InvalidResponse'],
    [
      'rejects with an error that throws when it is read',
      () => Promise.resolve().then(thrower(new Proxy(new Error('x'), { get: thrower(new Error('no')) }))),
      'InvalidResponse',
    ],
    [
      'returns an answer that throws when it is read',
      () =>
        Promise.resolve({
          get body() {
            throw new Error('no')
          },
        }),
      'InvalidResponse',
    ],
    ['returns a thenable that throws', () => ({ then: thrower(new Error('no')) }), 'InvalidResponse'],
    ['answers without an EnvId', () => Promise.resolve({ body: { requestId: 'x' } }), 'InvalidResponse'],
    [
      'rejects with a code of the service and no status',
      () => Promise.reject(Object.assign(new Error('x'), { code: 'InvalidMailAddress.NotFound' })),
      'Rejected',
    ],
    [
      'rejects with throttling and no status',
      () => Promise.reject(Object.assign(new Error('x'), { code: 'Throttling.User', retryAfter: 5 })),
      'Throttled',
    ],
    [
      "rejects with the SDK's connect timeout",
      () =>
        Promise.reject(
          Object.assign(new Error('ConnectTimeout: Connect https://x failed.'), {
            name: 'RequestTimeoutError',
          }),
        ),
      'Timeout',
    ],
  ] as const)
    it(`that ${what} ends as ${expected}`, async () => {
      expect(left(await send(client))._tag).to.equal(expected)
    })

  it('may be given the longest time limits there are', async () => {
    const longest = 2_147_483_647
    const client = stubClient()
    const limits = { connectTimeoutMs: longest, readTimeoutMs: longest, deadlineMs: longest }
    right(await right(createConnector(config, { client, ...limits })).sendMessage(message)())
    expect(client.singleSendMailWithOptions.firstCall.args[1].connectTimeout).to.equal(longest)
  })

  it('cannot be made to say something else by an observer', async () => {
    const onEvent = (event: SendEvent): void => {
      if ('error' in event) Object.assign(event.error, { _tag: 'Throttled', delivered: 'no' })
    }
    const client = { singleSendMailWithOptions: sinon.stub().rejects(new Error('?')) }
    const error = left(
      await right(createConnector(config, { ...options, client, onEvent })).sendMessage(message)(),
    )
    expect(error).to.include({ _tag: 'InvalidResponse', delivered: 'unknown' })
  })

  it('is tried again under the same nonce, since the mail may have been sent', async () => {
    const client = { singleSendMailWithOptions: sinon.stub().rejects(new Error('?')) }
    left(await right(createConnector(config, { ...options, client })).sendMessage(message)())
    const nonces = client.singleSendMailWithOptions
      .getCalls()
      .map(
        (call) =>
          (call.args[1] as { extendsParameters: { headers: Record<string, string> } }).extendsParameters
            .headers['x-acs-signature-nonce'],
      )
    expect(nonces).to.have.length(2)
    expect(nonces[0]).to.equal(nonces[1])
  })
})
