/**
 * What a config is warned of, and what it is not.
 */
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import { parseJson } from '../../src/json.js'
import { findWarnings } from '../../src/warnings/find-warnings.js'
import type { Warning } from '../../src/warnings/warning.js'
import { config, requiredTemplates, template } from '../support/files.js'

const warn = (input: unknown): ReadonlyArray<Warning> => {
  const source = parseJson(typeof input === 'string' ? input : JSON.stringify(input))
  if (E.isLeft(source)) throw new Error(source.left.message)
  return findWarnings(source.right.value, source.right)
}

/** A config whose first template is this one. */
const withTemplate = (content: string, rest: object = {}): object =>
  config({ templates: [template('Register', content, rest), ...requiredTemplates().slice(1)] })

describe('findWarnings', () => {
  it('has nothing to say about a good config, or about what is none', () => {
    for (const input of [config(), null, [], 1, { templates: 1 }, { templates: [null, 1, {}] }])
      expect(warn(input)).to.deep.equal([])
  })

  describe('warns of', () => {
    type Expected = Partial<Warning>
    const cases: ReadonlyArray<readonly [name: string, input: unknown, warning: Expected]> = [
      [
        'a region that is closed to new use',
        config({ regionId: 'ap-southeast-2' }),
        { code: 'config/region-closed', path: 'regionId' },
      ],
      [
        'a verification template without a code',
        withTemplate('<p>Hello</p>'),
        { code: 'template/no-code', path: 'templates[0].content' },
      ],
      [
        'an invitation without a link',
        config({ templates: [template('OrganizationInvitation', 'Join us')] }),
        { code: 'template/no-link', path: 'templates[0].content' },
      ],
      [
        'a placeholder that looks misspelt',
        withTemplate('{{code}} {{aplication.name}}'),
        {
          code: 'placeholder/misspelt',
          path: 'templates[0].content',
          index: 9,
          message: '{{aplication.name}} looks misspelt; did you mean {{application.name}}?',
        },
      ],
      [
        'letters that changed places',
        withTemplate('{{code}} {{cdoe}}'),
        { message: '{{cdoe}} looks misspelt; did you mean {{code}}?' },
      ],
      [
        'a placeholder with one brace',
        withTemplate('{{code}} {link}'),
        { code: 'placeholder/braces', index: 9 },
      ],
      [
        'a placeholder with three braces',
        withTemplate('{{{code}}}'),
        { code: 'placeholder/braces', index: 0 },
      ],
      [
        'a link over plain http',
        withTemplate('{{code}} <a href="http://shop.example.com/path?x">shop</a>'),
        {
          code: 'mail/plain-http',
          index: 18,
          message: 'a link to http://shop.example.com is not encrypted; use https',
        },
      ],
      [
        'a second template for a usage type',
        config({ templates: [...requiredTemplates(), template('SignIn')] }),
        { code: 'template/unused', path: 'templates[4]' },
      ],
      [
        'a misspelt key',
        config({ fromAllias: 'x' }),
        {
          code: 'key/unknown',
          path: 'fromAllias',
          message: 'not a key of the config, and ignored; did you mean "fromAlias"?',
        },
      ],
      [
        'a key that is like none of the known, whose name it does not repeat',
        withTemplate('{{code}}', { sEcReT: 'x' }),
        {
          code: 'key/unknown',
          path: 'templates[0]',
          key: 'sEcReT',
          message: 'has a key that the config does not know, and ignores',
        },
      ],
      [
        'a key that is written twice',
        JSON.stringify(config()).replace('{', '{"accountName": "x",'),
        { code: 'key/duplicate', path: 'accountName' },
      ],
    ]
    for (const [name, input, warning] of cases)
      it(name, () => {
        const found = warn(input)
        expect(found).to.have.length(1)
        expect(found[0]).to.include(warning)
      })
  })

  const types: ReadonlyArray<readonly [usageType: string, essential: string]> = [
    ['Register', 'code'],
    ['SignIn', 'code'],
    ['ForgotPassword', 'code'],
    ['Generic', 'code'],
    ['OrganizationInvitation', 'link'],
    ['UserPermissionValidation', 'code'],
    ['BindNewIdentifier', 'code'],
    ['MfaVerification', 'code'],
    ['BindMfa', 'code'],
  ]
  for (const [usageType, essential] of types)
    it(`expects a ${essential} in the mail for ${usageType}`, () => {
      const of = (content: string) =>
        warn({ templates: [template(usageType, content)] }).map(({ code }) => code)
      expect(of(`{{${essential}}}`)).to.deep.equal([])
      expect(of('x')).to.deep.equal([`template/no-${essential}`])
    })

  it('says what a mail without its code or link is', () => {
    const messages = ['SignIn', 'OrganizationInvitation'].map(
      (usageType) => warn({ templates: [template(usageType, 'x')] })[0]?.message,
    )
    expect(messages).to.deep.equal([
      'has no {{code}}, so whoever gets this mail gets no verification code',
      'has no {{link}}, so whoever is invited has nothing to follow',
    ])
  })

  it('expects nothing of a template without content, or of a type that it does not know', () => {
    expect(warn({ templates: [{ usageType: 'SignIn', subject: 'x' }, template('Own', 'x')] })).to.deep.equal(
      [],
    )
  })

  it('takes a code in the subject for one', () =>
    expect(warn({ templates: [template('SignIn', 'x', { subject: '{{code}}' })] })).to.deep.equal([]))

  describe('looks at braces', () => {
    const cases: ReadonlyArray<readonly [content: string, index?: number]> = [
      ['{{code}', 0],
      ['{code}}', 0],
      ['a {{code} b', 2],
      ['{{code}}}', 0],
      ['{ application.name }', 0],
      ['{applicationxname}'],
      ['{{ code }}'],
      ['{code'],
      ['{{code}x'],
      ['{{code}.'],
      ['{{code}:'],
      ['{{code}!', 0],
      ['{{link} {code}', 0],
    ]
    for (const [content, index] of cases)
      it(content, () => {
        const found = warn({ templates: [template('Own', content)] })
        expect(found[0]?.index).to.equal(index)
        if (index !== undefined) expect(found[0]?.code).to.equal('placeholder/braces')
      })

    it('and says how a placeholder is written', () =>
      expect(warn({ templates: [template('Own', '{code}')] })[0]?.message).to.equal(
        'braces that do not match: a placeholder is written {{code}}',
      ))
  })

  it('names a misspelt placeholder once', () =>
    expect(warn(withTemplate('{{code}} {{cdoe}} {{cdoe}}'))).to.have.length(1))

  describe('looks at keys', () => {
    const found = (input: unknown) => warn(input).map(({ code, path, key }) => [code, path, key])
    const cases: ReadonlyArray<readonly [what: string, input: unknown, ...warnings: ReadonlyArray<unknown>]> =
      [
        ['unknown ones that stand twice', '{"qqqqqq": 1, "qqqqqq": 2}', ['key/unknown', '', 'qqqqqq']],
        ['with a sign in the middle', { qqqq$q: 1 }, ['key/unknown', '', 'qqqq$q']],
        ['that are no plain words', { 'from-alias': 1 }, ['key/unknown', '', 'from-alias']],
        ['with a sign before a word', { '-fromAlia': 1 }, ['key/unknown', '', '-fromAlia']],
        [
          'that are there beside the right one',
          { fromAlia: 1, fromAlias: 'x' },
          ['key/unknown', '', 'fromAlia'],
        ],
        [
          'of a template',
          { templates: [{ subjct: 'x' }] },
          ['key/unknown', 'templates[0].subjct', undefined],
        ],
        [
          'of a template that stand twice',
          '{"templates": [{"subject": "x", "subject": "y"}]}',
          ['key/duplicate', 'templates[0].subject', undefined],
        ],
      ]
    for (const [what, input, ...warnings] of cases)
      it(what, () => expect(found(input)).to.deep.equal(warnings))

    it('and says which one counts', () =>
      expect(warn('{"fromAlias": "x", "fromAlias": "y"}')[0]?.message).to.equal(
        'written more than once; this last one counts',
      ))
  })

  describe('looks at languages', () => {
    const of = (...templates: ReadonlyArray<readonly [usageType: string | undefined, locale?: unknown]>) =>
      warn({
        templates: templates.map(([usageType, locale]) => ({ usageType, locale, subject: 's' })),
      }).map(({ path, message }) => `${path} ${message}`)

    it('of a usage type that has two templates without one', () => {
      const used = 'templates[1] never used: templates[0] is for the same usage type and comes first'
      expect(of(['Own'], ['Own'])).to.deep.equal([used])
      expect(of(['Own', ''], ['Own', 1])).to.deep.equal([used])
    })

    it('of one that has two in the same, however it is written', () =>
      expect(of(['Own', 'zh-CN'], ['Own', 'ZH-cn'])).to.deep.equal([
        'templates[1] never used: templates[0] is for the same usage type and language and comes first',
      ]))

    it('of one that lacks some which others have', () =>
      expect(
        of(['A', 'zh-CN'], ['A', 'en'], ['B', 'EN'], ['C'], [undefined, 'fr'], [undefined, 'fr']),
      ).to.deep.equal([
        'templates[0] A has no template in fr, as other usage types have',
        'templates[2] B has no template in zh-CN, fr, as other usage types have',
        'templates[3] C has no template in zh-CN, en, fr, as other usage types have',
      ]))

    it('of none that have the same', () => expect(of(['A', 'en'], ['B', 'en'])).to.deep.equal([]))
  })

  it('says so in these words', () => {
    expect(warn({ regionId: 'ap-southeast-2' })[0]?.message).to.equal(
      'closed to new use: only an account that was set up there can send from it',
    )
    expect(warn({ fromAlias: '🎉', replyAddressAlias: '🎉', tagName: '🎉' })).to.deep.equal(
      ['fromAlias', 'replyAddressAlias'].map((path) => ({
        code: 'mail/alias-emoji',
        path,
        message: 'has an emoji, which some mail programs show as a box',
      })),
    )
  })

  it('does not take a document type, a namespace or a style sheet for a link or a placeholder', () => {
    const content =
      '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://www.w3.org/TR/xhtml1/DTD/x.dtd">' +
      '<html lang="en" xmlns="http://www.w3.org/1999/xhtml"><style>code {color:red} a{link:x}</style>{{code}}</html>'
    expect(warn(withTemplate(content))).to.deep.equal([])
  })

  it('does not wonder about keys that are meant for editors', () => {
    expect(warn(config({ $schema: './schema.json', _comment: 'ours' }))).to.deep.equal([])
  })
})
