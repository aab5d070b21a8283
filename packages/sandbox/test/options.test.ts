import { createServer, Server } from 'node:net'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import sinon from 'sinon'
import { startSandbox } from '../src/index.js'
import { completeAccount, decodeOptions, type SandboxOptions } from '../src/options.js'

const messageOf = (options: unknown): string => {
  // The point of these tests: what the types forbid comes from JavaScript all the same.
  const decoded = decodeOptions(options as SandboxOptions)
  return E.isLeft(decoded) ? decoded.left.message : ''
}

describe('sandbox/options', () => {
  const wrong: ReadonlyArray<readonly [name: string, expected: string, values: ReadonlyArray<unknown>]> = [
    ['port', 'an integer from 0 to 65535', [-1, 65536, '80', 0.5, null]],
    ['host', 'a host name or address', ['', 1, null]],
    [
      'accessKeys',
      'an object from access key ids to secrets',
      [null, 'id', 1, ['id'], { id: 1 }, { id: '' }, { '': 'secret' }, { good: 'secret', bad: '' }],
    ],
    ['senders', 'an array of addresses', ['a@b.c', { 0: 'a@b.c' }, [1], [''], ['a@b.c', '']]],
    ['throttlePerSecond', 'an integer from 1 to 1000000', [0, NaN, 1_000_001, '1']],
    ['latencyMs', 'an integer from 0 to 86400000', [-1, 86_400_001, 0.5]],
    ['capacity', 'an integer from 1 to 1000000', [0, 1_000_001, 1.5]],
    ['maxMemoryMb', 'an integer from 1 to 1000000', [0, '1']],
    ['allowedHosts', 'an array of host names, without a port', ['mail', [''], ['mail:80'], [1]]],
  ]
  for (const [name, expected, values] of wrong) {
    for (const value of values) {
      it(`names ${name} when it is ${JSON.stringify(value)}`, () =>
        expect(messageOf({ [name]: value })).to.equal(`startSandbox: ${name}: expected ${expected}`))
    }
  }

  it('has a default for everything', () => {
    expect(decodeOptions({})).to.deep.equal(
      E.right({
        port: 0,
        host: '127.0.0.1',
        accessKeys: undefined,
        senders: undefined,
        account: completeAccount(),
        throttlePerSecond: undefined,
        latencyMs: 0,
        capacity: 500,
        maxMemoryMb: 256,
        allowedHosts: new Set(),
        events: undefined,
      }),
    )
  })

  it('takes every option up to its limits', () => {
    const least = { port: 0, throttlePerSecond: 1, latencyMs: 0, capacity: 1, maxMemoryMb: 1 }
    const most = {
      port: 65535,
      throttlePerSecond: 1_000_000,
      latencyMs: 86_400_000,
      capacity: 1_000_000,
      maxMemoryMb: 1_000_000,
    }
    for (const limits of [least, most]) {
      expect(
        decodeOptions({
          ...limits,
          host: '::1',
          accessKeys: { id: 'secret' },
          senders: ['A@Example.com'],
          allowedHosts: ['Mail.Test'],
          events: 'http://Receiver.test/a?b=验',
        }),
      ).to.deep.equal(
        E.right({
          ...limits,
          host: '::1',
          accessKeys: new Map([['id', 'secret']]),
          senders: new Set(['a@example.com']),
          allowedHosts: new Set(['mail.test']),
          events: 'http://receiver.test/a?b=%E9%AA%8C',
          account: completeAccount(),
        }),
      )
    }
  })

  it('names what is wrong with the account, and an unknown name in it', () => {
    for (const [account, message] of [
      [1, 'account: expected an object'],
      [{ dailyQuota: -1 }, 'account.dailyQuota: expected an integer from 0 to 1000000000'],
      [{ userStatus: '1' }, 'account.userStatus: expected an integer from 0 to 8'],
      [{ frozenSenders: 'a@b.c' }, 'account.frozenSenders: expected an array of addresses'],
      [{ unverifiedDomains: [''] }, 'account.unverifiedDomains: expected an array of domains'],
      [{ sendOnlyKeys: [1] }, 'account.sendOnlyKeys: expected an array of key ids'],
      [{ sendOnlyKey: ['id'] }, 'unknown option "sendOnlyKey"'],
    ] as const)
      expect(messageOf({ account })).to.equal(`startSandbox: ${message}`)
  })

  it('gives an account 30 daily quotas a month, and knows its addresses in lower case', () => {
    const decoded = decodeOptions({
      account: { dailyQuota: 7, frozenSenders: ['A@Example.com'], sendOnlyKeys: ['LTAIKey'] },
    })
    expect(decoded)
      .to.have.nested.property('right.account')
      .that.deep.includes({
        dailyQuota: 7,
        monthQuota: 210,
        frozenSenders: new Set(['a@example.com']),
        sendOnlyKeys: new Set(['LTAIKey']),
      })
  })

  it('names an unknown option, so that a misspelt accessKeys is not ignored', () => {
    expect(messageOf({ accesKeys: {} })).to.equal('startSandbox: unknown option "accesKeys"')
  })

  it('does not take a property of every object for an option', () => {
    expect(messageOf({ constructor: 1 })).to.equal('startSandbox: unknown option "constructor"')
  })

  it('names everything that is wrong and repeats no value', () => {
    const message = messageOf({ port: 'p', accessKeys: { id: ['hush'] } })
    expect(message).to.equal(
      'startSandbox: port: expected an integer from 0 to 65535; ' +
        'accessKeys: expected an object from access key ids to secrets',
    )
  })

  it('survives options that are no object', () => {
    expect(messageOf(null)).to.equal('startSandbox: expected an object')
    expect(
      messageOf(
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('no')
            },
          },
        ),
      ),
    ).to.contain('could not be read')
  })

  it('takes undefined for absent', () => expect(messageOf({ port: undefined })).to.equal(''))

  it('says when the port is in use', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const started = await startSandbox({ port })()
    other.close()
    expect(E.isLeft(started) && started.left.message).to.equal(
      `startSandbox: cannot listen on port ${String(port)} on 127.0.0.1: it is already in use`,
    )
    expect(E.isLeft(started) && started.left.cause).to.have.property('code', 'EADDRINUSE')
  })

  it('says when the user may not have the port', async () => {
    // Root, as which tests often run, may have any.
    const listen = sinon.stub(Server.prototype, 'listen').callsFake(function (this: Server) {
      process.nextTick(() =>
        this.emit('error', Object.assign(new Error('listen EACCES'), { code: 'EACCES' })),
      )
      return this
    })
    const started = await startSandbox({ port: 80 })()
    listen.restore()
    expect(E.isLeft(started) && started.left.message).to.equal(
      'startSandbox: cannot listen on port 80 on 127.0.0.1: this user may not',
    )
  })

  it('says when the host is not one of this machine', async () => {
    const started = await startSandbox({ host: '192.0.2.1' })()
    expect(E.isLeft(started) && started.left.message).to.match(
      /^startSandbox: cannot listen on port 0 on 192\.0\.2\.1: .*EADDRNOTAVAIL/,
    )
  })
})
