import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { PathReporter } from 'io-ts/lib/PathReporter.js'
import { decodeEvent } from '../../lib/events/delivery-event.js'
import { DeliveryEvent } from '../../lib/events.js'
import { cloudEvent, vectors } from './eventbridge.js'

const right = (input: unknown): DeliveryEvent => {
  const decoded = DeliveryEvent.decode(input)
  if (E.isLeft(decoded)) throw new Error(PathReporter.report(decoded).join('\n'))
  return decoded.right
}

const deliverData = {
  env_id: '600001',
  account: 'no-reply@mail.example.com',
  from: 'no-reply@mail.example.com',
  rcpt: 'ann@example.com',
  msg_id: '1df0@mail.example.com',
  send_time: '2024-04-29T11:07:04',
  deliver_time: '2024-04-29T11:07:12',
  status: '0',
  region: 'cn-hangzhou',
  tag: 'codes',
}

const at = new Date('2024-04-29T03:07:12Z')

const mail = {
  id: '8734hhidu983hi457',
  to: 'ann@example.com',
  at,
  envId: '600001',
  accountName: 'no-reply@mail.example.com',
  from: 'no-reply@mail.example.com',
  messageId: '1df0@mail.example.com',
  tagName: 'codes',
  regionId: 'cn-hangzhou',
}

const timeOf = (data: object, envelope: object = {}): string | undefined => {
  const decoded = DeliveryEvent.decode(
    cloudEvent('dm:Deliver:Succeed', { rcpt: 'ann@example.com', ...data }, envelope),
  )
  return E.isRight(decoded) ? decoded.right.at.toISOString() : undefined
}

describe('DeliveryEvent', () => {
  describe('reads what DirectMail publishes', () => {
    it('a delivery', () =>
      expect(right(cloudEvent('dm:Deliver:Succeed', deliverData))).to.deep.equal({
        _tag: 'Delivered',
        ...mail,
      }))

    it('a failed delivery', () =>
      expect(right(JSON.parse(vectors.body))).to.deep.equal({
        _tag: 'Failed',
        ...mail,
        envId: '600001234',
        status: 'invalidAddress',
        errorCode: '554',
        errorMessage: '554 RCPT ann@example.com does not exist',
        failedType: 'SmtpNxBox',
      }))

    for (const [status, expected] of [
      ['2', 'invalidAddress'],
      ['3', 'spam'],
      ['4', 'failed'],
      [3, 'spam'],
      ['7', 'failed'],
      [undefined, 'failed'],
    ] as const)
      it(`a failed delivery whose status is ${JSON.stringify(status)}`, () =>
        expect(right(cloudEvent('dm:Deliver:Fail', { ...deliverData, status }))).to.include({
          _tag: 'Failed',
          status: expected,
        }))

    it('an opened mail', () =>
      expect(
        right(
          cloudEvent('dm:Trace:Open', {
            env_id: '600001',
            rcpt: 'ann@example.com',
            operate_time: '2024-04-29T11:07:12',
            client_ip: '192.0.2.1',
            user_agent: 'Mozilla/5.0',
          }),
        ),
      ).to.deep.equal({
        _tag: 'Opened',
        id: mail.id,
        to: mail.to,
        at,
        envId: '600001',
        clientIp: '192.0.2.1',
        userAgent: 'Mozilla/5.0',
      }))

    it('a clicked link', () =>
      expect(
        right(
          cloudEvent('dm:Trace:Click', { rcpt: 'ann@example.com', url: 'https://example.com/confirm?x=1' }),
        ),
      ).to.include({ _tag: 'Clicked', url: 'https://example.com/confirm?x=1' }))

    it('a complaint, whose fields have names of their own and whose times count seconds', () =>
      expect(
        right(
          cloudEvent('dm:Feedback:FblReport', {
            send_time: '1714360024',
            send_email: 'no-reply@mail.example.com',
            block_email: 'ann@example.com',
            message_id: '<1df0@mail.example.com>',
            block_time: '1714360032',
            fbl_isp: 'outlook',
          }),
        ),
      ).to.deep.equal({
        _tag: 'Complained',
        id: mail.id,
        to: mail.to,
        at,
        from: mail.from,
        messageId: '<1df0@mail.example.com>',
      }))

    for (const [type, tag] of [
      ['dm:Feedback:Subscribe', 'Subscribed'],
      ['dm:Feedback:UnSubscribe', 'Unsubscribed'],
    ] as const)
      it(`${type}, where the id of the mail is spelt envid`, () =>
        expect(
          right(
            cloudEvent(type, {
              operate_time: '2024-04-29T11:07:12',
              envid: '600001',
              from: 'no-reply@mail.example.com',
              rcpt: 'ann@example.com',
            }),
          ),
        ).to.deep.equal({
          _tag: tag,
          id: mail.id,
          to: mail.to,
          at,
          envId: '600001',
          from: mail.from,
        }))

    it('either spelling of the source', () => {
      for (const source of ['acs.dm', 'acs:dm'])
        expect(right(cloudEvent('dm:Deliver:Succeed', deliverData, { source }))).to.include({ to: mail.to })
    })

    it('ids and codes that are numbers, as long as they are exact', () => {
      expect(
        right(cloudEvent('dm:Deliver:Fail', { ...deliverData, env_id: 600001, err_code: 554 })),
      ).to.include({ envId: '600001', errorCode: '554' })
      expect(
        E.isLeft(DeliveryEvent.decode(cloudEvent('dm:Deliver:Fail', { ...deliverData, env_id: 2 ** 53 }))),
      ).to.equal(true)
    })

    it('an event that does not say its version', () =>
      expect(right(cloudEvent('dm:Deliver:Succeed', deliverData, { specversion: undefined }))).to.include({
        to: mail.to,
      }))

    it('one address, of at most 320 characters', () => {
      const read = (rcpt: unknown) =>
        E.isRight(DeliveryEvent.decode(cloudEvent('dm:Deliver:Succeed', { ...deliverData, rcpt })))
      const ofLength = (length: number): string => `${'a'.repeat(length - 12)}@example.com`
      expect([320, 321].map(ofLength).map(read)).to.deep.equal([true, false])
      for (const rcpt of ['a@b.co c', 'c a@b.co', 'a@b@c.co', ['a@b.co'], 7])
        expect(read(rcpt)).to.equal(false)
    })

    it('null and empty fields as absent', () =>
      expect(
        right(cloudEvent('dm:Deliver:Succeed', { ...deliverData, tag: '', env_id: null, envid: '600001' })),
      ).to.deep.equal({
        _tag: 'Delivered',
        ...Object.fromEntries(Object.entries(mail).filter(([k]) => k !== 'tagName')),
      }))
  })

  describe('reads times', () => {
    it('with a zone', () => {
      expect(timeOf({ deliver_time: '2024-04-29T11:07:12+08:00' })).to.equal('2024-04-29T03:07:12.000Z')
      expect(timeOf({ deliver_time: '2024-04-29T05:07:12+02:00' })).to.equal('2024-04-29T03:07:12.000Z')
      expect(timeOf({ deliver_time: '2024-04-29T03:07:12.345Z' })).to.equal('2024-04-29T03:07:12.345Z')
    })

    it('without a zone as China’s, where the event itself says no other', () => {
      expect(timeOf({ deliver_time: '2024-04-29T11:07:12' })).to.equal('2024-04-29T03:07:12.000Z')
      expect(timeOf({ deliver_time: '2024-04-29 11:07:12' }, { time: undefined })).to.equal(
        '2024-04-29T03:07:12.000Z',
      )
      expect(timeOf({ deliver_time: '2024-04-29T11:07:12' }, { time: '2024-04-29T03:07:13Z' })).to.equal(
        '2024-04-29T03:07:12.000Z',
      )
    })

    it('without a zone as UTC, where the event itself says so', () => {
      expect(timeOf({ operate_time: '2024-04-29T03:07:12' })).to.equal('2024-04-29T03:07:12.000Z')
      expect(timeOf({ operate_time: '2024-04-29T03:07:12' }, { time: '2024-04-29T03:07:14Z' })).to.equal(
        '2024-04-29T03:07:12.000Z',
      )
    })

    it('of the event where its data has none', () => expect(timeOf({})).to.equal('2024-04-29T03:07:12.000Z'))

    it('in whole seconds since the epoch', () => {
      expect(timeOf({ block_time: '1714360032' })).to.equal('2024-04-29T03:07:12.000Z')
      expect(timeOf({ block_time: 1_714_360_032 })).to.equal('2024-04-29T03:07:12.000Z')
    })

    for (const time of [
      'x2024-04-29T03:07:12Z',
      '2024-04-29T03:07:12Zx',
      '17143600321',
      'x1714360032',
      ['1714360032'],
      'yesterday',
      '2024-02-30T00:00:00',
      '2024-13-01T00:00:00Z',
      '2024-04-29T24:00:00Z',
      '29.04.2024',
      '17143600',
      true,
      {},
    ])
      it(`and refuses ${JSON.stringify(time)}`, () =>
        expect(timeOf({ deliver_time: time })).to.equal(undefined))

    it('and refuses an event without any', () => expect(timeOf({}, { time: undefined })).to.equal(undefined))
  })

  const text = fc.string({ minLength: 1 }).filter((s) => s.trim() !== '')
  const fields = {
    id: text,
    to: fc.emailAddress(),
    at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }),
    envId: text,
    accountName: text,
    from: text,
    messageId: text,
    tagName: text,
    regionId: text,
  }
  const traced = { clientIp: text, userAgent: text }
  const required = ['_tag', 'id', 'to', 'at'] as const
  const event = fc.oneof(
    ...(['Delivered', 'Complained', 'Subscribed', 'Unsubscribed'] as const).map((tag) =>
      fc.record({ _tag: fc.constant(tag), ...fields }, { requiredKeys: [...required] }),
    ),
    fc.record(
      { _tag: fc.constant('Opened' as const), ...fields, ...traced },
      { requiredKeys: [...required] },
    ),
    fc.record(
      { _tag: fc.constant('Clicked' as const), ...fields, ...traced, url: text },
      { requiredKeys: [...required] },
    ),
    fc.record(
      {
        _tag: fc.constant('Failed' as const),
        ...fields,
        status: fc.constantFrom('invalidAddress' as const, 'spam' as const, 'failed' as const),
        failedType: text,
        errorCode: text,
        errorMessage: text,
      },
      { requiredKeys: [...required, 'status'] },
    ),
  )

  it('reads again what it encoded and JSON carried', () =>
    fc.assert(
      fc.property(event, (value) => {
        expect(DeliveryEvent.is(value)).to.equal(true)
        expect(right(JSON.parse(JSON.stringify(DeliveryEvent.encode(value))))).to.deep.equal(value)
      }),
    ))

  it('reads from a CloudEvent what its data says, under either name of a field', () =>
    fc.assert(
      fc.property(
        text,
        fc.emailAddress(),
        fc.integer({ min: 1_000_000_000, max: 9_999_999_999 }),
        fc.constantFrom('env_id', 'envid'),
        fc.constantFrom('rcpt', 'block_email'),
        fc.constantFrom('deliver_time', 'operate_time', 'block_time'),
        (envId, to, seconds, envIdKey, toKey, timeKey) => {
          const data = { [envIdKey]: envId, [toKey]: to, [timeKey]: seconds }
          const decoded = right(cloudEvent('dm:Deliver:Succeed', data))
          expect(decoded).to.deep.include({ _tag: 'Delivered', envId, to, at: new Date(seconds * 1000) })
        },
      ),
    ))

  it('gives for any JSON an event of its type, or none', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc
            .tuple(
              fc.constantFrom('dm:Deliver:Fail', 'dm:Trace:Open'),
              fc.dictionary(
                fc.constantFrom('rcpt', 'env_id', 'status', 'deliver_time', 'tag'),
                fc.jsonValue(),
              ),
            )
            .map(([type, data]) => cloudEvent(type, data)),
        ),
        (json) => {
          const decoded = DeliveryEvent.decode(json)
          expect(E.isLeft(decoded) || DeliveryEvent.is(decoded.right)).to.equal(true)
        },
      ),
    ))

  it('drops what it does not know', () =>
    expect(
      right({
        _tag: 'Delivered',
        id: '1',
        to: 'ann@example.com',
        at: '2024-04-29T03:07:12Z',
        more: 1,
        tagName: undefined,
      }),
    ).to.have.all.keys('_tag', 'id', 'to', 'at'))

  it('takes only one of its own for one', () => {
    const value = { _tag: 'Delivered', id: '1', to: 'ann@example.com', at }
    expect(DeliveryEvent.is(value)).to.equal(true)
    for (const other of [
      null,
      'Delivered',
      {},
      { ...value, at: at.toISOString() },
      { ...value, at: new Date(NaN) },
      { ...value, to: 'ann' },
      { ...value, _tag: 'Lost' },
      { ...value, _tag: 'Failed' },
    ])
      expect(DeliveryEvent.is(other)).to.equal(false)
  })

  it('throws at nothing', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const throwing = (key: string): object =>
      Object.defineProperty({ ...cloudEvent('dm:Deliver:Fail', deliverData) }, key, {
        enumerable: true,
        get: () => {
          throw new Error('hostile')
        },
      })
    for (const input of [
      undefined,
      null,
      1n,
      Symbol('s'),
      () => 1,
      proxy,
      throwing('id'),
      throwing('data'),
      throwing('_tag'),
    ]) {
      expect(E.isLeft(DeliveryEvent.decode(input))).to.equal(true)
      expect(DeliveryEvent.is(input)).to.equal(false)
    }
  })

  it('names to io-ts’s reporter where something is wrong', () =>
    expect(
      PathReporter.report(DeliveryEvent.decode(cloudEvent('dm:Trace:Open', { rcpt: 'ann' }))).join(),
    ).to.match(/\/to: an e-mail address$/))
})

describe('decodeEvent', () => {
  for (const [body, path, expected] of [
    [7, '', 'a CloudEvent'],
    [cloudEvent('dm:Trace:Open', deliverData, { specversion: '0.3' }), 'specversion', '1.0'],
    [cloudEvent('dm:Trace:Open', deliverData, { id: ' ' }), 'id', 'a text that is not empty'],
    [cloudEvent('dm:Trace:Open', [], { data: 7 }), 'data', 'an object'],
    [cloudEvent('dm:Trace:Open', { ...deliverData, deliver_time: 'x' }), 'at', 'a date and time'],
    [cloudEvent('dm:Trace:Open', { ...deliverData, env_id: ' ' }), 'envId', 'a text that is not empty'],
  ] as const)
    it(`expects ${expected} at ${path === '' ? 'the top' : path}`, () =>
      expect(decodeEvent(body)).to.have.deep.nested.property('left.issues', [
        { path, message: `expected ${expected}` },
      ]))

  it('says what is wrong with an event, and where, without repeating it', () => {
    const decoded = decodeEvent(cloudEvent('dm:Deliver:Fail', { rcpt: 'not-to-be-seen', tag: {} }))
    expect(decoded).to.deep.include({ _tag: 'Left' })
    if (E.isRight(decoded) || decoded.left._tag !== 'InvalidEvent') throw new Error('unexpected')
    expect(decoded.left).to.deep.include({
      httpStatus: 400,
      issues: [
        { path: 'to', message: 'expected an e-mail address' },
        { path: 'tagName', message: 'expected a text that is not empty' },
      ],
    })
    expect(JSON.stringify(decoded.left)).not.to.include('not-to-be-seen')
  })

  for (const body of [
    null,
    [],
    'text',
    {},
    cloudEvent('dm:Deliver:Fail', { rcpt: 'ann@example.com' }, { specversion: '0.3' }),
    [cloudEvent('dm:Deliver:Fail', deliverData)],
  ])
    it(`refuses ${JSON.stringify(body).slice(0, 60)}`, () =>
      expect(decodeEvent(body)).to.have.nested.property('left._tag', 'InvalidEvent'))

  it('does not read the library’s own form: who signs a request does not choose what it says', () =>
    expect(
      decodeEvent({ _tag: 'Delivered', id: '1', to: 'ann@example.com', at: '2024-04-29T03:07:12Z' }),
    ).to.have.nested.property('left._tag', 'InvalidEvent'))

  for (const [what, event] of [
    ['the result of an address check', cloudEvent('dm:Validator:GrayListResult', {})],
    ['a type that came later', cloudEvent('dm:Deliver:Deferred', deliverData)],
    ['another service’s', cloudEvent('dm:Deliver:Fail', deliverData, { source: 'acs.oss' })],
    ['a name that every object has', cloudEvent('constructor', deliverData)],
  ] as const)
    it(`passes over ${what}, for the sender to hear 200`, () =>
      expect(decodeEvent(event)).to.deep.nested.include({
        'left._tag': 'UnsupportedEvent',
        'left.httpStatus': 200,
      }))
})
