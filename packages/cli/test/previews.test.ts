import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import { describeAsked, listHeaders, type Previews, renderPreviews } from '../src/previews.js'
import { noVariables, type Variables } from '../src/variables.js'
import { config, requiredTemplates, template } from './support/files.js'

const code = { code: '1' } as Variables

const render = (input: unknown, wanted: Partial<Parameters<typeof renderPreviews>[1]> = {}): Previews => {
  const previews = renderPreviews(input, { var: code, ...wanted })
  if (E.isLeft(previews)) throw new Error(previews.left.message)
  return previews.right
}

const asked = (previews: Previews): ReadonlyArray<string> => previews.rendered.map(describeAsked)

describe('renderPreviews', () => {
  it('renders the mail of every usage type, in the order of the file', () => {
    const { rendered, failed } = render(config())
    expect(failed).to.deep.equal([])
    expect(rendered.map(({ usageType }) => usageType)).to.deep.equal([
      'Register',
      'SignIn',
      'ForgotPassword',
      'Generic',
    ])
    expect(rendered[0]).to.deep.equal({
      usageType: 'Register',
      locale: undefined,
      missing: [],
      mail: {
        usageType: 'Register',
        to: 'you@example.com',
        accountName: 'no-reply@mail.example.com',
        replyToAddress: false,
        subject: 'Your code',
        contentType: 'text/html',
        body: '<p>1</p>',
      },
    })
  })

  it('names the placeholders without a value, and leaves them as written', () => {
    const [first] = render(config(), { var: noVariables }).rendered
    expect(first)
      .to.deep.include({ missing: ['code'] })
      .and.to.have.nested.property('mail.body', '<p>{{code}}</p>')
  })

  it('says what cannot be rendered, and renders the others', () => {
    const templates = [...requiredTemplates(), template('BindMfa', 'x', { subject: 's'.repeat(257) })]
    const { rendered, failed } = render(config({ templates }))
    expect(rendered).to.have.length(4)
    expect(failed).to.have.length(1)
    expect(failed[0]).to.deep.include({ usageType: 'BindMfa', locale: undefined })
    expect(failed[0]?.error._tag).to.equal('InvalidMessage')
  })

  it('says what is wrong with a config', () => {
    for (const input of [null, [], { templates: 1 }, { templates: [null] }])
      expect(renderPreviews(input, { var: code })).to.have.nested.property('left._tag', 'InvalidConfig')
  })

  describe('asks for', () => {
    const translated = config({
      templates: [
        ...requiredTemplates().slice(0, 2),
        template('ForgotPassword', 'x', { locale: '' }),
        template('Generic', 'en', { locale: 'en' }),
        template('Generic', 'zh', { locale: 'zh-CN' }),
        template('Generic', 'zh again', { locale: 'zh-CN' }),
        template('Generic', 'any'),
      ],
    })
    const cases: ReadonlyArray<readonly [what: string, wanted: object, expected: ReadonlyArray<string>]> = [
      [
        'every language of every type',
        {},
        ['Register', 'SignIn', 'ForgotPassword', 'Generic (en)', 'Generic (zh-CN)', 'Generic'],
      ],
      ['the languages of one type', { type: 'Generic' }, ['Generic (en)', 'Generic (zh-CN)', 'Generic']],
      [
        'those of Generic where a type has none',
        { type: 'BindMfa' },
        ['BindMfa (en)', 'BindMfa (zh-CN)', 'BindMfa'],
      ],
      ['one language', { type: 'Generic', locale: 'zh' }, ['Generic (zh)']],
      [
        'one language of every type',
        { locale: 'zh' },
        ['Register (zh)', 'SignIn (zh)', 'ForgotPassword (zh)', 'Generic (zh)'],
      ],
    ]
    for (const [what, wanted, expected] of cases)
      it(what, () => expect(asked(render(translated, wanted))).to.deep.equal(expected))
  })
})

describe('listHeaders', () => {
  const mail = {
    usageType: 'Generic',
    to: 'ann@example.com',
    accountName: 'no-reply@mail.example.com',
    replyToAddress: false,
    subject: 'Hi',
    contentType: 'text/html',
    body: '',
  } as const

  it('lists what stands above a mail', () => {
    expect(listHeaders(mail)).to.deep.equal([
      ['From', 'no-reply@mail.example.com'],
      ['Subject', 'Hi'],
      ['Body', 'HTML'],
    ])
    expect(
      listHeaders({
        ...mail,
        fromAlias: 'Acme',
        replyAddress: 'help@example.com',
        contentType: 'text/plain',
      }),
    ).to.deep.equal([
      ['From', 'Acme <no-reply@mail.example.com>'],
      ['Reply to', 'help@example.com'],
      ['Subject', 'Hi'],
      ['Body', 'plain text'],
    ])
  })
})
