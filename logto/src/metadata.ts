/**
 * The library's metadata in the form that Logto's console reads.
 */
import {
  ConnectorConfigFormItemType,
  type ConnectorConfigFormItem,
  type ConnectorMetadata,
} from '@logto/connector-kit'
import { type FormItem, metadata as library } from 'aliyun-dm-connector'

const codeMail = (usageType: string, purpose: string): object => ({
  usageType,
  subject: `Your ${purpose} code`,
  content: `<p>Your ${purpose} code is <strong>{{code}}</strong>. It is valid for 10 minutes.</p>`,
})

/** Logto sends mails for these too. The library leaves them to `Generic`, which has no link. */
const furtherTemplates: ReadonlyArray<object> = [
  {
    usageType: 'OrganizationInvitation',
    subject: 'You are invited',
    content:
      '<p>You have been invited to join an organization. <a href="{{link}}">Accept the invitation</a></p>',
  },
  codeMail('UserPermissionValidation', 'confirmation'),
  codeMail('BindNewIdentifier', 'address confirmation'),
  codeMail('MfaVerification', 'second-step'),
  codeMail('BindMfa', 'two-step set-up'),
]

/** The kit has one text for each label, not one for each language. */
const formItemOf = (item: FormItem): ConnectorConfigFormItem => {
  const common = {
    key: item.key,
    label: item.label.en,
    required: item.required,
    ...(item.description === undefined ? {} : { description: item.description.en }),
  }
  switch (item.kind) {
    case 'text':
    case 'secret':
      return {
        ...common,
        type: ConnectorConfigFormItemType.Text,
        placeholder: item.placeholder,
        ...(item.defaultValue === undefined ? {} : { defaultValue: item.defaultValue }),
        ...(item.kind === 'secret' ? { isConfidential: true } : {}),
      }
    case 'switch':
      return { ...common, type: ConnectorConfigFormItemType.Switch, defaultValue: item.defaultValue }
    case 'select':
      return {
        ...common,
        type: ConnectorConfigFormItemType.Select,
        defaultValue: item.defaultValue,
        selectItems: item.selectItems.map(({ value, title }) => ({ value, title: title.en })),
      }
    case 'json':
      return {
        ...common,
        type: ConnectorConfigFormItemType.Json,
        defaultValue: Array.isArray(item.defaultValue)
          ? [...(item.defaultValue as ReadonlyArray<unknown>), ...furtherTemplates]
          : item.defaultValue,
      }
  }
}

export const metadata: ConnectorMetadata = {
  id: library.id,
  target: library.target,
  platform: library.platform,
  name: library.name,
  description: library.description,
  // Files of this package: Logto reads them, and puts their content in place of the path.
  logo: './logo.svg',
  logoDark: null,
  readme: './README.md',
  formItems: library.formItems.map(formItemOf),
}
