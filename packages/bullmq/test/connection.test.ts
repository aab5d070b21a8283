import { expect } from 'chai'
import sinon from 'sinon'
import { connect, within } from '../src/redis.js'
import { describeWithRedis, type RedisServer, startRedis } from './redis.js'
import { until } from './support.js'

describe('within a time', () => {
  afterEach(() => sinon.restore())

  it('is what the work gives', async () => {
    expect(await within(1_000, Promise.resolve('done'))).to.equal('done')
  })

  it('is nothing where the work fails, or is late', async () => {
    expect(await within(1_000, Promise.reject<string>(new Error('no')))).to.equal(undefined)
    expect(await within(10, new Promise<string>(() => undefined))).to.equal(undefined)
  })

  it('leaves no timer behind', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await within(1_000, Promise.resolve())
    expect(clock.countTimers()).to.equal(0)
  })
})

describeWithRedis('a connection', () => {
  afterEach(() => sinon.restore())
  let redis: RedisServer
  before(async () => {
    redis = await startRedis()
  })
  after(() => redis.stop())

  it('takes what is undefined for not given', async () => {
    const none = {
      host: undefined,
      username: undefined,
      password: undefined,
      db: undefined,
      tls: undefined,
      path: undefined,
    }
    const { client, disconnect } = connect({ ...none, port: redis.connection.port }, { lazyConnect: true })
    expect(client.options).to.include({ host: 'localhost', db: 0, port: redis.connection.port })
    await client.connect()
    expect(await client.ping()).to.equal('PONG')
    disconnect()
  })

  it('ends with all that were made from it', async () => {
    const { client, disconnect } = connect(redis.connection, { maxRetriesPerRequest: null })
    const second = client.duplicate({ connectionName: 'second' })
    const third = second.duplicate()
    expect(second.options).to.include({ connectionName: 'second', maxRetriesPerRequest: null })
    for (const each of [client, second, third]) expect(await each.ping()).to.equal('PONG')
    disconnect()
    await until(() => [client, second, third].every(({ status }) => status === 'end'))
  })

  it('tries again, ever more slowly, until it is told to end', async () => {
    const printed = sinon.spy(console, 'error')
    const { client, disconnect } = connect({ port: 1 }, {})
    const { retryStrategy } = client.options
    expect([1, 2, 19, 20, 21, 1_000].map((times) => retryStrategy?.(times))).to.deep.equal([
      ...[50, 100, 950, 1_000, 1_000, 1_000],
    ])
    await until(() => client.status === 'reconnecting')
    disconnect()
    expect(retryStrategy?.(1)).to.equal(null)
    await until(() => client.status === 'end')
    expect(printed.callCount).to.equal(0)
  })
})
