/**
 * `--var` as a payload.
 */
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import fc from 'fast-check'
import { addVariable, adviseValues, listPlaceholders, noVariables } from '../src/variables.js'

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

describe('an argument of --var', () => {
  const valueOf = (...args: ReadonlyArray<string>) =>
    args.reduce<ReturnType<typeof addVariable>>(
      (variables, argument) => (E.isRight(variables) ? addVariable(variables.right, argument) : variables),
      E.right(noVariables),
    )
  const plain = (variables: ReturnType<typeof addVariable>): unknown =>
    E.isRight(variables) ? JSON.parse(JSON.stringify(variables.right)) : variables.left

  const taken: ReadonlyArray<readonly [args: ReadonlyArray<string>, expected: object]> = [
    [['code=1=2'], { code: '1=2' }],
    [[' code = 1'], { code: ' 1' }],
    [['a.b=1', 'a.c=2', 'code='], { a: { b: '1', c: '2' }, code: '' }],
    [['a=1', 'a=2'], { a: '2' }],
    [['a.b=1', 'a.b=2'], { a: { b: '2' } }],
  ]
  for (const [args, expected] of taken)
    it(`is taken: ${args.join(', ')}`, () => expect(plain(valueOf(...args))).to.deep.equal(expected))

  const noName = 'The name before "=" is to be that of a placeholder, such as code or application.name'
  const clash = (name: string) => `"${name}" cannot be a value, and have parts with a dot, at the same time`
  const refused: ReadonlyArray<readonly [args: ReadonlyArray<string>, message: string]> = [
    [['code'], 'Write it as NAME=VALUE, such as code=123456'],
    [['=1'], noName],
    [[' =1'], noName],
    [['a. .b=1'], noName],
    [['a.=1'], noName],
    [['{{code}}=1'], noName],
    [['a}=1'], noName],
    [['a=1', 'a.b=1'], clash('a.b')],
    [['a.b=1', 'a=1'], clash('a')],
    [['a.b=1', 'a.b.c=1'], clash('a.b.c')],
    [['a.b.c=1', 'a.b=1'], clash('a.b')],
  ]
  for (const [args, message] of refused)
    it(`is refused: ${args.join(', ')}`, () => expect(plain(valueOf(...args))).to.equal(message))
})

const names = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => String.fromCharCode(97 + index))

describe('listPlaceholders', () => {
  it('names ten, and says how many more there are', () => {
    expect(listPlaceholders(['code', 'link'])).to.equal('{{code}}, {{link}}')
    const ten = '{{a}}, {{b}}, {{c}}, {{d}}, {{e}}, {{f}}, {{g}}, {{h}}, {{i}}, {{j}}'
    expect(listPlaceholders(names(10))).to.equal(ten)
    expect(listPlaceholders(names(12))).to.equal(`${ten} and 2 more`)
  })
})

describe('adviseValues', () => {
  it('quotes names as a shell needs it', () => {
    expect(adviseValues(['code', "it's me"])).to.equal(
      "Give values with --var code=123456 --var 'it'\\''s me=VALUE'",
    )
  })

  it('has an example of a link, and ten of many', () => {
    expect(adviseValues(['link'])).to.equal('Give values with --var link=https://example.com/')
    const ten = names(10)
      .map((name) => `--var ${name}=VALUE`)
      .join(' ')
    expect(adviseValues(names(10))).to.equal(`Give values with ${ten}`)
    expect(adviseValues(names(11))).to.equal(`Give values with ${ten} …`)
  })
})
