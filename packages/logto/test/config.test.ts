import { inspect } from 'node:util'
import builtIn from '@logto/connector-aliyun-dm'
import { expect } from 'chai'
import fc from 'fast-check'
import type { z } from 'zod'
import { configGuard, prepareConfig } from '../src/config.js'
import type { Environment } from '../src/environment.js'
import { agreedDifferences } from './differences.js'
import { config, requiredTypes, makeTemplate } from './support.js'

const findIssues = (input: unknown): ReadonlyArray<z.ZodIssue> =>
  configGuard.safeParse(input).error?.issues ?? []

const findPaths = (input: unknown): ReadonlyArray<string> =>
  findIssues(input).map(({ path }) => path.join('.'))

describe('configGuard', () => {
  it('takes the config of the tests, and gives it back as it was', () => {
    const input = { ...config, further: { key: 1 } }
    expect(configGuard.parse(input)).to.equal(input)
  })

  it('gives an issue for everything that is wrong, with the path to it', () => {
    const templates = config.templates.map((template, index) =>
      index === 2 ? { ...template, subject: 42 } : template,
    )
    const wrong = { ...config, accountName: 'nobody', regionId: 'cn-hangzou', templates }
    expect(findIssues(wrong).map(({ path }) => path)).to.have.deep.members([
      ['accountName'],
      ['regionId'],
      ['templates', 2, 'subject'],
    ])
    expect(findIssues(wrong).find(({ path }) => path[0] === 'regionId')?.message).to.include('"cn-hangzhou"')
  })

  it('names the required usage types that have no template', () => {
    const issues = findIssues({ ...config, templates: config.templates.slice(0, 2) })
    expect(issues).to.have.length(1)
    expect(issues[0]?.message).to.include('ForgotPassword, Generic')
  })

  it('never repeats a secret', () => {
    const { error } = configGuard.safeParse({ ...config, accessKeySecret: 'a secret with blanks' })
    expect(JSON.stringify(error)).to.not.include('a secret with blanks')
  })

  const accepted: ReadonlyArray<readonly [string, object]> = [
    ['keys that nobody knows', { accessKey: 'x', extra: { deep: [1] } }],
    ['custom usage types', { templates: [...config.templates, makeTemplate('Newsletter')] }],
    [
      'usage types that nobody can ask for',
      { templates: [...config.templates, makeTemplate(''), makeTemplate('a b')] },
    ],
    [
      'templates that were left empty',
      { templates: config.templates.map((template) => ({ ...template, subject: '', content: '\n' })) },
    ],
    ['two templates of one type', { templates: [...config.templates, ...config.templates] }],
    ['keys with blanks around them', { accessKeyId: ' id\n', accessKeySecret: '\tsecret ' }],
    ['optional fields that the form left empty', { regionId: '', fromAlias: '', tagName: null }],
  ]
  for (const [what, change] of accepted)
    it(`takes ${what}`, () => expect(findPaths({ ...config, ...change })).to.deep.equal([]))

  for (const input of [undefined, null, 42, 'config', [], () => config])
    it(`refuses ${inspect(input)}`, () => expect(configGuard.safeParse(input).success).to.equal(false))

  it('refuses, and does not throw for, what cannot be read', () => {
    const hostile = {
      ...config,
      get accountName(): string {
        throw new Error('no')
      },
    }
    expect(findPaths(hostile)).to.deep.equal(['accountName'])
  })
})

describe('prepareConfig', () => {
  const prepare = (change: object, environment: Environment = {}) =>
    prepareConfig({ ...config, ...change }, environment)
  const template = (usageType: unknown, rest: object = {}) => ({
    usageType,
    subject: 's',
    content: 'c',
    ...rest,
  })

  it('leaves alone what there is nothing to do about', () => {
    expect(prepare({}).config).to.deep.equal(config)
    for (const input of [null, [], 'text', { templates: 1 }]) {
      const prepared = prepareConfig(input, {})
      expect(prepared.config).to.deep.equal(input)
      expect(prepared.isBlank('SignIn')).to.equal(false)
    }
    const { config: strange } = prepare({ templates: [1, null, [], 'text'] })
    expect(strange).to.deep.include({ templates: [1, null, [], 'text'] })
  })

  it('leaves what cannot be read as it is', () => {
    const hostile = {
      get templates(): never {
        throw new Error('no')
      },
    }
    const prepared = prepareConfig(hostile, {})
    expect(prepared.config).to.equal(hostile)
    expect(prepared.isBlank('SignIn')).to.equal(false)
  })

  it('trims what is pasted, and only that', () => {
    const padded = {
      accessKeyId: ' id\n',
      accessKeySecret: '\tsecret ',
      securityToken: ' token ',
      accountName: ' a@example.com ',
      fromAlias: ' Acme ',
    }
    expect(prepare(padded).config).to.deep.include({
      accessKeyId: 'id',
      accessKeySecret: 'secret',
      securityToken: 'token',
      accountName: 'a@example.com',
      fromAlias: ' Acme ',
    })
    expect(prepare({ accessKeyId: 1 }).config).to.include({ accessKeyId: 1 })
  })

  it('leaves out the key pair beside the credentials of the machine', () => {
    const prepared = prepare({ securityToken: 't' }, { credentials: 'default' }).config
    expect(prepared).to.not.have.any.keys('accessKeyId', 'accessKeySecret', 'securityToken')
    expect(prepared).to.include({ accountName: config.accountName })
  })

  it('fills what is empty, and gives a name to what has none', () => {
    const { config: prepared } = prepare({
      templates: [
        template('SignIn', { subject: '', content: ' \n' }),
        template('a b', { subject: 1 }),
        template(''),
        template('x'.repeat(128)),
        template('x'.repeat(129)),
        template(1),
      ],
    })
    expect(prepared).to.deep.include({
      templates: [
        template('SignIn', { subject: '-', content: '-' }),
        template('(unnamed)', { subject: 1 }),
        template('(unnamed)'),
        template('x'.repeat(128)),
        template('(unnamed)'),
        template(1),
      ],
    })
  })

  describe('knows that a template is empty', () => {
    const cases: ReadonlyArray<
      readonly [what: string, templates: ReadonlyArray<unknown>, usageType: string, isBlank: boolean]
    > = [
      ['without a subject', [template('SignIn', { subject: ' ' })], 'SignIn', true],
      ['without content', [template('SignIn', { content: '' })], 'SignIn', true],
      ['not with both', [template('SignIn')], 'SignIn', false],
      ['not where it is no text', [template('SignIn', { subject: 1, content: null })], 'SignIn', false],
      ['that stands in', [template('Generic', { content: '' })], 'BindMfa', true],
      [
        'that stands in, but not for one of its own',
        [template('Generic', { content: '' }), template('SignIn')],
        'SignIn',
        false,
      ],
      ['not where there is none', [null, template('SignIn', { content: '' })], 'BindMfa', false],
      ['the first of several', [template('SignIn'), template('SignIn', { content: '' })], 'SignIn', false],
      ...[undefined, null, ''].map(
        (locale) =>
          [
            `one without a language (${String(locale)}) before the others`,
            [template('SignIn', { locale: 'en' }), template('SignIn', { locale, content: '' })],
            'SignIn',
            true,
          ] as const,
      ),
      [
        'the first where all have a language',
        [template('SignIn', { locale: 'en' }), template('SignIn', { locale: 'zh', content: '' })],
        'SignIn',
        false,
      ],
    ]
    for (const [what, templates, usageType, isBlank] of cases)
      it(what, () => expect(prepare({ templates }).isBlank(usageType)).to.equal(isBlank))
  })
})

// ------------------------------------------------------------------------------------------------------------
// Beside the guard of the built-in connector
// ------------------------------------------------------------------------------------------------------------

/** The names of DirectMail's regions, and whatever else somebody may have put there. */
const regionId = fc.constantFrom(
  'cn-hangzhou',
  'ap-southeast-1',
  'ap-southeast-2',
  'eu-central-1',
  'us-east-1',
  'cn-beijing',
  '',
)

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '\n', '{{code}}', '__proto__', 'a'.repeat(300)) },
)

const orAnything = <A>(arbitrary: fc.Arbitrary<A>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 30, arbitrary }, { weight: 1, arbitrary: fc.anything() })

const template = fc.record(
  {
    usageType: orAnything(fc.oneof(fc.constantFrom(...requiredTypes, 'MfaVerification', 'Custom'), text)),
    subject: orAnything(text),
    content: orAnything(text),
    contentType: fc.oneof(fc.constantFrom('text/html', 'text/plain'), fc.anything()),
    extra: fc.anything(),
  },
  { requiredKeys: ['usageType', 'subject', 'content'] },
)

const templates = fc
  .tuple(fc.array(template, { maxLength: 6 }), fc.subarray(requiredTypes, { minLength: 2 }))
  .map(([some, types]) => [...types.map(makeTemplate), ...some])

const address = fc.oneof(fc.emailAddress(), fc.constantFrom('no-reply@mail.example.com', ' a@b.com\n'), text)

/** What somebody may have saved for the built-in connector, right and wrong. */
const anyConfig = fc.record(
  {
    accessKeyId: orAnything(text),
    accessKeySecret: orAnything(text),
    accountName: orAnything(address),
    templates: fc.oneof({ weight: 20, arbitrary: templates }, { weight: 1, arbitrary: fc.anything() }),
    regionId: orAnything(regionId),
    fromAlias: orAnything(text),
    tagName: text,
    clickTrace: fc.oneof(fc.boolean(), fc.anything()),
    replyAddress: address,
    extra: fc.anything(),
  },
  { requiredKeys: ['accessKeyId', 'accessKeySecret', 'accountName', 'templates'] },
)

/** A config with which the built-in connector really sends mails. */
const workingConfig = fc.record(
  {
    accessKeyId: fc.stringMatching(/^LTAI[A-Za-z0-9]{12,20}$/),
    accessKeySecret: fc.stringMatching(/^[A-Za-z0-9]{30}$/),
    accountName: fc.stringMatching(/^[a-z0-9]([a-z0-9_.-]?[a-z0-9]){0,9}@[a-z0-9]{1,8}\.example\.com$/),
    templates: fc
      .array(
        fc.record(
          {
            usageType: fc.oneof(fc.constantFrom('Custom', 'MfaVerification'), text),
            subject: text,
            content: text,
            type: text,
          },
          { requiredKeys: ['usageType', 'subject', 'content'] },
        ),
        { maxLength: 4 },
      )
      .map((more) => [...config.templates, ...more]),
    regionId: fc.constantFrom('cn-hangzhou', 'ap-southeast-1', 'ap-southeast-2', 'eu-central-1', 'us-east-1'),
    fromAlias: fc.string({ maxLength: 14 }),
    endpoint: text,
    extra: fc.jsonValue(),
  },
  { requiredKeys: ['accessKeyId', 'accessKeySecret', 'accountName', 'templates'] },
)

describe('configGuard beside that of the built-in connector', () => {
  const builtInGuard = async () => {
    const { configGuard: guard } = await builtIn({ getConfig: () => Promise.resolve({}) })
    return guard
  }

  it('takes whatever the other takes, but for the agreed differences', async () => {
    const guard = await builtInGuard()
    const seen = new Set<string>()
    fc.assert(
      fc.property(anyConfig, (input) => {
        if (!guard.safeParse(input).success) return
        for (const issue of findIssues(input)) {
          const difference = agreedDifferences.find(({ explains }) => explains(issue, input))
          expect(difference, `${issue.path.join('.')}: ${issue.message}`).to.not.equal(undefined)
          seen.add(difference?.id ?? '')
        }
      }),
      { numRuns: 3_000 },
    )
    expect([...seen]).to.have.members(agreedDifferences.map(({ id }) => id))
  })

  it('takes every config with which the other sends mails', async () => {
    const guard = await builtInGuard()
    fc.assert(
      fc.property(workingConfig, (input) => {
        expect(guard.safeParse(input).success).to.equal(true)
        expect(findPaths(input)).to.deep.equal([])
      }),
      { numRuns: 1_000 },
    )
  })
})
