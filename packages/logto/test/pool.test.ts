import { createConnector } from 'aliyun-dm-connector'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import sinon from 'sinon'
import { makePool } from '../src/pool.js'
import { config } from './support.js'

const made = () => {
  const create = sinon.spy(createConnector)
  return { create, pool: makePool(create, 2) }
}

const getConnector = (result: ReturnType<ReturnType<typeof makePool>>) =>
  E.isRight(result) ? result.right.connector : undefined

/** As Logto does: read from the database, it is another object each time. */
const copy = <A>(value: A): A => structuredClone(value)

describe('pool', () => {
  it('gives the same connector while the config says the same', () => {
    const { create, pool } = made()
    const first = getConnector(pool(copy(config), {}))
    expect(first).to.not.equal(undefined)
    expect(getConnector(pool(copy(config), {}))).to.equal(first)
    expect(create.callCount).to.equal(1)
  })

  const changes: ReadonlyArray<readonly [string, object]> = [
    ['the secret', { accessKeySecret: 'another' }],
    ['the sender address', { accountName: 'other@mail.example.com' }],
    ['a template', { templates: config.templates.map((t) => ({ ...t, subject: 'changed' })) }],
    ['an optional key', { tagName: 'tag' }],
  ]
  for (const [what, change] of changes)
    it(`makes another connector once ${what} changes, and knows the first one still`, () => {
      const { create, pool } = made()
      const first = getConnector(pool(config, {}))
      const second = getConnector(pool({ ...config, ...change }, {}))
      expect(second).to.not.equal(first)
      expect(getConnector(pool(config, {}))).to.equal(first)
      expect(create.callCount).to.equal(2)
    })

  it('makes another connector for another endpoint', () => {
    const { pool } = made()
    expect(getConnector(pool(config, { endpoint: 'http://127.0.0.1:1' }))).to.not.equal(
      getConnector(pool(config, {})),
    )
  })

  it('lets go of the one that was not used for longest', () => {
    const { create, pool } = made()
    const named = (tagName: string) => getConnector(pool({ ...config, tagName }, {}))
    const [a] = [named('a'), named('b')]
    expect(named('a')).to.equal(a)
    named('c')
    expect(named('a')).to.equal(a)
    expect(create.callCount).to.equal(3)
    named('b')
    expect(create.callCount).to.equal(4)
  })

  it('makes connectors as Logto needs them', () => {
    const { create, pool } = made()
    pool(config, { endpoint: 'http://127.0.0.1:1' })
    expect(create.firstCall.args).to.deep.equal([
      config,
      {
        connectTimeoutMs: 2_000,
        readTimeoutMs: 3_500,
        deadlineMs: 8_000,
        usageTypes: 'any',
        missingVariables: 'keep',
        links: 'any',
        endpoint: 'http://127.0.0.1:1',
        credentials: undefined,
      },
    ])
  })

  it('knows which templates are empty', () => {
    const { pool } = made()
    const templates = config.templates.map((template) =>
      template['usageType'] === 'SignIn' ? { ...template, subject: ' ' } : template,
    )
    for (const sender of [pool({ ...config, templates }, {}), pool({ ...config, templates }, {})]) {
      expect(E.isRight(sender) && sender.right.isBlank('SignIn')).to.equal(true)
      expect(E.isRight(sender) && sender.right.isBlank('Register')).to.equal(false)
    }
  })

  it('looks at an invalid config each time', () => {
    const { create, pool } = made()
    expect(E.isLeft(pool({}, {}))).to.equal(true)
    expect(E.isLeft(pool({}, {}))).to.equal(true)
    expect(create.callCount).to.equal(2)
  })

  it('takes a config that JSON cannot write, without keeping it', () => {
    const { create, pool } = made()
    const cyclic: Record<string, unknown> = { ...config }
    cyclic['self'] = cyclic
    expect(E.isRight(pool(cyclic, {}))).to.equal(true)
    expect(E.isRight(pool(cyclic, {}))).to.equal(true)
    expect(create.callCount).to.equal(2)
  })
})
