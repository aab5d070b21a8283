import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { decodeConfig } from '../lib/config.js'
import { type FormItem, type Localized, metadata } from '../lib/metadata.js'
import { regionIds } from './arbitraries.js'

const root = new URL('../', import.meta.url)

const item = (key: string): FormItem | undefined =>
  metadata.formItems.find((candidate) => candidate.key === key)

const texts = [
  metadata.name,
  metadata.description,
  ...metadata.formItems.flatMap((field) => [field.label, ...(field.description ? [field.description] : [])]),
  ...metadata.formItems.flatMap((field) =>
    field.kind === 'select' ? field.selectItems.map(({ title }) => title) : [],
  ),
]

/** What a form is worth that was filled in as its placeholders and defaults show. */
const filledIn = Object.fromEntries(
  metadata.formItems.map((field) => [
    field.key,
    field.key === 'accessKeyId'
      ? 'LTAItest'
      : field.kind === 'text' || field.kind === 'secret'
        ? field.placeholder
        : field.defaultValue,
  ]),
)

describe('metadata', () => {
  it('has the id and the target by which platforms know the connector', () =>
    expect(metadata).to.include({ id: 'aliyun-direct-mail', target: 'aliyun-dm', platform: null }))

  it('says everything in English and in Chinese', () => {
    for (const text of texts) {
      expect(text.en).to.match(/\S/)
      expect(text['zh-CN']).to.match(/\S/)
    }
  })

  it('has name and description in the same languages', () =>
    expect(Object.keys(metadata.name)).to.deep.equal(Object.keys(metadata.description)))

  it('has language tags that a browser takes', () => {
    for (const text of texts)
      expect(Intl.getCanonicalLocales(Object.keys(text))).to.deep.equal(Object.keys(text))
  })

  it('has a logo that is an SVG without scripts or anything from elsewhere', () => {
    const svg = readFileSync(new URL(metadata.logo, root), 'utf8')
    expect(svg).to.match(/^<svg [^]*<\/svg>\s*$/)
    expect(svg).not.to.match(/<script|href=|onload|url\(http/i)
  })

  it('has a logo that is published with the package', () => {
    const { files } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
      files: Array<string>
    }
    expect(files).to.include(metadata.logo.replace('./', ''))
  })

  const named: Readonly<Record<string, readonly [name: string, description: string]>> = {
    en: [
      'Alibaba Cloud DirectMail',
      'Sends verification codes and invitations by e-mail through Alibaba Cloud DirectMail.',
    ],
    'zh-CN': ['阿里云邮件推送', '通过阿里云邮件推送发送验证码和邀请邮件。'],
    'zh-TW': ['阿里雲郵件推送', '透過阿里雲郵件推送傳送驗證碼與邀請郵件。'],
    'zh-HK': ['阿里雲郵件推送', '透過阿里雲郵件推送傳送驗證碼與邀請郵件。'],
    ja: ['Alibaba Cloud DirectMail', 'Alibaba Cloud DirectMail で確認コードや招待をメールで送信します。'],
    ko: [
      '알리바바 클라우드 다이렉트메일',
      'Alibaba Cloud DirectMail로 인증 코드와 초대장을 이메일로 보냅니다.',
    ],
    de: [
      'Alibaba Cloud DirectMail',
      'Versendet Bestätigungscodes und Einladungen per E-Mail über Alibaba Cloud DirectMail.',
    ],
    fr: [
      'Alibaba Cloud DirectMail',
      'Envoie des codes de vérification et des invitations par e-mail avec Alibaba Cloud DirectMail.',
    ],
    es: [
      'Alibaba Cloud DirectMail',
      'Envía códigos de verificación e invitaciones por correo con Alibaba Cloud DirectMail.',
    ],
  }
  it('has name and description in these languages, and no others', () =>
    expect(Object.keys(metadata.name)).to.deep.equal(Object.keys(named)))

  for (const [language, [name, description]] of Object.entries(named))
    it(`is named and described in ${language}`, () => {
      expect(metadata.name[language]).to.equal(name)
      expect(metadata.description[language]).to.equal(description)
    })

  describe('the form', () => {
    /** A field as a settings page shows it: label, what to fill in, and what is said of it. */
    const shown = (field: FormItem, language: 'en' | 'zh-CN'): ReadonlyArray<string> => {
      const inLanguage = (text: Localized): string => text[language]
      return [
        `${inLanguage(field.label)}${field.required ? ' *' : ''}`,
        field.kind === 'text' || field.kind === 'secret'
          ? `[${field.placeholder}]`
          : field.kind === 'select'
            ? field.selectItems.map(({ title }) => inLanguage(title)).join(' | ')
            : field.kind,
        ...(field.description === undefined ? [] : [inLanguage(field.description)]),
      ]
    }

    it('fills in these fields of the config, in this order', () =>
      expect(metadata.formItems.map(({ key, kind }) => `${key}: ${kind}`)).to.deep.equal([
        'accessKeyId: text',
        'accessKeySecret: secret',
        'regionId: select',
        'accountName: text',
        'fromAlias: text',
        'replyAddress: text',
        'tagName: text',
        'clickTrace: switch',
        'templates: json',
      ]))

    it('reads like this in English', () =>
      expect(metadata.formItems.map((field) => shown(field, 'en'))).to.deep.equal([
        ['AccessKey ID *', '[LTAI…]'],
        ['AccessKey secret *', '[<access-key-secret>]'],
        [
          'Region',
          'China (Hangzhou) | Singapore | Australia (Sydney) | Germany (Frankfurt) | US (Virginia)',
          'The region in which the sender address was set up.',
        ],
        ['Sender address *', '[no-reply@mail.example.com]'],
        ['Sender name', '[Example]', 'Under 15 characters.'],
        ['Reply address', '[support@example.com]'],
        [
          'E-mail tag',
          '[verification]',
          'Created in the DirectMail console: 1–128 letters, digits, “_” or “-”.',
        ],
        ['Trace opens and clicks', 'switch', 'Needs an e-mail tag.'],
        [
          'Templates *',
          'json',
          'One for each usage type; Register, SignIn, ForgotPassword and Generic are required.',
        ],
      ]))

    it('reads like this in Chinese', () =>
      expect(metadata.formItems.map((field) => shown(field, 'zh-CN'))).to.deep.equal([
        ['AccessKey ID *', '[LTAI…]'],
        ['AccessKey Secret *', '[<access-key-secret>]'],
        [
          '地域',
          '华东 1（杭州） | 新加坡 | 澳大利亚（悉尼） | 德国（法兰克福） | 美国（弗吉尼亚）',
          '创建发信地址时所在的地域。',
        ],
        ['发信地址 *', '[no-reply@mail.example.com]'],
        ['发信人昵称', '[Example]', '少于 15 个字符。'],
        ['回信地址', '[support@example.com]'],
        ['邮件标签', '[verification]', '在邮件推送控制台创建：1–128 个字母、数字、“_”或“-”。'],
        ['跟踪打开和点击', 'switch', '需要填写邮件标签。'],
        ['模板 *', 'json', '每种用途一个模板；Register、SignIn、ForgotPassword 和 Generic 为必填。'],
      ]))

    it('has each field once', () => {
      const keys = metadata.formItems.map(({ key }) => key)
      expect(new Set(keys).size).to.equal(keys.length)
    })

    it('makes a valid config when it is filled in as shown', () => {
      const decoded = decodeConfig({ ...filledIn, accessKeySecret: 'secret' })
      expect(E.isLeft(decoded) ? decoded.left.issues : []).to.deep.equal([])
    })

    it('shows a secret that nobody can take for one', () =>
      expect(item('accessKeySecret')).to.include({ placeholder: '<access-key-secret>' }))

    it('hides the secret while it is typed', () => expect(item('accessKeySecret')?.kind).to.equal('secret'))

    it('hides nothing else', () =>
      expect(metadata.formItems.filter(({ kind }) => kind === 'secret').map(({ key }) => key)).to.deep.equal([
        'accessKeySecret',
      ]))

    it('requires what the config requires, and nothing else', () => {
      const decoded = decodeConfig({})
      expect(metadata.formItems.filter(({ required }) => required).map(({ key }) => key)).to.have.members(
        E.isLeft(decoded) ? decoded.left.issues.map(({ path }) => path) : [],
      )
    })

    it('traces no clicks unless asked to', () => {
      expect(item('clickTrace')).to.include({ kind: 'switch', defaultValue: false })
    })

    it('offers each region, and Hangzhou unless chosen', () => {
      const field = item('regionId')
      expect(field?.kind === 'select' && field.selectItems.map(({ value }) => value)).to.deep.equal([
        ...regionIds,
      ])
      expect(field?.kind === 'select' && field.defaultValue).to.equal('cn-hangzhou')
    })

    it('begins with a template for each required usage type, each with its code', () => {
      const field = item('templates')
      expect(field?.kind === 'json' && field.defaultValue).to.deep.equal([
        {
          usageType: 'Register',
          subject: 'Your registration code',
          content: '<p>Your registration code is <strong>{{code}}</strong>. It is valid for 10 minutes.</p>',
        },
        {
          usageType: 'SignIn',
          subject: 'Your sign-in code',
          content: '<p>Your sign-in code is <strong>{{code}}</strong>. It is valid for 10 minutes.</p>',
        },
        {
          usageType: 'ForgotPassword',
          subject: 'Your password reset code',
          content:
            '<p>Your password reset code is <strong>{{code}}</strong>. It is valid for 10 minutes.</p>',
        },
        {
          usageType: 'Generic',
          subject: 'Your verification code',
          content: '<p>Your verification code is <strong>{{code}}</strong>. It is valid for 10 minutes.</p>',
        },
      ])
    })
  })
})
