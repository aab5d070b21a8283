import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import sinon from 'sinon'
import type { Fault, Sandbox } from 'aliyun-dm-sandbox'
import { type Connector, createConnector, type OutcomeQuery } from '../../lib/index.js'
import { left, right } from '../support/either.js'
import { config, connect, message, withSandbox } from '../support/sandbox.js'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const ago = (ms: number): Date => new Date(Date.now() - ms)

const withConnector = (use: (connector: Connector, sandbox: Sandbox) => Promise<void>): Promise<void> =>
  withSandbox((sandbox) => use(connect(sandbox.endpoint), sandbox))

const sendTo = async ({ sendMessage }: Connector, to: string): Promise<void> => {
  right(await sendMessage({ ...message, to })())
}

const answerWith = (body: unknown): Fault => ({
  kind: 'answer',
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

const detail = (more: object = {}) => ({
  Status: 0,
  UtcLastUpdateTime: String(Math.floor(Date.now() / 1000)),
  ToAddress: 'ann@example.com',
  ...more,
})

describe('findOutcomes', () => {
  const fates = [
    ['ann@example.com', 'delivered', '250 Send Mail OK', 'SendOk'],
    ['invalid+fate@simulator.test', 'invalidAddress', '550 5.1.1 There is no such mailbox', 'SmtpNxBox'],
    ['spam@simulator.test', 'spam', '554 5.7.1 The mail was taken for spam', 'SmtpContSpam'],
    ['bounce@simulator.test', 'failed', '554 5.0.0 The mail was not taken', 'SmtpZPermErr'],
  ] as const
  for (const [to, status, text, classification] of fates)
    it(`finds that a mail to ${to} was ${status}, and when`, () =>
      withConnector(async (connector) => {
        const since = new Date()
        await sendTo(connector, to)
        const [outcome, ...others] = right(await connector.findOutcomes({ to, since })())
        expect(others).to.deep.equal([])
        expect(outcome).to.deep.include({
          to,
          status,
          message: text,
          classification,
          accountName: config.accountName,
        })
        expect(outcome?.at).to.be.within(new Date(since.getTime() - 1000), new Date())
        expect(outcome).not.to.have.property('subject')
      }))

  it('finds nothing of a mail that is still under way, or never was', () =>
    withConnector(async (connector) => {
      await sendTo(connector, 'slow@simulator.test')
      for (const to of ['slow@simulator.test', 'nobody@example.com'])
        expect(right(await connector.findOutcomes({ to, since: ago(minuteMs) })())).to.deep.equal([])
    }))

  it('settles a doubt: the mail arrived although its answer was lost', () =>
    withConnector(async (connector, sandbox) => {
      const since = new Date()
      right(sandbox.failNext({ kind: 'reset', at: 'headers', accepted: true })())
      expect(left(await connector.sendMessage(message)())).to.include({ delivered: 'unknown' })
      const outcomes = right(await connector.findOutcomes({ to: message.to, since })())
      expect(outcomes.map(({ status }) => status)).to.deep.equal(['delivered'])
    }))

  it('settles a doubt: the mail never arrived', () =>
    withConnector(async (connector, sandbox) => {
      const since = new Date()
      right(sandbox.failNext({ kind: 'reset', at: 'headers' }, 9)())
      expect(left(await connector.sendMessage(message)())).to.include({ delivered: 'unknown' })
      sandbox.clearFaults()
      expect(right(await connector.findOutcomes({ to: message.to, since })())).to.deep.equal([])
    }))

  it('reads every page, and sorts the newest first', () =>
    withConnector(async (connector, sandbox) => {
      await Promise.all(Array.from({ length: 250 }, () => sendTo(connector, message.to)))
      const before = sandbox.requests()
      const outcomes = right(await connector.findOutcomes({ to: message.to, since: ago(minuteMs) })())
      expect(outcomes).to.have.length(250)
      expect(sandbox.requests() - before).to.equal(3)
      const times = outcomes.map(({ at }) => at.getTime())
      expect(times).to.deep.equal([...times].sort((a, b) => b - a))
    }))

  it('asks by the tag, and leaves mails to others out', () =>
    withSandbox(async ({ endpoint }) => {
      const tagged = right(createConnector({ ...config, tagName: 'codes' }, { endpoint }))
      await sendTo(tagged, 'ann@example.com')
      await sendTo(tagged, 'bob@example.com')
      await sendTo(tagged, 'bob@example.com')
      await sendTo(connect(endpoint), 'ann@example.com')
      const find = async (tag: string) =>
        right(await tagged.findOutcomes({ to: 'Ann@example.com', since: ago(minuteMs), tag })())
      expect(await find('codes')).to.have.length(1)
      expect(await find('others')).to.have.length(0)
    }))

  it('leaves out what became of mails outside the time', () =>
    withConnector(async (connector, sandbox) => {
      const at = (ms: number) => detail({ UtcLastUpdateTime: String(Math.floor((Date.now() - ms) / 1000)) })
      const mailDetail = [at(10 * minuteMs), at(30 * minuteMs), at(50 * minuteMs)]
      right(sandbox.failNext(answerWith({ data: { mailDetail } }))())
      const times = { since: ago(40 * minuteMs), until: ago(20 * minuteMs) }
      expect(right(await connector.findOutcomes({ to: 'ann@example.com', ...times })())).to.have.length(1)
    }))

  it('takes times in seconds or milliseconds, addresses with asterisks, and no status but the documented', () =>
    withConnector(async (connector, sandbox) => {
      const mailDetail = [
        detail({ UtcLastUpdateTime: Math.floor(Date.now() / 1000) }),
        detail({ UtcLastUpdateTime: String(Date.now()), ToAddress: 'a***@example.com' }),
        detail({ Status: 1 }),
      ]
      right(sandbox.failNext(answerWith({ data: { mailDetail } }))())
      const outcomes = right(await connector.findOutcomes({ to: 'ann@example.com', since: ago(minuteMs) })())
      expect(outcomes.map(({ to, status }) => [to, status])).to.deep.equal([
        ['ann@example.com', 'delivered'],
        ['ann@example.com', 'delivered'],
      ])
    }))

  it('shortens a long text, and keeps it on one line', () =>
    withConnector(async (connector, sandbox) => {
      const Message = `550 no\r\n\u001b[31m${'x'.repeat(5_000)}`
      right(sandbox.failNext(answerWith({ data: { mailDetail: [detail({ Message })] } }))())
      const [outcome] = right(await connector.findOutcomes({ to: 'ann@example.com', since: ago(minuteMs) })())
      expect(outcome?.message).to.match(/^550 no {3}\[31mx+$/)
      expect(outcome?.message).to.have.length(1_000)
    }))

  it('does not follow pages for ever', () =>
    withConnector(async (connector, sandbox) => {
      const find = connector.findOutcomes({ to: 'ann@example.com', since: ago(minuteMs) })
      right(sandbox.failNext(answerWith({ NextStart: 'same', data: { mailDetail: [detail()] } }), 2)())
      expect(left(await find())).to.include({ _tag: 'InvalidResponse', delivered: 'no' })
      for (let page = 0; page < 100; page += 1)
        right(sandbox.failNext(answerWith({ NextStart: `p${page}`, data: { mailDetail: [detail()] } }))())
      expect(left(await find())).to.have.nested.property('issues[0].path', 'since')
      expect(sandbox.requests()).to.equal(102)
    }))

  describe('of a wrong query', () => {
    const to = 'ann@example.com'
    const since = ago(minuteMs)
    for (const [what, query, path, message] of [
      [
        'a time more than 30 days ago',
        { to, since: ago(30 * dayMs + 2 * minuteMs) },
        'since',
        'expected a time in the last 30 days: DirectMail keeps no more',
      ],
      ['no time', { to }, 'since', 'missing: expected a Date'],
      ['a Date that is none', { to, since: new Date(NaN) }, 'since', 'expected a Date, got an object'],
      ['a time as text', { to, since: '2026-01-01' }, 'since', 'expected a Date'],
      [
        'an end before the beginning',
        { to, since, until: ago(2 * minuteMs) },
        'until',
        'expected a time after since',
      ],
      [
        'two recipients',
        { to: 'a@b.org,c@d.org', since },
        'to',
        'expected exactly one e-mail address, as in name@example.com',
      ],
      ['a tag that is none', { to, since, tag: 'a b' }, 'tag', 'expected 1–128 letters, digits, "_" or "-"'],
    ] as const)
      it(`says what is wrong with ${what}, and asks nothing`, () =>
        withConnector(async (connector, sandbox) => {
          // A caller without types.
          const error = left(await connector.findOutcomes(query as never)())
          expect(error).to.include({ _tag: 'InvalidMessage', delivered: 'no' })
          expect(error).to.have.deep.nested.property('issues[0]', { path, message })
          expect(error.message).to.match(/^The question cannot be asked: /)
          expect(sandbox.requests()).to.equal(0)
        }))

    it('takes 30 days, and an end in the future', () =>
      withConnector(async (connector) => {
        right(await connector.findOutcomes({ to, since: ago(30 * dayMs) })())
        right(await connector.findOutcomes({ to, since: ago(minuteMs), until: ago(-90 * dayMs) })())
        right(await connector.findOutcomes({ to, since: ago(-dayMs) })())
        right(await connector.findOutcomes({ to, since, until: since })())
      }))
  })

  describe('its requests', () => {
    /** Asks a client that answers with these pages, and tells what it was asked and what came of it. */
    const read = async (query: Omit<OutcomeQuery, 'to'>, ...pages: ReadonlyArray<object>) => {
      const requests: Array<object> = []
      const client = {
        singleSendMailWithOptions: () => Promise.resolve({}),
        senderStatisticsDetailByParamWithOptions: (request: object) => {
          requests.push(JSON.parse(JSON.stringify(request)) as object)
          return Promise.resolve({ body: pages[requests.length - 1] ?? {} })
        },
      }
      const { findOutcomes } = right(createConnector(config, { client, maxAttempts: 1 }))
      return { result: await findOutcomes({ to: 'ann@example.com', ...query })(), requests }
    }
    const since = new Date(Math.floor(Date.now() / minuteMs) * minuteMs - 10 * minuteMs + 30_000)
    const at = (ms: number, more: object = {}) => ({
      status: 0,
      utcLastUpdateTime: since.getTime() + ms,
      ...more,
    })

    it('ask for the recipient or the tag, and then for the next page', async () => {
      const first = { data: { mailDetail: [at(0)] }, nextStart: 'p2' }
      const { requests } = await read({ since }, first, { data: { mailDetail: [] }, nextStart: 'p3' })
      expect(requests).to.have.length(2)
      expect(requests[0]).to.include({ toAddress: 'ann@example.com', length: 100 })
      expect(requests[0]).to.not.have.any.keys('tagName', 'nextStart')
      expect(requests[1]).to.include({ toAddress: 'ann@example.com', nextStart: 'p2' })
      const tagged = await read({ since, tag: 'codes' })
      expect(tagged.requests[0]).to.include({ tagName: 'codes' }).and.not.have.property('toAddress')
    })

    it('are sorted, and hold what DirectMail tells of each', async () => {
      const mailDetail = [
        at(1_000, { accountName: 'a@b.co' }),
        at(3_000, { message: 'gone', errorClassification: 'SmtpNxBox', status: 4 }),
        at(2_000),
      ]
      const { result } = await read({ since }, { data: { mailDetail } })
      const [time, to] = [(ms: number) => new Date(since.getTime() + ms), 'ann@example.com']
      expect(right(result)).to.deep.equal([
        { status: 'failed', to, at: time(3_000), message: 'gone', classification: 'SmtpNxBox' },
        { status: 'delivered', to, at: time(2_000) },
        { status: 'delivered', to, at: time(1_000), accountName: 'a@b.co' },
      ])
    })

    it('are for whole minutes, their ends included', async () => {
      const until = new Date(since.getTime() + minuteMs)
      // The minute of since began half a minute before it.
      const mailDetail = [-30_001, -30_000, 60_000, 60_001].map((ms) => at(ms))
      const { result } = await read({ since, until }, { data: { mailDetail } })
      expect(right(result).map((outcome) => outcome.at.getTime() - since.getTime())).to.deep.equal([
        60_000, -30_000,
      ])
    })

    it('leave out mails to nobody, of those with a tag', async () => {
      const { result } = await read({ since, tag: 'codes' }, { data: { mailDetail: [at(0)] } })
      expect(right(result)).to.deep.equal([])
    })

    it('say why they are given up', async () => {
      const page = { data: { mailDetail: [at(0)] }, nextStart: 'same' }
      expect(left((await read({ since }, page, page)).result).message).to.include(
        'a page is followed by itself',
      )
      const pages = Array.from({ length: 100 }, (_, index) => ({ ...page, nextStart: `p${index}` }))
      expect(left((await read({ since }, ...pages)).result).message).to.include(
        'expected a time with at most 10000 mails: ask for a shorter one',
      )
      expect(left((await read({ since }, { data: { mailDetail: [{}] } })).result)).to.include({
        _tag: 'InvalidResponse',
      })
    })
  })

  describe('its times', () => {
    const now = Date.parse('2026-03-10T12:00:30.000Z')

    /** The times of the request that a query becomes at `now`. */
    const ask = async (query: Omit<OutcomeQuery, 'to'>) => {
      let asked = { startTime: '', endTime: '' }
      const client = {
        singleSendMailWithOptions: () => Promise.resolve({}),
        senderStatisticsDetailByParamWithOptions: ({ startTime, endTime }: typeof asked) => {
          asked = { startTime, endTime }
          return Promise.resolve({ body: {} })
        },
      }
      const clock = sinon.useFakeTimers({ now, toFake: ['Date'] })
      try {
        const { findOutcomes } = right(createConnector(config, { client }))
        right(await findOutcomes({ to: 'ann@example.com', ...query })())
        return asked
      } finally {
        clock.restore()
      }
    }

    it("begin by UTC and end by China's time, a quarter of an hour from now", async () =>
      expect(await ask({ since: new Date('2026-03-10T11:00:59Z') })).to.deep.equal({
        startTime: '2026-03-10 11:00',
        endTime: '2026-03-10 20:16',
      }))

    it('end when they are to end', async () => {
      const times = { since: new Date('2026-03-10T11:00:00Z'), until: new Date('2026-03-10T11:30:00Z') }
      expect(await ask(times)).to.deep.equal({
        startTime: '2026-03-10 11:00',
        endTime: '2026-03-10 19:30',
      })
    })

    it("are China's alone for the longest time", async () =>
      expect(await ask({ since: new Date('2026-02-08T12:00:30Z') })).to.deep.equal({
        startTime: '2026-02-08 20:01',
        endTime: '2026-03-10 20:01',
      }))

    const parse = (text: string, zone: string): number => Date.parse(`${text.replace(' ', 'T')}${zone}`)

    it("hold what was asked for, read as China's or as UTC, and are never longer than 30 days", () =>
      fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 29 * dayMs }),
          fc.integer({ min: 0, max: 29 * dayMs }),
          async (back, length) => {
            const since = new Date(now - back)
            const until = new Date(Math.min(now, since.getTime() + length))
            const { startTime, endTime } = await ask({ since, until })
            expect(parse(endTime, 'Z') - parse(startTime, 'Z')).to.be.at.most(30 * dayMs)
            for (const zone of ['Z', '+08:00']) {
              expect(parse(startTime, zone)).to.be.at.most(since.getTime())
              expect(parse(endTime, zone)).to.be.at.least(until.getTime())
            }
          },
        ),
      ))

    it('are right in every time zone, on the way there and back', async () => {
      const script = `
        import { startSandbox } from 'aliyun-dm-sandbox/promises'
        import { createConnector } from './lib/promises.ts'
        const sandbox = await startSandbox()
        const connector = createConnector(${JSON.stringify(config)}, { endpoint: sandbox.endpoint })
        const since = new Date()
        await connector.sendMessage(${JSON.stringify(message)})
        const [outcome] = await connector.findOutcomes({ to: '${message.to}', since })
        console.log(Math.abs(outcome.at - since) < 60_000)
        await connector.close()
        await sandbox.stop()`
      for (const TZ of ['Asia/Shanghai', 'America/Los_Angeles', 'Asia/Kathmandu']) {
        const { stdout } = await promisify(execFile)(
          process.execPath,
          ['--import', 'tsx', '--input-type=module', '-e', script],
          { env: { ...process.env, TZ } },
        )
        expect(stdout.trim(), TZ).to.equal('true')
      }
    }).timeout(60_000)
  })
})
