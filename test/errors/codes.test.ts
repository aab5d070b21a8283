import { expect } from 'chai'
import { findConnectionCure, findCure, isModuleCode, isTlsCode } from '../../lib/errors/codes.js'

describe('codes', () => {
  describe('of DirectMail', () => {
    for (const [code, cure] of [
      ['InvalidAccessKeyId.NotFound', /Check accessKeyId/],
      ['SignatureDoesNotMatch', /Check accessKeySecret/],
      ['InvalidTimeStamp.Expired', /clock.*15 minutes/],
      ['InvalidSecurityToken.Expired', /credentials, which renews/],
      ['NoPermission', /dm:SingleSendMail/],
      ['InvalidMailAddress.NotFound', /Check accountName and regionId.*发信地址/],
      ['InvalidSendMail.Spam', /quota.*2 000 mails a day/],
      ['InvalidUser.NotFound', /Activate DirectMail/],
      ['Forbidden.UserVerification', /实名认证/],
    ] as const)
      it(`say what to do: ${code}`, () => expect(findCure(code)).to.match(cure))

    // Those that users meet, by the service's documentation and by what they ask about.
    for (const code of [
      'EmailFormatError',
      'EmailLengthError',
      'Forbidden',
      'Forbidden.RAM',
      'Forbidden.RiskControl',
      'IncompleteSignature',
      'InsufficientBalance',
      'InternalServiceError',
      'InvalidAccessKeyId.Inactive',
      'InvalidBody',
      'InvalidFromALias.Malformed',
      'InvalidFromAlias.Malformed',
      'InvalidIP.NotFound',
      'InvalidMailAddressDomain.Malformed',
      'InvalidMailAddressSendType.Malformed',
      'InvalidMailAddressStatus.Malformed',
      'InvalidReceiverName.Malformed',
      'InvalidReplyAddress.Malformed',
      'InvalidReplyAddressAlias.Malformed',
      'InvalidSecurityToken.Malformed',
      'InvalidSecurityToken.MismatchWithAccessKey',
      'InvalidStatus.Malformed',
      'InvalidSubject.Malformed',
      'InvalidTagName.Malformed',
      'InvalidToAddress',
      'InvalidToAddress.Spam',
      'SignatureNonceUsed',
    ])
      it(`have a cure that goes on in a sentence: ${code}`, () =>
        expect(findCure(code)).to.match(/^[A-Z].{20,}[^.]$/))

    for (const code of ['Unheard.Of', '', 'constructor', '__proto__', 'toString'])
      it(`may have no cure: ${JSON.stringify(code)}`, () => expect(findCure(code)).to.equal(undefined))
  })

  describe('of a connection', () => {
    for (const [code, cure] of [
      ['ECONNREFUSED', /Check network, firewall and endpoint$/],
      ['ENOTFOUND', /Check DNS and the endpoint$/],
      ['EAI_AGAIN', /Check DNS and the endpoint$/],
      ['DEPTH_ZERO_SELF_SIGNED_CERT', /certificate .* NODE_EXTRA_CA_CERTS$/],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /NODE_EXTRA_CA_CERTS$/],
      ['ERR_TLS_CERT_ALTNAME_INVALID', /NODE_EXTRA_CA_CERTS$/],
      ['CERT_HAS_EXPIRED', /NODE_EXTRA_CA_CERTS$/],
      ['EPROTO', /does not speak TLS/],
      ['ERR_SSL_WRONG_VERSION_NUMBER', /does not speak TLS/],
      ['ERR_MODULE_NOT_FOUND', /@alicloud\/dm20151123 could not be loaded\. Install it again$/],
      ['MODULE_NOT_FOUND', /Install it again$/],
      ['ERR_PACKAGE_PATH_NOT_EXPORTED', /Install it again$/],
      ['ERR_REQUIRE_ESM', /Install it again$/],
      ['ERR_REQUIRE_IN_BUNDLE', /--format=cjs.*--external:@alicloud\/\*.*--banner:js=.*createRequire/],
    ] as const)
      it(`say what to do: ${code}`, () => expect(findConnectionCure(code)).to.match(cure))

    it('of a bundle without require are of the package, which no second try loads', () =>
      expect(isModuleCode('ERR_REQUIRE_IN_BUNDLE')).to.equal(true))

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
        expect(findConnectionCure(code)).to.equal('Check network, firewall and endpoint')
      })
  })
})
