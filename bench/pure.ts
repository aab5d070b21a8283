/**
 * What costs no network: rendering one large template, against three template engines; and finding a template
 * among many. All in one process, in turns. Prints microseconds for each operation, round by round.
 */
import { replaceSendMessageHandlebars } from '@logto/connector-kit'
import Handlebars from 'handlebars'
import Mustache from 'mustache'
import { importLibrary } from './contenders.js'
import { configOf, content, message } from './fixtures.js'

type Series = Readonly<Record<string, ReadonlyArray<number>>>

export interface Pure {
  readonly rendering: Series
  readonly bodies: Series
  readonly templates: Series
  readonly creating: Series
}

const { createConnector, decodeConfig, render } = await importLibrary()

const right = <A>(either: { readonly _tag: 'Left' } | { readonly _tag: 'Right'; readonly right: A }): A => {
  if (either._tag === 'Left') throw new Error('The benchmark has a mistake: Left')
  return either.right
}

// ------------------------------------------------------------------------------------------------------------
// In turns
// ------------------------------------------------------------------------------------------------------------

let sink = 0

/** Joined strings are put together only when they are read, so the result is read: its characters are needed. */
const consume = (text: string): void => {
  sink ^= text.charCodeAt(text.length >> 1)
}

/** Each round measures all contenders; which is first changes from round to round. */
const inTurns = (
  contenders: Readonly<Record<string, () => string>>,
  rounds: number,
  operations: number,
): Series => {
  const entries = Object.entries(contenders)
  const series: Record<string, Array<number>> = Object.fromEntries(entries.map(([name]) => [name, []]))
  for (let round = -2; round < rounds; round++)
    for (let turn = 0; turn < entries.length; turn++) {
      const entry = entries[(turn + round + 2) % entries.length]
      if (entry === undefined) continue
      const [name, operation] = entry
      const before = performance.now()
      for (let count = 0; count < operations; count++) consume(operation())
      const microseconds = ((performance.now() - before) * 1000) / operations
      // The first two rounds only warm up.
      if (round >= 0) series[name]?.push(microseconds)
    }
  return series
}

// ------------------------------------------------------------------------------------------------------------
// Rendering
// ------------------------------------------------------------------------------------------------------------

const names = ['code', 'link', 'user', 'application', 'minutes']
const payload = {
  code: '123456',
  link: 'https://example.com/verify?id=42&lang=en',
  user: 'Ann & Bob',
  application: 'Example',
  minutes: 10,
}
const large = names.map((name) => content(2_000).replace('{{code}}', `{{${name}}}`)).join('')
const config = configOf(1_000)
const mails = render(
  right(decodeConfig({ ...config, templates: config.templates.map((t) => ({ ...t, content: large })) })),
)
const handlebars = Handlebars.compile<typeof payload>(large)
Mustache.parse(large)

const rendering = inTurns(
  {
    library: () => right(mails({ to: 'ann@example.com', type: 'SignIn', payload })).body,
    mustache: () => Mustache.render(large, payload),
    handlebars: () => handlebars(payload),
    'connector-kit': () => replaceSendMessageHandlebars(large, payload),
  },
  15,
  2_000,
)

// ------------------------------------------------------------------------------------------------------------
// Large bodies
// ------------------------------------------------------------------------------------------------------------

const paragraph = '<p>{{code}} is your code, which nobody else should ever be told.</p>\n'

/** A body that grows in both ways: by its text, and by the placeholders in it. */
const previewingBody = (kilobytes: number): (() => string) => {
  const body = paragraph.repeat((kilobytes * 1_000) / paragraph.length)
  const { templates } = configOf(1_000)
  const { preview } = right(
    createConnector({ ...config, templates: templates.map((template) => ({ ...template, content: body })) }),
  )
  return () => right(preview(message)).body
}

const bodies = inTurns(
  Object.fromEntries([1, 10, 100, 1_000].map((kilobytes) => [String(kilobytes), previewingBody(kilobytes)])),
  15,
  20,
)

// ------------------------------------------------------------------------------------------------------------
// Many templates
// ------------------------------------------------------------------------------------------------------------

const counts = [4, 10, 100, 1_000]

const previewing = (templates: number): (() => string) => {
  const { preview } = right(createConnector(configOf(1_000, templates), { usageTypes: 'any' }))
  return () => right(preview(message)).body
}

const creating = (templates: number): (() => string) => {
  const many = configOf(1_000, templates)
  return () => typeof right(createConnector(many, { usageTypes: 'any' })).preview
}

const byCount = (make: (templates: number) => () => string): Readonly<Record<string, () => string>> =>
  Object.fromEntries(counts.map((templates) => [String(templates), make(templates)]))

const pure: Pure = {
  rendering,
  bodies,
  templates: inTurns(byCount(previewing), 15, 2_000),
  creating: inTurns(byCount(creating), 7, 10),
}
process.stdout.write(JSON.stringify(pure))
process.exit(sink === Number.MAX_SAFE_INTEGER ? 1 : 0)
