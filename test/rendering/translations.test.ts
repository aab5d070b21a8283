import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import sinon from 'sinon'
import type { UsageType } from '../../lib/config/usage-type.js'
import { createConnector } from '../../lib/connector.js'
import { decodeMessage } from '../../lib/rendering/message.js'
import { render } from '../../lib/rendering/render.js'
import { createTranslations } from '../../lib/rendering/translations.js'
import { polluting, templateFor, validConfig, validMessage } from '../support/arbitraries.js'
import { left, right } from '../support/either.js'

/** Which of the languages is chosen; `-` stands for a text without one. */
const choose = (languages: string, locale?: string): string | undefined =>
  createTranslations(
    languages.split(' ').map((value) => ({ value, locale: value === '-' ? undefined : value })),
  ).choose(locale)

describe('translations', () => {
  const cases: ReadonlyArray<readonly [languages: string, locale: string | undefined, chosen: string]> = [
    ['en zh-CN', 'zh-CN', 'zh-CN'],
    ['en zh-CN', 'zh-Hans-CN', 'zh-CN'],
    ['en zh-CN', 'zh', 'zh-CN'],
    ['zh-CN zh-TW', 'zh-HK', 'zh-TW'],
    ['de en-US', 'en-GB', 'en-US'],
    ['en pt-PT', 'pt-BR', 'pt-PT'],
    ['en de', 'de-AT', 'de'],
    ['en no', 'nb', 'no'],
    // Where none fits: the one without a language, else the first.
    ['en zh-CN -', 'fr', '-'],
    ['en zh-CN', 'fr', 'en'],
    ['en zh-CN', 'zh-TW', 'en'],
    ['en zh-CN -', undefined, '-'],
    ['zh-CN en', undefined, 'zh-CN'],
    ['-', 'zh-CN', '-'],
  ]
  for (const [languages, locale, chosen] of cases)
    it(`of ${languages} are ${chosen} for ${locale ?? 'nobody in particular'}, also when asked again`, () => {
      const { choose: ask } = createTranslations(
        languages.split(' ').map((value) => ({ value, locale: value === '-' ? undefined : value })),
      )
      expect([ask(locale), ask(locale)]).to.deep.equal([chosen, chosen])
    })

  it('are none where there is none', () => expect(createTranslations([]).choose('en')).to.equal(undefined))

  it('of two in one language are the first', () =>
    expect(
      createTranslations([
        { locale: 'en', value: 1 },
        { locale: 'en', value: 2 },
      ]).choose('en'),
    ).to.equal(1))

  it('are right for more languages than are remembered', () => {
    const { choose: ask } = createTranslations([{ value: 'x' }, { locale: 'en', value: 'en' }])
    for (let number = 0; number <= 1_000; number += 1)
      expect(ask(`en-GB-u-nu-a${String(number).padStart(4, '0')}`)).to.equal('en')
    expect([ask('ja'), ask('en-GB')]).to.deep.equal(['x', 'en'])
  })

  it('are looked for once for each language, of which the last thousand are remembered', () => {
    const { choose: ask } = createTranslations([{ locale: 'en', value: 'en' }])
    const [looked, forgotten] = [sinon.spy(Intl, 'getCanonicalLocales'), sinon.spy(Map.prototype, 'clear')]
    try {
      ask('en-GB')
      const once = looked.callCount
      expect(once).to.be.greaterThan(0)
      ask('en-GB')
      expect(looked.callCount).to.equal(once)
      for (let number = 1; number < 1_000; number += 1) ask(`en-x-${number}`)
      expect(forgotten.called).to.equal(false)
      ask('en-x-1000')
      expect(forgotten.callCount).to.equal(1)
    } finally {
      looked.restore()
      forgotten.restore()
    }
  })

  it('do not depend on the order in which they stand, where one fits', () =>
    expect([choose('en zh-CN', 'zh-SG'), choose('zh-CN en', 'zh-SG')]).to.deep.equal(['zh-CN', 'zh-CN']))
})

describe('a config in two languages', () => {
  const say = (usageType: UsageType, locale: string | undefined, subject: string) => ({
    ...templateFor(usageType),
    locale,
    subject,
  })
  const config = {
    ...validConfig(),
    templates: [
      ...validConfig().templates.filter(({ usageType }) => usageType !== 'SignIn' && usageType !== 'Generic'),
      say('SignIn', 'en', 'Sign in'),
      say('SignIn', 'zh-CN', '登录'),
      say('Generic', 'en', 'Your code'),
      say('Generic', 'zh-CN', '验证码'),
    ],
  }
  const { preview } = right(createConnector(config))
  const subject = (message: object): string =>
    // The tests ask with languages and types as a caller without types may.
    right(preview({ ...validMessage(), ...message })).subject

  it('writes to each in their own', () =>
    expect([
      subject({ type: 'SignIn' }),
      subject({ type: 'SignIn', locale: 'en-GB' }),
      subject({ type: 'SignIn', locale: 'zh-Hans' }),
      subject({ type: 'SignIn', locale: 'fr' }),
    ]).to.deep.equal(['Sign in', 'Sign in', '登录', 'Sign in']))

  it('chooses among those that stand in for a type', () =>
    expect([subject({ type: 'BindMfa', locale: 'zh' }), subject({ type: 'BindMfa' })]).to.deep.equal([
      '验证码',
      'Your code',
    ]))

  it('takes no template of another type because of its language', () => {
    const { subject: chosen } = right(
      preview({ to: 'ann@example.com', type: 'Register', payload: { code: '1' }, locale: 'zh-CN' }),
    )
    expect(chosen).to.equal(
      right(preview({ to: 'ann@example.com', type: 'Register', payload: { code: '1' } })).subject,
    )
  })

  it('refuses a language that is none, and names it', () => {
    const message = { ...validMessage(), locale: 'zh_CN' }
    const issue = { path: 'locale', message: 'expected a language tag (BCP 47), such as "en" or "zh-CN"' }
    expect(left(decodeMessage(message))).to.have.nested.property('issues[0].path', issue.path)
    const { issues } = { issues: undefined, ...left(preview(message as Parameters<typeof preview>[0])) }
    expect(issues).to.deep.equal([issue])
  })

  it('takes an empty language, and null, for none', () => {
    for (const locale of ['', null]) expect(subject({ type: 'SignIn', locale })).to.equal('Sign in')
  })

  it('takes no language from a polluted prototype', () =>
    polluting({ locale: 'zh-CN' }, () => {
      const mail = render(config)({
        to: 'ann@example.com',
        type: 'SignIn',
        payload: { code: '1' },
      })
      expect(E.isRight(mail) && mail.right.subject).to.equal('Sign in')
    }))
})
