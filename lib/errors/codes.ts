/**
 * What the code of a failure says: of what kind it is, and what to do about it, in the words of someone who has to.
 */

/** What RAM answers when a key lacks a permission: https://www.alibabacloud.com/help/en/ram/support/how-to-troubleshoot-an-access-denied-error */
export const isPermissionCode = (code: string): boolean =>
  /^(?:Forbidden|Forbidden\.RAM|NoPermission|NotAuthorized)$/.test(code)

const wrongToken = 'Check securityToken: it is not an STS token of this AccessKey'
const wrongAlias = 'Check fromAlias: it must be under 15 characters'

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
  'InvalidSecurityToken.Expired':
    'The STS token has expired. Get a new one, or give the connector the option credentials, which renews it',
  'InvalidSecurityToken.Malformed': wrongToken,
  'InvalidSecurityToken.MismatchWithAccessKey': wrongToken,
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
  'InvalidFromAlias.Malformed': wrongAlias,
  // So spelt by the service.
  'InvalidFromALias.Malformed': wrongAlias,
  'InvalidReplyAddress.Malformed': 'Check replyAddress: it must be one e-mail address',
  'InvalidReplyAddressAlias.Malformed': 'Check replyAddressAlias: it must be under 15 characters',
  'InvalidReceiverName.Malformed': 'Check the recipient: DirectMail cannot read this address',
  EmailFormatError: 'Check the recipient: it is not an e-mail address to DirectMail',
  EmailLengthError: 'Check the recipient: the address is too long for DirectMail',
  'InvalidTagName.Malformed': 'Check tagName: letters, digits, _ and -, at most 128',
  'InvalidSendMail.Spam':
    'Ask verify (aliyun-dm check --online) what is left of the quota: it is used up, the account sends too often, or the content was taken for spam. A new account may send 2 000 mails a day',
  'InvalidStatus.Malformed':
    'Activate DirectMail for this account, and see whether there are overdue payments',
  'InvalidUser.NotFound':
    'Activate DirectMail in its console: it does not know the account of this AccessKey. Check that the key is of the right account',
  'Forbidden.RiskControl':
    "Alibaba Cloud's risk control has stopped the account. Look for a notice in the console, or open a ticket",
  'Forbidden.UserVerification':
    'Complete the real-name verification (实名认证) of the account in the Alibaba Cloud console',
  InsufficientBalance: 'Add funds to the account, or buy a package of mails: its balance is used up',
  'InvalidIP.NotFound': 'Check ipPoolId: the account has no such IP pool, or no dedicated IP in it',
  IncompleteSignature:
    'Check for a proxy that takes headers away: the request arrived without a whole signature',
  InternalServiceError:
    'Send again later. Should it stay so, give the requestId to the support of Alibaba Cloud',
}

/** What to do about a code of DirectMail's, with which it refused this operation. */
export const findCure = (code: string, operation = 'SingleSendMail'): string | undefined => {
  if (isPermissionCode(code))
    return `Grant the RAM user or role of this AccessKey the permission dm:${operation}`
  return Object.hasOwn(cures, code) ? cures[code] : undefined
}

/** The connection stood, but TLS on it did not. */
export const isTlsCode = (code: string): boolean => /CERT|^ERR_TLS|^ERR_SSL|^EPROTO$|UNABLE_TO_/.test(code)

/** Our name for what esbuild raises where the SDK asks for Node's modules in a bundle of ES modules. */
export const bundleCode = 'ERR_REQUIRE_IN_BUNDLE'

/** The SDK could not be loaded. */
export const isModuleCode = (code: string): boolean =>
  /MODULE_NOT_FOUND$|^ERR_PACKAGE|^ERR_REQUIRE/.test(code)

/** The first row that applies says what to do. */
const connectionCures: ReadonlyArray<readonly [applies: (code: string) => boolean, cure: string]> = [
  [
    (code) => code === 'ENOTFOUND' || code === 'EAI_AGAIN',
    'The name of the endpoint could not be resolved. Check DNS and the endpoint',
  ],
  [
    (code) => /CERT|UNABLE_TO_/.test(code),
    'The certificate of the endpoint is not trusted. Check for a proxy that opens TLS, or set NODE_EXTRA_CA_CERTS',
  ],
  [
    isTlsCode,
    'The endpoint does not speak TLS. Check for a proxy before it, or write http:// for a sandbox on this machine',
  ],
  [
    (code) => code === bundleCode,
    'The SDK is CommonJS, and this bundle of ES modules has no require for it. Build with --format=cjs, keep the packages out with --external:@alicloud/*, or add --banner:js="import { createRequire } from \'node:module\'; const require = createRequire(import.meta.url);"',
  ],
  [isModuleCode, 'The package @alicloud/dm20151123 could not be loaded. Install it again'],
]

/** What to do about a code of Node's or the operating system's. */
export const findConnectionCure = (code: string): string =>
  connectionCures.find(([applies]) => applies(code))?.[1] ?? 'Check network, firewall and endpoint'
