/**
 * What a config is warned of, and what it is not.
 */
import { expect } from 'chai'
import { warningsOf } from '../src/warnings.js'
import { config, template } from './command.js'

const warningsFor = (input: unknown): ReadonlyArray<string> =>
  warningsOf(input).map(({ path, message }) => `${path}: ${message}`)

/** A config whose template for Register is this one. */
const withRegister = (content: string, rest: object = {}): object => {
  const { templates, ...others } = config()
  const [, ...most] = templates as ReadonlyArray<object>
  return { ...others, templates: [template('Register', content, rest), ...most] }
}

describe('warningsOf', () => {
  it('has nothing to say about a good config, or about what is none', () => {
    for (const input of [config(), null, [], 'x', { templates: 1 }, { templates: [null, 1, {}] }])
      expect(warningsFor(input)).to.deep.equal([])
  })

  describe('warns of', () => {
    const cases: ReadonlyArray<readonly [name: string, content: object, warning: string]> = [
      [
        'a verification template without a code',
        withRegister('<p>Hello</p>'),
        'templates[0].content: has no {{code}}, so whoever gets this mail gets no verification code',
      ],
      [
        'an invitation without a link',
        config({
          templates: (config()['templates'] as ReadonlyArray<{ readonly usageType: string }>).map((each) =>
            each.usageType === 'OrganizationInvitation' ? { ...each, content: 'Join us' } : each,
          ),
        }),
        'templates[4].content: has no {{link}}, so whoever is invited has nothing to follow',
      ],
      [
        'a placeholder that looks misspelt',
        withRegister('{{code}} {{aplication.name}}'),
        'templates[0].content: {{aplication.name}} looks misspelt; did you mean {{application.name}}?',
      ],
      [
        'letters that changed places',
        withRegister('{{code}} {{cdoe}}'),
        'templates[0].content: {{cdoe}} looks misspelt; did you mean {{code}}?',
      ],
      [
        'a placeholder with one brace',
        withRegister('{{code}} {link}'),
        'templates[0].content: braces that do not match: a placeholder is written {{link}}',
      ],
      [
        'a placeholder with three braces',
        withRegister('{{{code}}}'),
        'templates[0].content: braces that do not match: a placeholder is written {{code}}',
      ],
      [
        'an alias near the limit',
        config({ fromAlias: '一二三四五六七八九十一二三' }),
        'fromAlias: 13 characters long, near the limit: DirectMail takes at most 14',
      ],
      [
        'a link over plain http',
        withRegister('{{code}} <a href="http://shop.example.com/path?x">shop</a>'),
        'templates[0].content: a link to http://shop.example.com is not encrypted; use https',
      ],
      [
        'a second template for a usage type',
        config({ templates: [...(config()['templates'] as ReadonlyArray<object>), template('SignIn')] }),
        'templates[9]: never used: templates[1] is for the same usage type and comes first',
      ],
      [
        'a misspelt key',
        config({ fromAllias: 'x' }),
        'fromAllias: not a key of the config, and ignored; did you mean "fromAlias"?',
      ],
    ]
    for (const [name, content, warning] of cases)
      it(name, () => {
        expect(warningsFor(content)).to.deep.equal([warning])
      })

    it('usage types that fall back to Generic, and that an invitation cannot', () => {
      const templates = ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) =>
        template(usageType),
      )
      expect(warningsFor(config({ templates }))).to.deep.equal([
        'templates: no template for OrganizationInvitation, UserPermissionValidation, BindNewIdentifier, MfaVerification, BindMfa: their mails fall back to Generic (templates[3])',
        'templates[3].content: needs {{code}}, which an invitation does not have: give OrganizationInvitation a template with {{link}}',
      ])
    })
  })

  it('does not take a document type, a namespace or a style sheet for a link or a placeholder', () => {
    const content =
      '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://www.w3.org/TR/xhtml1/DTD/x.dtd">' +
      '<html xmlns="http://www.w3.org/1999/xhtml"><style>code {color:red} a{link:x}</style>{{code}}</html>'
    expect(warningsFor(withRegister(content))).to.deep.equal([])
  })
})
