import { createServer } from 'node:net'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { startSandbox } from '../../lib/sandbox/index.js'
import { decodeOptions, type SandboxOptions } from '../../lib/sandbox/options.js'

const messageOf = (options: unknown): string => {
  // The point of these tests: what the types forbid comes from JavaScript all the same.
  const decoded = decodeOptions(options as SandboxOptions)
  return E.isLeft(decoded) ? decoded.left.message : ''
}

describe('sandbox/options', () => {
  const wrong: ReadonlyArray<readonly [name: string, value: unknown]> = [
    ['port', -1],
    ['port', 65536],
    ['port', '80'],
    ['host', ''],
    ['accessKeys', ['id']],
    ['accessKeys', { id: 1 }],
    ['accessKeys', { id: '' }],
    ['senders', 'a@b.c'],
    ['senders', [1]],
    ['throttlePerSecond', 0],
    ['throttlePerSecond', NaN],
    ['latencyMs', -1],
    ['capacity', 0],
    ['capacity', 1.5],
  ]
  for (const [name, value] of wrong) {
    it(`names ${name} when it is ${JSON.stringify(value)}`, () =>
      expect(messageOf({ [name]: value })).to.contain(`option ${name}: expected`))
  }

  it('names an unknown option, so that a misspelt accessKeys is not ignored', () => {
    expect(messageOf({ accesKeys: {} })).to.contain('unknown option "accesKeys"')
  })

  it('names everything that is wrong and repeats no value', () => {
    const message = messageOf({ port: 'p', accessKeys: { id: ['hush'] } })
    expect(message).to.contain('port').and.to.contain('accessKeys')
    expect(message).not.to.contain('hush')
  })

  it('survives options that are no object', () => {
    expect(messageOf(null)).to.contain('startSandbox')
    expect(
      messageOf(
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('no')
            },
          },
        ),
      ),
    ).to.contain('could not be read')
  })

  it('takes undefined for absent', () => expect(messageOf({ port: undefined })).to.equal(''))

  it('says when the port is in use', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const started = await startSandbox({ port })()
    other.close()
    expect(E.isLeft(started) && started.left.message).to.match(new RegExp(`${String(port)}.*in use`))
  })

  it('says when the host is not one of this machine', async () => {
    const started = await startSandbox({ host: '192.0.2.1' })()
    expect(E.isLeft(started) && started.left.message).to.contain('192.0.2.1')
  })
})
