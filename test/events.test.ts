import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { emitTo, type SendEvent } from '../lib/events.js'

const event: SendEvent = { _tag: 'AttemptStarted', usageType: 'SignIn', attempt: 1 }

/** Unhandled rejections while the action runs and just after. */
const unhandledDuring = async (action: () => void): Promise<ReadonlyArray<unknown>> => {
  const seen: Array<unknown> = []
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (reason) => seen.push(reason))
  try {
    action()
    await setImmediate()
    await setImmediate()
    return seen
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of others) process.on('unhandledRejection', listener)
  }
}

describe('events', () => {
  it('reach the observer as they are', () => {
    const seen: Array<SendEvent> = []
    emitTo((received) => seen.push(received))(event)
    expect(seen).to.have.length(1)
    expect(seen[0]).to.equal(event)
  })

  it('go nowhere where nobody listens', () => {
    expect(() => emitTo(undefined)(event)).not.to.throw()
  })

  it('change nothing when the observer throws', () => {
    const emit = emitTo(() => {
      throw new Error('observer')
    })
    expect(() => emit(event)).not.to.throw()
  })

  it('change nothing when the observer throws what is no error', () => {
    const emit = emitTo(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- an observer in JavaScript may
      throw undefined
    })
    expect(() => emit(event)).not.to.throw()
  })

  it('cause no unhandled rejection when an async observer rejects', async () => {
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- users pass async observers all the same
    const emit = emitTo(() => Promise.reject(new Error('observer')))
    expect(await unhandledDuring(() => emit(event))).to.be.empty
  })

  it('would be seen by that test if they did', async () => {
    expect(await unhandledDuring(() => void Promise.reject(new Error('seen')))).to.have.length(1)
  })

  it('leave alone whatever else the observer returns', () => {
    for (const returned of [undefined, 1, 'x', {}, { then: () => undefined, catch: 1 }])
      expect(() => emitTo(() => returned)(event)).not.to.throw()
  })
})
