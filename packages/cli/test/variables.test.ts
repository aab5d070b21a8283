/**
 * `--var` as a payload.
 */
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import fc from 'fast-check'
import { addVariable, adviseValues, noVariables } from '../src/variables.js'

describe('addVariable', () => {
  it('puts any value under any name, and changes no prototype', () => {
    const part = fc.oneof(
      fc.constantFrom('__proto__', 'constructor', 'toString', 'code'),
      fc.stringMatching(/^[\w-]+$/),
    )
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), fc.string(), (path, value) => {
        const added = addVariable(noVariables, `${path.join('.')}=${value}`)
        const found = path.reduce<unknown>(
          // A step into an object without a prototype; into a string there is none, as the path is new.
          (at, key) => (at as Readonly<Record<string, unknown>>)[key],
          E.isRight(added) ? added.right : undefined,
        )
        expect(found).to.equal(value)
        expect(Object.keys(Object.prototype)).to.deep.equal([])
      }),
    )
  })

  it('leaves what it adds to as it was', () => {
    const added = addVariable(noVariables, 'a.b=1')
    expect(Object.keys(noVariables)).to.deep.equal([])
    expect(E.isRight(added) && addVariable(added.right, 'a.c=2')).to.have.nested.property('right.a.b', '1')
    expect(added).not.to.have.nested.property('right.a.c')
  })
})

describe('adviseValues', () => {
  it('quotes names as a shell needs it', () => {
    expect(adviseValues(['code', "it's me"])).to.equal(
      "Give values with --var code=123456 --var 'it'\\''s me=VALUE'",
    )
  })
})
