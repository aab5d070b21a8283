/**
 * Hostile callers and files: whatever the library is given, it ends in a value, says no more than fits on a screen, and
 * takes a time that grows with the input and not with its square.
 */
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import {
  createConnector,
  decodeConfig,
  decodeMessage,
  locatePlaceholders,
  render,
  type SendError,
} from '../../lib/index.js'
import { hostile, hostileUnder, secrets, validConfig, validMessage } from '../support/arbitraries.js'
import { right } from '../support/either.js'

const configKeys = ['accessKeyId', 'accessKeySecret', 'accountName', 'fromAlias', 'templates', 'tagName']
const optionKeys = [
  'endpoint',
  'client',
  'credentials',
  'onEvent',
  'deadlineMs',
  'usageTypes',
  'maxPerSecond',
]

/** A few of the values of a valid object are hostile. */
const spoiled = (valid: object, keys: ReadonlyArray<string>): fc.Arbitrary<() => unknown> =>
  fc.oneof(
    hostile,
    hostileUnder(keys).map((make) => () => ({ ...valid, ...make() })),
  )

/** Every text of an error, however deep. An error is plain data, without cycles, so JSON can write it. */
const textsOf = (u: unknown): ReadonlyArray<string> => {
  const texts: Array<string> = []
  JSON.stringify(u, (_, value: unknown) => {
    if (typeof value === 'string') texts.push(value)
    return value
  })
  return texts
}

const expectModesty = (result: E.Either<SendError, unknown>): void => {
  if (E.isRight(result)) return
  expect(result.left).to.include({ delivered: 'no' })
  for (const text of textsOf(result.left)) {
    expect(text.length, text.slice(0, 200)).to.be.below(5_000)
    expect(text).not.to.contain(secrets.accessKeySecret)
  }
}

describe('hostile inputs', function () {
  this.timeout(60_000)

  it('end in a value that says little: a config and options', () =>
    fc.assert(
      fc.property(spoiled(validConfig(), configKeys), spoiled({}, optionKeys), (config, options) => {
        expectModesty(decodeConfig(config()))
        // A caller without types.
        expectModesty(createConnector(config(), options() as object))
      }),
    ))

  it('end in a value that says little: a message, and options of one send', () => {
    const keys = ['to', 'type', 'payload', 'template']
    // Nothing listens there.
    const options = { endpoint: 'http://127.0.0.1:1', maxAttempts: 1 }
    const { preview, sendMessage } = right(createConnector(validConfig(), options))
    const renderMail = render(right(decodeConfig(validConfig())))
    return fc.assert(
      fc.asyncProperty(
        spoiled(validMessage(), keys),
        spoiled({}, ['idempotencyKey', 'signal']),
        async (message, sendOptions) => {
          expectModesty(decodeMessage(message()))
          // Callers without types.
          expectModesty(preview(message() as never))
          expectModesty(renderMail(message() as never))
          expectModesty(await sendMessage(message() as never, sendOptions() as object)())
        },
      ),
    )
  })

  it('end in a value that says little: the text of a config file in which anything was changed', () => {
    const file = JSON.stringify(validConfig({ fromAlias: 'Example', securityToken: secrets.securityToken }))
    const change = fc.record({
      at: fc.nat(file.length),
      removed: fc.nat(40),
      added: fc.oneof(
        fc.constantFrom('"', '{', '}', '[', ']', ',', ':', 'null', '\\u0000', '1e999', '"__proto__":{},'),
        fc.string({ maxLength: 5 }),
      ),
    })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const text = changes.reduce(
          (before, { at, removed, added }) => before.slice(0, at) + added + before.slice(at + removed),
          file,
        )
        const parsed = E.tryCatch((): unknown => JSON.parse(text), String)
        if (E.isLeft(parsed)) return
        const decoded = decodeConfig(parsed.right)
        // What is left of a secret that was cut in two may stand where a name is repeated.
        if (E.isLeft(decoded))
          for (const text of textsOf(decoded.left)) expect(text.length).to.be.below(5_000)
      }),
      { numRuns: 1_000 },
    )
  })

  it('take a time that grows with them: templates and values of whatever repeats', () => {
    const piece = fc.constantFrom(
      ...['{', '}', '{{', '}}', '{{a', 'a}}', '{{code}}', '{{a.b}}', '.', ' ', '<', '&', 'a@', ',', '"'],
      ...['\n', '\u2028', '验', '\ud800', '{{ ', ' }}', '{{}}', '<b>x', '\u00ad'],
    )
    const pattern = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''))

    const work = (text: string): void => {
      locatePlaceholders(text)
      const config = validConfig({ fromAlias: text.slice(0, 10) })
      const templates = config.templates.map((template) => ({ ...template, subject: text, content: text }))
      createConnector({ ...config, templates, replyAddress: text, tagName: text })
      right(createConnector(validConfig())).preview(validMessage({ to: text, payload: { code: text } }))
      right(createConnector(validConfig())).preview(validMessage({ payload: { code: text } }))
      const own = { subject: 'x', content: text }
      right(createConnector(validConfig())).preview({ ...validMessage(), template: own })
    }
    const measure = (text: string): number =>
      Math.min(
        ...[1, 2, 3].map(() => {
          const startedAt = performance.now()
          work(text)
          return performance.now() - startedAt
        }),
      )

    fc.assert(
      fc.property(pattern, (repeated) => {
        const large = repeated.repeat(Math.ceil(800_000 / repeated.length))
        const small = large.slice(0, 12_500)
        // 64 times as long takes about 64 times as long; with the square it would be 4 096 times.
        expect(measure(large) / Math.max(measure(small), 0.5)).to.be.below(500)
      }),
      { numRuns: 12 },
    )
  })
})
