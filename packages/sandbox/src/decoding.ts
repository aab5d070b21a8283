/**
 * How what comes from outside is decoded, options and faults alike: io-ts's combinators, a few more of our own, and
 * one reporter.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'

/** The values that pass a test. `name` says what is expected. */
export const guard = <A>(name: string, is: t.Is<A>): t.Type<A> =>
  new t.Type(
    name,
    is,
    (value, context) => (is(value) ? t.success(value) : t.failure(value, context, name)),
    t.identity,
  )

/** A codec's values of which something more holds. `name` says what is expected. */
export const refine = <A>(name: string, codec: t.Type<A>, holds: (value: A) => boolean): t.Type<A> =>
  new t.Type(
    name,
    (value): value is A => codec.is(value) && holds(value),
    (value, context) =>
      pipe(
        // The reporter has to see the inner codec: it tells by the codecs which keys are properties.
        codec.validate(value, [
          ...context.slice(0, -1),
          { key: '', ...context.at(-1), type: codec, actual: value },
        ]),
        E.chain((a) => (holds(a) ? t.success(a) : t.failure(value, context, name))),
      ),
    t.identity,
  )

export const integer = (min: number, max: number): t.Type<number> =>
  guard(
    `an integer from ${min} to ${max}`,
    (value): value is number => t.Int.is(value) && value >= min && value <= max,
  )

type Partial<P extends t.Props> = { readonly [K in keyof P]?: t.TypeOf<P[K]> | undefined }

/** `t.partial` by its honest type: it takes undefined for any property, which its own type does not say. */
export const partial = <P extends t.Props>(props: P, name = 'an object'): t.Type<Partial<P>> =>
  t.partial(props, name)

/**
 * A copy of what was given, as plain data. Left where it cannot be had, as with a getter that throws. What is checked
 * is then also what is used: a getter cannot give one value to the check and another one later.
 */
export const snapshot = (given: unknown): E.Either<void, unknown> =>
  E.tryCatch(
    () => structuredClone(given),
    () => undefined,
  )

/** Members of an intersection or a union stand in the path under their numbers, which are no properties. */
const isProperty = (parent: t.ContextEntry | undefined): boolean =>
  !(parent?.type instanceof t.IntersectionType || parent?.type instanceof t.UnionType)

const readPath = (context: t.Context): string =>
  context
    .filter((_, index) => index > 0 && isProperty(context[index - 1]))
    .map(({ key }) => key)
    .join('.')

/** What is wrong, a line for each place: `headers.x-10: expected string`. No line repeats a value. */
export const report = (errors: t.Errors): ReadonlyArray<string> => {
  const lines = new Map<string, string>()
  for (const { context, message } of errors) {
    const path = readPath(context)
    const expected = message ?? context.at(-1)?.type.name ?? 'something else'
    if (!lines.has(path))
      lines.set(path, path === '' ? `expected ${expected}` : `${path}: expected ${expected}`)
  }
  return [...lines.values()]
}
