import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import type { Template } from '../../lib/config/template.js'
import type { RenderError } from '../../lib/errors/send-error.js'
import { findPlaceholders } from '../../lib/rendering/placeholders.js'
import { type Mail, render, type RenderOptions } from '../../lib/rendering/render.js'
import {
  anyText,
  config as anyConfig,
  configSaying,
  hostileUnder,
  hostileValues,
  knownUsageTypes,
  message as anyMessage,
  payload as anyPayload,
  plainText,
  templateFor,
  textual,
  validConfig,
  polluting,
  validMessage,
  type Written,
} from '../support/arbitraries.js'
import { left, right } from '../support/either.js'

const keep: RenderOptions = { missingVariables: 'keep' }

const rendered = (
  content: Partial<Template>,
  payload: object,
  options?: RenderOptions,
): E.Either<RenderError, Mail> => render(configSaying(content), options)(validMessage({ payload }))

/** The body of a template that says this. */
const bodyOf = (content: string, payload: object = { code: '123456' }, options?: RenderOptions): string =>
  right(rendered({ content }, payload, options)).body

const subjectOf = (subject: string, payload: object = { code: '123456' }): string =>
  right(rendered({ subject, content: 'c' }, payload)).subject

const issuesOf = (content: Partial<Template>, payload: object): unknown => {
  const error = left(rendered({ content: 'c', ...content }, payload))
  return error._tag === 'InvalidMessage' ? error.issues : error
}

const namesOf = (content: Partial<Template>, payload: object = {}): unknown => {
  const error = left(rendered(content, payload))
  return error._tag === 'MissingVariables' ? error.names : error
}

const throwing = (key: string): object =>
  Object.defineProperty({}, key, {
    get: () => {
      throw new Error('no')
    },
  })

describe('template', () => {
  describe('choice', () => {
    const chosen = (templates: ReadonlyArray<Template>, type: string): string =>
      right(render(validConfig({ templates }))({ ...validMessage(), type })).subject

    for (const usageType of knownUsageTypes)
      it(`takes the template for ${usageType}`, () =>
        expect(
          chosen(
            knownUsageTypes.map((type) => templateFor(type)),
            usageType,
          ),
        ).to.equal(`${usageType} code`))

    it('takes the Generic one where there is none of the type', () =>
      expect(chosen(validConfig().templates, 'MfaVerification')).to.equal('Generic code'))

    it('takes the first of the type', () =>
      expect(
        chosen(
          [templateFor('SignIn', { subject: 'first' }), templateFor('SignIn', { subject: 'second' })],
          'SignIn',
        ),
      ).to.equal('first'))

    it('takes the first Generic one', () =>
      expect(
        chosen(
          [templateFor('Generic', { subject: 'first' }), templateFor('Generic', { subject: 'second' })],
          'SignIn',
        ),
      ).to.equal('first'))

    it('takes one of the type before a Generic one that stands above it', () =>
      expect(chosen([templateFor('Generic'), templateFor('SignIn')], 'SignIn')).to.equal('SignIn code'))

    it('fails with the usage type where there is neither', () =>
      expect(left(render(validConfig({ templates: [templateFor('Register')] }))(validMessage()))).to.include({
        _tag: 'TemplateNotFound',
        usageType: 'SignIn',
      }))

    it('finds no template in a prototype', () => {
      for (const type of ['__proto__', 'constructor', 'toString'])
        expect(chosen(validConfig().templates, type)).to.equal('Generic code')
    })

    it('takes the template that the message brings', () => {
      const template = { subject: 'own {{code}}', content: 'own', contentType: 'text/plain' as const }
      expect(right(render(validConfig())({ ...validMessage(), template }))).to.include({
        subject: 'own 123456',
        body: 'own',
        contentType: 'text/plain',
        usageType: 'SignIn',
      })
    })

    it('takes the template that the message brings even where the config has none', () => {
      const template = { subject: 's', content: 'own' }
      expect(right(render(validConfig({ templates: [] }))({ ...validMessage(), template })).body).to.equal(
        'own',
      )
    })
  })

  describe('a mail', () => {
    it('says to whom, from whom and what for', () =>
      expect(right(render(validConfig())(validMessage()))).to.deep.equal({
        usageType: 'SignIn',
        to: 'ann@example.com',
        accountName: 'no-reply@mail.example.com',
        subject: 'SignIn code',
        contentType: 'text/html',
        body: '<p>SignIn: 123456</p>',
        replyToAddress: false,
      }))

    it('carries all that the config sets', () => {
      const settings = {
        fromAlias: 'Example',
        replyToAddress: true,
        replyAddress: 'support@example.com',
        replyAddressAlias: 'Support',
        tagName: 'tag',
        clickTrace: true,
        ipPoolId: 'pool',
      }
      expect(right(render(validConfig(settings))(validMessage()))).to.include(settings)
    })

    it('has no secret in it', () =>
      fc.assert(
        fc.property(anyConfig, anyMessage, (config, message) => {
          const result = render(config, keep)(message)
          expect(JSON.stringify(result)).not.to.contain(config.accessKeySecret)
        }),
      ))

    it('is the same each time it is rendered', () => {
      const once = render(validConfig())
      expect(once(validMessage())).to.deep.equal(once(validMessage()))
    })

    it('does not change with a config that changes after it was given', () => {
      const templates = [templateFor('SignIn', { content: 'before' })]
      const once = render(validConfig({ templates }))
      templates[0] = templateFor('SignIn', { content: 'after' })
      expect(right(once(validMessage())).body).to.equal('before')
    })

    it('is a value whatever config and message are', () =>
      fc.assert(
        fc.property(
          anyConfig,
          anyMessage,
          fc.constantFrom('fail', 'keep'),
          (config, message, missingVariables) => {
            expect(render(config, { missingVariables })(message)).to.have.property('_tag')
          },
        ),
      ))

    it('is well-formed Unicode, whatever template and payload hold', () =>
      fc.assert(
        fc.property(anyText, anyText, anyText, (literal, replyAddressAlias, code) => {
          const config = configSaying({
            subject: `s${literal}`,
            content: `${literal}{{code}}`,
            fromAlias: 'a{{code}}',
          })
          const result = render(
            { ...config, replyAddressAlias, ipPoolId: literal },
            keep,
          )(validMessage({ payload: { code } }))
          if (E.isRight(result))
            for (const [key, value] of Object.entries(result.right))
              expect(typeof value !== 'string' || value.isWellFormed(), key).to.equal(true)
        }),
      ))
  })

  describe('placeholders', () => {
    const spelled: Readonly<Record<string, string>> = {
      '{{code}}': '123456',
      '{{ code }}': '123456',
      '{{\tcode\n}}': '123456',
      'a{{code}}b{{code}}c': 'a123456b123456c',
      '{{code}}{{code}}': '123456123456',
      '{{application.name}}': 'App',
      '{{ application.owner.name }}': 'Ann',
      '{{验证码}}': '八',
      '{{first name}}': 'Ann',
      '{{a-b}}': 'dash',
      '{{items.1}}': 'two',
      '{{😀}}': 'smile',
    }
    const payload = {
      code: '123456',
      application: { name: 'App', owner: { name: 'Ann' } },
      验证码: '八',
      'first name': 'Ann',
      'a-b': 'dash',
      items: ['one', 'two'],
      '😀': 'smile',
    }
    for (const [content, body] of Object.entries(spelled))
      it(`reads ${JSON.stringify(content)}`, () => expect(bodyOf(content, payload)).to.equal(body))

    const literal: Readonly<Record<string, string>> = {
      '{{}}': 'an empty one',
      '{{ }}': 'a blank one',
      '{{\u3000}}': 'one with a wide space',
      '{code}': 'single braces',
      '{{code}': 'one that is closed by one brace',
      '{code}}': 'one that is opened by one brace',
      '{{code': 'one that is never closed',
      'code}}': 'one that is never opened',
      '}}code{{': 'one inside out',
      '{ {code} }': 'braces with a space between',
      '{{co{de}}': 'a brace within',
      '{{$code}}$&': 'patterns of String.replace',
    }
    for (const [content, what] of Object.entries(literal))
      it(`leaves ${what} as it is: ${JSON.stringify(content)}`, () =>
        expect(bodyOf(content, { $code: '{{$code}}', code: 'x' })).to.equal(content))

    it('reads a placeholder within triple braces', () => expect(bodyOf('{{{code}}}')).to.equal('{123456}'))

    it('reads the inner of two opened', () =>
      expect(bodyOf('{{code {{code}} }}')).to.equal('{{code 123456 }}'))

    it('takes a value with patterns of String.replace as it is', () =>
      expect(subjectOf('{{code}}', { code: '$& $1 $$ $`' })).to.equal('$& $1 $$ $`'))

    it('puts values in once: one that looks like a placeholder stays', () => {
      expect(bodyOf('{{a}} {{b}}', { a: '{{b}}', b: '{{a}}' })).to.equal('{{b}} {{a}}')
      expect(bodyOf('{{{a}}}', { a: '{b}', b: 'x' })).to.equal('{{b}}')
    })

    it('assembles no placeholder of values that stand side by side', () =>
      expect(bodyOf('{{open}}code{{close}}', { open: '{{', close: '}}', code: 'x' })).to.equal('{{code}}'))

    it('leaves every text without placeholders as it is', () =>
      fc.assert(
        fc.property(
          plainText.filter((text) => text.trim() !== ''),
          (content) => bodyOf(content) === content.toWellFormed(),
        ),
      ))

    it('puts every value in at every place', () =>
      fc.assert(
        fc.property(plainText, textual, plainText, (before, value, after) => {
          const content = `${before}{{ value }}${after}`
          expect(right(rendered({ content, contentType: 'text/plain' }, { value })).body).to.equal(
            before.toWellFormed() + String(value).toWellFormed() + after.toWellFormed(),
          )
        }),
      ))

    it('leaves no placeholder of the template in a mail', () =>
      fc.assert(
        fc.property(anyText, anyText, (literalText, content) => {
          const text = `${literalText}{{code}}${content}`
          const payload = Object.fromEntries(
            findPlaceholders(text).map((name) => [name.split('.')[0] ?? '', '']),
          )
          expect(
            findPlaceholders(right(rendered({ content: text, subject: 's' }, payload)).body),
          ).to.deep.equal(
            // What remains is what was left by taking out something empty: `{{{{a}}b}}`.
            findPlaceholders(text.toWellFormed().replace(/\{\{([^{}]*[^{}\s][^{}]*)\}\}/g, '')),
          )
        }),
      ))
  })

  describe('a large template', () => {
    const hard: Readonly<Record<string, (n: number) => string>> = {
      'opening braces': (n) => '{'.repeat(n),
      'closing braces': (n) => '}'.repeat(n),
      'pairs of braces': (n) => '{{}}'.repeat(n / 4),
      'placeholders never closed': (n) => '{{a'.repeat(n / 3),
      'one placeholder never closed': (n) => `{{${'a'.repeat(n)}`,
      'one placeholder of spaces': (n) => `{{${' '.repeat(n)}}}`,
      'spaces before a brace': (n) => `{{${' '.repeat(n)}{`,
      'dots in a placeholder': (n) => `{{a${'.'.repeat(n / 10)}`,
    }
    for (const [what, make] of Object.entries(hard))
      it(`of 5 MB of ${what} is read in linear time`, () => {
        const content = make(5_000_000)
        // Quadratic time would be hours; the runner's limit of 20 s is generous for linear time.
        expect(bodyOf(content)).to.equal(content)
      })

    it('of a million placeholders is rendered in linear time', () =>
      expect(bodyOf('{{code}}'.repeat(1_000_000), { code: '1' })).to.equal('1'.repeat(1_000_000)))

    it('takes a value of 5 MB', () =>
      expect(bodyOf('{{code}}', { code: '<'.repeat(1_000_000) })).to.have.length(4_000_000))
  })

  describe('a body', () => {
    const limit = 6 * 1024 * 1024
    const tooLarge = [{ path: 'payload', message: 'makes the body too large: DirectMail takes about 6 MB' }]

    it('may have 6 MB, counted in bytes', () => {
      expect(bodyOf('{{x}}', { x: 'x'.repeat(limit) })).to.have.length(limit)
      expect(bodyOf('{{x}}', { x: '验'.repeat(limit / 3) })).to.have.length(limit / 3)
    })

    it('must not have more, be it of the template, of values, or because they are escaped', () => {
      for (const [content, x] of [
        ['{{x}}', 'x'.repeat(limit + 1)],
        ['{{x}}', '验'.repeat(limit / 3 + 1)],
        ['{{x}}', '<'.repeat(limit / 4 + 1)],
        ['x'.repeat(limit + 1), ''],
      ] as const)
        expect(issuesOf({ content }, { x })).to.deep.equal(tooLarge)
    })

    it('that would be longer than any text can be is refused while it is joined', () => {
      expect(issuesOf({ content: '{{x}}'.repeat(100_000) }, { x: 'x'.repeat(6_000) })).to.deep.equal(tooLarge)
      expect(issuesOf({ subject: '{{x}}'.repeat(100_000) }, { x: 'x'.repeat(6_000) })).to.deep.equal([
        { path: 'payload', message: 'makes the subject too long: expected at most 256 characters' },
      ])
      expect(issuesOf({ content: '{{x}}' }, { x: '<'.repeat(2 ** 26) })).to.deep.equal(tooLarge)
    })

    it('that is too large is not worked on any more: a long value is escaped as long as it fits, not 20 000 times', () => {
      // Escaped or searched for surrogates at every placeholder, either would take minutes.
      for (const [contentType, x] of [
        ['text/html', '<'.repeat(1_000_000)],
        ['text/plain', '验'.repeat(4_000_000)],
      ] as const)
        expect(issuesOf({ contentType, content: '{{x}}'.repeat(20_000) }, { x })).to.deep.equal(tooLarge)
    })

    it('that is too large is refused under keep, too', () =>
      expect(left(rendered({ content: '{{x}}' }, { x: 'x'.repeat(limit + 1) }, keep))).to.deep.include({
        issues: tooLarge,
      }))

    it('that is too large hides no variable that is missing', () =>
      expect(namesOf({ content: '{{x}}{{y}}' }, { x: 'x'.repeat(limit + 1) })).to.deep.equal(['y']))
  })

  describe('a text that goes into an error', () => {
    it('is cut: the name of a placeholder', () => {
      const name = 'n'.repeat(5_000_000)
      expect(namesOf({ content: `{{${name}}}` })).to.deep.equal([`${'n'.repeat(100)}…`])
      expect(issuesOf({ content: `{{${name}}}` }, { [name]: {} })).to.deep.equal([
        {
          path: `payload.${'n'.repeat(100)}…`,
          message: 'expected a string, number or boolean, got an object',
        },
      ])
    })

    it('is cut: a usage type', () => {
      const message = { ...validMessage(), type: 'T'.repeat(1_000_000) }
      expect(left(render(validConfig({ templates: [] }))(message)).message.length).to.be.lessThan(300)
    })

    it('lists ten names of many', () => {
      const content = Array.from({ length: 100_000 }, (_, index) => `{{v${index}}}`).join('')
      const error = left(rendered({ content }, {}))
      expect(error.message).to.contain('v9, and 99990 more').and.to.have.length.lessThan(500)
      expect(error).to.have.property('names').with.length(100_000)
    })
  })

  it('takes nothing from a polluted prototype', () =>
    polluting(
      {
        template: { subject: 'evil', content: 'evil' },
        ...{ fromAlias: 'Eve', replyAddress: 'eve@example.com', tagName: 'evil', contentType: 'text/plain' },
        ...{ code: '666', missingVariables: 'keep' },
      },
      () => {
        const mail = right(render(validConfig())(validMessage()))
        expect(mail).to.include({ subject: 'SignIn code', contentType: 'text/html' })
        expect(Object.keys(mail)).not.to.include.members(['fromAlias'])
        expect(Object.keys(mail)).not.to.include.members(['replyAddress'])
        expect(Object.keys(mail)).not.to.include.members(['tagName'])
        expect(namesOf({ content: '{{code}}' }, {})).to.deep.equal(['code'])
      },
    ))

  it('ends in a Left for what no codec has read', () => {
    for (const make of Object.values(hostileValues)) {
      // Callers without types.
      expect(render(validConfig())(make() as never)).to.have.property('_tag')
      expect(render(make() as never)(validMessage())).to.have.property('_tag')
      expect(render(make() as never, make() as never)(make() as never)).to.have.property('_tag')
    }
    expect(left(render(undefined as never)(validMessage()))).to.include({ _tag: 'InvalidMessage' })
  })

  describe('values', () => {
    const texts: ReadonlyArray<readonly [value: unknown, text: string]> = [
      ['', ''],
      ['text', 'text'],
      [0, '0'],
      [-1.5, '-1.5'],
      [123456, '123456'],
      [10n ** 30n, '1000000000000000000000000000000'],
      [true, 'true'],
      [false, 'false'],
    ]
    for (const [value, text] of texts)
      it(`show ${typeof value} ${String(value)} as ${JSON.stringify(text)}`, () =>
        expect(bodyOf('[{{value}}]', { value })).to.equal(`[${text}]`))

    const textless: Readonly<Record<string, readonly [value: unknown, kind: string]>> = {
      object: [{ a: 1 }, 'an object'],
      array: [['a'], 'an array'],
      function: [() => 'x', 'a function'],
      symbol: [Symbol('x'), 'a symbol'],
      date: [new Date(0), 'an object'],
      'boxed string': [new String('x'), 'an object'],
      'object with a toString': [{ toString: () => '123456' }, 'an object'],
    }
    for (const [name, [value, kind]] of Object.entries(textless))
      it(`that are ${kind} have no text: ${name}`, () =>
        expect(issuesOf({ content: '{{a.value}}' }, { a: { value } })).to.deep.equal([
          { path: 'payload.a.value', message: `expected a string, number or boolean, got ${kind}` },
        ]))

    it('are read once for each place where they stand', () => {
      let reads = 0
      const payload = {
        get code(): string {
          return String(++reads)
        },
      }
      expect(right(rendered({ subject: '{{code}}', content: '{{code}}' }, payload))).to.include({
        subject: '1',
        body: '2',
      })
    })

    it('are refused once, however often they appear', () =>
      expect(issuesOf({ subject: '{{user}}!', content: '{{user}}{{ user }}' }, { user: {} })).to.have.length(
        1,
      ))

    it('are refused with all others at once', () =>
      expect(issuesOf({ subject: 's{{a}}', content: '{{b}}' }, { a: [], b: Symbol('b') })).to.deep.equal([
        { path: 'payload.a', message: 'expected a string, number or boolean, got an array' },
        { path: 'payload.b', message: 'expected a string, number or boolean, got a symbol' },
      ]))

    it('are not repeated in an issue', () =>
      expect(JSON.stringify(issuesOf({ content: '{{a}}' }, { a: { code: '987654' } }))).not.to.contain(
        '987654',
      ))

    it('that cannot be read are refused by name', () =>
      expect(issuesOf({ content: '{{code}}' }, throwing('code'))).to.deep.equal([
        { path: 'payload.code', message: 'could not be read' },
      ]))

    it('that cannot be read are refused by name at a leaf', () =>
      expect(issuesOf({ content: '{{user.name}}' }, { user: throwing('name') })).to.deep.equal([
        { path: 'payload.user.name', message: 'could not be read' },
      ]))

    it('that cannot be read are refused under keep, too', () =>
      expect(left(rendered({ content: '{{code}}' }, throwing('code'), keep))).to.include({
        _tag: 'InvalidMessage',
      }))

    it('with a lone surrogate arrive as U+FFFD', () =>
      expect(bodyOf('{{a}}|{{b}}', { a: 'x\ud83d', b: '\ude00y' })).to.equal('x\ufffd|\ufffdy'))

    it('do not join with the template or each other to a surrogate pair', () =>
      expect(bodyOf('\ud83d{{a}}{{b}}', { a: '\ude00\ud83d', b: '\ude00' })).to.equal(
        '\ufffd\ufffd\ufffd\ufffd',
      ))

    it('keep their surrogate pairs', () => expect(bodyOf('{{a}}', { a: '😀' })).to.equal('😀'))

    it('end in a value whatever the payload is', () => {
      for (const make of Object.values(hostileValues))
        for (const options of [undefined, keep]) {
          expect(
            rendered({ content: '{{code}}{{a.code.b}}' }, { code: make(), a: make() }, options),
          ).to.have.property('_tag')
          const payload = make()
          if (typeof payload === 'object' && payload !== null)
            expect(rendered({ content: '{{code}}{{to.length}}' }, payload, options)).to.have.property('_tag')
        }
    })

    it('end in a value whatever stands in the payload', () =>
      fc.assert(
        fc.property(hostileUnder(['code', 'a', 'b']), fc.constantFrom(undefined, keep), (make, options) => {
          const content = { subject: 's{{a.b.c}}', content: '{{code}}{{a.length}}', fromAlias: '{{b}}' }
          expect(rendered(content, make(), options)).to.have.property('_tag')
        }),
      ))
  })

  describe('own properties', () => {
    for (const name of [
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      '__defineGetter__',
      'valueOf',
    ])
      it(`alone count: {{${name}}} is missing`, () =>
        expect(namesOf({ content: `{{${name}}}` }, { code: '1' })).to.deep.equal([name]))

    for (const name of [
      'constructor',
      '__proto__',
      'toString',
      'constructor.name',
      '__proto__.constructor.name',
    ])
      it(`alone count: {{user.${name}}} is a missing leaf`, () =>
        expect(bodyOf(`[{{user.${name}}}]`, { user: {} })).to.equal('[]'))

    it('are no length of a text', () =>
      expect(bodyOf('[{{code.length}}]', { code: '123456' })).to.equal('[]'))

    it('are no character of a text', () => expect(bodyOf('[{{code.0}}]', { code: '123456' })).to.equal('[]'))

    it('are no method of an array', () =>
      expect(bodyOf('[{{items.map}}{{items.at.name}}]', { items: ['a'] })).to.equal('[]'))

    it('are no property of a function', () => expect(bodyOf('[{{f.name}}]', { f: () => 1 })).to.equal('[]'))

    it('do not come from the prototype of a class', () => {
      class User {
        readonly #name = 'Ann'
        get name(): string {
          return this.#name
        }
      }
      expect(bodyOf('[{{user.name}}]', { user: new User() })).to.equal('[]')
      expect(namesOf({ content: '{{name}}' }, new User())).to.deep.equal(['name'])
    })

    it('count in an object without a prototype', () =>
      expect(bodyOf('{{code}}', Object.assign(Object.create(null) as object, { code: '1' }))).to.equal('1'))

    it('count under names of Object.prototype', () =>
      expect(
        bodyOf('{{constructor}}{{__proto__}}', JSON.parse('{"constructor":"a","__proto__":"b"}') as object),
      ).to.equal('ab'))
  })

  describe('missing variables', () => {
    it('are all named at once, across every part of the mail', () =>
      expect(
        namesOf({
          subject: '{{a}} {{ b }}',
          content: '{{c}}{{a}}{{d.e}}',
          fromAlias: '{{f}}',
          replyAddress: '{{g}}@example.com',
        }),
      ).to.deep.equal(['a', 'b', 'c', 'd.e', 'f', 'g']))

    it('are named with the usage type of the message', () =>
      expect(left(rendered({ content: '{{code}}' }, {}))).to.deep.include({
        _tag: 'MissingVariables',
        usageType: 'SignIn',
        names: ['code'],
        delivered: 'no',
      }))

    for (const value of [undefined, null])
      it(`are those whose value is ${String(value)}`, () =>
        expect(namesOf({ content: '{{code}}' }, { code: value })).to.deep.equal(['code']))

    for (const value of ['', 0, false])
      it(`are not those whose value is ${JSON.stringify(value)}`, () =>
        expect(bodyOf('[{{code}}]', { code: value })).to.equal(`[${String(value)}]`))

    it('are not a leaf that is missing where its root is present: it shows as nothing', () => {
      expect(bodyOf('[{{user.name}}]', { user: {} })).to.equal('[]')
      expect(bodyOf('[{{user.name.first}}]', { user: {} })).to.equal('[]')
      expect(bodyOf('[{{user.name}}]', { user: { name: null } })).to.equal('[]')
      expect(bodyOf('[{{user.name.first}}]', { user: { name: null } })).to.equal('[]')
      expect(bodyOf('[{{user.name}}]', { user: 'Ann' })).to.equal('[]')
    })

    it('come before whatever else is wrong', () =>
      expect(
        namesOf({ subject: '{{long}}', content: '{{a}}{{b}}' }, { long: 'x'.repeat(300), a: {} }),
      ).to.deep.equal(['b']))

    it('are the default, and what fail says', () => {
      for (const options of [undefined, {}, { missingVariables: 'fail' }] as const)
        expect(left(rendered({ content: '{{x}}' }, {}, options))._tag).to.equal('MissingVariables')
    })
  })

  describe('missing variables that are kept', () => {
    it('stay as they were written', () =>
      expect(bodyOf('{{ a }}{{b.c}} {{code}}', { code: '1' }, keep)).to.equal('{{ a }}{{b.c}} 1'))

    it('are not escaped, being the template’s own text', () =>
      expect(bodyOf('<{{ "a" & <b> }}>', {}, keep)).to.equal('<{{ "a" & <b> }}>'))

    it('stay in the subject, too', () =>
      expect(right(rendered({ subject: '{{a}} code', content: 'c' }, {}, keep)).subject).to.equal(
        '{{a}} code',
      ))

    it('do not include a leaf whose root is present', () =>
      expect(bodyOf('[{{user.name}}]', { user: {} }, keep)).to.equal('[]'))

    for (const value of [undefined, null])
      it(`do not include a root that is present as ${String(value)}`, () =>
        expect(bodyOf('[{{code}}]', { code: value }, keep)).to.equal('[]'))

    it('do not include a value without a text, which shows as nothing', () =>
      expect(bodyOf('[{{a}}{{b}}]', { a: {}, b: Symbol('b') }, keep)).to.equal('[]'))

    it('leave a template alone for an empty payload', () =>
      fc.assert(
        fc.property(
          anyText.filter((text) => text.trim() !== ''),
          (content) => bodyOf(content, {}, keep) === content.toWellFormed(),
        ),
      ))

    it('let no value through unescaped when a payload contradicts itself', () => {
      let looks = 0
      const fickle = new Proxy(
        { code: '<script>' },
        {
          // Not there for the first part of the mail, there for the second.
          getOwnPropertyDescriptor: (target, key) =>
            looks++ < 2 ? undefined : Reflect.getOwnPropertyDescriptor(target, key),
        },
      )
      const result = rendered({ subject: 's {{code}}', content: '{{code}}' }, fickle, keep)
      expect(E.isRight(result) ? result.right.body : '').not.to.contain('<script>')
    })
  })

  describe('escaping', () => {
    it('makes the five characters of HTML harmless in an HTML body', () =>
      expect(bodyOf('<p>{{code}}</p>', { code: `<b a="1" c='2'>&amp;</b>` })).to.equal(
        '<p>&lt;b a=&quot;1&quot; c=&apos;2&apos;&gt;&amp;amp;&lt;/b&gt;</p>',
      ))

    it('leaves other characters as they are', () =>
      expect(bodyOf('{{code}}', { code: '验证码 é 😀 /=`' })).to.equal('验证码 é 😀 /=`'))

    it('leaves the template’s own markup as it is', () =>
      expect(bodyOf('<a href="x?a=1&amp;b=2">&copy;</a>')).to.equal('<a href="x?a=1&amp;b=2">&copy;</a>'))

    it('lets no value introduce markup', () =>
      fc.assert(
        fc.property(anyText, (code) => {
          const body = bodyOf('{{code}}', { code })
          expect(body).not.to.match(/[<>"']/)
          expect(body.replace(/&(lt|gt|amp|quot|apos);/g, '')).not.to.contain('&')
        }),
      ))

    it('loses nothing of a value', () =>
      fc.assert(
        fc.property(anyText, (code) => {
          const unescaped = bodyOf('{{code}}', { code })
            .replace(/&lt;/g, '<')
            .replace(/&gt;/g, '>')
            .replace(/&quot;/g, '"')
            .replace(/&apos;/g, "'")
            .replace(/&amp;/g, '&')
          expect(unescaped).to.equal(code.toWellFormed())
        }),
      ))

    it('lets no payload at all introduce markup', () =>
      fc.assert(
        fc.property(anyPayload, (payload) => {
          // A name is the template's own text: markup in it would be the template's, too.
          const names = Object.keys(payload).filter((name) => /^[\w\p{L}$]+$/u.test(name))
          const content = ['x', ...names.map((name) => `{{${name}}}`)].join('')
          // Under 'keep' an object shows as nothing.
          const result = rendered({ content }, payload, keep)
          expect(E.isRight(result) && result.right.body).not.to.match(/[<>"']/)
        }),
      ))

    it('is not done in a text body', () =>
      fc.assert(
        fc.property(anyText, (code) => {
          const mail = right(rendered({ content: '<{{code}}>', contentType: 'text/plain' }, { code }))
          expect(mail.body).to.equal(`<${code.toWellFormed()}>`)
        }),
      ))

    it('is not done in a subject', () => expect(subjectOf('{{code}}', { code: `<&"'>` })).to.equal(`<&"'>`))

    it('is not done in a sender’s alias', () =>
      expect(right(rendered({ fromAlias: '{{a}}' }, { a: '<A&B>', code: '1' })).fromAlias).to.equal('<A&B>'))
  })

  describe('a content type', () => {
    it('is HTML unless given', () =>
      expect(right(rendered({ content: 'c' }, {})).contentType).to.equal('text/html'))

    for (const contentType of ['text/html', 'text/plain'] as const)
      it(`${contentType} comes along`, () =>
        expect(right(rendered({ content: 'c', contentType }, {})).contentType).to.equal(contentType))
  })

  describe('a subject', () => {
    it('has spaces for control characters of a value', () =>
      expect(subjectOf('a{{x}}b', { x: '\r\nBcc: eve@example.com\0\t\u0085\u2028\u2029\u007f' })).to.equal(
        'a  Bcc: eve@example.com      b',
      ))

    it('has spaces for control characters of the template', () =>
      expect(subjectOf('a\r\nb')).to.equal('a  b'))

    it('is one line whatever the value', () =>
      fc.assert(
        fc.property(anyText, anyText, (literal, x) => {
          const result = rendered({ subject: `${literal}{{x}}`, content: 'c' }, { x }, keep)
          if (E.isRight(result)) expect(result.right.subject).not.to.match(/[\p{Cc}\u2028\u2029]/u)
        }),
      ))

    it('may have 256 characters once rendered, of whatever size', () => {
      expect(subjectOf('{{x}}', { x: 'x'.repeat(256) })).to.have.length(256)
      expect(subjectOf('{{x}}', { x: '😀'.repeat(256) })).to.have.length(512)
      expect(subjectOf(`${'{{y}}'.repeat(60)}{{x}}`, { x: 'x', y: '' })).to.equal('x')
    })

    it('must not have 257', () => {
      for (const char of ['x', '😀'])
        expect(issuesOf({ subject: '{{x}}' }, { x: char.repeat(257) })).to.deep.equal([
          { path: 'payload', message: 'makes the subject too long: expected at most 256 characters' },
        ])
    })

    it('must not be blank once rendered', () => {
      for (const x of ['', ' ', '\n\t'])
        expect(issuesOf({ subject: '{{x}}' }, { x })).to.deep.equal([
          { path: 'payload', message: 'leaves the subject empty' },
        ])
    })
  })

  describe('a body', () => {
    it('keeps its line breaks', () =>
      expect(bodyOf('a\r\n\t{{code}}\n', { code: '1\n2' })).to.equal('a\r\n\t1\n2\n'))
  })

  describe('a sender’s alias', () => {
    const aliasOf = (fromAlias: string, payload: object, config: Partial<Written> = {}): string | undefined =>
      right(render(configSaying({ content: 'c', fromAlias }, config))(validMessage({ payload }))).fromAlias

    it('is the config’s where the template has none', () =>
      expect(right(render(configSaying({}, { fromAlias: 'Config' }))(validMessage())).fromAlias).to.equal(
        'Config',
      ))

    it('is the template’s before the config’s', () =>
      expect(aliasOf('{{app}} Inc', { app: 'A' }, { fromAlias: 'Config' })).to.equal('A Inc'))

    it('is the config’s where the template’s is empty once rendered', () =>
      expect(aliasOf('{{app}}', { app: '' }, { fromAlias: 'Config' })).to.equal('Config'))

    it('is left out where both are empty', () => expect(aliasOf('{{app}}', { app: '' })).to.equal(undefined))

    it('has spaces for control characters', () => {
      expect(aliasOf('A{{x}}B', { x: '\r\n' })).to.equal('A  B')
      expect(right(render(configSaying({}, { fromAlias: 'A\r\nB' }))(validMessage())).fromAlias).to.equal(
        'A  B',
      )
    })

    it('may have 14 characters once rendered', () =>
      expect(aliasOf('{{x}}', { x: '😀'.repeat(14) })).to.equal('😀'.repeat(14)))

    it('must not have 15', () => {
      for (const char of ['x', '😀'])
        expect(issuesOf({ fromAlias: '{{x}}' }, { x: char.repeat(15) })).to.deep.equal([
          {
            path: 'payload',
            message: "makes the sender's display name too long: expected under 15 characters",
          },
        ])
    })
  })

  describe('a reply address', () => {
    const replyOf = (
      replyAddress: string,
      payload: object,
      config: Partial<Written> = {},
    ): string | undefined =>
      right(render(configSaying({ content: 'c', replyAddress }, config))(validMessage({ payload })))
        .replyAddress

    it('is the template’s before the config’s', () =>
      expect(replyOf('{{team}}@example.com', { team: 'a' }, { replyAddress: 'c@example.com' })).to.equal(
        'a@example.com',
      ))

    it('is the config’s where the template’s is empty once rendered', () =>
      expect(replyOf('{{reply}}', { reply: '' }, { replyAddress: 'c@example.com' })).to.equal(
        'c@example.com',
      ))

    it('is left out where both are empty', () =>
      expect(replyOf('{{reply}}', { reply: '' })).to.equal(undefined))

    for (const reply of [
      'a@example.com,b@example.com',
      'Ann <a@example.com>',
      'a@example.com\r\nBcc: b@example.com',
      'x',
    ])
      it(`must be one mailbox once rendered, not ${JSON.stringify(reply)}`, () =>
        expect(issuesOf({ replyAddress: '{{reply}}' }, { reply })).to.deep.equal([
          { path: 'payload', message: 'makes the reply address wrong: expected exactly one e-mail address' },
        ]))

    it('has a display name on one line', () =>
      expect(
        right(render(configSaying({}, { replyAddressAlias: 'A\r\nB' }))(validMessage())).replyAddressAlias,
      ).to.equal('A  B'))
  })

  it('names whatever is wrong with a mail at once', () =>
    expect(
      issuesOf(
        { subject: '{{x}}', content: '{{a}}', fromAlias: '{{x}}', replyAddress: '{{x}}' },
        { x: 'x'.repeat(300), a: {} },
      ),
    ).to.have.length(4))

  it('puts no value of a message into an error: a type that is no text makes no message', () => {
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    // A caller without types.
    const result = render(configSaying({}))({ ...validMessage(), type: cyclic } as never)
    expect(left(result)).to.deep.include({
      _tag: 'InvalidMessage',
      issues: [{ path: '', message: 'the message could not be read: decode it first' }],
    })
  })
})
