import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import {
  type Codec,
  decodeAll,
  failAt,
  flag,
  guarded,
  isArray,
  isRecord,
  list,
  oneOf,
  property,
  read,
  record,
  refined,
  text,
} from '../../lib/config/decode.js'
import type { Issue } from '../../lib/errors/send-error.js'
import { hostile, hostileValues } from '../support/arbitraries.js'

const short = text('Short', 'a short text', (s) => s.length < 5)

interface Person {
  readonly name: string
  readonly nick?: string
}

const Person = record<Person>('Person', { name: short }, { nick: short })

const issuesOf = <A>(codec: Codec<A>, input: unknown, root?: string): ReadonlyArray<Issue> => {
  const decoded = decodeAll(codec, root)(input)
  return E.isLeft(decoded) ? decoded.left : []
}

const issueOf = <A>(codec: Codec<A>, input: unknown): string =>
  issuesOf(codec, input)
    .map(({ message }) => message)
    .join(' | ')

describe('decode', () => {
  describe('every codec', () => {
    const codecs: Readonly<Record<string, t.Mixed>> = {
      text: short,
      flag,
      oneOf: oneOf('Color', ['red', 'green']),
      record: Person,
      list: list(Person, 20),
      property: property('to'),
      refined: refined(Person, (decoded) => decoded),
    }
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

      it(`says with \`is\` what ${name} decodes`, () =>
        fc.assert(fc.property(hostile, (make) => codec.is(make()) === E.isRight(codec.decode(make())))))
    }

    it('fails as io-ts does: with the codecs on the way to the value, from the one that was asked', () => {
      const Group = record<{ readonly people: ReadonlyArray<Person>; readonly open: boolean }>(
        'Group',
        { people: list(Person, 9), open: flag },
        {},
      )
      const decoded = Group.decode({ people: [{ name: 1 }], open: 1 })
      expect(
        E.isLeft(decoded) &&
          decoded.left.map(({ context }) => context.map(({ key, type }) => [key, type.name])),
      ).to.deep.equal([
        [
          ['', 'Group'],
          ['people', 'Array<Person>'],
          ['0', 'Person'],
          ['name', 'Short'],
        ],
        [
          ['', 'Group'],
          ['open', 'boolean'],
        ],
      ])
    })

    it('keeps nothing of the input in a failure', () =>
      expect(JSON.stringify(Person.decode({ name: 'a secret', nick: 'a secret' }))).not.to.contain(
        'a secret',
      ))

    it('encodes a decoded value as itself', () => {
      const person = { name: 'Ann' }
      expect(Person.encode(person)).to.equal(person)
    })
  })

  describe('isRecord', () => {
    it('takes objects with and without a prototype', () => {
      expect(isRecord({})).to.equal(true)
      expect(isRecord(Object.create(null))).to.equal(true)
    })

    for (const [name, value] of Object.entries({
      null: null,
      'an array': [],
      'a text': 'x',
      'a function': () => 1,
    }))
      it(`refuses ${name}`, () => expect(isRecord(value)).to.equal(false))
  })

  describe('isArray', () => {
    it('takes arrays alone', () => {
      expect(isArray([])).to.equal(true)
      for (const value of [{ length: 0 }, 'x', null, undefined]) expect(isArray(value)).to.equal(false)
    })

    it('takes no proxy that cannot be looked into', () =>
      expect(isArray(hostileValues['a revoked array proxy']?.())).to.equal(false))
  })

  describe('read', () => {
    it('gives a property, own or inherited', () => {
      expect(read({ a: 1 }, 'a')).to.equal(1)
      expect(read(Object.create({ a: 1 }), 'a')).to.equal(1)
    })

    for (const value of [undefined, null, 'text', 1, () => 1])
      it(`finds nothing in ${String(value)}`, () => expect(read(value, 'length')).to.equal(undefined))

    for (const key of ['constructor', 'toString', '__proto__']) {
      it(`finds no ${key} that everything has`, () => expect(read({}, key)).to.equal(undefined))

      it(`gives a ${key} that somebody has put there`, () =>
        expect(read(JSON.parse(`{"${key}":"own"}`), key)).to.equal('own'))
    }
  })

  describe('a message', () => {
    const found: ReadonlyArray<readonly [what: string, value: unknown, message: string]> = [
      ['that nothing is there', undefined, 'missing: expected a short text'],
      ['null', null, 'expected a short text, got null'],
      ['an array', [], 'expected a short text, got an array'],
      ['an object', {}, 'expected a short text, got an object'],
      ['a number', 1, 'expected a short text, got a number'],
      ['a boolean', true, 'expected a short text, got a boolean'],
      ['a function', () => 1, 'expected a short text, got a function'],
      ['a symbol', Symbol('x'), 'expected a short text, got a symbol'],
      ['a bigint', 1n, 'expected a short text, got a bigint'],
      [
        'a promise, and what to do with it',
        Promise.resolve('x'),
        'expected a short text, got a promise: await it first',
      ],
      ['an empty text', '     ', 'expected a short text, got an empty string'],
      ['only what was expected of a text that does not fit', 'too long', 'expected a short text'],
    ]
    for (const [what, value, message] of found)
      it(`names ${what}`, () => expect(issueOf(short, value)).to.equal(message))

    for (const name of ['a proxy that throws', 'a revoked proxy', 'a revoked array proxy'])
      it(`calls ${name} an object`, () =>
        expect(issueOf(short, hostileValues[name]?.())).to.equal('expected a short text, got an object'))

    it('says of a property that throws that it could not be read', () => {
      const person = Object.defineProperty({}, 'name', {
        get: () => {
          throw new Error('no')
        },
      })
      expect(issuesOf(Person, person)).to.deep.equal([
        { path: 'name', message: 'could not be read: expected a short text' },
      ])
    })

    it('never repeats a text', () =>
      fc.assert(
        fc.property(fc.string({ minLength: 1 }), (value) => {
          const marked = `<<${value}>>`
          for (const codec of [short, oneOf('Color', ['red']), flag, Person] as ReadonlyArray<t.Mixed>)
            expect(issueOf(codec, marked)).not.to.contain(marked)
        }),
      ))
  })

  describe('flag', () => {
    it('takes true and false', () => {
      expect(flag.decode(true)).to.deep.equal(E.right(true))
      expect(flag.decode(false)).to.deep.equal(E.right(false))
    })

    it('takes no text for it', () => expect(issueOf(flag, 'true')).to.equal('expected true or false'))
  })

  describe('guarded', () => {
    const Even = guarded('Even', 'an even number', (u): u is number => typeof u === 'number' && u % 2 === 0)

    it('takes what the guard lets through', () => expect(Even.decode(2)).to.deep.equal(E.right(2)))

    it('says what was expected instead', () =>
      expect(issueOf(Even, 1)).to.equal('expected an even number, got a number'))
  })

  describe('oneOf', () => {
    const Name = oneOf('Name', ['SignIn', 'ForgotPassword', 'text/html', 'cn-hangzhou'])

    it('takes each of its names', () => {
      for (const name of ['SignIn', 'ForgotPassword', 'text/html']) expect(Name.is(name)).to.equal(true)
    })

    it('lists its names', () =>
      expect(issueOf(Name, 1)).to.equal(
        'expected one of SignIn, ForgotPassword, text/html, cn-hangzhou, got a number',
      ))

    const nearMisses: Readonly<Record<string, string>> = {
      signin: 'SignIn',
      SIGNIN: 'SignIn',
      'sign-in': 'SignIn',
      SingIn: 'SignIn',
      SignInn: 'SignIn',
      sign_in: 'SignIn',
      'forgot-password': 'ForgotPassword',
      ForgetPassword: 'ForgotPassword',
      ForgotPass: 'ForgotPassword',
      'f-o-r-g-o-t-password': 'ForgotPassword',
      ForgotPasswrd: 'ForgotPassword',
      'text/htm': 'text/html',
      'cn-hangzou': 'cn-hangzhou',
      ' SignIn ': 'SignIn',
    }
    for (const [typed, meant] of Object.entries(nearMisses))
      it(`suggests ${meant} for ${JSON.stringify(typed)}`, () =>
        expect(issueOf(Name, typed)).to.match(new RegExp(`; did you mean "${meant}"\\?$`)))

    for (const typed of ['Newsletter', '', '   ', '验证码', 'x', 'SignInSignInSignIn'])
      it(`suggests nothing for ${JSON.stringify(typed)}`, () =>
        expect(issueOf(Name, typed)).to.match(
          /^expected one of SignIn, .*, cn-hangzhou(, got an empty string)?$/,
        ))

    it('does not measure a text that is far too long', () => {
      const Long = oneOf('Long', ['x'.repeat(64)])
      expect(issueOf(Long, `y${'x'.repeat(63)}`)).to.contain('did you mean')
      expect(issueOf(Long, 'x'.repeat(65))).not.to.contain('did you mean')
    })

    it('takes nothing where it has no names', () =>
      expect(issueOf(oneOf('None', []), 'x')).to.equal('expected one of '))

    it('suggests one of its names for every name with one letter wrong', () =>
      fc.assert(
        fc.property(fc.constantFrom('ForgotPassword', 'cn-hangzhou'), fc.nat(), (name, place) => {
          const at = place % name.length
          const wrong = `${name.slice(0, at)}~${name.slice(at + 1)}`
          expect(issueOf(Name, wrong)).to.contain(`"${name}"`)
        }),
      ))

    it('takes no name from a prototype', () => expect(Name.is('toString')).to.equal(false))
  })

  describe('record', () => {
    it('keeps the known keys only', () =>
      expect(Person.decode({ name: 'Ann', age: 3 })).to.deep.equal(E.right({ name: 'Ann' })))

    it('gives a copy, which nobody else can change', () => {
      const input = { name: 'Ann' }
      const decoded = Person.decode(input)
      input.name = 'Eve'
      expect(decoded).to.deep.equal(E.right({ name: 'Ann' }))
    })

    for (const [name, value] of Object.entries({ undefined, null: null, 'an empty text': '' }))
      it(`leaves out an optional key that is ${name}`, () =>
        expect(Person.decode({ name: 'Ann', nick: value })).to.deep.equal(E.right({ name: 'Ann' })))

    it('does not take null for a required key', () =>
      expect(issuesOf(Person, { name: null })).to.deep.equal([
        { path: 'name', message: 'expected a short text, got null' },
      ]))

    it('decodes an optional key that is there', () =>
      expect(issuesOf(Person, { name: 'Ann', nick: 1 })).to.deep.equal([
        { path: 'nick', message: 'expected a short text, got a number' },
      ]))

    it('names everything that is wrong at once', () =>
      expect(issuesOf(Person, { nick: 'far too long' }).map(({ path }) => path)).to.deep.equal([
        'name',
        'nick',
      ]))

    it('reads an instance of a class, getters included', () => {
      class Ann {
        readonly #name = 'Ann'
        get name(): string {
          return this.#name
        }
      }
      expect(Person.decode(new Ann())).to.deep.equal(E.right({ name: 'Ann' }))
    })

    it('reads each property once', () => {
      let reads = 0
      const counting = {
        get name(): string {
          reads += 1
          return 'Ann'
        },
      }
      Person.decode(counting)
      expect(reads).to.equal(1)
    })

    it('sets no prototype from a key __proto__', () => {
      const decoded = Person.decode(JSON.parse('{"name":"Ann","__proto__":{"nick":"x"}}'))
      expect(decoded).to.deep.equal(E.right({ name: 'Ann' }))
    })

    for (const [what, value] of [
      ['an array', []],
      ['null', null],
      ['a string', 'Ann'],
      ['an empty string', ' '],
      ['a promise: await it first', Promise.resolve({ name: 'Ann' })],
    ] as const)
      it(`takes ${what} for no object`, () =>
        expect(issueOf(Person, value)).to.equal(`expected an object, got ${what}`))

    it('takes a missing object for missing', () =>
      expect(issueOf(Person, undefined)).to.equal('missing: expected an object'))
  })

  describe('list', () => {
    const Names = list(short, 3)

    it('takes up to its maximum of items and no more', () => {
      expect(Names.decode(['a', 'b', 'c'])).to.deep.equal(E.right(['a', 'b', 'c']))
      expect(issueOf(Names, ['a', 'b', 'c', 'd'])).to.equal('at most 3 items')
    })

    for (const name of [
      'an array of length NaN',
      'an array of infinite length',
      'an array whose length is an object',
    ])
      it(`refuses ${name}`, () => expect(issueOf(Names, hostileValues[name]?.())).to.equal('at most 3 items'))

    it('gives a copy', () => {
      const input = ['a']
      const decoded = Names.decode(input)
      input.push('b')
      expect(decoded).to.deep.equal(E.right(['a']))
    })

    it('names every item that is wrong', () =>
      expect(issuesOf(Names, [1, 'a', 'far too long'])).to.deep.equal([
        { path: '[0]', message: 'expected a short text, got a number' },
        { path: '[2]', message: 'expected a short text' },
      ]))

    it('takes a hole for a missing item', () => {
      const holed: Array<unknown> = ['a']
      holed.length = 2
      expect(issuesOf(Names, holed)).to.deep.equal([
        { path: '[1]', message: 'missing: expected a short text' },
      ])
    })

    for (const [what, value] of [
      ['an object', { length: 0 }],
      ['a string', 'a'],
      ['an empty string', ' '],
      ['a promise: await it first', Promise.resolve(['a'])],
    ] as const)
      it(`takes ${what} for no array`, () =>
        expect(issueOf(Names, value)).to.equal(`expected an array, got ${what}`))

    it('takes a missing array for missing', () =>
      expect(issueOf(Names, undefined)).to.equal('missing: expected an array'))

    it('names as many issues as there are, without a limit of its own', () => {
      const everything = list(Person, 200_000)
      expect(
        issuesOf(record('Group', { people: everything }, {}), { people: new Array(200_000).fill(1) }),
      ).to.have.length(200_000)
    })
  })

  describe('property', () => {
    it('is the value under the key', () => expect(property('a').decode({ a: 1 })).to.deep.equal(E.right(1)))

    it('is undefined where there is no object', () =>
      expect(property('length').decode('text')).to.deep.equal(E.right(undefined)))
  })

  describe('refined', () => {
    const NotAnn = refined(Person, (decoded, _, context) =>
      E.isRight(decoded) && decoded.right.name === 'Ann'
        ? failAt(decoded, context, 'name', 'not Ann')
        : decoded,
    )

    it('adds a rule about the whole', () =>
      expect(issuesOf(NotAnn, { name: 'Ann' })).to.deep.equal([{ path: 'name', message: 'not Ann' }]))

    it('lets through what satisfies the rule', () => expect(NotAnn.is({ name: 'Bob' })).to.equal(true))

    it('keeps what has failed already', () => {
      const Never = refined(Person, (decoded, _, context) => failAt(decoded, context, 'x', 'never'))
      expect(issuesOf(Never, {})).to.deep.equal([
        { path: 'name', message: 'missing: expected a short text' },
        { path: 'x', message: 'never' },
      ])
    })

    it('is told the input as it came', () => {
      const seen: Array<unknown> = []
      const input = { name: 'Ann', more: 1 }
      refined(Person, (decoded, original) => {
        seen.push(original)
        return decoded
      }).decode(input)
      expect(seen).to.deep.equal([input])
    })
  })

  describe('a path', () => {
    const Tree = record<{ readonly people: ReadonlyArray<Person> }>('Tree', { people: list(Person, 99) }, {})

    it('is empty for the whole input', () => expect(issuesOf(Tree, 1)[0]?.path).to.equal(''))

    it('is written as in JavaScript', () =>
      expect(issuesOf(Tree, { people: [{ name: 'Ann' }, { name: 1 }] })[0]?.path).to.equal('people[1].name'))

    it('has brackets for the place in a list alone', () => {
      const people = [...new Array<Person>(12).fill({ name: 'Ann' }), { name: 1 }]
      expect(issuesOf(Tree, { people })[0]?.path).to.equal('people[12].name')
      const Lines = record('Lines', { '2fa': short, line1: short }, {})
      expect(issuesOf(Lines, {}).map(({ path }) => path)).to.deep.equal(['2fa', 'line1'])
      expect(issuesOf(Lines, {}, 'a').map(({ path }) => path)).to.deep.equal(['a.2fa', 'a.line1'])
    })

    it('is that of the whole where a rule names no key', () => {
      const Never = refined(list(short, 9), (decoded, _, context) => failAt(decoded, context, '', 'never'))
      expect(issuesOf(record('R', { names: Never }, {}), { names: [] })).to.deep.equal([
        { path: 'names', message: 'never' },
      ])
    })

    it('begins at the root that it is given', () =>
      expect(issuesOf(Tree, { people: 1 }, 'options').map(({ path }) => path)).to.deep.equal([
        'options.people',
      ]))

    it('is the root itself for the whole input', () =>
      expect(issuesOf(Tree, 1, 'options').map(({ path }) => path)).to.deep.equal(['options']))
  })

  describe('an issue of a codec that says nothing', () => {
    // io-ts's own codecs leave the message out.
    const foreign = t.string as unknown as Codec<string>

    it('names what the codec is called', () => expect(issueOf(foreign, 1)).to.equal('expected string'))

    it('names it within a record', () =>
      expect(issuesOf(record('R', { a: list(foreign, 9) }, {}), { a: [1] })).to.deep.equal([
        { path: 'a[0]', message: 'expected string' },
      ]))

    it('names the codec that was asked where there is no context', () => {
      const bare = new t.Type<string>(
        'Bare',
        t.string.is,
        () => t.failures([{ value: 1, context: [] }]),
        String,
      )
      expect(issueOf(bare as unknown as Codec<string>, 1)).to.equal('expected Bare')
    })
  })
})
