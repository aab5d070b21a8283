import { expect } from 'chai'
import { findExpiration } from '../../lib/directmail/chain-expiration.js'
import { hostileValues } from '../support/arbitraries.js'

const expiration = '2026-11-25T13:00:00Z'
const session = { session: { expiration } }

describe('chain-expiration', () => {
  for (const [what, client] of [
    ['one provider', { credential: { provider: session } }],
    ['a chain', { credential: { provider: { lastUsedProvider: session } } }],
    ['a profile in a chain', { credential: { provider: { lastUsedProvider: { innerProvider: session } } } }],
  ] as const)
    it(`is found in a client with ${what}`, () => expect(findExpiration(client)).to.equal(expiration))

  for (const told of [undefined, 17, 'tomorrow', '2026-11-25 13:00:00', ` ${expiration}`, `${expiration}Z`])
    it(`is not ${JSON.stringify(told)}`, () =>
      expect(findExpiration({ session: { expiration: told } })).to.equal(undefined))

  it('is not looked for without end', () => {
    const circle: Record<string, unknown> = {}
    circle['provider'] = circle
    expect(findExpiration(circle)).to.equal(undefined)
  })

  it('is nowhere in what is no client', () => {
    for (const name of ['undefined', 'null', 'a function', 'a cycle', 'an object without prototype'])
      expect(findExpiration(hostileValues[name]?.())).to.equal(undefined)
  })
})
