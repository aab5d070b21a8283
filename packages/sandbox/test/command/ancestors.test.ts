import { expect } from 'chai'
import { findAncestors, untilOrphaned } from '../../src/command/ancestors.js'

/** Whether it has resolved within three looks. */
const hasResolved = (promise: Promise<void>): Promise<boolean> =>
  Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 800)),
  ])

describe('sandbox/command/ancestors', () => {
  it('finds the parent', () => {
    expect(findAncestors({ ppid: 7, env: {} })).to.equal('7,0')
  })

  it("finds the parent's parent under npm, where the system tells it", () => {
    const expected = process.platform === 'linux' ? String(process.ppid) : ''
    expect(findAncestors({ ppid: process.pid, env: { npm_command: 'exec' } })).to.equal(
      `${process.pid},${expected}`,
    )
    expect(findAncestors({ ppid: 2 ** 30, env: { npm_command: 'exec' } })).to.equal(`${2 ** 30},`)
  })

  it('notices when the parent is another one', async () => {
    const child = { ppid: 7, env: {} }
    const ended = new AbortController()
    const orphaned = untilOrphaned(child, findAncestors(child), ended.signal)
    expect(await hasResolved(orphaned)).to.equal(false)
    child.ppid = 1
    await orphaned
    ended.abort()
  })

  it('looks no more once the command has ended', async () => {
    const child = { ppid: 7, env: {} }
    const ended = new AbortController()
    const orphaned = untilOrphaned(child, findAncestors(child), ended.signal)
    ended.abort()
    child.ppid = 1
    expect(await hasResolved(orphaned)).to.equal(false)
  })

  it('waits for nobody where the parent is the system, as in a container', async () => {
    const child = { ppid: 1, env: {} }
    const ended = new AbortController()
    const orphaned = untilOrphaned(child, findAncestors(child), ended.signal)
    child.ppid = 7
    expect(await hasResolved(orphaned)).to.equal(false)
    ended.abort()
  })
})
