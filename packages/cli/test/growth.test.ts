/**
 * Hostile files: whatever a file holds, the command takes time in proportion to its length. Judged by growth: of four
 * times as much, it may take eight times the time of the processor, in the same process, at the best of several tries.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { run } from './support/command.js'
import { config, requiredTemplates, template } from './support/files.js'

type Generate = (size: number) => string

/** Repeats a text, or what is made of each number, up to a length. */
const repeat = (unit: string | ((index: number) => string), size: number): string => {
  const parts: Array<string> = []
  for (let length = 0, index = 0; length < size; index++) {
    const part = typeof unit === 'string' ? unit : unit(index)
    parts.push(part)
    length += part.length
  }
  return parts.join('')
}

const withTexts = (texts: object): string =>
  JSON.stringify(
    config({ templates: [{ ...template('Register'), ...texts }, ...requiredTemplates().slice(1)] }),
  )

const number = (index: number): string => index.toString(36)

const files: Readonly<Record<string, Generate>> = {
  'open braces': (size) => repeat('{', size),
  'open brackets': (size) => repeat('[', size),
  'objects in objects': (size) => repeat('{"a":', size),
  'unknown keys': (size) => `{${repeat((index) => `"k${number(index)}":1,`, size)}"x":1}`,
  'keys that are nearly right': (size) => `{${repeat((index) => `"tagNam${number(index)}":1,`, size)}"x":1}`,
  'one key again and again': (size) => `{${repeat('"accountName":1,', size)}"x":1}`,
  'empty templates': (size) => `{"templates":[${repeat('{},', size)}{}]}`,
  'a usage type for each template': (size) =>
    `{"templates":[${repeat((index) => `{"usageType":"${number(index)}"},`, size)}{}]}`,
  'unknown keys in many templates': (size) => {
    const keys = `{${repeat((index) => `"subjec${number(index)}":1,`, Math.sqrt(size))}"x":1},`
    return `{"templates":[${repeat(keys, size)}{}]}`
  },
  'many placeholders': (size) => withTexts({ content: repeat((index) => `{{${number(index)}}}`, size) }),
  'misspelt placeholders behind escapes': (size) =>
    withTexts({ content: repeat((index) => `\n{{co${number(index)}}}`, size) }),
  'misspelt placeholders in a subject': (size) => withTexts({ subject: repeat('{{cod}}', size) }),
}

/** What a template may be full of. */
const contents: ReadonlyArray<string> = [
  ...[
    '{',
    '{ ',
    '{code',
    '{{code',
    '<b>x',
    '<p>',
    '<div>',
    '<table><tr><td>',
    '<b></i>',
    '<',
    '<!--',
    '<!DOCTYPE',
  ],
  ...[
    ' xmlns="',
    'http://',
    '<a href=http://a>',
    '<a href="',
    '<style>',
    '<script>',
    '&',
    ' ',
    '\n',
    '\u0000',
  ],
]

const commands = ['check', 'preview'] as const

const measure = async (command: string, stdin: string): Promise<number> => {
  const before = process.cpuUsage()
  const { code, stderr } = await run([command, '-'], { stdin })
  const { user, system } = process.cpuUsage(before)
  expect(code, stderr).to.be.oneOf([0, 1])
  expect(stderr).not.to.include('fault of aliyun-dm')
  return user + system
}

const small = 16_000
/** Microseconds: what is quicker than this is not measured well enough to be divided by. */
const leastTime = 10_000

const expectLinear = async (generate: Generate): Promise<void> => {
  const [few, many] = [generate(small), generate(4 * small)]
  for (const command of commands) {
    let [forFew, forMany] = [await measure(command, few), await measure(command, many)]
    const isLinear = (): boolean => forMany <= 8 * Math.max(forFew, leastTime)
    for (let tries = 1; tries < 8 && !isLinear(); tries++) {
      forFew = Math.min(forFew, await measure(command, few))
      forMany = Math.min(forMany, await measure(command, many))
    }
    expect(isLinear(), `${command} took ${forFew} µs, and ${forMany} µs for four times as much`).to.equal(
      true,
    )
  }
}

describe('the time that a file takes grows with its length', () => {
  for (const [name, generate] of Object.entries(files)) it(name, () => expectLinear(generate))

  for (const content of contents)
    it(`a template full of ${JSON.stringify(content)}`, () =>
      expectLinear((size) => withTexts({ content: repeat(content, size) })))

  it('a template full of anything', async () => {
    const unit = fc.array(fc.constantFrom(...contents, 'x', '"', '=', '>', '}}', '-->', '</b>'), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(unit, (parts) =>
        expectLinear((size) => withTexts({ content: repeat(parts.join(''), size) })),
      ),
      { numRuns: 10 },
    )
  })
})
