import { expect } from 'chai'
import { connectionCure, cureOf, isModuleCode, isTlsCode } from '../../lib/errors/codes.js'

describe('codes', () => {
  describe('of DirectMail', () => {
    const cures: Readonly<Record<string, RegExp>> = {
      'InvalidAccessKeyId.NotFound': /Check accessKeyId/,
      'InvalidAccessKeyId.Inactive': /Enable it in the RAM console/,
      SignatureDoesNotMatch: /Check accessKeySecret/,
      SignatureNonceUsed: /already seen this request/,
      'InvalidTimeStamp.Expired': /clock.*15 minutes/,
      'InvalidSecurityToken.Expired': /Get a new one/,
      'InvalidSecurityToken.Malformed': /Check securityToken/,
      'InvalidSecurityToken.MismatchWithAccessKey': /Check securityToken/,
      Forbidden: /dm:SingleSendMail/,
      'Forbidden.RAM': /dm:SingleSendMail/,
      NoPermission: /dm:SingleSendMail/,
      'InvalidMailAddress.NotFound': /Check accountName and regionId.*发信地址/,
      'InvalidMailAddressStatus.Malformed': /verify its domain/,
      'InvalidMailAddressDomain.Malformed': /domain of accountName is not verified/,
      'InvalidMailAddressSendType.Malformed': /触发邮件/,
      InvalidToAddress: /Check the recipient/,
      'InvalidToAddress.Spam': /bounced before/,
      InvalidBody: /Check the template's content/,
      'InvalidSubject.Malformed': /256 characters/,
      'InvalidFromAlias.Malformed': /under 15 characters/,
      'InvalidTagName.Malformed': /Check tagName/,
      'InvalidSendMail.Spam': /quota.*2 000 mails a day/,
      'InvalidStatus.Malformed': /Activate DirectMail.*overdue/,
    }
    for (const [code, cure] of Object.entries(cures))
      it(`say what to do: ${code}`, () => expect(cureOf(code)).to.match(cure))

    for (const code of ['Unheard.Of', '', 'constructor', '__proto__', 'toString'])
      it(`may have no cure: ${JSON.stringify(code)}`, () => expect(cureOf(code)).to.equal(undefined))
  })

  describe('of a connection', () => {
    const connectionCures: Readonly<Record<string, RegExp>> = {
      ECONNREFUSED: /Check network, firewall and endpoint$/,
      ENOTFOUND: /Check DNS and the endpoint$/,
      EAI_AGAIN: /Check DNS and the endpoint$/,
      DEPTH_ZERO_SELF_SIGNED_CERT: /certificate .* NODE_EXTRA_CA_CERTS$/,
      UNABLE_TO_VERIFY_LEAF_SIGNATURE: /NODE_EXTRA_CA_CERTS$/,
      ERR_TLS_CERT_ALTNAME_INVALID: /NODE_EXTRA_CA_CERTS$/,
      CERT_HAS_EXPIRED: /NODE_EXTRA_CA_CERTS$/,
      EPROTO: /does not speak TLS.* Check for a proxy .* on this machine$/,
      ERR_SSL_WRONG_VERSION_NUMBER: /does not speak TLS.* Check for a proxy .* on this machine$/,
      ERR_MODULE_NOT_FOUND: /@alicloud\/dm20151123 could not be loaded\. Install it again$/,
      MODULE_NOT_FOUND: /Install it again$/,
      ERR_PACKAGE_PATH_NOT_EXPORTED: /Install it again$/,
      ERR_REQUIRE_ESM: /Install it again$/,
    }
    for (const [code, cure] of Object.entries(connectionCures))
      it(`say what to do: ${code}`, () => expect(connectionCure(code)).to.match(cure))

    for (const code of [
      'XERR_TLS',
      'XERR_SSL',
      'XEPROTO',
      'EPROTONOSUPPORT',
      'XERR_PACKAGE',
      'XERR_REQUIRE',
      'MODULE_NOT_FOUND_X',
    ])
      it(`are of the network where they only contain a known one: ${code}`, () => {
        expect([isTlsCode(code), isModuleCode(code)]).to.deep.equal([false, false])
        expect(connectionCure(code)).to.equal('Check network, firewall and endpoint')
      })
  })
})
