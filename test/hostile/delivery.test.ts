import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { createConnector } from '../../lib/index.js'
import { left, right } from '../support/either.js'
import { config, message, rawServer } from '../support/sandbox.js'
import { behaviours, honest, interruptions, throttledCopy } from './behaviours.js'
import { noViolations, type Outcome, runCampaign } from './campaign.js'

const names = behaviours.map(({ name }) => name)
const byName = new Map(behaviours.map((behaviour) => [behaviour.name, behaviour]))

/** What happens to the requests of a message, one after the other; those that follow are answered. */
type Script = ReadonlyArray<string>

const play = (scripts: ReadonlyArray<Script>, senders?: number): Promise<Outcome> =>
  runCampaign({
    choose: (id, n) => byName.get(scripts[id]?.[n] ?? '') ?? honest,
    // A connector for each message, since one that is throttled would hold up the others.
    groups: scripts.map((_, id) => (senders === undefined ? { ids: [id] } : { ids: [id], senders })),
    atOnce: 40,
    readTimeoutMs: 250,
    deadlineMs: 1_500,
  })

const expectPromises = async (scripts: ReadonlyArray<Script>, senders?: number): Promise<void> => {
  const { results, violations } = await play(scripts, senders)
  const blamed = Object.values(violations).flatMap((ids: ReadonlyArray<number>) =>
    ids.map((id) => scripts[id]),
  )
  expect(violations, JSON.stringify(blamed)).to.deep.equal(noViolations)
  expect(results.size).to.equal(scripts.length)
}

describe('hostile servers', function () {
  this.timeout(60_000)

  it('are of more than sixty kinds', () => expect(new Set(names).size).to.be.at.least(60))

  it('break no promise once, and not when they go on', () =>
    expectPromises([...names.map((name) => [name]), ...names.map((name) => [name, name, name])]))

  it('break no promise in any order', () => {
    const script = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 })
    return fc.assert(
      fc.asyncProperty(fc.array(script, { minLength: 50, maxLength: 50 }), (scripts) =>
        expectPromises(scripts),
      ),
      // A failure names its scripts; to shrink all fifty would take minutes.
      { numRuns: 2, endOnFailure: true },
    )
  })

  it('break no promise when they do not even read a request', async () => {
    for (const [name, interrupt] of Object.entries(interruptions)) {
      let requests = 0
      const { violations } = await runCampaign({
        choose: () => honest,
        interrupt: () => (requests++ % 2 === 0 ? [name, interrupt] : undefined),
        groups: [{ ids: [0, 1, 2, 3] }],
        atOnce: 1,
        readTimeoutMs: 250,
        deadlineMs: 4_000,
      })
      expect(violations, name).to.deep.equal(noViolations)
    }
  })

  it('let two processes with one idempotency key send one mail', () => {
    const calm = behaviours.filter(({ isThrottling }) => !isThrottling)
    return expectPromises(
      calm.map(({ name }) => [name]),
      2,
    )
  })

  it('get nothing in the last 2 % of a deadline, also where the credentials come no sooner', async () => {
    let requests = 0
    const server = await rawServer((socket) => {
      requests += 1
      socket.destroy()
    })
    const { accessKeyId, accessKeySecret, ...keyless } = config
    const credentials = () => setTimeout(1_985, { accessKeyId, accessKeySecret })
    const options = { endpoint: `http://127.0.0.1:${server.port}`, deadlineMs: 2_000, credentials }
    const error = left(await right(createConnector(keyless, options)).sendMessage(message)())
    await server.stop()
    expect(error.delivered).to.equal('no')
    expect(requests).to.equal(0)
  })

  it('that repeat a request and throttle the copy are those for which nothing is promised', async () => {
    const { ledger } = await runCampaign({
      choose: (_, n) => (n === 0 ? throttledCopy : honest),
      groups: [{ ids: [0] }],
      atOnce: 1,
      readTimeoutMs: 2_000,
      deadlineMs: 10_000,
    })
    expect(ledger.mails.get(0)).to.equal(2)
  })
})
