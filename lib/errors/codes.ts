/**
 * What the code of a failure says: of what kind it is, and what to do about it, in the words of someone who has to.
 */

/** Source: the error tables of DirectMail's SingleSendMail and of Alibaba Cloud's API gateway. */
const cures: Readonly<Record<string, string>> = {
  'InvalidAccessKeyId.NotFound':
    'Check accessKeyId: there is no such AccessKey. It may have been mistyped or deleted',
  'InvalidAccessKeyId.Inactive':
    'The AccessKey is disabled. Enable it in the RAM console, or use another one',
  SignatureDoesNotMatch: 'Check accessKeySecret: it does not belong to accessKeyId',
  SignatureNonceUsed: 'DirectMail has already seen this request',
  'InvalidTimeStamp.Expired':
    "Set this machine's clock: it is more than 15 minutes off, and DirectMail takes no such request",
  'InvalidSecurityToken.Expired': 'The STS token has expired. Get a new one',
  'InvalidSecurityToken.Malformed': 'Check securityToken: it is not an STS token of this AccessKey',
  'InvalidSecurityToken.MismatchWithAccessKey':
    'Check securityToken: it is not an STS token of this AccessKey',
  Forbidden: 'Grant the RAM user of this AccessKey the permission dm:SingleSendMail',
  'Forbidden.RAM': 'Grant the RAM user of this AccessKey the permission dm:SingleSendMail',
  NoPermission: 'Grant the RAM user of this AccessKey the permission dm:SingleSendMail',
  'InvalidMailAddress.NotFound':
    'Check accountName and regionId: the sender address (发信地址) does not exist in this region of this account',
  'InvalidMailAddressStatus.Malformed':
    'The sender address (发信地址) is not usable: verify its domain in the DirectMail console, or see whether it is frozen',
  'InvalidMailAddressDomain.Malformed': 'The domain of accountName is not verified in the DirectMail console',
  'InvalidMailAddressSendType.Malformed':
    'Set the sender address (发信地址) to triggered mail (触发邮件) in the DirectMail console',
  InvalidToAddress: 'Check the recipient: DirectMail does not take this address',
  'InvalidToAddress.Spam':
    'The recipient is on the list of invalid addresses: mails to it bounced before. Check the address',
  InvalidBody: "Check the template's content: DirectMail does not take this body",
  'InvalidSubject.Malformed': "Check the template's subject: at most 256 characters",
  'InvalidFromAlias.Malformed': 'Check fromAlias: it must be under 15 characters',
  'InvalidTagName.Malformed': 'Check tagName: letters, digits, _ and -, at most 128',
  'InvalidSendMail.Spam':
    'Check the account in the DirectMail console: its daily or monthly quota is used up, it sends too often, or the content was taken for spam. A new account may send 2 000 mails a day',
  'InvalidStatus.Malformed':
    'Activate DirectMail for this account, and see whether there are overdue payments',
}

/** What to do about a code of DirectMail's. */
export const cureOf = (code: string): string | undefined =>
  Object.hasOwn(cures, code) ? cures[code] : undefined

/** What to do about a code of Node's or the operating system's. */
export const connectionCure = (code: string): string =>
  code === 'ENOTFOUND' || code === 'EAI_AGAIN'
    ? 'The name of the endpoint could not be resolved. Check DNS and the endpoint'
    : /CERT|UNABLE_TO_/.test(code)
      ? 'The certificate of the endpoint is not trusted. Check for a proxy that opens TLS, or set NODE_EXTRA_CA_CERTS'
      : isTlsCode(code)
        ? 'The endpoint does not speak TLS. Check for a proxy before it, or write http:// for a sandbox on this machine'
        : isModuleCode(code)
          ? 'The package @alicloud/dm20151123 could not be loaded. Install it again'
          : 'Check network, firewall and endpoint'

/** The connection stood, but TLS on it did not. */
export const isTlsCode = (code: string): boolean => /CERT|^ERR_TLS|^ERR_SSL|^EPROTO$|UNABLE_TO_/.test(code)

/** The SDK could not be loaded. */
export const isModuleCode = (code: string): boolean =>
  /MODULE_NOT_FOUND$|^ERR_PACKAGE|^ERR_REQUIRE/.test(code)
