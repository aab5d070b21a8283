import { expect } from 'chai'
import {
  backoffMs,
  backoffName,
  checkCommon,
  checkNumber,
  type Common,
  defaultName,
  findConcurrency,
  isWhole,
  jobName,
  meanOf,
  pauseMs,
  telemetryOption,
} from '../src/job.js'

describe('the pause before another attempt', () => {
  it('doubles, up to half a minute, and is whole', () => {
    for (const [attempts, longest] of [
      [1, 500],
      [2, 1_000],
      [5, 8_000],
      [7, 30_000],
      [1_000, 30_000],
    ] as const)
      for (let count = 0; count < 50; count += 1)
        expect(backoffMs(attempts))
          .to.satisfy(Number.isInteger)
          .and.to.be.within(longest / 2, longest)
  })

  it('is not the same for all', () => {
    expect(new Set(Array.from({ length: 50 }, () => backoffMs(9))).size).to.be.greaterThan(10)
  })
})

describe('the pause of all where DirectMail takes no more', () => {
  it('is what it asks for, whole, a second where it does not say, and a minute at most', () => {
    expect([undefined, 1_500.5, 0, -1, 60_001, 86_400_000].map((ms) => pauseMs(ms))).to.deep.equal([
      1_000, 1_501, 1, 1, 60_000, 60_000,
    ])
  })
})

describe('how many mails are under way at once', () => {
  it('follows the rate and the time that a mail takes, within bounds', () => {
    expect(findConcurrency(50, 300)).to.equal(19)
    expect(findConcurrency(50, 2_000)).to.equal(125)
    expect(findConcurrency(1, 10)).to.equal(4)
    expect(findConcurrency(1_000, 30_000)).to.equal(256)
    expect(findConcurrency(Infinity, 10)).to.equal(64)
  })

  it('follows the mean of some, not the last one', () => {
    expect(meanOf(undefined, 300)).to.equal(300)
    expect(meanOf(100, 260)).to.equal(110)
    expect(meanOf(260, 100)).to.equal(250)
  })
})

describe('the names in Redis', () => {
  it('stay as they are: the workers of another version look for them', () => {
    expect({ defaultName, jobName, backoffName }).to.deep.equal({
      defaultName: 'aliyun-dm-mails',
      jobName: 'mail',
      backoffName: 'growing',
    })
  })
})

describe('what queue and worker are given', () => {
  const check = (options: object) => () => checkCommon(options as Common)

  it('has a connection', () => {
    expect(check({ connection: {} })).not.to.throw()
    for (const connection of [undefined, null, 'redis', 1])
      expect(check({ connection }), String(connection)).to.throw(
        TypeError,
        /^connection: expected an object, such as \{ host, port \}$/,
      )
  })

  it('may have a name', () => {
    for (const name of [undefined, 'a', 'mails of a fleet'])
      expect(check({ connection: {}, name }), name).not.to.throw()
    for (const name of ['', ':', ':a', 'a:', 'a:b', 1, null])
      expect(check({ connection: {}, name }), String(name)).to.throw(
        TypeError,
        /^name: expected a text without a colon$/,
      )
  })

  it('may have numbers', () => {
    const checkIt = (value: unknown) => () => checkNumber('n', value, 'a whole number', isWhole)
    for (const value of [undefined, 1, 2, Number.MAX_SAFE_INTEGER]) expect(checkIt(value)).not.to.throw()
    for (const value of [null, '1', 0, -1, 0.5, 1.5, Number.NaN, Infinity, 2 ** 53])
      expect(checkIt(value), String(value)).to.throw(TypeError, /^n: expected a whole number$/)
  })

  it('may have telemetry', () => {
    const telemetry = { tracer: {}, contextManager: {} }
    expect(telemetryOption(telemetry)).to.deep.equal({ telemetry })
    expect(telemetryOption(undefined)).to.deep.equal({})
  })
})
