import { setImmediate } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { emitTo, emitToBoth, type SendEvent, type Subject } from '../../lib/delivery/send-event.js'
import { invalidMessage, type Issue, timeout } from '../../lib/errors/send-error.js'

const subject: Subject = { sendId: 'an-id', usageType: 'SignIn', toDomain: 'example.com' }

const event: SendEvent = { _tag: 'AttemptStarted', ...subject, attempt: 1, waitedMs: 0 }

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

  const withError: ReadonlyArray<SendEvent & { readonly error: unknown }> = [
    { _tag: 'Retried', ...subject, attempt: 1, error: timeout('connect'), attemptMs: 10, delayMs: 100 },
    { _tag: 'Failed', ...subject, attempts: 1, error: timeout('read'), durationMs: 10 },
  ]
  for (const told of withError)
    it(`leave the sender's error alone, whatever the observer of ${told._tag} does to what it gets`, () => {
      const before = structuredClone(told)
      const seen: Array<SendEvent> = []
      emitTo((received) => {
        seen.push(structuredClone(received))
        if ('error' in received) Object.assign(received.error, { message: 'changed', delivered: 'no' })
        Object.assign(received, { usageType: 'changed' })
      })(told)
      expect(seen).to.deep.equal([before])
      expect(told).to.deep.equal(before)
    })

  it("leave the sender's issues alone, though the observer empties its own", () => {
    const error = invalidMessage([{ path: 'to', message: 'expected one mailbox' }])
    emitTo((received) => {
      if (received._tag !== 'Failed' || received.error._tag !== 'InvalidMessage') return
      // An observer in JavaScript knows nothing of readonly.
      const issues = received.error.issues as Array<Issue>
      for (const issue of issues) Object.assign(issue, { path: 'changed' })
      issues.length = 0
    })({ _tag: 'Failed', ...subject, attempts: 0, error, durationMs: 0 })
    expect(error.issues).to.deep.equal([{ path: 'to', message: 'expected one mailbox' }])
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
    // Users pass async observers, although the type says void.
    const emit = emitTo(() => Promise.reject(new Error('observer')))
    expect(await unhandledDuring(() => emit(event))).to.be.empty
  })

  it('cause no unhandled rejection when the promise is one of another realm', async () => {
    const rejecting: unknown = runInNewContext(`async () => { throw new Error('observer') }`)
    // What runs in the other realm is the function written above.
    const emit = emitTo(rejecting as () => Promise<never>)
    expect(await unhandledDuring(() => emit(event))).to.be.empty
  })

  it('cause none either when the promise has a then of its own', async () => {
    const emit = emitTo(() => {
      const rejected = Promise.reject(new Error('observer'))
      return Object.assign(rejected, { then: () => undefined, catch: () => undefined })
    })
    expect(await unhandledDuring(() => emit(event))).to.be.empty
  })

  it('would be seen by that test if they did', async () => {
    expect(await unhandledDuring(() => void Promise.reject(new Error('seen')))).to.have.length(1)
  })

  it('leave alone whatever else the observer returns', () => {
    for (const returned of [undefined, 1, 'x', {}, { then: () => undefined, catch: 1 }])
      expect(() => emitTo(() => returned)(event)).not.to.throw()
  })

  it('call no method of what the observer returns, unless it is a promise', () => {
    const called: Array<string> = []
    const returned = { catch: () => called.push('catch'), then: () => called.push('then') }
    emitTo(() => returned)(event)
    expect(called).to.be.empty
  })
})

describe('two observers', () => {
  it('both hear of each event, in their order', () => {
    const heard: Array<string> = []
    emitToBoth(
      ({ _tag }) => heard.push(`one ${_tag}`),
      ({ _tag }) => heard.push(`other ${_tag}`),
    )?.(event)
    expect(heard).to.deep.equal(['one AttemptStarted', 'other AttemptStarted'])
  })

  it('are the one that there is, or nobody', () => {
    const emit = emitTo(() => undefined)
    expect(emitToBoth(emit, undefined)).to.equal(emit)
    expect(emitToBoth(undefined, emit)).to.equal(emit)
    expect(emitToBoth(undefined, undefined)).to.equal(undefined)
  })
})
