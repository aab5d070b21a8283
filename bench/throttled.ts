/**
 * So many sends started in the same moment, at a service that takes only so many a second: prints what became of
 * them. Its arguments are the contender, the port, the number of messages and, for the library, `maxPerSecond`.
 */
import { type Name, open, openLibrary } from './contenders.js'

export interface Throttled {
  readonly delivered: number
  readonly seconds: number
}

const [name, port, count, maxPerSecond] = process.argv.slice(2)
const send =
  name === 'library'
    ? await openLibrary(Number(port), 1_000, {
        deadlineMs: 60_000,
        ...(maxPerSecond === undefined ? {} : { maxPerSecond: Number(maxPerSecond) }),
      })
    : // The parent passes one of the names.
      await open(name as Name, Number(port), 1_000)

const startedAt = performance.now()
const results = await Promise.all(Array.from({ length: Number(count) }, send))
const throttled: Throttled = {
  delivered: results.filter((reason) => reason === undefined).length,
  seconds: (performance.now() - startedAt) / 1000,
}
process.stdout.write(JSON.stringify(throttled))
process.exit()
