import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { PathReporter } from 'io-ts/lib/PathReporter.js'
import {
  copyProperties,
  decodeAll,
  flag,
  guarded,
  hasMethod,
  isArray,
  list,
  oneOf,
  readKeys,
  readProperty,
  record,
  shorten,
  text,
  withoutPrototype,
  withRule,
} from '../../lib/config/decode.js'
import type { Issue } from '../../lib/errors/send-error.js'
import { hostile, hostileValues, polluting } from '../support/arbitraries.js'
import { right } from '../support/either.js'

const Short = text('Short', 'a short text', (s) => s.length < 5)
const Person = record('Person', { name: Short }, { nick: Short })
const Color = oneOf('Color', { red: null, green: null })
const Group = record('Group', { people: list(Person, 20), open: flag }, {})
const NotAnn = withRule(Person, ({ name }) =>
  name === 'Ann' ? { path: 'name', message: 'not Ann' } : undefined,
)

const codecs: Readonly<Record<string, t.Mixed>> = { Short, flag, Color, Person, Group, NotAnn }

const issuesOf = (codec: t.Mixed, input: unknown, root?: string): ReadonlyArray<Issue> => {
  const decoded = decodeAll(codec, root)(input)
  return E.isLeft(decoded) ? decoded.left : []
}

const messagesOf = (codec: t.Mixed, input: unknown): ReadonlyArray<string> =>
  issuesOf(codec, input).map(({ message }) => message)

const throwing = (key: string): object =>
  Object.defineProperty({}, key, {
    enumerable: true,
    get: () => {
      throw new Error('no')
    },
  })

describe('decode', () => {
  describe('every codec', () => {
    for (const [name, codec] of Object.entries(codecs)) {
      it(`ends in a value whatever ${name} is given`, () => {
        for (const make of Object.values(hostileValues)) decodeAll(codec)(make())
        fc.assert(
          fc.property(hostile, (make) => {
            const decoded = decodeAll(codec)(make())
            if (E.isLeft(decoded)) expect(decoded.left).not.to.be.empty
          }),
        )
      })

      it(`takes for one what ${name} has decoded, and throws for nothing`, () => {
        for (const make of Object.values(hostileValues)) codec.is(make())
        fc.assert(
          fc.property(hostile, (make) => {
            const decoded = codec.decode(make())
            expect(E.isLeft(decoded) || codec.is(decoded.right)).to.equal(true)
          }),
        )
      })
    }

    it('is as strict as its type: an optional key may be absent or undefined, not null or empty', () => {
      for (const value of [{ name: 'Ann' }, { name: 'Ann', nick: undefined }, { name: 'Ann', nick: 'A' }])
        expect(Person.is(value)).to.equal(true)
      for (const nick of [null, 1, 'too long']) expect(Person.is({ name: 'Ann', nick })).to.equal(false)
    })

    it('fails as io-ts does: with the codecs on the way to the value, from the one that was asked', () => {
      const decoded = Group.decode({ people: [{ name: 1 }], open: 1 })
      expect(
        E.isLeft(decoded) &&
          decoded.left.map(({ context }) => context.map(({ key, type }) => `${key}: ${type.name}`)),
      ).to.deep.equal([
        [': Group', 'people: ReadonlyArray<Person>', '0: Person', 'name: Short'],
        [': Group', 'open: boolean'],
      ])
    })

    it("names paths to io-ts's own reporter, within a codec of the user's as well", () => {
      expect(PathReporter.report(Group.decode({ people: [{ name: 1 }] }))).to.deep.equal([
        'people[0].name: expected a short text, got a number',
        'open: missing: expected true or false',
      ])
      expect(PathReporter.report(t.type({ group: Group }).decode({ group: 1 }))).to.deep.equal([
        'group: expected an object, got a number',
      ])
    })

    it('keeps nothing of the input in a failure', () =>
      expect(
        JSON.stringify(Group.decode({ people: [{ name: 'a secret' }], open: 'a secret' })),
      ).not.to.contain('a secret'))

    it('encodes a decoded value as itself', () => {
      const person = { name: 'Ann' }
      expect(Person.encode(person)).to.equal(person)
    })
  })

  describe('reading', () => {
    it('finds what is the own of an object, and nothing that it inherits', () => {
      expect(readProperty({ a: 1 }, 'a')).to.equal(1)
      expect(readProperty(Object.create({ a: 1 }) as object, 'a')).to.equal(undefined)
      for (const key of ['constructor', '__proto__']) expect(readProperty({}, key)).to.equal(undefined)
    })

    it('ignores a polluted prototype', () =>
      polluting({ nick: 'Eve', name: 'Eve' }, () => {
        expect(Person.decode({ name: 'Ann' })).to.deep.equal(E.right({ name: 'Ann' }))
        expect(Object.keys(right(Person.decode({ name: 'Ann' })))).to.deep.equal(['name'])
        expect(Person.decode({})._tag).to.equal('Left')
        expect('nick' in withoutPrototype({ name: 'Ann' })).to.equal(false)
      }))

    it('is not stopped by a wrong value in a polluted prototype', () =>
      polluting({ nick: 1 }, () => expect(Person.decode({ name: 'Ann' })._tag).to.equal('Right')))

    it('reads each property once', () => {
      let reads = 0
      const counting = {
        get name(): string {
          reads += 1
          return 'Ann'
        },
      }
      expect(Person.decode(counting)._tag).to.equal('Right')
      expect(reads).to.equal(1)
    })

    it('copies the properties of an object, also where one of them throws', () => {
      expect(copyProperties({ a: 1 })).to.deep.equal({ a: 1 })
      const copy = copyProperties(Object.assign(throwing('bad'), { good: 1 }))
      expect(copy).to.include({ good: 1 }).and.to.have.property('bad').that.is.a('symbol')
      for (const none of [null, [], 'x', Promise.resolve()]) expect(copyProperties(none)).to.equal(undefined)
    })

    it('finds the names of properties, and none where they cannot be looked at', () => {
      expect(readKeys({ a: 1 })).to.deep.equal(['a'])
      for (const make of Object.values(hostileValues)) readKeys(make())
    })

    it('finds a method of an object or its class', () => {
      expect(hasMethod({ a: () => 1 }, 'a')).to.equal(true)
      expect(hasMethod(new Date(), 'getTime')).to.equal(true)
      for (const none of [{ a: 1 }, null, undefined]) expect(hasMethod(none, 'a')).to.equal(false)
      for (const make of Object.values(hostileValues)) expect(hasMethod(make(), 'a')).to.equal(false)
    })

    it('takes no proxy for an array that cannot be looked into', () => {
      expect(isArray([])).to.equal(true)
      expect(isArray(hostileValues['a revoked array proxy']?.())).to.equal(false)
    })
  })

  describe('a message', () => {
    const found: ReadonlyArray<readonly [what: string, value: unknown, message: string]> = [
      ['that nothing is there', undefined, 'missing: expected a short text'],
      ['null', null, 'expected a short text, got null'],
      ['an array', [], 'expected a short text, got an array'],
      ['an object', {}, 'expected a short text, got an object'],
      ['a number', 1, 'expected a short text, got a number'],
      ['a promise', Promise.resolve('x'), 'expected a short text, got a promise: await it first'],
      ['an empty text', '     ', 'expected a short text, got an empty string'],
      ['only what was expected of a text that does not fit', 'too long', 'expected a short text'],
    ]
    for (const [what, value, message] of found)
      it(`names ${what}`, () => expect(messagesOf(Short, value)).to.deep.equal([message]))

    it('says of a property that throws that it could not be read', () =>
      expect(issuesOf(Person, throwing('name'))).to.deep.equal([
        { path: 'name', message: 'could not be read: expected a short text' },
      ]))

    it('never repeats a text', () =>
      fc.assert(
        fc.property(fc.string({ minLength: 1 }), (value) => {
          for (const codec of Object.values(codecs))
            expect(messagesOf(codec, `<<${value}>>`).join()).not.to.contain(`<<${value}>>`)
        }),
      ))
  })

  it('a guarded value is whatever the guard lets through', () => {
    const Even = guarded('Even', 'an even number', (u): u is number => typeof u === 'number' && u % 2 === 0)
    expect(Even.decode(2)).to.deep.equal(E.right(2))
    expect(messagesOf(Even, 1)).to.deep.equal(['expected an even number, got a number'])
  })

  describe('one of a few names', () => {
    it('is one of the keys, none of a prototype', () => {
      expect(Color.is('red')).to.equal(true)
      for (const none of ['toString', '__proto__', 'blue']) expect(Color.is(none)).to.equal(false)
    })

    it('is told all names, and the nearest where one is near', () => {
      expect(messagesOf(Color, 1)).to.deep.equal(['expected one of red, green, got a number'])
      expect(messagesOf(Color, 'GREEN')).to.deep.equal(['expected one of red, green; did you mean "green"?'])
    })
  })

  describe('a record', () => {
    it('keeps the known keys only, in a copy', () => {
      const input = { name: 'Ann', age: 3 }
      const decoded = Person.decode(input)
      input.name = 'Eve'
      expect(decoded).to.deep.equal(E.right({ name: 'Ann' }))
    })

    for (const [name, value] of Object.entries({ undefined, null: null, 'an empty text': '' }))
      it(`leaves out an optional key that is ${name}`, () =>
        expect(Person.decode({ name: 'Ann', nick: value })).to.deep.equal(E.right({ name: 'Ann' })))

    it('names everything that is wrong at once', () =>
      expect(issuesOf(Person, { name: null, nick: 1 }).map(({ path }) => path)).to.deep.equal([
        'name',
        'nick',
      ]))

    it('sets no prototype from a key __proto__', () =>
      expect(Person.decode(JSON.parse('{"name":"Ann","__proto__":{"nick":"x"}}'))).to.deep.equal(
        E.right({ name: 'Ann' }),
      ))

    for (const [what, value] of [
      ['an array', []],
      ['null', null],
      ['a string', 'Ann'],
      ['an empty string', ' '],
      ['a promise: await it first', Promise.resolve({ name: 'Ann' })],
    ] as const)
      it(`is not ${what}`, () =>
        expect(messagesOf(Person, value)).to.deep.equal([`expected an object, got ${what}`]))
  })

  describe('a list', () => {
    const Names = list(Short, 3)

    it('has up to its maximum of items and no more', () => {
      expect(Names.decode(['a', 'b', 'c'])).to.deep.equal(E.right(['a', 'b', 'c']))
      expect(Names.is(['a', 'b', 'c', 'd'])).to.equal(false)
      expect(messagesOf(Names, ['a', 'b', 'c', 'd'])).to.deep.equal(['expected at most 3 items'])
    })

    for (const name of [
      'an array of length NaN',
      'an array of infinite length',
      'an array whose length is an object',
    ])
      it(`is not ${name}`, () =>
        expect(messagesOf(Names, hostileValues[name]?.())).to.deep.equal(['expected at most 3 items']))

    it('is a copy', () => {
      const input = ['a']
      const decoded = Names.decode(input)
      input.push('b')
      expect(decoded).to.deep.equal(E.right(['a']))
    })

    it('names every item that is wrong, and every hole', () =>
      // eslint-disable-next-line no-sparse-arrays -- holes are what is tested
      expect(issuesOf(Names, [1, , 'too long'])).to.deep.equal([
        { path: '[0]', message: 'expected a short text, got a number' },
        { path: '[1]', message: 'missing: expected a short text' },
        { path: '[2]', message: 'expected a short text' },
      ]))

    it('is not an object or a text', () => {
      expect(messagesOf(Names, { length: 0 })).to.deep.equal(['expected an array, got an object'])
      expect(messagesOf(Names, 'a')).to.deep.equal(['expected an array, got a string'])
      expect(messagesOf(Names, undefined)).to.deep.equal(['missing: expected an array'])
    })

    it('names as many issues as there are', () => {
      const people = new Array(200_000).fill(1)
      expect(issuesOf(record('Group', { people: list(Person, 200_000) }, {}), { people })).to.have.length(
        200_000,
      )
    })
  })

  describe('a rule', () => {
    it('is about the decoded whole', () => {
      expect(issuesOf(NotAnn, { name: 'Ann' })).to.deep.equal([{ path: 'name', message: 'not Ann' }])
      expect(NotAnn.is({ name: 'Ann' })).to.equal(false)
      expect(NotAnn.is({ name: 'Bob' })).to.equal(true)
    })

    it('is not asked where something else is wrong', () =>
      expect(issuesOf(NotAnn, { name: 'Ann', nick: 1 }).map(({ path }) => path)).to.deep.equal(['nick']))
  })

  describe('a path', () => {
    it('is written as in JavaScript, with brackets for a place in a list alone', () => {
      const people = [...new Array<object>(12).fill({ name: 'Ann' }), { name: 1 }]
      expect(issuesOf(Group, { people, open: true })[0]?.path).to.equal('people[12].name')
      const Lines = record('Lines', { '2fa': Short, line1: Short }, {})
      expect(issuesOf(Lines, {}).map(({ path }) => path)).to.deep.equal(['2fa', 'line1'])
    })

    it('begins at the root that it is given', () => {
      expect(issuesOf(Person, 1)[0]?.path).to.equal('')
      expect(issuesOf(Person, 1, 'options')[0]?.path).to.equal('options')
      expect(issuesOf(Person, {}, 'options')).to.deep.equal([
        { path: 'options.name', message: 'missing: expected a short text' },
      ])
    })
  })

  it('a text that goes into an error is cut, and stays well-formed', () => {
    expect(shorten('x'.repeat(100))).to.equal('x'.repeat(100))
    expect(shorten('x'.repeat(101))).to.equal(`${'x'.repeat(100)}…`)
    expect(shorten(`${'x'.repeat(99)}😀`).isWellFormed()).to.equal(true)
  })
})
