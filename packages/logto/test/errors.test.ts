import { ConnectorError, ConnectorErrorCodes } from '@logto/connector-kit'
import type { SendError } from 'aliyun-dm-connector'
import { expect } from 'chai'
import { toConnectorError } from '../src/errors.js'

const rejected = (code: string): SendError => ({
  _tag: 'Rejected',
  message: `refused with ${code}`,
  delivered: 'no',
  code,
  statusCode: 400,
  requestId: 'R',
  recommend: 'https://example.com/why',
})

const cases: ReadonlyArray<readonly [SendError, ConnectorErrorCodes]> = [
  [
    { _tag: 'InvalidConfig', message: 'm', delivered: 'no', issues: [{ path: 'accountName', message: 'm' }] },
    ConnectorErrorCodes.InvalidConfig,
  ],
  [
    { _tag: 'InvalidMessage', message: 'm', delivered: 'no', issues: [{ path: 'to', message: 'm' }] },
    ConnectorErrorCodes.InvalidRequestParameters,
  ],
  [
    { _tag: 'MissingVariables', message: 'm', delivered: 'no', usageType: 'SignIn', names: ['code'] },
    ConnectorErrorCodes.InvalidRequestParameters,
  ],
  [
    { _tag: 'TemplateNotFound', message: 'm', delivered: 'no', usageType: 'SignIn' },
    ConnectorErrorCodes.TemplateNotFound,
  ],
  [
    { _tag: 'Throttled', message: 'm', delivered: 'no', code: 'Throttling.User', requestId: 'R' },
    ConnectorErrorCodes.RateLimitExceeded,
  ],
  [rejected('InvalidSendMail.Spam'), ConnectorErrorCodes.UsageLimitExceeded],
  [rejected('QuotaExceeded.Daily'), ConnectorErrorCodes.UsageLimitExceeded],
  [rejected('ExceedLimit'), ConnectorErrorCodes.UsageLimitExceeded],
  [rejected('SignatureDoesNotMatch'), ConnectorErrorCodes.General],
  [rejected('InvalidToAddress.Spam'), ConnectorErrorCodes.General],
  [
    { _tag: 'InvalidResponse', message: 'm', delivered: 'unknown', reason: 'r' },
    ConnectorErrorCodes.InvalidResponse,
  ],
  [
    { _tag: 'Unavailable', message: 'm', delivered: 'unknown', code: 'ServiceUnavailable', statusCode: 503 },
    ConnectorErrorCodes.General,
  ],
  [{ _tag: 'Timeout', message: 'm', delivered: 'unknown', phase: 'read' }, ConnectorErrorCodes.General],
  [
    { _tag: 'ConnectionFailed', message: 'm', delivered: 'no', code: 'ECONNREFUSED' },
    ConnectorErrorCodes.General,
  ],
]

describe('toConnectorError', () => {
  for (const [error, code] of cases)
    it(`makes ${code} of ${error._tag}${'code' in error ? ` ${error.code}` : ''}`, () => {
      const connectorError = toConnectorError(error)
      expect(connectorError).to.be.instanceOf(ConnectorError)
      expect(connectorError.code).to.equal(code)
      const { _tag: failure, message: errorDescription, ...rest } = error
      expect(connectorError.data).to.deep.equal({ errorDescription, failure, ...rest })
    })

  it('names the variable of a wrong endpoint, not the option of the library', () => {
    const { data } = toConnectorError({
      _tag: 'InvalidConfig',
      message: 'The config is not valid: options.endpoint: expected a host',
      delivered: 'no',
      issues: [{ path: 'options.endpoint', message: 'expected a host' }],
    })
    expect(data).to.deep.include({
      errorDescription: 'The config is not valid: ALIYUN_DM_ENDPOINT: expected a host',
      issues: [{ path: 'ALIYUN_DM_ENDPOINT', message: 'expected a host' }],
    })
  })
})
