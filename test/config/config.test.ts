import { inspect } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { PathReporter } from 'io-ts/lib/PathReporter.js'
import {
  Config,
  configKeys,
  decodeConfig,
  decodeKeylessConfig,
  hasAtMost,
  RegionId,
} from '../../lib/config/config.js'
import { Template, TemplateContent, templateKeys } from '../../lib/config/template.js'
import { AnyUsageType, createUsageType, UsageType, type UsageTypes } from '../../lib/config/usage-type.js'
import { isSecret, revealSecret } from '../../lib/config/secret.js'
import { createConnector } from '../../lib/connector.js'
import type { Issue } from '../../lib/errors/send-error.js'
import {
  config,
  hostile,
  hostileUnder,
  hostileValues,
  knownUsageTypes,
  polluting,
  regionIds,
  requiredUsageTypes,
  secrets,
  templateFor,
  validConfig,
  type Written,
} from '../support/arbitraries.js'
import { right } from '../support/either.js'

interface Options {
  readonly usageTypes?: UsageTypes
}

const issuesOf = (input: unknown, options: Options = {}): ReadonlyArray<Issue> => {
  const decoded = decodeConfig(input, options)
  return E.isLeft(decoded) ? decoded.left.issues : []
}

/** What the mailbox codec says that it expects. */
const mailboxExpected = issuesOf({})[2]?.message.replace('missing: expected ', '') ?? ''

const pathsOf = (input: unknown, options?: Options): ReadonlyArray<string> =>
  issuesOf(input, options).map(({ path }) => path)

/** A valid config with one property replaced, by whatever it may be. */
const configWith = (changes: object): object => ({ ...validConfig(), ...changes })

const templatesWith = (changes: object): ReadonlyArray<object> => [
  ...validConfig().templates,
  { ...templateFor('BindMfa'), ...changes },
]

const decodedOf = (input: unknown): Config => right(decodeConfig(input))

/** A decoded config as it was written. */
const unhidden = ({ accessKeySecret, securityToken, ...rest }: Config): Written => ({
  ...rest,
  accessKeySecret: revealSecret(accessKeySecret),
  ...(securityToken === undefined ? {} : { securityToken: revealSecret(securityToken) }),
})

const fields = [
  'accessKeyId',
  'accessKeySecret',
  'securityToken',
  'regionId',
  'accountName',
  'fromAlias',
  'replyToAddress',
  'replyAddress',
  'replyAddressAlias',
  'tagName',
  'clickTrace',
  'ipPoolId',
  'templates',
] as const

describe('config', () => {
  describe('decodeConfig', () => {
    it('takes the smallest config', () =>
      expect(unhidden(decodedOf(validConfig()))).to.deep.equal(validConfig()))

    it('takes every valid config as it is', () =>
      fc.assert(
        fc.property(config, (input) => {
          expect(unhidden(decodedOf(input))).to.deep.equal(input)
        }),
      ))

    it('takes its own output', () =>
      fc.assert(
        fc.property(config, (input) => {
          expect(unhidden(decodedOf(decodedOf(input)))).to.deep.equal(input)
        }),
      ))

    it('takes a valid config that went through JSON', () =>
      fc.assert(
        fc.property(config, (input) => {
          expect(unhidden(decodedOf(JSON.parse(JSON.stringify(input))))).to.deep.equal(input)
        }),
      ))

    it('drops keys that it does not know, in templates too', () => {
      const noisy = configWith({
        templates: validConfig().templates.map((template) => ({ ...template, comment: 'x' })),
        comment: 'x',
        constructor: 'x',
      })
      expect(unhidden(decodedOf(noisy))).to.deep.equal(validConfig())
    })

    it('drops a key __proto__ and takes nothing from it', () => {
      const { accessKeySecret, ...rest } = validConfig()
      const polluted: unknown = JSON.parse(
        JSON.stringify({ ...rest, proto: { fromAlias: 'Eve' }, accessKeySecret }).replace(
          '"proto"',
          '"__proto__"',
        ),
      )
      expect(unhidden(decodedOf(polluted))).to.deep.equal(validConfig())
    })

    it('takes nothing from a polluted prototype', () =>
      polluting({ fromAlias: 'Eve', securityToken: 'x', clickTrace: true, contentType: 'text/plain' }, () => {
        const { templates, ...rest } = decodedOf(validConfig())
        expect(Object.keys(rest)).to.have.members(['accessKeyId', 'accessKeySecret', 'accountName'])
        expect(Object.keys(templates[0] ?? {})).to.have.members(['usageType', 'subject', 'content'])
        expect(E.isLeft(decodeConfig({}))).to.equal(true)
      }))

    it('gives a copy, which nobody else can change', () => {
      const input = validConfig()
      const decoded = decodedOf(input)
      Object.assign(input.templates[0] ?? {}, { subject: 'changed' })
      expect(unhidden(decoded)).to.deep.equal(validConfig())
    })

    it('takes 10 000 templates and no more', () => {
      const many = (count: number): object =>
        configWith({
          templates: [
            ...validConfig().templates,
            ...new Array<Template>(count - 4).fill(templateFor('BindMfa')),
          ],
        })
      expect(decodedOf(many(10_000)).templates).to.have.length(10_000)
      expect(issuesOf(many(10_001))).to.deep.equal([
        { path: 'templates', message: 'expected at most 10000 items' },
      ])
    })

    it('takes a template of 5 MB', () =>
      expect(pathsOf(configWith({ templates: templatesWith({ content: 'x'.repeat(5_000_000) }) }))).to.be
        .empty)
  })

  describe('hostile input', () => {
    for (const [name, make] of Object.entries(hostileValues)) {
      it(`ends in a Left when the whole config is ${name}`, () =>
        expect(E.isLeft(decodeConfig(make()))).to.equal(true))

      it(`ends in a value when any part of it is ${name}`, () => {
        for (const field of fields) decodeConfig(configWith({ [field]: make() }))
        for (const field of ['usageType', 'subject', 'content', 'contentType', 'fromAlias'])
          decodeConfig(configWith({ templates: templatesWith({ [field]: make() }) }))
        decodeConfig(configWith({ templates: [...validConfig().templates, make()] }))
      })
    }

    it('ends in a value wherever it stands', () =>
      fc.assert(
        fc.property(hostileUnder(fields), fc.array(hostile, { maxLength: 3 }), (input, templates) => {
          for (const usageTypes of ['known', 'any'] as const) {
            expect(decodeConfig(input(), { usageTypes })).to.have.property('_tag')
            expect(
              decodeConfig({ ...input(), templates: templates.map((make) => make()) }, { usageTypes }),
            ).to.have.property('_tag')
          }
        }),
      ))

    it('names an issue for each of 10 000 templates that are wrong in every way', () => {
      const wrong = { usageType: 1, subject: 1, content: 1, contentType: 1, fromAlias: 1, replyAddress: 1 }
      const input = configWith({ templates: new Array(10_000).fill(wrong) })
      expect(issuesOf(input)).to.have.length(60_001)
    })

    it('says of getters that throw that they could not be read', () => {
      const input = Object.defineProperty(configWith({}), 'accountName', {
        get: () => {
          throw new Error('no')
        },
      })
      expect(issuesOf(input)).to.deep.equal([
        {
          path: 'accountName',
          message: `could not be read: expected ${mailboxExpected}`,
        },
      ])
    })

    it('does not take what a getter says once for what it says twice', () => {
      let reads = 0
      const fickle = {
        ...templateFor('Generic'),
        get usageType(): string {
          reads += 1
          return reads === 1 ? 'Generic' : 'Register'
        },
      }
      const decoded = decodeConfig(configWith({ templates: [fickle, ...validConfig().templates.slice(1)] }))
      // Whichever of the two answers counts, a config without a template for Register must not come out.
      if (E.isRight(decoded))
        expect(decoded.right.templates.map(({ usageType }) => usageType)).to.include('Register')
    })

    it('takes options that are none', () => {
      const none = null as unknown as undefined
      expect(E.isLeft(decodeConfig({}, none))).to.equal(true)
    })
  })

  describe('issues', () => {
    it('come all at once, in the order of the fields', () =>
      expect(
        pathsOf({
          accessKeyId: 1,
          accountName: 'x',
          templates: [{ usageType: 'Register' }],
          securityToken: 1,
          regionId: 'mars',
          fromAlias: 'x'.repeat(15),
          replyToAddress: 'yes',
          replyAddress: 'x',
          replyAddressAlias: 'x'.repeat(15),
          tagName: 'a b',
          clickTrace: 1,
          ipPoolId: 1,
        }),
      ).to.deep.equal([
        'accessKeyId',
        'accessKeySecret',
        'accountName',
        'templates[0].subject',
        'templates[0].content',
        'templates',
        'securityToken',
        'regionId',
        'fromAlias',
        'replyToAddress',
        'replyAddress',
        'replyAddressAlias',
        'tagName',
        'clickTrace',
        'ipPoolId',
      ]))

    it('say what is expected in each field, and name its codec', () => {
      const numbers = (keys: ReadonlyArray<string>) => Object.fromEntries(keys.map((key) => [key, 1]))
      const complete = requiredUsageTypes.map((usageType) => templateFor(usageType))
      const wrong = {
        ...numbers(configKeys),
        templates: [{ ...numbers(templateKeys), contentFile: undefined }, ...complete],
      }
      const decoded = Config.decode(wrong)
      const found = E.isLeft(decoded) ? decoded.left : []
      const { length } = found
      expect(issuesOf(wrong)).to.have.length(length)
      expect(
        issuesOf(wrong).map(({ path, message }, index) => [
          path,
          found[index]?.context.at(-1)?.type.name,
          message,
        ]),
      ).to.deep.equal(
        [
          [
            'accessKeyId',
            'AccessKeyId',
            'an AccessKey ID: letters and digits, without spaces or line breaks',
          ],
          [
            'accessKeySecret',
            'Secret',
            'an AccessKey secret: letters and digits, without spaces or line breaks',
          ],
          ['accountName', 'Mailbox', 'exactly one e-mail address, as in name@example.com'],
          [
            'templates[0].usageType',
            'UsageType',
            'one of Register, SignIn, ForgotPassword, Generic, OrganizationInvitation, UserPermissionValidation, BindNewIdentifier, MfaVerification, BindMfa',
          ],
          ['templates[0].subject', 'NonBlank', 'a text that is not empty'],
          ['templates[0].content', 'NonBlank', 'a text that is not empty'],
          ['templates[0].locale', 'Locale', 'a language tag (BCP 47), such as "en" or "zh-CN"'],
          ['templates[0].contentType', 'ContentType', 'one of text/html, text/plain'],
          ['templates[0].fromAlias', 'NonBlank', 'a text that is not empty'],
          ['templates[0].replyAddress', 'NonBlank', 'a text that is not empty'],
          ['securityToken', 'Secret', 'an STS token, without spaces or line breaks'],
          [
            'regionId',
            'RegionId',
            'one of cn-hangzhou, ap-southeast-1, ap-southeast-2, eu-central-1, us-east-1',
          ],
          ['fromAlias', 'Alias', 'a name under 15 characters'],
          ['replyToAddress', 'boolean', 'true or false'],
          ['replyAddress', 'Mailbox', 'exactly one e-mail address, as in name@example.com'],
          ['replyAddressAlias', 'Alias', 'a name under 15 characters'],
          ['tagName', 'TagName', '1–128 letters, digits, "_" or "-"'],
          ['clickTrace', 'boolean', 'true or false'],
          ['ipPoolId', 'NonBlank', 'a text that is not empty'],
        ].map(([path, name, expected]) => [path, name, `expected ${expected}, got a number`]),
      )
    })

    it('name the required fields of an empty config', () =>
      expect(issuesOf({}).map(({ path, message }) => `${path}: ${message.slice(0, 17)}`)).to.deep.equal([
        'accessKeyId: missing: expected',
        'accessKeySecret: missing: expected',
        'accountName: missing: expected',
        'templates: missing: expected',
      ]))

    it('have an empty path where the whole config is wrong', () =>
      expect(issuesOf('{}')).to.deep.equal([{ path: '', message: 'expected an object, got a string' }]))

    it('are repeated in the text for people', () => {
      const decoded = decodeConfig(configWith({ regionId: 'cn-hangzou' }))
      expect(E.isLeft(decoded) && decoded.left.message).to.equal(
        'The config is not valid: regionId: expected one of cn-hangzhou, ap-southeast-1, ap-southeast-2, ' +
          'eu-central-1, us-east-1; did you mean "cn-hangzhou"?',
      )
    })

    it('point to the wrong template by its index', () =>
      expect(pathsOf(configWith({ templates: templatesWith({ usageType: 'Sign-In' }) }))).to.deep.equal([
        'templates[4].usageType',
      ]))

    it('suggest the usage type that was meant', () =>
      expect(
        issuesOf(configWith({ templates: templatesWith({ usageType: 'signin' }) }))[0]?.message,
      ).to.match(/^expected one of Register, .*; did you mean "SignIn"\?$/))

    it('suggest the content type that was meant', () =>
      expect(issuesOf(configWith({ templates: templatesWith({ contentType: 'text/plan' }) }))).to.deep.equal([
        {
          path: 'templates[4].contentType',
          message: 'expected one of text/html, text/plain; did you mean "text/plain"?',
        },
      ]))
  })

  describe('required templates', () => {
    it('are all named when there are none', () =>
      expect(issuesOf(configWith({ templates: [] }))).to.deep.equal([
        { path: 'templates', message: 'missing the templates for Register, SignIn, ForgotPassword, Generic' },
      ]))

    it('are named by what is missing, and by nothing else', () =>
      fc.assert(
        fc.property(fc.subarray([...requiredUsageTypes]), (present) => {
          const missing = requiredUsageTypes.filter((usageType) => !present.includes(usageType))
          expect(
            issuesOf(configWith({ templates: present.map((usageType) => templateFor(usageType)) })),
          ).to.deep.equal(
            missing.length === 0
              ? []
              : [{ path: 'templates', message: `missing the templates for ${missing.join(', ')}` }],
          )
        }),
      ))

    it('are not called missing for being wrong elsewhere', () =>
      expect(
        issuesOf(
          configWith({ templates: requiredUsageTypes.map((usageType) => ({ usageType, subject: 's' })) }),
        ).map(({ path }) => path),
      ).to.deep.equal([0, 1, 2, 3].map((index) => `templates[${index}].content`)))

    it('are called missing beside a mistyped one', () =>
      expect(
        pathsOf(
          configWith({ templates: [...validConfig().templates.slice(1), templateFor('x' as UsageType)] }),
        ),
      ).to.deep.equal(['templates[3].usageType', 'templates']))

    it('are not named where there is no list', () =>
      expect(issuesOf(configWith({ templates: {} }))).to.deep.equal([
        { path: 'templates', message: 'expected an array, got an object' },
      ]))

    it('are required under usageTypes any, too', () =>
      expect(pathsOf(configWith({ templates: [] }), { usageTypes: 'any' })).to.deep.equal(['templates']))
  })

  describe('optional fields', () => {
    for (const field of fields.filter((name) => !(name in validConfig())))
      for (const [name, value] of Object.entries({ null: null, 'an empty text': '', undefined }))
        it(`take ${name} for ${field} as absent`, () =>
          expect(decodedOf(configWith({ [field]: value }))).not.to.have.property(field))

    for (const field of ['contentType', 'fromAlias', 'replyAddress'])
      it(`take null for a template's ${field} as absent`, () =>
        expect(
          decodedOf(configWith({ templates: templatesWith({ [field]: null }) })).templates[4],
        ).not.to.have.property(field))
  })

  describe('fields', () => {
    const accepted: ReadonlyArray<readonly [field: string, value: unknown, why: string]> = [
      ['accessKeyId', 'x'.repeat(128), 'of 128 characters'],
      ['accessKeySecret', 'x'.repeat(256), 'of 256 characters'],
      ['securityToken', 'x'.repeat(16_384), 'of 16 384 characters'],
      ['fromAlias', 'x'.repeat(14), 'of 14 characters'],
      ['fromAlias', '邮'.repeat(14), 'of 14 Chinese characters'],
      ['fromAlias', '😀'.repeat(14), 'of 14 emoji'],
      ['replyAddressAlias', 'x'.repeat(14), 'of 14 characters'],
      ['tagName', 'x', 'of one character'],
      ['tagName', 'x_-9'.repeat(32), 'of 128 characters'],
      ['replyToAddress', true, 'that is true'],
      ['replyAddress', 'ann@example.com', 'that is a mailbox'],
      ['ipPoolId', 'pool', 'that is a text'],
      ['clickTrace', false, 'that is false, without a tag'],
      ...regionIds.map((regionId) => ['regionId', regionId, regionId] as const),
    ]
    for (const [field, value, why] of accepted)
      it(`take a ${field} ${why}`, () => expect(pathsOf(configWith({ [field]: value }))).to.be.empty)

    const refused: ReadonlyArray<readonly [field: string, value: unknown, why: string]> = [
      ['accessKeyId', 'x'.repeat(129), 'of 129 characters'],
      ['accessKeyId', 'LTAI\n', 'with a line break'],
      ['accessKeyId', ' LTAI', 'with a space'],
      ['accessKeyId', '', 'that is empty'],
      ['accessKeyId', 'LTAIé', 'that a header cannot carry'],
      ['accessKeySecret', 'x'.repeat(257), 'of 257 characters'],
      ['accessKeySecret', 'secret\r\nX: y', 'with a line break'],
      ['accessKeySecret', '', 'that is empty'],
      ['accessKeySecret', null, 'that is null'],
      ['securityToken', 'x'.repeat(16_385), 'of 16 385 characters'],
      ['securityToken', 'a b', 'with a space'],
      ['accountName', 'a@example.com,b@example.com', 'that is a list'],
      ['accountName', 'Ann <ann@example.com>', 'with a display name'],
      ['fromAlias', 'x'.repeat(15), 'of 15 characters'],
      ['fromAlias', '😀'.repeat(15), 'of 15 emoji'],
      ['fromAlias', 'x'.repeat(5_000_000), 'of 5 MB'],
      ['replyAddressAlias', 'x'.repeat(15), 'of 15 characters'],
      ['replyAddress', 'a@example.com,b@example.com', 'that is a list'],
      ['replyToAddress', 'true', 'that is a text'],
      ['replyToAddress', 0, 'that is a number'],
      ['clickTrace', '1', 'that is a text'],
      ['tagName', 'x'.repeat(129), 'of 129 characters'],
      ['tagName', 'a b', 'with a space'],
      ['tagName', '标签', 'in Chinese'],
      ['tagName', 'tag\n', 'with a line break'],
      ['ipPoolId', '  ', 'that is blank'],
      ['regionId', 'CN-HANGZHOU', 'in capitals'],
      ['regionId', 'cn-beijing', 'in which there is no DirectMail'],
    ]
    for (const [field, value, why] of refused)
      it(`refuse a ${field} ${why}`, () =>
        expect(pathsOf(configWith({ [field]: value }))).to.deep.equal([field]))

    it('ask for a tag when clicks are traced', () =>
      expect(issuesOf(configWith({ clickTrace: true }))).to.deep.equal([
        { path: 'tagName', message: 'missing: expected an e-mail tag, because clickTrace is on' },
      ]))

    it('take a trace of clicks with a tag', () =>
      expect(pathsOf(configWith({ clickTrace: true, tagName: 'tag' }))).to.be.empty)

    it('say nothing of the tag while something else is wrong with the config', () =>
      expect(pathsOf(configWith({ clickTrace: true, regionId: 'x' }))).to.deep.equal(['regionId']))

    for (const field of ['subject', 'content', 'fromAlias', 'replyAddress'])
      it(`refuse a template's ${field} that is blank`, () =>
        expect(pathsOf(configWith({ templates: templatesWith({ [field]: ' \n' }) }))).to.deep.equal([
          `templates[4].${field}`,
        ]))
  })

  describe('usage types', () => {
    for (const usageType of knownUsageTypes)
      it(`know ${usageType}`, () => {
        expect(UsageType.is(usageType)).to.equal(true)
        expect(pathsOf(configWith({ templates: templatesWith({ usageType }) }))).to.be.empty
      })

    for (const usageType of ['signin', 'Test', '', '__proto__', 'toString'])
      it(`do not know ${JSON.stringify(usageType)}`, () => expect(UsageType.is(usageType)).to.equal(false))

    it('may be any name under usageTypes any', () => {
      for (const usageType of ['Newsletter', '通知', '__proto__', 'x'.repeat(128)])
        expect(pathsOf(configWith({ templates: templatesWith({ usageType }) }), { usageTypes: 'any' })).to.be
          .empty
    })

    it('are the known ones unless said otherwise', () => {
      const input = configWith({ templates: templatesWith({ usageType: 'Newsletter' }) })
      for (const options of [undefined, {}, { usageTypes: 'known' }] as const)
        expect(pathsOf(input, options)).to.deep.equal(['templates[4].usageType'])
    })

    it('are names without spaces of at most 128 characters under usageTypes any', () => {
      for (const usageType of ['', 'a b', 'a\n', 'x'.repeat(129), 1, null])
        expect(
          pathsOf(configWith({ templates: templatesWith({ usageType }) }), { usageTypes: 'any' }),
        ).to.deep.equal(['templates[4].usageType'])
    })

    it('say that a name is wanted, where any name will do', () =>
      expect(
        issuesOf(configWith({ templates: templatesWith({ usageType: 'a b' }) }), { usageTypes: 'any' }),
      ).to.deep.equal([{ path: 'templates[4].usageType', message: 'expected the name of a usage type' }]))

    it('may be names of a list', () => {
      const input = configWith({ templates: templatesWith({ usageType: 'OrderShipped' }) })
      expect(pathsOf(input, { usageTypes: ['OrderShipped'] })).to.be.empty
      expect(issuesOf(input, { usageTypes: ['OrderShippd'] })[0]?.message).to.match(
        /BindMfa, OrderShippd; did you mean "OrderShippd"\?$/,
      )
      expect(pathsOf(configWith({ templates: [] }), { usageTypes: ['Register'] })).to.deep.equal([
        'templates',
      ])
    })

    it('are the known ones where the option is none', () => {
      const input = configWith({ templates: templatesWith({ usageType: 'Newsletter' }) })
      for (const make of Object.values(hostileValues))
        for (const options of [make(), { usageTypes: make() }])
          expect(pathsOf(input, options as Options)).to.deep.equal(['templates[4].usageType'])
    })

    it('are read by the codec that was asked for', () => {
      expect(UsageType.is('Newsletter')).to.equal(false)
      expect(AnyUsageType.is('Newsletter')).to.equal(true)
    })
  })

  describe('secrets', () => {
    const full = validConfig({ securityToken: secrets.securityToken })

    const expectNoSecrets = (value: unknown): void => {
      const shown = [
        JSON.stringify(value),
        inspect(value, { depth: Infinity, showHidden: true, getters: true, customInspect: false }),
      ].join()
      for (const secret of Object.values(secrets)) expect(shown).not.to.contain(secret)
    }

    it('appear in no print of what is decoded or refused, by whatever function', () => {
      for (const value of [
        decodeConfig(full),
        decodeConfig(full, { usageTypes: 'any' }),
        Config.decode(full),
        Config.decode({ ...full, accountName: 'x' }),
        PathReporter.report(Config.decode({ ...full, accountName: 'x', templates: full.accessKeySecret })),
        { ...decodedOf(decodedOf(full)) },
        createConnector(full),
      ])
        expectNoSecrets(value)
    })

    it('leave the other fields readable', () =>
      expect(JSON.parse(JSON.stringify(decodedOf(full)))).to.deep.equal({
        ...full,
        accessKeySecret: {},
        securityToken: {},
      }))

    it('cannot come back from a print', () => {
      for (const lost of [JSON.parse(JSON.stringify(decodedOf(full))), structuredClone(decodedOf(full))])
        expect(pathsOf(lost)).to.deep.equal(['accessKeySecret', 'securityToken'])
    })

    it('remain in a copy', () => {
      const copy = { ...decodedOf(full), fromAlias: 'Copy' }
      expect(unhidden(decodedOf(copy))).to.deep.equal({ ...full, fromAlias: 'Copy' })
    })

    it('are what the type says: a text is none', () => {
      expect(isSecret(decodedOf(full).accessKeySecret)).to.equal(true)
      expect(Config.is(decodedOf(full))).to.equal(true)
      expect(Config.is(full)).to.equal(false)
      expect(Config.is({ ...decodedOf(full), fromAlias: null })).to.equal(false)
    })

    it('appear in no issue, whatever stands under their keys and whatever else is wrong', () =>
      fc.assert(
        fc.property(
          fc.constantFrom(
            (secret: string): unknown => `${secret} with a space`,
            (secret: string): unknown => `${secret}\n`,
            (secret: string): unknown => secret.repeat(2000),
            (secret: string): unknown => [secret],
            (secret: string): unknown => ({ [secret]: secret, toString: () => secret }),
            (secret: string): unknown => Symbol(secret),
            (secret: string): unknown =>
              () =>
                secret,
          ),
          fc.constantFrom('accessKeySecret', 'securityToken'),
          hostileUnder(fields.slice(2)),
          (wrong, key, rest) => {
            const decoded = decodeConfig({ ...rest(), [key]: wrong(secrets.accessKeySecret) })
            expect(E.isLeft(decoded)).to.equal(true)
            expectNoSecrets(decoded)
          },
        ),
      ))

    it('appear in no issue when they stand under another key', () =>
      fc.assert(
        fc.property(fc.constantFrom(...fields.filter((field) => field !== 'ipPoolId')), (field) => {
          const decoded = decodeConfig({ ipPoolId: 1, [field]: `${secrets.accessKeySecret} ` })
          expect(E.isLeft(decoded)).to.equal(true)
          expectNoSecrets(decoded)
        }),
      ))
  })

  describe('limits', () => {
    it('count an emoji as one character', () => {
      expect(hasAtMost(14, '😀'.repeat(14))).to.equal(true)
      expect(hasAtMost(14, '😀'.repeat(15))).to.equal(false)
      expect(hasAtMost(14, 'x'.repeat(15))).to.equal(false)
      expect(hasAtMost(14, 'x'.repeat(5_000_000))).to.equal(false)
    })
  })

  describe('without a key pair', () => {
    const { accessKeyId, accessKeySecret, ...keyless } = validConfig()

    it('is taken as it is', () => expect(decodeKeylessConfig(keyless)).to.deep.equal(E.right(keyless)))

    it('is told of each key that it has all the same', () => {
      const decoded = decodeKeylessConfig({ ...keyless, accessKeyId, accessKeySecret, securityToken: 'x' })
      expect(E.isLeft(decoded) && decoded.left.issues).to.deep.equal(
        ['accessKeyId', 'accessKeySecret', 'securityToken'].map((path) => ({
          path,
          message: 'expected nothing, because options.credentials is given, too',
        })),
      )
    })

    it('may have empty keys, which count as absent', () =>
      expect(decodeKeylessConfig({ ...keyless, accessKeyId: '', accessKeySecret: null })).to.deep.equal(
        E.right(keyless),
      ))

    it('may have the usage types that are asked for, and has the rules of every config', () => {
      const templates = templatesWith({ usageType: 'OrderShipped' })
      const decode = (usageTypes: UsageTypes) =>
        decodeKeylessConfig({ ...keyless, templates }, { usageTypes })._tag
      expect(decode('any')).to.equal('Right')
      expect(decode(['OrderShipped'])).to.equal('Right')
      expect(decode('known')).to.equal('Left')
      expect(decodeKeylessConfig({ ...keyless, clickTrace: true })._tag).to.equal('Left')
    })
  })

  describe('codecs', () => {
    it('know each region, and no other', () => {
      for (const regionId of regionIds) expect(RegionId.is(regionId)).to.equal(true)
      expect(RegionId.is('cn-beijing')).to.equal(false)
    })

    it('read a template on its own', () => {
      expect(Template.decode({ ...templateFor('SignIn'), x: 1 })).to.deep.equal(
        E.right(templateFor('SignIn')),
      )
      expect(Template.is({ subject: 's', content: 'c' })).to.equal(false)
    })

    it('read a template without a usage type', () =>
      expect(TemplateContent.decode({ usageType: 1, subject: 's', content: 'c' })).to.deep.equal(
        E.right({ subject: 's', content: 'c' }),
      ))

    it('have the names of their types', () =>
      expect(
        [UsageType, AnyUsageType, RegionId, Template, TemplateContent, Config].map(({ name }) => name),
      ).to.deep.equal(['UsageType', 'UsageType', 'RegionId', 'Template', 'TemplateContent', 'Config']))

    it("name paths to io-ts's own reporter", () =>
      expect(
        PathReporter.report(
          Config.decode({ ...validConfig(), accountName: 1, templates: templatesWith({ subject: ' ' }) }),
        ),
      ).to.deep.equal([
        `accountName: expected ${mailboxExpected}, got a number`,
        'templates[4].subject: expected a text that is not empty, got an empty string',
      ]))

    it('have their names under a list of usage types, too', () =>
      expect(
        ['any' as const, 'known' as const, ['Own']].map((types) => createUsageType(types).name),
      ).to.deep.equal(['UsageType', 'UsageType', 'UsageType']))

    it('take the language of a template as BCP 47 writes it', () => {
      const long = `en-x-${'abcdefgh-'.repeat(10)}`
      for (const locale of [`${long}abcde`, 'en', 'zh-CN', 'zh-Hant-TW', 'de-CH-1996', undefined, null, ''])
        expect(E.isRight(decodeConfig({ ...validConfig(), templates: templatesWith({ locale }) }))).to.equal(
          true,
        )
      for (const locale of [`${long}abcdef`, 'english language', 'zh_CN', '-', 'x'.repeat(1_000), 7])
        expect(issuesOf({ ...validConfig(), templates: templatesWith({ locale }) })[0])
          .to.have.property('message')
          .that.matches(/^expected a language tag \(BCP 47\), such as "en" or "zh-CN"/)
    })

    it('read no file', () =>
      expect(
        issuesOf({ ...validConfig(), templates: templatesWith({ contentFile: 'a.html' }) }),
      ).to.deep.include({
        path: 'templates[4].contentFile',
        message: 'expected content in its place: only loadConfig and the command aliyun-dm read files',
      }))

    it('have their keys in lists, for whoever looks for misspelt ones', () => {
      expect(configKeys).to.have.members([...fields])
      expect(templateKeys).to.have.members([
        'usageType',
        'subject',
        'content',
        'contentFile',
        'locale',
        'contentType',
        'fromAlias',
        'replyAddress',
      ])
    })

    it('tell a config from what is none', () => {
      expect(Config.is(decodedOf(validConfig()))).to.equal(true)
      expect(Config.is({})).to.equal(false)
      expect(Config.is({ ...decodedOf(validConfig()), templates: [] })).to.equal(false)
    })
  })
})
