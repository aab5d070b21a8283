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
