/**
 * What Logto's console shows of the connector before it is set up: what it is called, and which fields its form has.
 */
import { ConnectorConfigFormItemType, type ConnectorMetadata } from '@logto/connector-kit'
import { isOfMachine } from './environment.js'

const makeTemplate = (usageType: string, subject: string, content: string) => ({
  usageType,
  subject,
  content,
})

const makeCodeTemplate = (usageType: string, purpose: string) =>
  makeTemplate(
    usageType,
    `Your ${purpose} code`,
    `<p>Your ${purpose} code is <strong>{{code}}</strong>. It is valid for 10 minutes.</p>`,
  )

/** One for each usage type that Logto sends mails for. */
const defaultTemplates = [
  makeCodeTemplate('Register', 'registration'),
  makeCodeTemplate('SignIn', 'sign-in'),
  makeCodeTemplate('ForgotPassword', 'password reset'),
  makeCodeTemplate('Generic', 'verification'),
  makeTemplate(
    'OrganizationInvitation',
    'You are invited',
    '<p>You have been invited to join an organization. <a href="{{link}}">Accept the invitation</a></p>',
  ),
  makeCodeTemplate('UserPermissionValidation', 'confirmation'),
  makeCodeTemplate('BindNewIdentifier', 'address confirmation'),
  makeCodeTemplate('MfaVerification', 'second-step'),
  makeCodeTemplate('BindMfa', 'two-step set-up'),
]

/** Logto finds the saved config by it. The built-in connector has the same one. */
export const id = 'aliyun-direct-mail'

/** The form asks for a key pair only where the machine has no credentials for it. */
export const makeMetadata = (): ConnectorMetadata => ({
  id,
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
  // Files of this package: Logto reads them, and puts their content in place of the path.
  logo: './logo.svg',
  logoDark: null,
  readme: './README.md',
  // The kit has one text for each label, not one for each language.
  formItems: [
    {
      key: 'accessKeyId',
      type: ConnectorConfigFormItemType.Text,
      label: 'AccessKey ID',
      required: !isOfMachine(),
      placeholder: 'LTAI…',
    },
    {
      key: 'accessKeySecret',
      type: ConnectorConfigFormItemType.Text,
      label: 'AccessKey secret',
      required: !isOfMachine(),
      placeholder: '<access-key-secret>',
      isConfidential: true,
    },
    {
      key: 'regionId',
      type: ConnectorConfigFormItemType.Select,
      label: 'Region',
      description: 'The region in which the sender address was set up.',
      required: false,
      defaultValue: 'cn-hangzhou',
      selectItems: [
        { value: 'cn-hangzhou', title: 'China (Hangzhou)' },
        { value: 'ap-southeast-1', title: 'Singapore' },
        { value: 'ap-southeast-2', title: 'Australia (Sydney)' },
        { value: 'eu-central-1', title: 'Germany (Frankfurt)' },
        { value: 'us-east-1', title: 'US (Virginia)' },
      ],
    },
    {
      key: 'accountName',
      type: ConnectorConfigFormItemType.Text,
      label: 'Sender address',
      required: true,
      placeholder: 'no-reply@mail.example.com',
    },
    {
      key: 'fromAlias',
      type: ConnectorConfigFormItemType.Text,
      label: 'Sender name',
      description: 'Under 15 characters.',
      required: false,
      placeholder: 'Example',
    },
    {
      key: 'replyAddress',
      type: ConnectorConfigFormItemType.Text,
      label: 'Reply address',
      required: false,
      placeholder: 'support@example.com',
    },
    {
      key: 'tagName',
      type: ConnectorConfigFormItemType.Text,
      label: 'E-mail tag',
      description: 'Created in the DirectMail console: 1–128 letters, digits, “_” or “-”.',
      required: false,
      placeholder: 'verification',
    },
    {
      key: 'clickTrace',
      type: ConnectorConfigFormItemType.Switch,
      label: 'Trace opens and clicks',
      description: 'Needs an e-mail tag.',
      required: false,
      defaultValue: false,
    },
    {
      key: 'templates',
      type: ConnectorConfigFormItemType.Json,
      label: 'Templates',
      description: 'One for each usage type; Register, SignIn, ForgotPassword and Generic are required.',
      required: true,
      defaultValue: defaultTemplates,
    },
  ],
})
