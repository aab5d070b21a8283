import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import type { Issue } from '../../lib/errors/send-error.js'
import { PathReporter } from 'io-ts/lib/PathReporter.js'
import type { UsageTypes } from '../../lib/config/usage-type.js'
import { createReader, decodeMessage, Message } from '../../lib/rendering/message.js'
import {
  anyText,
  hostile,
  hostileUnder,
  hostileValues,
  knownUsageTypes,
  message,
  polluting,
  validMessage,
} from '../support/arbitraries.js'
import { right } from '../support/either.js'

interface Options {
  readonly usageTypes?: UsageTypes
}

const issuesOf = (input: unknown, options: Options = {}): ReadonlyArray<Issue> => {
  const decoded = decodeMessage(input, options)
  return E.isLeft(decoded) ? decoded.left.issues : []
}

const pathsOf = (input: unknown, options?: Options): ReadonlyArray<string> =>
  issuesOf(input, options).map(({ path }) => path)

/** What the mailbox codec says that it expects. */
const mailboxExpected = issuesOf({})[0]?.message.replace('missing: expected ', '') ?? ''

const messageWith = (changes: object): object => ({ ...validMessage(), ...changes })

describe('message', () => {
  it('is taken as it is when it is valid', () =>
    fc.assert(
      fc.property(message, (input) => {
        expect(decodeMessage(input)).to.deep.equal(E.right(input))
      }),
    ))

  it('can be decoded again', () =>
    fc.assert(
      fc.property(message, (input) => {
        expect(Message.decode(input)).to.deep.equal(E.chain(decodeMessage)(decodeMessage(input)))
      }),
    ))

  it('loses keys that nobody knows', () =>
    expect(decodeMessage(messageWith({ cc: 'eve@example.com', bcc: 'eve@example.com' }))).to.deep.equal(
      E.right(validMessage()),
    ))

  it('names everything that is wrong at once', () =>
    expect(
      issuesOf({ to: 'ann', type: 'signin', payload: [], template: { subject: '', contentType: 'html' } }),
    ).to.deep.equal([
      { path: 'to', message: `expected ${mailboxExpected}` },
      {
        path: 'type',
        message: `expected one of ${knownUsageTypes.join(', ')}; did you mean "SignIn"?`,
      },
      { path: 'payload', message: 'expected an object with the values of the placeholders, got an array' },
      { path: 'template.subject', message: 'expected a text that is not empty, got an empty string' },
      { path: 'template.content', message: 'missing: expected a text that is not empty' },
      {
        path: 'template.contentType',
        message: 'expected one of text/html, text/plain; did you mean "text/html"?',
      },
    ]))

  it("names paths to io-ts's own reporter", () =>
    expect(
      PathReporter.report(
        Message.decode({ to: 'ann', type: 'SignIn', payload: {}, template: { subject: ' ' } }),
      ),
    ).to.deep.equal([
      `to: expected ${mailboxExpected}`,
      'payload.code: missing: expected a verification code, as text',
      'template.subject: expected a text that is not empty, got an empty string',
      'template.content: missing: expected a text that is not empty',
    ]))

  it('says what an invitation has to hold', () =>
    expect(issuesOf(messageWith({ type: 'OrganizationInvitation', payload: {} }))).to.deep.equal([
      { path: 'payload.link', message: 'missing: expected a link, as text' },
    ]))

  it("names its codecs to io-ts's own reporter", () => {
    const names = (input: unknown) => {
      const decoded = Message.decode(input)
      return E.isLeft(decoded) ? decoded.left.map(({ context }) => context.map(({ type }) => type.name)) : []
    }
    const wrong = { to: 'ann', payload: 7 }
    for (const type of ['SignIn', 'Generic', 'OrganizationInvitation', 'Mistyped'])
      expect(names({ ...wrong, type }), type).to.deep.equal([
        ['Message', 'Mailbox'],
        ...(type === 'Mistyped' ? [['Message', 'UsageType']] : []),
        ['Message', 'Payload'],
      ])
    expect(names({ ...validMessage(), payload: {} })).to.deep.equal([['Message', 'Payload', 'string']])
    expect(
      names({ ...wrong, to: 'ann@example.com', type: 'Generic', payload: {}, locale: '-' }),
    ).to.deep.equal([['Message', 'Locale']])
    expect([Message.name, ...names('x').flat()]).to.deep.equal(['Message', 'Message'])
  })

  it('says of what is no object what it is', () => {
    for (const [input, kind] of [
      [null, 'null'],
      ['x', 'a string'],
      [7, 'a number'],
    ] as const) {
      const expected = [{ path: '', message: `expected an object, got ${kind}` }]
      expect(issuesOf(input)).to.deep.equal(expected)
      expect(issuesOf(input, { usageTypes: ['Own'] })).to.deep.equal(expected)
      const read = createReader('known')(input)
      expect(E.isLeft(read) && read.left.issues).to.deep.equal(expected)
      const decoded = Message.decode(input)
      expect(E.isLeft(decoded) && decoded.left.map(({ message }) => message)).to.deep.equal([
        expected[0]?.message,
      ])
    }
  })

  it('may have a language, which is read for rendering, too', () => {
    const read = createReader('known')
    for (const changes of [{ locale: 'zh-CN' }, {}])
      expect(read(messageWith(changes))).to.deep.equal(E.right(messageWith(changes)))
    expect(read(messageWith({ locale: 'zh_CN' }))).to.have.nested.property('left.issues[0].path', 'locale')
    const template = { subject: 's', content: 'c' }
    expect(read(messageWith({ template }))).to.deep.equal(E.right(messageWith({ template })))
    const wrong = read(messageWith({ locale: 'zh_CN', payload: [] }))
    expect(E.isLeft(wrong) && wrong.left.issues.map(({ path }) => path)).to.deep.equal(['payload', 'locale'])
    expect(read(messageWith({ payload: [] }))).to.have.nested.property('left.issues[0].path', 'payload')
  })

  it('takes nothing from a polluted prototype', () =>
    polluting({ template: { subject: 's', content: 'c' }, to: 'eve@example.com', contentType: 'x' }, () => {
      const own = { type: 'SignIn', payload: { code: '1' } }
      expect(pathsOf(own)).to.deep.equal(['to'])
      for (const decode of [decodeMessage, createReader('known')])
        expect(Object.keys(right(decode({ ...own, to: 'ann@example.com' })))).not.to.include('template')
    }))

  it('is an InvalidMessage, not delivered, when it is refused', () => {
    const decoded = decodeMessage({})
    expect(E.isLeft(decoded) && decoded.left).to.include({ _tag: 'InvalidMessage', delivered: 'no' })
  })

  describe('to', () => {
    it('says what is expected', () => expect(mailboxExpected).to.match(/^exactly one e-mail address/))

    const refused: Readonly<Record<string, ReadonlyArray<unknown>>> = {
      'a list': ['victim@a.com,attacker@b.com', 'a@example.com;b@example.com', ['ann@example.com']],
      'a list in a quoted local part': ['"victim@a.com,attacker"@b.com'],
      'a list with a fullwidth comma': ['a@example.com，b@example.com'],
      'a display name': ['Ann <ann@example.com>', '"Ann" <ann@example.com>'],
      'a line break': ['ann@example.com\r\nBcc: eve@example.com'],
      'a bidirectional or zero-width character': ['ann\u202e@example.com', 'ann\u200b@example.com'],
      'more than 254 characters': [`ann@${'d.'.repeat(130)}com`],
      'nothing at all': ['', null, undefined],
      'an address in an object': [{ toString: () => 'ann@example.com' }, new String('ann@example.com')],
    }
    for (const [what, values] of Object.entries(refused))
      it(`refuses ${what}`, () => {
        for (const to of values) expect(pathsOf(messageWith({ to })), String(to)).to.deep.equal(['to'])
      })

    it('takes an internationalised address', () => {
      for (const to of ['用户@例子.中国', 'ann@xn--fsqu00a.xn--fiqs8s'])
        expect(decodeMessage(messageWith({ to }))).to.deep.equal(E.right(messageWith({ to })))
    })

    it('is not repeated in an issue, since a log is no place for an address', () =>
      fc.assert(
        fc.property(anyText, (text) => {
          const to = `<<${text}>>`
          const decoded = decodeMessage(messageWith({ to }))
          expect(JSON.stringify(decoded)).not.to.contain(JSON.stringify(to).slice(1, -1))
        }),
      ))
  })

  describe('type', () => {
    for (const type of knownUsageTypes)
      it(`may be ${type}`, () =>
        expect(pathsOf(messageWith({ type, payload: { code: '1', link: 'https://example.com' } }))).to.be
          .empty)

    it('must be a known one', () =>
      expect(pathsOf(messageWith({ type: 'Newsletter' }))).to.deep.equal(['type']))

    it('may be any name where the caller says so', () =>
      expect(decodeMessage(messageWith({ type: 'Newsletter' }), { usageTypes: 'any' })).to.deep.equal(
        E.right(messageWith({ type: 'Newsletter' })),
      ))

    it('must be a known one where the caller says so', () =>
      expect(pathsOf(messageWith({ type: 'Newsletter' }), { usageTypes: 'known' })).to.deep.equal(['type']))

    it('may be a name of a list, whose payload is nobody else’s affair', () => {
      const own = { to: 'ann@example.com', type: 'OrderShipped', payload: {} }
      expect(decodeMessage(own, { usageTypes: ['OrderShipped'] })).to.deep.equal(E.right(own))
      expect(pathsOf(own, { usageTypes: ['Other'] })).to.deep.equal(['type'])
      expect(
        issuesOf({ ...own, type: 'OrderShiped' }, { usageTypes: ['OrderShipped'] })[0]?.message,
      ).to.match(/BindMfa, OrderShipped; did you mean "OrderShipped"\?$/)
    })

    it('promises the same of a known one beside a list', () =>
      expect(pathsOf(messageWith({ payload: {} }), { usageTypes: ['OrderShipped', 'SignIn'] })).to.deep.equal(
        ['payload.code'],
      ))

    it('must be a name even where any will do', () => {
      for (const type of ['', 'a b', 1, null, undefined])
        expect(pathsOf(messageWith({ type }), { usageTypes: 'any' })).to.deep.equal(['type'])
    })
  })

  describe('payload', () => {
    it('holds the code or the link that the type promises', () => {
      const promised = { Generic: [], OrganizationInvitation: ['payload.link'] } as Record<
        string,
        Array<string>
      >
      for (const type of knownUsageTypes)
        expect(pathsOf(messageWith({ type, payload: {} })), type).to.deep.equal(
          promised[type] ?? ['payload.code'],
        )
      expect(Message.is(messageWith({ payload: {} }))).to.equal(false)
      expect(Message.is(messageWith({}))).to.equal(true)
    })

    it('holds the code as text: 012345 would lose its zero as a number', () =>
      expect(issuesOf(messageWith({ payload: { code: 123456 } }))).to.deep.equal([
        { path: 'payload.code', message: 'expected a verification code, as text, got a number' },
      ]))

    it('may be empty under usageTypes any, and for rendering, where the template says what it needs', () => {
      const empty = messageWith({ payload: {} })
      expect(decodeMessage(empty, { usageTypes: 'any' })).to.deep.equal(E.right(empty))
      for (const usageTypes of ['known', 'any', ['OrderShipped']] as const)
        expect(createReader(usageTypes)(empty)).to.deep.equal(E.right(empty))
    })

    it('keeps its values, whatever they are, in a copy', () => {
      const payload = { code: '1', count: 1, user: { name: 'Ann' }, tags: ['a'] }
      const decoded = right(decodeMessage(messageWith({ payload }))).payload
      payload.code = '2'
      expect(decoded).to.deep.equal({ ...payload, code: '1' })
    })

    it('does not change between two looks at it', () => {
      let reads = 0
      const payload = {
        get code(): string {
          return String(++reads)
        },
      }
      for (const decode of [decodeMessage, createReader('known')]) {
        const decoded = right(decode(messageWith({ payload }))).payload
        expect(decoded['code']).to.equal(decoded['code'])
      }
    })

    for (const [name, payload] of Object.entries({
      null: null,
      'an array': [],
      'a text': 'x',
      'a function': () => 1,
    }))
      it(`must not be ${name}`, () => expect(pathsOf(messageWith({ payload }))).to.deep.equal(['payload']))

    it('is required', () =>
      expect(issuesOf({ to: 'ann@example.com', type: 'SignIn' })).to.deep.equal([
        { path: 'payload', message: 'missing: expected an object with the values of the placeholders' },
      ]))
  })

  describe('template', () => {
    const template = { subject: 's', content: 'c' }

    it('comes along without a usage type', () =>
      expect(decodeMessage(messageWith({ template: { ...template, usageType: 'x' } }))).to.deep.equal(
        E.right(messageWith({ template })),
      ))

    for (const [name, value] of Object.entries({ null: null, undefined, 'an empty text': '' }))
      it(`counts as absent when it is ${name}`, () =>
        expect(decodeMessage(messageWith({ template: value }))).to.deep.equal(E.right(validMessage())))
  })

  it('is read for rendering as by the codec, but for the payload', () =>
    fc.assert(
      fc.property(hostileUnder(['to', 'type', 'template']), message, (changes, valid) => {
        const input = { ...valid, ...changes() }
        expect(createReader('known')(input)).to.deep.equal(decodeMessage(input))
      }),
    ))

  describe('hostile input', () => {
    for (const [name, make] of Object.entries(hostileValues)) {
      it(`ends in a Left when the message is ${name}`, () =>
        expect(E.isLeft(decodeMessage(make()))).to.equal(true))

      it(`ends in a value when a part of it is ${name}`, () => {
        for (const field of ['to', 'type', 'payload', 'template'])
          for (const usageTypes of ['known', 'any'] as const)
            decodeMessage(messageWith({ [field]: make() }), { usageTypes })
      })
    }

    it('ends in a value wherever it stands', () =>
      fc.assert(
        fc.property(hostileUnder(['to', 'type', 'payload', 'template']), hostile, (input, template) => {
          expect(decodeMessage(input())).to.have.property('_tag')
          expect(decodeMessage(messageWith({ template: template() }))).to.have.property('_tag')
        }),
      ))

    it('takes options that are none', () => {
      const none = null as unknown as undefined
      expect(E.isLeft(decodeMessage({}, none))).to.equal(true)
    })
  })
})
