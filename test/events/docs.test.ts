/**
 * docs/events.md shows parts of the examples, and both languages the same.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { DeliveryEvent } from '../../lib/events.js'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const blocks = (file: string, language: string): ReadonlyArray<string> =>
  [...read(file).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, block = '']) => block,
  )
/** Comments within, and how far it is indented, do not count. */
const lines = (code: string): string =>
  code
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('//'))
    .join('\n')

const examples = readdirSync(path.join(root, 'examples/events')).map((file) =>
  lines(read(`examples/events/${file}`)),
)

for (const file of ['docs/events.md', 'docs/events.zh-CN.md'])
  describe(file, () => {
    it('shows a part of each example', () => {
      const shown = blocks(file, 'ts').map(lines)
      expect(shown).to.have.length(examples.length)
      for (const block of shown)
        expect(
          examples.some((example) => example.includes(block)),
          block,
        ).to.equal(true)
    })

    it('shows events that are ones', () => {
      const shown = blocks(file, 'json')
      expect(shown).to.have.length(1)
      for (const block of shown) expect(E.isRight(DeliveryEvent.decode(JSON.parse(block)))).to.equal(true)
    })
  })
