import { expect } from 'chai'
import fc from 'fast-check'
import {
  cancelled,
  connectionFailed,
  credentialsUnavailable,
  duplicate,
  foldSendError,
  invalidConfig,
  invalidMessage,
  invalidQuery,
  invalidResponse,
  isRetryable,
  type Issue,
  missingVariables,
  possiblyDelivered,
  rejected,
  type SendError,
  templateNotFound,
  throttled,
  timeout,
  toError,
  unavailable,
  withoutMail,
} from '../../lib/errors/send-error.js'

const issue: Issue = { path: 'templates[2].usageType', message: 'expected one of SignIn' }

/** One of each, and of each that differs in `delivered`. */
const errors: ReadonlyArray<SendError> = [
  invalidConfig([issue]),
  invalidMessage([issue]),
  templateNotFound('SignIn'),
  missingVariables('SignIn', ['code']),
  rejected({ code: 'InvalidToAddress', statusCode: 400, requestId: 'r' }),
  throttled({ code: 'Throttling.User', requestId: 'r' }),
  unavailable({ code: 'InternalError', statusCode: 500, requestId: 'r' }),
  timeout('queue'),
  timeout('connect'),
  timeout('read'),
  connectionFailed('ECONNREFUSED', 'no'),
  connectionFailed('ECONNRESET', 'unknown'),
  invalidResponse('it has no EnvId'),
  timeout('load'),
  credentialsUnavailable('no metadata service'),
  cancelled('no'),
  cancelled('unknown'),
  duplicate('order-1'),
]

const anyError = fc.constantFrom(...errors)

const codeText = (code: string): string => rejected({ code, statusCode: 400, requestId: 'r' }).message

describe('errors', () => {
  describe('a constructor', () => {
    it('InvalidConfig lists its issues', () =>
      expect(invalidConfig([issue, { path: '', message: 'expected an object' }])).to.deep.equal({
        _tag: 'InvalidConfig',
        message:
          'The config is not valid: templates[2].usageType: expected one of SignIn; expected an object',
        delivered: 'no',
        issues: [issue, { path: '', message: 'expected an object' }],
      }))

    it('InvalidMessage lists its issues', () =>
      expect(invalidMessage([{ path: 'to', message: 'expected one mailbox' }])).to.deep.equal({
        _tag: 'InvalidMessage',
        message: 'The message cannot be sent: to: expected one mailbox',
        delivered: 'no',
        issues: [{ path: 'to', message: 'expected one mailbox' }],
      }))

    it('TemplateNotFound says what to add', () =>
      expect(templateNotFound('SignIn')).to.deep.equal({
        _tag: 'TemplateNotFound',
        message: 'The config has no template for SignIn, and no Generic one to use instead. Add either.',
        delivered: 'no',
        usageType: 'SignIn',
      }))

    it('MissingVariables says when it is the Generic template that needs them', () =>
      expect(missingVariables('BindMfa', ['code', 'app.name'], 'Generic').message).to.equal(
        'The Generic template, used because BindMfa has none of its own, needs code, app.name. Give values in payload.code, payload.app.name, or take the placeholders out.',
      ))

    it('MissingVariables names them all', () =>
      expect(missingVariables('SignIn', ['code', 'app.name'])).to.deep.equal({
        _tag: 'MissingVariables',
        message:
          'The template for SignIn needs code, app.name. Give values in payload.code, payload.app.name, or take the placeholders out.',
        delivered: 'no',
        usageType: 'SignIn',
        names: ['code', 'app.name'],
      }))

    it('MissingVariables names ten and counts the rest', () => {
      const names = Array.from({ length: 12 }, (_, index) => `v${index}`)
      expect(missingVariables('SignIn', names).message)
        .to.include('needs v0, v1, ')
        .and.include('v9, and 2 more')
      expect(missingVariables('SignIn', names.slice(0, 10)).message).to.include('v8, v9.')
    })

    it('Rejected says the code and its cure', () =>
      expect(rejected({ code: 'SignatureDoesNotMatch', statusCode: 400, requestId: 'r' })).to.deep.equal({
        _tag: 'Rejected',
        message:
          'DirectMail refused the mail with SignatureDoesNotMatch (HTTP 400). Check accessKeySecret: it does not belong to accessKeyId.',
        delivered: 'no',
        code: 'SignatureDoesNotMatch',
        statusCode: 400,
        requestId: 'r',
      }))

    it('Rejected carries the address of DirectMail’s explanation', () =>
      expect(
        rejected({ code: 'X', statusCode: 400, requestId: 'r', recommend: 'https://api.aliyun.com' }),
      ).to.include({ recommend: 'https://api.aliyun.com' }))

    it('Throttled says how long to wait', () =>
      expect(throttled({ code: 'Throttling.User', retryAfterMs: 1500, requestId: 'r' })).to.deep.equal({
        _tag: 'Throttled',
        message: 'DirectMail takes no more requests for now (Throttling.User). It asks to wait 1500 ms.',
        delivered: 'no',
        code: 'Throttling.User',
        retryAfterMs: 1500,
        requestId: 'r',
      }))

    it('Throttled says what helps where DirectMail does not say how long', () =>
      expect(throttled({ code: 'Throttling', requestId: 'r' }).message).to.equal(
        'DirectMail takes no more requests for now (Throttling). Send less often, or ask Alibaba Cloud for a higher limit.',
      ))

    it('Unavailable says that the mail may have been sent', () =>
      expect(unavailable({ code: 'InternalError', statusCode: 503 })).to.deep.equal({
        _tag: 'Unavailable',
        message:
          'DirectMail is not available: InternalError (HTTP 503). The mail may have been sent all the same.',
        delivered: 'unknown',
        code: 'InternalError',
        statusCode: 503,
      }))

    it('Timeout in the queue says that nothing was sent', () =>
      expect(timeout('queue')).to.deep.equal({
        _tag: 'Timeout',
        message: 'The message waited for its turn until its deadline and was never sent.',
        delivered: 'no',
        phase: 'queue',
      }))

    it('Timeout at connect says what to check', () =>
      expect(timeout('connect')).to.deep.equal({
        _tag: 'Timeout',
        message: 'No connection to DirectMail could be made in time. Check network, proxy and endpoint.',
        delivered: 'no',
        phase: 'connect',
      }))

    it('Timeout at read says that the mail may have been sent', () =>
      expect(timeout('read')).to.deep.equal({
        _tag: 'Timeout',
        message: 'DirectMail did not answer in time. The mail may have been sent all the same.',
        delivered: 'unknown',
        phase: 'read',
      }))

    it('Timeout at load says what helps', () =>
      expect(timeout('load')).to.deep.equal({
        _tag: 'Timeout',
        message:
          'The SDK could not be loaded in time, and nothing was sent. Call warmUp when the program starts.',
        delivered: 'no',
        phase: 'load',
      }))

    it('CredentialsUnavailable says why', () => {
      const { message, ...rest } = credentialsUnavailable('no metadata service')
      expect(rest).to.deep.equal({
        _tag: 'CredentialsUnavailable',
        delivered: 'no',
        reason: 'no metadata service',
      })
      expect(message).to.contain(': no metadata service.')
    })

    it('Cancelled before a request says that nothing was sent', () =>
      expect(cancelled('no')).to.deep.equal({
        _tag: 'Cancelled',
        message: 'The message was cancelled. Nothing was sent.',
        delivered: 'no',
      }))

    it('Cancelled under way says that the mail may have been sent', () =>
      expect(cancelled('unknown')).to.deep.equal({
        _tag: 'Cancelled',
        message: 'The message was cancelled. The mail may have been sent all the same.',
        delivered: 'unknown',
      }))

    it('Duplicate says that DirectMail knows the key, not that a mail was sent', () =>
      expect(duplicate('order-1')).to.deep.equal({
        _tag: 'Duplicate',
        message:
          'DirectMail has already seen a request with this idempotency key. No other one was accepted.',
        delivered: 'unknown',
        idempotencyKey: 'order-1',
      }))

    it('ConnectionFailed after the request says that the mail may have been sent', () =>
      expect(connectionFailed('ECONNRESET', 'unknown')).to.deep.equal({
        _tag: 'ConnectionFailed',
        message:
          'The connection to DirectMail failed (ECONNRESET). The mail may have been sent all the same.',
        delivered: 'unknown',
        code: 'ECONNRESET',
      }))

    it('ConnectionFailed before the request says what to do about its code', () =>
      expect(connectionFailed('ENOTFOUND', 'no')).to.deep.equal({
        _tag: 'ConnectionFailed',
        message:
          'The connection to DirectMail failed (ENOTFOUND). The name of the endpoint could not be resolved. Check DNS and the endpoint.',
        delivered: 'no',
        code: 'ENOTFOUND',
      }))

    it('InvalidResponse says what is wrong with the answer', () =>
      expect(invalidResponse('its body is not JSON')).to.deep.equal({
        _tag: 'InvalidResponse',
        message:
          "The answer is not one of DirectMail's: its body is not JSON. The mail may have been sent all the same.",
        delivered: 'unknown',
        reason: 'its body is not JSON',
      }))
  })

  describe('a text', () => {
    it('says what to do about a code', () =>
      expect(codeText('SignatureDoesNotMatch')).to.equal(
        'DirectMail refused the mail with SignatureDoesNotMatch (HTTP 400). Check accessKeySecret: it does not belong to accessKeyId.',
      ))

    it('says nothing more about a code that nobody explains', () =>
      expect(codeText('Unheard.Of')).to.equal('DirectMail refused the mail with Unheard.Of (HTTP 400).'))

    it('lists ten issues and counts the rest', () => {
      const many = (count: number): ReadonlyArray<Issue> =>
        Array.from({ length: count }, (_, index) => ({ path: `a[${index}]`, message: 'wrong' }))
      expect(invalidConfig(many(10)).message).to.match(/a\[9\]: wrong$/)
      expect(invalidConfig(many(12)).message).to.match(/a\[9\]: wrong; and 2 more$/)
      expect(invalidConfig(many(12)).issues).to.have.length(12)
    })

    it('calls a question a question', () =>
      expect(invalidQuery([issue])).to.deep.equal({
        ...invalidMessage([issue]),
        message: 'The question cannot be asked: templates[2].usageType: expected one of SignIn',
      }))

    it('speaks of no mail where there is none', () => {
      const refusal = { code: 'NoPermission', statusCode: 403, requestId: 'r' }
      expect(withoutMail(rejected(refusal), 'DescDomain')).to.deep.equal({
        ...rejected(refusal),
        message:
          'DirectMail refused DescDomain with NoPermission (HTTP 403). Grant the RAM user or role of this AccessKey the permission dm:DescDomain.',
      })
      expect(withoutMail(timeout('read'), 'DescDomain')).to.deep.equal({
        ...timeout('read'),
        delivered: 'no',
        message: 'DirectMail did not answer in time.',
      })
    })

    it('ends every failure of a send with a full stop', () => {
      for (const error of errors.slice(2)) expect(error.message, error._tag).to.match(/\.$/)
    })
  })

  describe('foldSendError', () => {
    const tagOf = foldSendError<string>({
      InvalidConfig: ({ issues }) => `InvalidConfig ${issues.length}`,
      InvalidMessage: ({ issues }) => `InvalidMessage ${issues.length}`,
      TemplateNotFound: ({ usageType }) => `TemplateNotFound ${usageType}`,
      MissingVariables: ({ names }) => `MissingVariables ${names.join()}`,
      Rejected: ({ code }) => `Rejected ${code}`,
      Throttled: ({ code }) => `Throttled ${code}`,
      Unavailable: ({ statusCode }) => `Unavailable ${statusCode}`,
      Timeout: ({ phase }) => `Timeout ${phase}`,
      ConnectionFailed: ({ code }) => `ConnectionFailed ${code}`,
      InvalidResponse: ({ reason }) => `InvalidResponse ${reason}`,
      CredentialsUnavailable: ({ reason }) => `CredentialsUnavailable ${reason}`,
      Cancelled: ({ delivered }) => `Cancelled ${delivered}`,
      Duplicate: ({ idempotencyKey }) => `Duplicate ${idempotencyKey}`,
    })

    it('calls the handler of the tag with the failure itself', () =>
      expect(errors.map(tagOf)).to.deep.equal([
        'InvalidConfig 1',
        'InvalidMessage 1',
        'TemplateNotFound SignIn',
        'MissingVariables code',
        'Rejected InvalidToAddress',
        'Throttled Throttling.User',
        'Unavailable 500',
        'Timeout queue',
        'Timeout connect',
        'Timeout read',
        'ConnectionFailed ECONNREFUSED',
        'ConnectionFailed ECONNRESET',
        'InvalidResponse it has no EnvId',
        'Timeout load',
        'CredentialsUnavailable no metadata service',
        'Cancelled no',
        'Cancelled unknown',
        'Duplicate order-1',
      ]))
  })

  describe('isRetryable', () => {
    const lasting: ReadonlyArray<SendError['_tag']> = [
      'InvalidConfig',
      'InvalidMessage',
      'TemplateNotFound',
      'MissingVariables',
      'Rejected',
      'Cancelled',
      'Duplicate',
    ]

    for (const error of errors)
      it(
        lasting.includes(error._tag)
          ? `says no of ${error._tag}, delivered ${error.delivered}, which stays so`
          : `says yes of ${error._tag}, delivered ${error.delivered}`,
        () => expect(isRetryable(error)).to.equal(!lasting.includes(error._tag)),
      )

    for (const code of [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'CERT_HAS_EXPIRED',
      'UNABLE_TO_GET_ISSUER_CERT',
      'ERR_TLS_X',
      'ERR_SSL_X',
      'EPROTO',
      'ERR_MODULE_NOT_FOUND',
      'ERR_REQUIRE_ESM',
    ])
      it(`says no of a connection that failed with ${code}`, () =>
        expect(isRetryable(connectionFailed(code, 'no'))).to.equal(false))

    it('does not ask whether the mail may have been delivered', () =>
      fc.assert(
        fc.property(anyError, (error) => isRetryable(possiblyDelivered(error)) === isRetryable(error)),
      ))
  })

  describe('possiblyDelivered', () => {
    it('says so, and keeps all the rest', () =>
      fc.assert(
        fc.property(anyError, (error) => {
          const { message, delivered, ...rest } = possiblyDelivered(error)
          expect(delivered).to.equal('unknown')
          expect(message.startsWith(error.message)).to.equal(true)
          expect({ ...error }).to.deep.include(rest)
        }),
      ))

    it('says in the text that an earlier attempt may have arrived', () =>
      expect(possiblyDelivered(timeout('connect')).message).to.equal(
        'No connection to DirectMail could be made in time. Check network, proxy and endpoint. An earlier attempt may have arrived.',
      ))

    it('changes nothing of a failure that says so already', () => {
      const error = timeout('read')
      expect(possiblyDelivered(error)).to.equal(error)
    })

    it('done twice is done once', () =>
      fc.assert(
        fc.property(anyError, (error) => {
          expect(possiblyDelivered(possiblyDelivered(error))).to.deep.equal(possiblyDelivered(error))
        }),
      ))
  })

  describe('toError', () => {
    for (const error of errors)
      it(`makes an Error of ${error._tag}, delivered ${error.delivered}, with its text and itself as the cause`, () => {
        const raised = toError(error)
        expect(raised).to.be.instanceOf(Error)
        expect(raised.message).to.equal(error.message)
        expect(raised.cause).to.equal(error)
        expect(raised.stack).to.contain('send-error.test.ts')
      })
  })
})
