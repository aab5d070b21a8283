import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { invalid, missing, refusals, throttled } from '../src/refusal.js'

describe('sandbox/refusal', () => {
  it('says what the service says', () => {
    const written = readFileSync(new URL('golden/refusals.json', import.meta.url), 'utf8')
    expect({
      ...refusals,
      missing: missing('Subject'),
      invalid: invalid('AddressType'),
      throttled: throttled(250),
    }).to.deep.equal(JSON.parse(written))
  })
})
