import { ConnectorErrorCodes, type SendMessagePayload } from '@logto/connector-kit'
import type { SendError } from 'aliyun-dm-connector'
import { expect } from 'chai'
import { z } from 'zod'
import { findReader, type Reader, toConnectorError } from '../src/errors.js'

const administrator: Reader = { _tag: 'Administrator' }
const user: Reader = { _tag: 'User', language: 'en' }

const invalidConfig: SendError = {
  _tag: 'InvalidConfig',
  message:
    'The config is not valid: options.endpoint: expected a host; templates[2].subject: expected a text',
  delivered: 'no',
  issues: [
    { path: 'options.endpoint', message: 'expected a host' },
    { path: 'templates[2].subject', message: 'expected a text' },
  ],
}

const rejected = (code: string): SendError => ({
  _tag: 'Rejected',
  message: `refused with ${code}`,
  delivered: 'no',
  code,
  statusCode: 400,
  requestId: 'R',
  recommend: 'https://example.com/why',
})

describe('toConnectorError', () => {
  for (const reader of [administrator, user])
    it(`gives the issues of a config to the ${reader._tag} as a ZodError that carries the other fields`, () => {
      const { data } = toConnectorError(invalidConfig, reader)
      expect(data).to.be.instanceOf(z.ZodError)
      expect(data).to.include({ failure: 'InvalidConfig', delivered: 'no' })
      expect(data).to.deep.include({
        issues: [
          { code: 'custom', path: ['ALIYUN_DM_ENDPOINT'], message: 'expected a host' },
          { code: 'custom', path: ['templates', 2, 'subject'], message: 'expected a text' },
        ],
      })
    })

  it('names the variable of a wrong endpoint, not the option of the library', () => {
    const { data } = toConnectorError(invalidConfig, administrator)
    expect(data).to.have.property('errorDescription').that.includes('ALIYUN_DM_ENDPOINT: expected a host')
    expect(JSON.stringify(data)).to.not.include('options.endpoint')
  })

  for (const code of ['InvalidSendMail.Spam', 'QuotaExceeded.Daily', 'ExceedLimit'])
    it(`takes ${code} for a used-up quota`, () =>
      expect(toConnectorError(rejected(code), user).code).to.equal(ConnectorErrorCodes.UsageLimitExceeded))

  for (const code of ['SignatureDoesNotMatch', 'InvalidToAddress.Spam'])
    it(`does not take ${code} for one`, () =>
      expect(toConnectorError(rejected(code), user).code).to.equal(ConnectorErrorCodes.General))
})

describe('findReader', () => {
  it('takes a call with a config for the test of an administrator', () => {
    expect(findReader({}, { locale: 'zh-CN' })).to.deep.equal(administrator)
  })

  const languages: ReadonlyArray<readonly [SendMessagePayload, string]> = [
    [{ locale: 'zh-CN' }, 'zh'],
    [{ locale: 'zh' }, 'zh'],
    [{ locale: 'ZH_tw' }, 'zh'],
    [{ locale: 'en', uiLocales: 'zh-CN' }, 'en'],
    [{ uiLocales: 'zh-CN en' }, 'zh'],
    [{ uiLocales: 'en zh-CN' }, 'en'],
    [{ locale: 'zha' }, 'en'],
    [{}, 'en'],
  ]
  for (const [payload, language] of languages)
    it(`takes ${JSON.stringify(payload)} for a user who reads ${language}`, () =>
      expect(findReader(undefined, payload)).to.deep.equal({ _tag: 'User', language }))
})
