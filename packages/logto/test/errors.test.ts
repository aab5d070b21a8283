import { ConnectorErrorCodes, type SendMessagePayload } from '@logto/connector-kit'
import type { SendError } from 'aliyun-dm-connector'
import { expect } from 'chai'
import { z } from 'zod'
import { blankTemplate, findReader, type Reader, toConnectorError, toZodIssue } from '../src/errors.js'

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

  it('takes paths apart as zod does', () => {
    const paths: ReadonlyArray<readonly [string, ReadonlyArray<string | number>]> = [
      ['', []],
      ['templates[12].subject', ['templates', 12, 'subject']],
      ['a1.1b', ['a1', '1b']],
      ['[0][1]', [0, 1]],
    ]
    for (const [path, expected] of paths)
      expect(toZodIssue({ path, message: 'm' })).to.deep.equal({
        code: 'custom',
        path: expected,
        message: 'm',
      })
  })

  const failureOf = (tag: SendError['_tag'], rest: object = {}): SendError =>
    ({ _tag: tag, message: 'For the administrator.', delivered: 'no', issues: [], ...rest }) as SendError

  describe('says to the user, who can do nothing about it,', () => {
    const texts = {
      notSent: ['The e-mail could not be sent.', '邮件未能发送。'],
      notSentForNow: [
        'The e-mail could not be sent. Please try again in a minute.',
        '邮件未能发送，请稍后再试。',
      ],
      wrongAddress: [
        'The e-mail could not be sent to this address. Please check the address.',
        '邮件无法发送到该地址，请检查邮箱地址。',
      ],
      perhapsSent: [
        'The e-mail may not have been sent. Please wait a minute for it before you try again.',
        '邮件可能未能发送。请先等待一分钟，若未收到再重试。',
      ],
    }
    const about = (...paths: ReadonlyArray<string>) => ({
      issues: paths.map((path) => ({ path, message: 'm' })),
    })
    const cases: ReadonlyArray<readonly [keyof typeof texts, SendError]> = [
      ['notSent', failureOf('InvalidConfig')],
      ['notSent', failureOf('InvalidMessage')],
      ['notSent', failureOf('InvalidMessage', about('payload.to'))],
      ['wrongAddress', failureOf('InvalidMessage', about('subject', 'to'))],
      ['notSent', failureOf('TemplateNotFound')],
      ['notSent', failureOf('MissingVariables')],
      ['notSent', rejected('Forbidden.RAM')],
      ['notSent', rejected('TheInvalidToAddress')],
      ['notSent', rejected('TheInvalidReceiverName')],
      ['wrongAddress', rejected('InvalidToAddress.Spam')],
      ['wrongAddress', rejected('InvalidReceiverName.Malformed')],
      ['notSentForNow', failureOf('Throttled')],
      ['notSentForNow', failureOf('Unavailable')],
      ['perhapsSent', failureOf('Unavailable', { delivered: 'unknown' })],
      ['notSentForNow', failureOf('Timeout')],
      ['notSentForNow', failureOf('ConnectionFailed')],
      ['notSentForNow', failureOf('InvalidResponse')],
      ['notSentForNow', failureOf('CredentialsUnavailable')],
      ['notSent', failureOf('Cancelled')],
      ['notSent', failureOf('Duplicate')],
    ]
    for (const [text, error] of cases)
      it(`${text} of ${error._tag}${'code' in error ? ` ${error.code}` : ''}, ${error.delivered}`, () => {
        for (const [index, language] of (['en', 'zh'] as const).entries()) {
          const { code, data } = toConnectorError(error, { _tag: 'User', language })
          expect(code).to.equal(ConnectorErrorCodes.General)
          expect(data).to.include({
            errorDescription: texts[text][index],
            failure: error._tag,
            forAdministrator: 'message' in error ? error.message : '',
          })
        }
      })
  })

  it('says to the administrator what the library says, of a failure that may be a mail, too', () => {
    for (const delivered of ['no', 'unknown'] as const) {
      const { code, data } = toConnectorError(failureOf('Timeout', { delivered }), administrator)
      expect(code).to.equal(ConnectorErrorCodes.General)
      expect(data).to.deep.include({
        errorDescription: 'For the administrator.',
        forAdministrator: 'For the administrator.',
        failure: 'Timeout',
        delivered,
      })
    }
    expect(toConnectorError(invalidConfig, administrator).code).to.equal(ConnectorErrorCodes.InvalidConfig)
    expect(toConnectorError(invalidConfig, user).code).to.equal(ConnectorErrorCodes.General)
  })

  it('keeps what the library knows of the failure', () => {
    expect(toConnectorError(rejected('C'), user).data).to.deep.equal({
      errorDescription: 'The e-mail could not be sent.',
      failure: 'Rejected',
      forAdministrator: 'refused with C',
      delivered: 'no',
      code: 'C',
      statusCode: 400,
      requestId: 'R',
      recommend: 'https://example.com/why',
    })
  })

  it('tells of an empty template', () => {
    expect(blankTemplate('SignIn')).to.deep.equal({
      _tag: 'TemplateNotFound',
      message: "The config's template for SignIn has no subject or no content. Fill in both.",
      delivered: 'no',
      usageType: 'SignIn',
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
