import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { type Issue } from '../lib/errors/send-error.js'
import { decodeOptions, decodeSendOptions, Endpoint } from '../lib/options.js'
import { hostileUnder, hostileValues, polluting } from './support/arbitraries.js'
import { right } from './support/either.js'

const issuesOf = (input: unknown): ReadonlyArray<Issue> => {
  const decoded = decodeOptions(input)
  return E.isLeft(decoded) ? decoded.left.issues : []
}

const pathsOf = (input: unknown): ReadonlyArray<string> => issuesOf(input).map(({ path }) => path)

const defaults = {
  endpoint: undefined,
  allowInsecure: false,
  network: 'public',
  credentials: undefined,
  client: undefined,
  connectTimeoutMs: 5_000,
  readTimeoutMs: 10_000,
  deadlineMs: 30_000,
  maxConcurrency: 64,
  maxPerSecond: undefined,
  maxAttempts: 3,
  usageTypes: 'known',
  missingVariables: 'fail',
  links: 'safe',
  onEvent: undefined,
}

const keys = Object.keys(defaults)

const client = { singleSendMailWithOptions: () => Promise.resolve({}) }

describe('options', () => {
  for (const [name, input] of Object.entries({
    'nothing is given': undefined,
    'an empty object is given': {},
  }))
    it(`are the defaults where ${name}`, () => expect(decodeOptions(input)).to.deep.equal(E.right(defaults)))

  it('are taken where they are given', () => {
    const given = {
      endpoint: 'http://127.0.0.1:8025',
      allowInsecure: true,
      network: 'vpc',
      credentials: () => Promise.reject(new Error('not asked here')),
      client,
      connectTimeoutMs: 1,
      readTimeoutMs: 2,
      deadlineMs: 2_147_483_647,
      maxConcurrency: 1,
      maxPerSecond: 0.5,
      maxAttempts: 1,
      usageTypes: 'any',
      missingVariables: 'keep',
      links: 'any',
      onEvent: () => undefined,
    }
    expect(decodeOptions(given)).to.deep.equal(E.right(given))
  })

  it('keep the very client and observer that were given', () => {
    const onEvent = (): void => undefined
    const decoded = decodeOptions({ client, onEvent })
    expect(E.isRight(decoded) && decoded.right.client).to.equal(client)
    expect(E.isRight(decoded) && decoded.right.onEvent).to.equal(onEvent)
  })

  it('are the defaults where they are null or undefined', () => {
    for (const value of [null, undefined])
      expect(decodeOptions(Object.fromEntries(keys.map((key) => [key, value])))).to.deep.equal(
        E.right(defaults),
      )
  })

  it('refuse what nobody knows, and suggest the nearest right name', () => {
    expect(issuesOf({ timeout: 5, deadline: 5, retries: undefined, maxAttempts: 0 })).to.deep.equal([
      { path: 'options.maxAttempts', message: 'expected a whole number from 1, got 0' },
      ...(['timeout', 'deadline', 'retries'] as const).map((key) => ({
        path: `options.${key}`,
        message: `not an option: expected one of ${keys.join(', ')}${
          {
            timeout: '; did you mean "readTimeoutMs"?',
            deadline: '; did you mean "deadlineMs"?',
            retries: '',
          }[key]
        }`,
      })),
    ])
  })

  it('name no key that could forge a path, cut a long one, and list ten', () => {
    expect(pathsOf({ 'a\nb': 1 })).to.deep.equal(['options'])
    expect(pathsOf({ ['x'.repeat(1_000_000)]: 1 })).to.deep.equal([`options.${'x'.repeat(100)}…`])
    expect(
      pathsOf(Object.fromEntries(Array.from({ length: 99 }, (_, index) => [`x${index}`, 1]))),
    ).to.have.length(10)
  })

  it('take nothing from a polluted prototype, also where it is asked for an option that was not given', () =>
    polluting({ endpoint: 'http://127.0.0.1:1', client, onEvent: () => undefined, network: 1 }, () => {
      const settings = right(decodeOptions({}))
      expect(settings).to.deep.equal(defaults)
      expect([settings.endpoint, settings.client, settings.onEvent]).to.deep.equal([
        undefined,
        undefined,
        undefined,
      ])
    }))

  it('take credentials from a function or an object with a method getCredential', () => {
    class Provider {
      readonly #key = {}
      getCredential(): Promise<object> {
        return Promise.resolve(this.#key)
      }
    }
    for (const credentials of [() => Promise.resolve(), new Provider()])
      expect(pathsOf({ credentials })).to.be.empty
    expect(issuesOf({ credentials: { accessKeyId: 'x' } })).to.deep.equal([
      {
        path: 'options.credentials',
        message: 'expected a function, or an object with a method getCredential, got an object',
      },
    ])
  })

  it('take a rate above 0, fractions too', () => {
    for (const maxPerSecond of [0.5, 100]) expect(pathsOf({ maxPerSecond })).to.be.empty
    for (const maxPerSecond of [0, -1, NaN, Infinity])
      expect(issuesOf({ maxPerSecond })).to.deep.equal([
        { path: 'options.maxPerSecond', message: `expected a number above 0, got ${maxPerSecond}` },
      ])
  })

  it('take a list of usage types of names', () => {
    expect(right(decodeOptions({ usageTypes: ['OrderShipped'] })).usageTypes).to.deep.equal(['OrderShipped'])
    expect(pathsOf({ usageTypes: ['OrderShipped', 'a b'] })).to.deep.equal(['options.usageTypes[1]'])
  })

  it('take plain http beyond loopback only with allowInsecure', () => {
    expect(pathsOf({ endpoint: 'http://sandbox:8025' })).to.deep.equal(['options.endpoint'])
    expect(pathsOf({ endpoint: 'http://sandbox:8025', allowInsecure: true })).to.be.empty
  })

  it('name everything that is wrong at once, in an InvalidConfig', () => {
    const decoded = decodeOptions(Object.fromEntries(keys.map((key) => [key, ['x y']])))
    expect(E.isLeft(decoded) && decoded.left).to.include({ _tag: 'InvalidConfig', delivered: 'no' })
    expect(E.isLeft(decoded) && decoded.left.issues.map(({ path }) => path)).to.deep.equal(
      keys.map((key) => (key === 'usageTypes' ? 'options.usageTypes[0]' : `options.${key}`)),
    )
  })

  for (const [name, input] of Object.entries({ null: null, 'a text': 'x', 'an array': [], 'a number': 1 }))
    it(`must not be ${name}`, () => {
      expect(pathsOf(input)).to.deep.equal(['options'])
      expect(issuesOf(input)[0]?.message).to.match(/^expected an object/)
    })

  for (const key of ['connectTimeoutMs', 'readTimeoutMs', 'deadlineMs']) {
    for (const value of [0, -1, 1.5, NaN, Infinity, 2_147_483_648, '5000', true])
      it(`refuse ${String(value)} of type ${typeof value} as ${key}`, () =>
        expect(pathsOf({ [key]: value })).to.deep.equal([`options.${key}`]))

    it(`say which numbers ${key} may have`, () =>
      expect(issuesOf({ [key]: 'x' })[0]?.message).to.equal(
        'expected a whole number of milliseconds from 1 to 2147483647',
      ))
  }

  for (const key of ['maxConcurrency', 'maxAttempts']) {
    for (const value of [0, -1, 1.5, NaN, Infinity, 2 ** 53, '3'])
      it(`refuse ${String(value)} of type ${typeof value} as ${key}`, () =>
        expect(pathsOf({ [key]: value })).to.deep.equal([`options.${key}`]))

    it(`take ${Number.MAX_SAFE_INTEGER} as ${key}`, () =>
      expect(pathsOf({ [key]: Number.MAX_SAFE_INTEGER })).to.be.empty)

    it(`say which numbers ${key} may have`, () =>
      expect(issuesOf({ [key]: 0 })[0]?.message).to.equal('expected a whole number from 1, got 0'))
  }

  it('take an endpoint on loopback over plain http', () =>
    expect(pathsOf({ endpoint: 'http://localhost:8025' })).to.be.empty)

  it('refuse an endpoint elsewhere over plain http, and say why', () =>
    expect(issuesOf({ endpoint: 'http://dm.aliyuncs.com' })).to.deep.equal([
      {
        path: 'options.endpoint',
        message:
          'expected https://HOST, or http://127.0.0.1:PORT for a sandbox (plain http to loopback only), without a path',
      },
    ]))

  it('do not repeat an endpoint, which may hold a password', () =>
    expect(JSON.stringify(decodeOptions({ endpoint: 'https://user:hush@example.com' }))).not.to.contain(
      'hush',
    ))

  const noClients: Readonly<Record<string, unknown>> = {
    'without the method': {},
    'whose method is none': { singleSendMailWithOptions: 1 },
    'that is a function': client.singleSendMailWithOptions,
    'that is a function with the method': Object.assign(() => undefined, client),
    'that is a text': 'client',
    'that cannot be read': Object.defineProperty({}, 'singleSendMailWithOptions', {
      get: () => {
        throw new Error('no')
      },
    }),
    'that lets nobody look inside': new Proxy(client, {
      get: () => {
        throw new Error('no')
      },
      has: () => {
        throw new Error('no')
      },
    }),
  }
  for (const [what, value] of Object.entries(noClients))
    it(`refuse a client ${what}`, () =>
      expect(issuesOf({ client: value })[0])
        .to.include({ path: 'options.client' })
        .and.property('message')
        .to.match(/^expected an SDK client, with a method singleSendMailWithOptions/))

  it('take a client that inherits its method', () => {
    class Client {
      readonly #answer = {}
      singleSendMailWithOptions(): Promise<object> {
        return Promise.resolve(this.#answer)
      }
    }
    expect(pathsOf({ client: new Client() })).to.be.empty
  })

  it('refuse an observer that is no function', () =>
    expect(issuesOf({ onEvent: {} })).to.deep.equal([
      { path: 'options.onEvent', message: 'expected a function, got an object' },
    ]))

  it('say where plain http may go', () => {
    const [strict, allowed] = [{}, { allowInsecure: true }].map(
      (more) => issuesOf({ endpoint: 'http://dm.aliyuncs.com', ...more })[0]?.message,
    )
    expect(strict).to.equal(
      'expected https://HOST, or http://127.0.0.1:PORT for a sandbox (plain http to loopback only), without a path',
    )
    expect(allowed).to.equal(
      'expected https://HOST, or http://HOST with a private address or a name without dots, without a path',
    )
    expect(Endpoint.name).to.equal('Endpoint')
    expect(issuesOf({ usageTypes: 'known' })).to.deep.equal([])
  })

  it('suggest the word that was meant', () =>
    expect(
      [
        ...issuesOf({ usageTypes: 'knwon' }),
        ...issuesOf({ usageTypes: 'Any', missingVariables: 'keeps' }),
      ].map(({ message }) => message),
    ).to.deep.equal([
      'expected "known", "any" or a list of names; did you mean "known"?',
      'expected "known", "any" or a list of names; did you mean "any"?',
      'expected one of fail, keep; did you mean "keep"?',
    ]))

  it('end in a value whatever they are', () => {
    for (const make of Object.values(hostileValues)) {
      expect(decodeOptions(make())).to.have.property('_tag')
      for (const key of keys) expect(decodeOptions({ [key]: make() })).to.have.property('_tag')
    }
  })

  it('end in a value whatever stands in them', () =>
    fc.assert(
      fc.property(hostileUnder(keys), (make) => {
        expect(decodeOptions(make())).to.have.property('_tag')
      }),
    ))
})

describe('options of one send', () => {
  it('take a signal and a key', () => {
    const given = { signal: new AbortController().signal, idempotencyKey: 'a' }
    expect(right(decodeSendOptions(given))).to.include(given)
  })

  it('may be nothing, or hold nothing', () => {
    for (const given of [undefined, {}, { idempotencyKey: undefined }])
      expect(
        Object.values(right(decodeSendOptions(given))).filter((value) => value !== undefined),
      ).to.deep.equal([])
    expect(right(decodeSendOptions({ sendId: 'x'.repeat(256), idempotencyKey: '码' }))).to.include({
      idempotencyKey: '码',
    })
  })

  it('inherit nothing', () => {
    for (const given of [undefined, { sendId: 'a' }])
      expect(Object.getPrototypeOf(right(decodeSendOptions(given)))).to.equal(null)
  })

  it('are named where they are wrong', () => {
    const issues = (given: unknown) => {
      const decoded = decodeSendOptions(given)
      return E.isLeft(decoded) ? decoded.left.issues.map(({ path, message }) => `${path}: ${message}`) : []
    }
    for (const name of ['idempotencyKey', 'sendId'])
      for (const value of ['', 'x'.repeat(257), 1, null])
        expect(issues({ [name]: value }).join()).to.match(
          new RegExp(`^options\\.${name}: expected 1–256 characters`),
        )
    expect(issues({ signal: 1, idempotencykey: 'a' })).to.deep.equal([
      'options.signal: expected an AbortSignal, got a number',
      'options.idempotencykey: not an option: expected one of idempotencyKey, signal, sendId; did you mean "idempotencyKey"?',
    ])
    expect(issues({ sendid: 'a' })).to.have.length(1)
    for (const given of [null, 'key', 1])
      expect(issues(given).join()).to.match(/^options: expected an object/)
  })

  it('refuse whatever only looks like a signal, without asking it', () => {
    const inherits = Object.create(AbortSignal.prototype) as unknown
    for (const signal of [{ aborted: false }, inherits, hostileValues['a proxy that throws']?.()]) {
      const decoded = decodeSendOptions({ signal })
      expect(E.isLeft(decoded) && decoded.left.issues.map(({ path }) => path)).to.deep.equal([
        'options.signal',
      ])
    }
  })
})
