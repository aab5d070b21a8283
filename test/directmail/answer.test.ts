import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import type { SendError } from '../../lib/errors/send-error.js'
import { loadError, toReceipt, toSendError, verdictError } from '../../lib/directmail/answer.js'

const requestId = '12D086F6-8F31-4658-84C1-006DED011A85'

describe('answer', () => {
  describe('a receipt', () => {
    const receiptOf = (answer: unknown): unknown => E.toUnion(toReceipt(answer))

    it('is in the body of an answer', () =>
      expect(receiptOf({ statusCode: 200, body: { envId: '1', requestId } })).to.deep.equal({
        envId: '1',
        requestId,
      }))

    it('needs no status, which a stub may leave out', () =>
      expect(receiptOf({ body: { envId: '1', requestId } })).to.deep.equal({ envId: '1', requestId }))

    it('needs no requestId, since with an envId the mail was accepted', () =>
      expect(receiptOf({ body: { envId: '1' } })).to.deep.equal({ envId: '1', requestId: '' }))

    for (const [what, answer, reason] of [
      ['an answer without an envId', { body: { requestId } }, 'it has no EnvId'],
      ['an empty envId', { body: { envId: '' } }, 'it has no EnvId'],
      ['an envId that is no text', { body: { envId: 1 } }, 'it has no EnvId'],
      ['an envId of two lines', { body: { envId: '600000123\n456789012' } }, 'it has no EnvId'],
      ['an envId that ends a line', { body: { envId: '600000123\n' } }, 'it has no EnvId'],
      ['an envId of a sentence', { body: { envId: 'the code is 739182' } }, 'it has no EnvId'],
      ['an envId of 65 characters', { body: { envId: '6'.repeat(65) } }, 'it has no EnvId'],
      ['no body', { statusCode: 200 }, 'it has no EnvId'],
      ['no answer', undefined, 'it has no EnvId'],
      ['a redirect', { statusCode: 302, body: { envId: '1' } }, 'its status is 302'],
      ['a status below 200', { statusCode: 199, body: { envId: '1' } }, 'its status is 199'],
      ['a status above 299', { statusCode: 300, body: { envId: '1' } }, 'its status is 300'],
      ['a status that is no number', { statusCode: '200', body: { envId: '1' } }, 'its status is 0'],
    ] as const)
      it(`is not in ${what}`, () =>
        expect(receiptOf(answer)).to.include({ _tag: 'InvalidResponse', reason, delivered: 'unknown' }))

    it('leaves out a requestId that is none', () => {
      for (const id of [17, '', `${requestId}\n`, 'the code is 739182'])
        expect(receiptOf({ body: { envId: '1', requestId: id } })).to.deep.equal({
          envId: '1',
          requestId: '',
        })
    })

    it('may have any status from 200 to 299', () => {
      for (const statusCode of [200, 201, 299])
        expect(E.isRight(toReceipt({ statusCode, body: { envId: '1' } }))).to.equal(true)
    })
  })

  describe('an answer with an error', () => {
    const errorOf = (error: unknown): SendError => toSendError(error, 'connected')

    it('below 500 is a refusal, not delivered', () =>
      expect(
        errorOf({ statusCode: 404, code: 'InvalidMailAddress.NotFound', requestId, data: {} }),
      ).to.deep.include({
        _tag: 'Rejected',
        code: 'InvalidMailAddress.NotFound',
        statusCode: 404,
        requestId,
        delivered: 'no',
      }))

    it('from 500 is the service failing, delivered or not', () =>
      expect(errorOf({ statusCode: 500, code: 'InternalError', requestId })).to.include({
        _tag: 'Unavailable',
        statusCode: 500,
        requestId,
        delivered: 'unknown',
      }))

    it('from 500 has no requestId where the answer has none', () =>
      expect(errorOf({ statusCode: 503, code: 'undefined', requestId: 'undefined' }))
        .to.include({ _tag: 'Unavailable', code: 'HTTP503' })
        .and.not.have.property('requestId'))

    for (const throttling of [
      { statusCode: 400, code: 'Throttling' },
      { statusCode: 400, code: 'Throttling.User' },
      { statusCode: 503, code: 'Throttling.Api' },
      { statusCode: 429, code: 'TooManyRequests' },
      { code: 'Throttling.User' },
    ])
      it(`is throttling as ${JSON.stringify(throttling)}`, () =>
        expect(errorOf({ ...throttling, requestId })).to.include({
          _tag: 'Throttled',
          code: throttling.code,
          requestId,
          delivered: 'no',
        }))

    it('says how long to wait where the service does', () => {
      expect(errorOf({ code: 'Throttling.User', retryAfter: 0 })).to.include({ retryAfterMs: 0 })
      expect(errorOf({ code: 'Throttling.User', retryAfter: 1500 })).to.include({ retryAfterMs: 1500 })
      for (const retryAfter of [undefined, -1, NaN, '5'])
        expect(errorOf({ code: 'Throttling.User', retryAfter })).not.to.have.property('retryAfterMs')
    })

    it('without a code is that of a proxy, named by its status, and the mail may have gone out', () =>
      expect(errorOf({ statusCode: 403, code: 'undefined', requestId: 'undefined', data: {} })).to.include({
        _tag: 'Rejected',
        code: 'HTTP403',
        requestId: '',
        delivered: 'unknown',
      }))

    it('of 400 without a code is one all the same, and below 400 there is none', () => {
      expect(errorOf({ statusCode: 400 })).to.include({ _tag: 'Rejected', code: 'HTTP400' })
      expect(errorOf({ statusCode: 399 })).to.include({ _tag: 'InvalidResponse' })
    })

    for (const code of [
      '739182 InvalidBody',
      'InvalidBody: 739182',
      'Invalid739182',
      `Invalid${'x'.repeat(100)}`,
      'invalidBody',
      ['InvalidBody'],
    ])
      it(`is named by its status where its code has another form: ${JSON.stringify(code).slice(0, 30)}`, () =>
        expect(errorOf({ statusCode: 400, code })).to.include({ _tag: 'Rejected', code: 'HTTP400' }))

    it('may have its request id in its data', () =>
      expect(errorOf({ statusCode: 400, data: { RequestId: requestId } })).to.include({ requestId }))

    for (const id of [
      undefined,
      'undefined',
      'null',
      17,
      '',
      '739182',
      'req-739182',
      'x'.repeat(65),
      `${requestId} 739182`,
      `739182-${requestId}`,
    ])
      it(`has no request id in ${JSON.stringify(id)}`, () => {
        expect(errorOf({ statusCode: 400, code: 'InvalidBody', requestId: id })).to.include({ requestId: '' })
        expect(errorOf({ code: 'Throttling.User', requestId: id })).to.include({ requestId: '' })
      })

    it('has a request id in small letters, too', () =>
      expect(errorOf({ statusCode: 400, requestId: requestId.toLowerCase() })).to.include({
        requestId: requestId.toLowerCase(),
      }))

    it('of 408 is a gateway that gave up waiting: delivered or not', () =>
      expect(errorOf({ statusCode: 408, code: 'undefined' })).to.include({
        _tag: 'Unavailable',
        code: 'HTTP408',
        delivered: 'unknown',
      }))

    it('is no throttling for a code that only ends like it', () =>
      expect(errorOf({ statusCode: 504, code: 'Backend.Throttling' })).to.include({ delivered: 'unknown' }))

    it('without a status is a refusal all the same, by its code', () =>
      expect(errorOf({ code: 'InvalidToAddress' })).to.include({ _tag: 'Rejected', statusCode: 400 }))

    it('may have its status in its data', () =>
      expect(errorOf({ code: 'InvalidToAddress', data: { statusCode: 404 } })).to.include({
        statusCode: 404,
      }))

    it('keeps the link that explains the code', () => {
      const recommend = `https://api.aliyun.com/troubleshoot?q=InvalidBody&product=Dm&requestId=${requestId}`
      expect(
        errorOf({ statusCode: 400, code: 'InvalidBody', requestId, data: { Recommend: recommend } }),
      ).to.include({
        recommend,
      })
    })

    it('keeps a link that names no request, where the answer names none either', () => {
      const recommend = 'https://api.aliyun.com/troubleshoot?q=InvalidBody&product=Dm&requestId='
      expect(errorOf({ statusCode: 400, code: 'InvalidBody', data: { Recommend: recommend } })).to.include({
        recommend,
      })
    })

    for (const host of ['next.api.aliyun.com', 'error-center.alibabacloud.com', 'aliyun.com'])
      it(`keeps a link to ${host}`, () => {
        const recommend = `https://${host}/troubleshoot`
        expect(errorOf({ statusCode: 400, code: 'InvalidBody', data: { Recommend: recommend } })).to.include({
          recommend,
        })
      })

    it('keeps a link of 500 characters', () => {
      const recommend = 'https://api.aliyun.com/?q='.padEnd(500, 'lang&q=')
      expect(recommend).to.have.length(500)
      expect(errorOf({ statusCode: 400, code: 'InvalidBody', data: { Recommend: recommend } })).to.include({
        recommend,
      })
    })

    for (const link of [
      'http://api.aliyun.com/troubleshoot',
      'javascript:alert(1)',
      'https://user@api.aliyun.com/',
      'https://api.aliyun.com/#hash',
      'https://api.aliyun.com/?q=Something1Else',
      `https://api.aliyun.com/${'x'.repeat(100)}`,
      'https://api.aliyun.com/%37391/82',
      'https://api.aliyun.com/82/%37391',
      'https://api.aliyun.com/?q='.padEnd(501, 'lang&q='),
      'https://evil.example/troubleshoot',
      'https://aliyun.com.evil.example/troubleshoot',
      'https://evilaliyun.com/troubleshoot',
      'https://api.aliyun.com:8443/troubleshoot',
      'https://api.aliyun.com/947281/troubleshoot',
      'https://api.aliyun.com/?q=CODEIS',
      'https://api.aliyun.com/?CODEIS=q',
      'nothing like a link',
      '',
      17,
      new URL('https://api.aliyun.com/'),
    ])
      it(`takes no ${typeof link} ${String(link).slice(0, 50)} for that link`, () =>
        expect(errorOf({ statusCode: 400, code: 'InvalidBody', data: { Recommend: link } }))
          .to.include({ _tag: 'Rejected', code: 'InvalidBody' })
          .and.not.have.property('recommend'))
  })

  describe('no answer', () => {
    for (const code of [
      'ECONNREFUSED',
      'ENOTFOUND',
      'EAI_AGAIN',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'EADDRNOTAVAIL',
      'EMFILE',
    ])
      it(`for ${code} was certainly not delivered`, () =>
        expect(toSendError({ code }, 'unseen')).to.include({
          _tag: 'ConnectionFailed',
          code,
          delivered: 'no',
        }))

    for (const code of [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'EPROTO',
    ])
      it(`for ${code} was certainly not delivered, since TLS was not set up`, () =>
        expect(toSendError({ code }, 'connecting')).to.include({ _tag: 'ConnectionFailed', delivered: 'no' }))

    for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'EPERM', 'EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'])
      it(`for ${code} of a connection that stood may have been delivered`, () =>
        expect(toSendError({ code }, 'connected')).to.include({
          _tag: 'ConnectionFailed',
          delivered: 'unknown',
        }))

    for (const code of [
      'SOCKS_ECONNREFUSED',
      'ECONNREFUSED_LATER',
      'EPROTOTYPE',
      'SOCKS_EPROTO',
      'LATE_ERR_TLS',
      'LATE_ERR_SSL',
    ])
      it(`for ${code}, which only resembles a code of those, may have been delivered`, () =>
        expect(toSendError({ code }, 'unseen')).to.include({
          _tag: 'ConnectionFailed',
          delivered: 'unknown',
        }))

    for (const [progress, delivered] of [
      ['connecting', 'no'],
      ['connected', 'unknown'],
      ['unseen', 'unknown'],
    ] as const)
      it(`for a reset while ${progress} is delivered: ${delivered}`, () =>
        expect(toSendError({ code: 'ECONNRESET' }, progress)).to.include({
          _tag: 'ConnectionFailed',
          delivered,
        }))

    const timeoutError = (message: string) =>
      Object.assign(new Error(message), { name: 'RequestTimeoutError' })

    it("for the SDK's read timeout is a read timeout", () =>
      expect(toSendError(timeoutError('ReadTimeout(3000). POST failed.'), 'unseen')).to.include({
        _tag: 'Timeout',
        phase: 'read',
      }))

    for (const name of ['TimeoutError', 'HeadersTimeoutError', 'RequestTimeout', 'RequestTimeout(3000)'])
      it(`for an error that is called ${name} is a read timeout`, () =>
        expect(toSendError({ name, code: 'ECONNRESET' }, 'connected')).to.include({
          _tag: 'Timeout',
          phase: 'read',
        }))

    it("for the SDK's connect timeout is a connect timeout", () =>
      expect(toSendError(timeoutError('ConnectTimeout: Connect failed.'), 'unseen')).to.include({
        _tag: 'Timeout',
        phase: 'connect',
        delivered: 'no',
      }))

    it("for the SDK's connect timeout after the connection was made is a read timeout", () =>
      expect(toSendError(timeoutError('ConnectTimeout: Connect failed.'), 'connected')).to.include({
        phase: 'read',
        delivered: 'unknown',
      }))
  })

  describe('an answer that cannot be read', () => {
    for (const [what, error, reason] of [
      ['a SyntaxError', new SyntaxError('Unexpected token < in JSON'), 'its body is not JSON'],
      ["the SDK's failed cast", new Error('can not cast to Map'), 'its body is not JSON'],
      [
        'a wrong type',
        new Error('type of envId is mismatch, expect string, but object'),
        'a field of its body has the wrong type',
      ],
      ['another error', new TypeError('x is not a function'), 'the client failed with TypeError'],
      ...['739182', '739182 TypeError', 'TypeError: 739182', `${'x'.repeat(41)}Error`, 739182].map(
        (name) => [`an error that is called ${name}`, { name }, 'the client failed with an error'] as const,
      ),
      ['a code with more before it', { code: '739182 ECONNRESET' }, 'the client failed with an error'],
      ['a code with more behind it', { code: 'ECONNRESET 739182' }, 'the client failed with an error'],
      ['nothing', undefined, 'the client failed without an error'],
      ['a string', 'boom', 'the client failed without an error'],
      ['a code that is no code', { code: 'no code' }, 'the client failed with an error'],
    ] as const)
      it(`for ${what} says so`, () =>
        expect(toSendError(error, 'connected')).to.include({
          _tag: 'InvalidResponse',
          reason,
          delivered: 'unknown',
        }))

    it('for an error that throws when read says so', () => {
      const error = new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
        },
      )
      expect(toSendError(error, 'connected')).to.include({
        reason: 'the client failed with an error that cannot be read',
      })
    })
  })

  it('is a value for anything that can be thrown', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom('unseen', 'connecting', 'connected'), (thrown, progress) => {
        expect(toSendError(thrown, progress)).to.have.property('delivered')
        expect(toReceipt(thrown)).to.have.property('_tag')
      }),
    )
  })

  it('of an attempt that was given up is by its verdict', () => {
    expect(verdictError('connect', 'connecting')).to.include({ _tag: 'Timeout', phase: 'connect' })
    expect(verdictError('read', 'connected')).to.include({ _tag: 'Timeout', phase: 'read' })
    expect(verdictError('oversized', 'connected')).to.include({
      _tag: 'InvalidResponse',
      reason: 'it is too large',
    })
  })

  it('of a cancelled attempt may have been delivered once there may have been a connection', () => {
    expect(verdictError('cancelled', 'connecting')).to.include({ _tag: 'Cancelled', delivered: 'no' })
    expect(verdictError('cancelled', 'connected')).to.include({ _tag: 'Cancelled', delivered: 'unknown' })
    expect(verdictError('cancelled', 'unseen')).to.include({ _tag: 'Cancelled', delivered: 'unknown' })
  })

  it('of an SDK that cannot be loaded names its code, and was not delivered', () => {
    expect(loadError({ code: 'MODULE_NOT_FOUND' })).to.include({ code: 'MODULE_NOT_FOUND', delivered: 'no' })
    expect(loadError(new TypeError('x'))).to.include({ code: 'ERR_MODULE_NOT_FOUND', delivered: 'no' })
    for (const nothing of [undefined, null, 'gone'])
      expect(loadError(nothing)).to.include({ code: 'ERR_MODULE_NOT_FOUND', delivered: 'no' })
  })

  it('of an SDK in a bundle that has no require says that', () => {
    expect(loadError(new Error('Dynamic require of "buffer" is not supported'))).to.include({
      code: 'ERR_REQUIRE_IN_BUNDLE',
      delivered: 'no',
    })
  })
})
