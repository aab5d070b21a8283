/**
 * What a platform shows of the connector before it is set up: what it is called, and which fields its settings
 * page asks for.
 */
import type { Config } from './config.js'

/**
 * A text by language tag.
 *
 * @category model
 * @since 0.1.0
 */
export interface Localized {
  readonly en: string
  readonly 'zh-CN': string
  readonly [languageTag: string]: string
}

interface Field<Kind extends string> {
  readonly key: keyof Config
  readonly kind: Kind
  readonly label: Localized
  readonly description?: Localized
  readonly required: boolean
}

/**
 * A field of the connector's settings page. `secret` is a text to be hidden while typed.
 *
 * @category model
 * @since 0.1.0
 */
export type FormItem =
  | (Field<'text' | 'secret'> & { readonly placeholder: string; readonly defaultValue?: string })
  | (Field<'switch'> & { readonly defaultValue: boolean })
  | (Field<'select'> & {
      readonly defaultValue: string
      readonly selectItems: ReadonlyArray<{ readonly value: string; readonly title: Localized }>
    })
  | (Field<'json'> & { readonly defaultValue: unknown })

/**
 * @category model
 * @since 0.1.0
 */
export interface ConnectorMetadata {
  readonly id: string
  readonly target: string
  readonly platform: null
  readonly name: Localized
  readonly description: Localized
  /** A file of the package. */
  readonly logo: string
  readonly formItems: ReadonlyArray<FormItem>
}

const regions: ReadonlyArray<{ readonly value: string; readonly title: Localized }> = [
  { value: 'cn-hangzhou', title: { en: 'China (Hangzhou)', 'zh-CN': '华东 1（杭州）' } },
  { value: 'ap-southeast-1', title: { en: 'Singapore', 'zh-CN': '新加坡' } },
  { value: 'ap-southeast-2', title: { en: 'Australia (Sydney)', 'zh-CN': '澳大利亚（悉尼）' } },
  { value: 'eu-central-1', title: { en: 'Germany (Frankfurt)', 'zh-CN': '德国（法兰克福）' } },
  { value: 'us-east-1', title: { en: 'US (Virginia)', 'zh-CN': '美国（弗吉尼亚）' } },
]

const codeMail = (usageType: string, purpose: string): object => ({
  usageType,
  subject: `Your ${purpose} code`,
  content: `<p>Your ${purpose} code is <strong>{{code}}</strong>. It is valid for 10 minutes.</p>`,
})

const defaultTemplates: ReadonlyArray<object> = [
  codeMail('Register', 'registration'),
  codeMail('SignIn', 'sign-in'),
  codeMail('ForgotPassword', 'password reset'),
  codeMail('Generic', 'verification'),
]

/**
 * Names, descriptions and form of the connector.
 *
 * @category metadata
 * @since 0.1.0
 */
export const metadata: ConnectorMetadata = {
  id: 'aliyun-direct-mail',
  target: 'aliyun-dm',
  platform: null,
  name: {
    en: 'Alibaba Cloud DirectMail',
    'zh-CN': '阿里云邮件推送',
    'zh-TW': '阿里雲郵件推送',
    'zh-HK': '阿里雲郵件推送',
    ja: 'Alibaba Cloud DirectMail',
    ko: '알리바바 클라우드 다이렉트메일',
    de: 'Alibaba Cloud DirectMail',
    fr: 'Alibaba Cloud DirectMail',
    es: 'Alibaba Cloud DirectMail',
  },
  description: {
    en: 'Sends verification codes and invitations by e-mail through Alibaba Cloud DirectMail.',
    'zh-CN': '通过阿里云邮件推送发送验证码和邀请邮件。',
    'zh-TW': '透過阿里雲郵件推送傳送驗證碼與邀請郵件。',
    'zh-HK': '透過阿里雲郵件推送傳送驗證碼與邀請郵件。',
    ja: 'Alibaba Cloud DirectMail で確認コードや招待をメールで送信します。',
    ko: 'Alibaba Cloud DirectMail로 인증 코드와 초대장을 이메일로 보냅니다.',
    de: 'Versendet Bestätigungscodes und Einladungen per E-Mail über Alibaba Cloud DirectMail.',
    fr: 'Envoie des codes de vérification et des invitations par e-mail avec Alibaba Cloud DirectMail.',
    es: 'Envía códigos de verificación e invitaciones por correo con Alibaba Cloud DirectMail.',
  },
  logo: './aliyun.svg',
  formItems: [
    {
      key: 'accessKeyId',
      kind: 'text',
      label: { en: 'AccessKey ID', 'zh-CN': 'AccessKey ID' },
      required: true,
      placeholder: 'LTAI…',
    },
    {
      key: 'accessKeySecret',
      kind: 'secret',
      label: { en: 'AccessKey secret', 'zh-CN': 'AccessKey Secret' },
      required: true,
      placeholder: '<access-key-secret>',
    },
    {
      key: 'regionId',
      kind: 'select',
      label: { en: 'Region', 'zh-CN': '地域' },
      description: {
        en: 'The region in which the sender address was set up.',
        'zh-CN': '创建发信地址时所在的地域。',
      },
      required: false,
      defaultValue: 'cn-hangzhou',
      selectItems: regions,
    },
    {
      key: 'accountName',
      kind: 'text',
      label: { en: 'Sender address', 'zh-CN': '发信地址' },
      required: true,
      placeholder: 'no-reply@mail.example.com',
    },
    {
      key: 'fromAlias',
      kind: 'text',
      label: { en: 'Sender name', 'zh-CN': '发信人昵称' },
      description: { en: 'Under 15 characters.', 'zh-CN': '少于 15 个字符。' },
      required: false,
      placeholder: 'Example',
    },
    {
      key: 'replyAddress',
      kind: 'text',
      label: { en: 'Reply address', 'zh-CN': '回信地址' },
      required: false,
      placeholder: 'support@example.com',
    },
    {
      key: 'tagName',
      kind: 'text',
      label: { en: 'E-mail tag', 'zh-CN': '邮件标签' },
      description: {
        en: 'Created in the DirectMail console: 1–128 letters, digits, “_” or “-”.',
        'zh-CN': '在邮件推送控制台创建：1–128 个字母、数字、“_”或“-”。',
      },
      required: false,
      placeholder: 'verification',
    },
    {
      key: 'clickTrace',
      kind: 'switch',
      label: { en: 'Trace opens and clicks', 'zh-CN': '跟踪打开和点击' },
      description: { en: 'Needs an e-mail tag.', 'zh-CN': '需要填写邮件标签。' },
      required: false,
      defaultValue: false,
    },
    {
      key: 'templates',
      kind: 'json',
      label: { en: 'Templates', 'zh-CN': '模板' },
      description: {
        en: 'One for each usage type; Register, SignIn, ForgotPassword and Generic are required.',
        'zh-CN': '每种用途一个模板；Register、SignIn、ForgotPassword 和 Generic 为必填。',
      },
      required: true,
      defaultValue: defaultTemplates,
    },
  ],
}
