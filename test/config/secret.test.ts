import { inspect } from 'node:util'
import { expect } from 'chai'
import { hideSecret, isSecret, revealSecret } from '../../lib/config/secret.js'
import { hostileValues } from '../support/arbitraries.js'

const text = 'a-text-to-hide'

/** Everything that `console.table` writes, without colours. */
const tabulate = (value: unknown): string => {
  const lines: Array<unknown> = []
  const { log } = console
  console.log = (line) => lines.push(line)
  console.table(value)
  console.log = log
  return lines.join('\n')
}

describe('a secret', () => {
  const secret = hideSecret(text)

  const prints: Readonly<Record<string, (value: object) => string>> = {
    'JSON.stringify': (value) => JSON.stringify(value),
    inspect: (value) => inspect(value, { depth: Infinity }),
    'inspect with all that it can show': (value) =>
      inspect(value, {
        depth: Infinity,
        showHidden: true,
        getters: true,
        customInspect: false,
        showProxy: true,
      }),
    'console.table': tabulate,
    'a spread': (value) => inspect({ ...value }, { showHidden: true }),
    'its own property names': (value) => inspect(Reflect.ownKeys(value)),
    structuredClone: (value) => inspect(structuredClone(value), { showHidden: true }),
    'String()': String,
  }
  for (const [name, print] of Object.entries(prints))
    it(`is not shown by ${name}`, () => {
      expect(print(secret)).not.to.contain(text)
      expect(print({ secret })).not.to.contain(text)
    })

  it('is given away to whoever asks for it by name', () => expect(revealSecret(secret)).to.equal(text))

  it('is told from all else', () => {
    expect(isSecret(secret)).to.equal(true)
    for (const like of [
      {},
      text,
      Object.assign({}, secret),
      structuredClone(secret),
      JSON.parse(JSON.stringify(secret)),
    ])
      expect(isSecret(like)).to.equal(false)
    for (const [name, make] of Object.entries(hostileValues)) expect(isSecret(make()), name).to.equal(false)
  })

  it('of another copy of the library is a secret as well', async () => {
    // A query makes it another module, as the ES module and the CommonJS build are.
    const name = ['../../lib/config/secret.js', 'copy'].join('?')
    const copy = (await import(name)) as { readonly hideSecret: typeof hideSecret }
    const foreign = copy.hideSecret(text)
    expect(foreign).not.to.be.instanceOf(secret.constructor)
    expect(isSecret(foreign) && revealSecret(foreign)).to.equal(text)
    // Every version of the library has to ask by the same name.
    expect(Reflect.has(foreign, Symbol.for('aliyun-dm-connector.reveal'))).to.equal(true)
  })
})
