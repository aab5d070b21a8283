/**
 * Building blocks for codecs that read input nobody has looked at yet. They differ from io-ts's own `type` and
 * `array` in what they promise: each property is read once, inside a guard, so a getter or a proxy that throws
 * is an issue like any other; the result is a copy with the known keys only, so nobody changes it afterwards;
 * and no message repeats a value, which may be a secret in the wrong place.
 */
import { closest, distance } from 'fastest-levenshtein'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Issue } from '../errors/send-error.js'

/** A codec that reads anything, and for which a decoded value is its own encoding. */
export type Codec<A> = t.Type<A>

type OptionalKeys<A> = { [K in keyof A]-?: object extends Pick<A, K> ? K : never }[keyof A]
type RequiredKeys<A> = Exclude<keyof A, OptionalKeys<A>>

/**
 * A codec whose failures hold no value: io-ts would put the whole input, secrets and all, into every error.
 */
const codec = <A>(name: string, validate: t.Validate<unknown, A>): Codec<A> => {
  const type: Codec<A> = new t.Type<A>(name, (u): u is A => E.isRight(validate(u, [])), validate, t.identity)
  return Object.assign(type, { decode: (u: unknown) => validate(u, [step('', type)]) })
}

const step = (key: string, type: t.Mixed): t.ContextEntry => ({ key, type, actual: undefined })

const below = (context: t.Context, key: string, type: t.Mixed): t.Context => [...context, step(key, type)]

// ------------------------------------------------------------------------------------------------------------
// Reading
// ------------------------------------------------------------------------------------------------------------

/** Stands for a property that could not be read. No codec accepts a symbol, so it fails where it stands. */
const unreadable = Symbol('unreadable')

/** A property of a value, own or inherited, but not from a prototype that everything has. Never throws. */
export const read = (u: unknown, key: string): unknown => {
  try {
    if (typeof u !== 'object' || u === null) return undefined
    return Object.hasOwn(Object.prototype, key) && !Object.hasOwn(u, key) ? undefined : Reflect.get(u, key)
  } catch {
    return unreadable
  }
}

/** `Array.isArray` throws for a revoked proxy. */
export const isArray = (u: unknown): u is ReadonlyArray<unknown> => {
  try {
    return Array.isArray(u)
  } catch {
    return false
  }
}

/** `instanceof` asks a proxy for its prototype, which may throw. */
const isPromise = (u: unknown): boolean => {
  try {
    return u instanceof Promise
  } catch {
    return false
  }
}

/** Whether the value is an object with named properties: not null, not an array, not a function. */
export const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !isArray(u)

/** `expected …`, and what was found instead: its kind, never its value. */
const mismatch = (expected: string, u: unknown): string =>
  u === undefined
    ? `missing: expected ${expected}`
    : u === unreadable
      ? `could not be read: expected ${expected}`
      : `expected ${expected}${typeof u === 'string' && u.trim() !== '' ? '' : found(u)}`

/** `, got a number`: the kind of what was found, where that says more than the expectation. */
export const found = (u: unknown): string =>
  u === null
    ? ', got null'
    : isArray(u)
      ? ', got an array'
      : isPromise(u)
        ? ', got a promise: await it first'
        : typeof u === 'object'
          ? ', got an object'
          : typeof u === 'string' && u.trim() === ''
            ? ', got an empty string'
            : `, got a ${typeof u}`

const fail = (context: t.Context, message: string): t.Validation<never> =>
  t.failure(undefined, context, message)

// ------------------------------------------------------------------------------------------------------------
// Codecs
// ------------------------------------------------------------------------------------------------------------

/** A string that satisfies a predicate. `expected` completes the sentence "expected …". */
export const text = (name: string, expected: string, holds: (s: string) => boolean): Codec<string> =>
  codec(name, (u, context) =>
    typeof u === 'string' && holds(u) ? t.success(u) : fail(context, mismatch(expected, u)),
  )

/** Any value that satisfies a type guard. `expected` completes the sentence "expected …". */
export const guarded = <A>(name: string, expected: string, is: (u: unknown) => u is A): Codec<A> =>
  codec(name, (u, context) => (is(u) ? t.success(u) : fail(context, mismatch(expected, u))))

/** `true` or `false`. */
export const flag: Codec<boolean> = guarded('boolean', 'true or false', (u) => typeof u === 'boolean')

/** One of a few names. A near miss is told the nearest. */
export const oneOf = <A extends string>(name: string, names: ReadonlyArray<A>): Codec<A> => {
  // `includes` of a ReadonlyArray<A> asks for an A; whether it is one is the question.
  const isName = (u: unknown): u is A => (names as ReadonlyArray<unknown>).includes(u)
  return codec(name, (u, context) =>
    isName(u) ? t.success(u) : fail(context, mismatch(`one of ${names.join(', ')}`, u) + hint(u, names)),
  )
}

const longestName = 64

const hint = (u: unknown, names: ReadonlyArray<string>): string => {
  if (typeof u !== 'string' || u.length > longestName) return ''
  const letters = (s: string): string => s.toLowerCase().replace(/[^a-z0-9]/g, '')
  const nearest = closest(letters(u), names.map(letters))
  const name = names.find((candidate) => letters(candidate) === nearest)
  return name !== undefined && distance(letters(u), nearest) <= Math.max(2, nearest.length / 3)
    ? `; did you mean "${name}"?`
    : ''
}

/**
 * An object. Required keys must decode; an optional key that is absent, null or an empty string is left out,
 * which is how forms and JSON files say "not set". Keys it does not know are ignored.
 */
export const record = <A extends object>(
  name: string,
  required: { readonly [K in RequiredKeys<A>]: Codec<A[K]> },
  optional: { readonly [K in OptionalKeys<A>]: Codec<NonNullable<A[K]>> },
): Codec<A> => {
  const fields = [
    ...Object.entries<t.Mixed>(required).map(([key, type]) => ({ key, type, needed: true })),
    ...Object.entries<t.Mixed>(optional).map(([key, type]) => ({ key, type, needed: false })),
  ]
  return codec(name, (u, context) => {
    if (!isRecord(u) || isPromise(u))
      return fail(context, typeof u === 'string' ? `expected an object${found(u)}` : mismatch('an object', u))
    const errors: t.Errors = []
    const result: Record<string, unknown> = {}
    for (const { key, type, needed } of fields) {
      const value = read(u, key)
      if (!needed && (value === undefined || value === null || value === '')) continue
      const decoded = type.validate(value, below(context, key, type))
      // One by one: as arguments of a single call, 100 000 errors would overflow the stack.
      if (E.isLeft(decoded)) for (const error of decoded.left) errors.push(error)
      else result[key] = decoded.right
    }
    // Each key of A has been decoded by the codec that the parameters' types ask for.
    return errors.length > 0 ? t.failures(errors) : t.success(result as A)
  })
}

/** One property of a value, whatever it is; `undefined` where there is none. */
export const property = (key: string): Codec<unknown> => codec(key, (u) => t.success(read(u, key)))

/** An array of at most `max` items. */
export const list = <A>(item: Codec<A>, max: number): Codec<ReadonlyArray<A>> =>
  codec(`Array<${item.name}>`, (u, context) => {
    if (!isArray(u))
      return fail(context, typeof u === 'string' ? `expected an array${found(u)}` : mismatch('an array', u))
    const length = read(u, 'length')
    if (typeof length !== 'number' || !(length <= max)) return fail(context, `at most ${max} items`)
    const errors: t.Errors = []
    const result: Array<A> = []
    for (let index = 0; index < length; index++) {
      const value = read(u, String(index))
      const decoded = item.validate(value, below(context, String(index), item))
      if (E.isLeft(decoded)) for (const error of decoded.left) errors.push(error)
      else result.push(decoded.right)
    }
    return errors.length > 0 ? t.failures(errors) : t.success(result)
  })

/** A codec with one more rule about the decoded whole, or a change to it. */
export const refined = <A>(
  base: Codec<A>,
  refine: (decoded: t.Validation<A>, input: unknown, context: t.Context) => t.Validation<A>,
): Codec<A> => codec(base.name, (u, context) => refine(base.validate(u, context), u, context))

/** Adds a failure at `key` below `context` to what has failed already. */
export const failAt = <A>(
  decoded: t.Validation<A>,
  context: t.Context,
  key: string,
  message: string,
): t.Validation<A> =>
  t.failures([
    ...(E.isLeft(decoded) ? decoded.left : []),
    { value: undefined, context: below(context, key, t.unknown), message },
  ])

// ------------------------------------------------------------------------------------------------------------
// Issues
// ------------------------------------------------------------------------------------------------------------

const pathOf = (context: t.Context): string =>
  context.reduce(
    (path, { key }) =>
      key === '' ? path : /^\d+$/.test(key) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`,
    '',
  )

/** Decodes, and on failure lists every issue with its path below `root`. */
export const decodeAll =
  <A>(type: Codec<A>, root = '') =>
  (input: unknown): E.Either<ReadonlyArray<Issue>, A> => {
    const decoded = type.validate(input, [step(root, type)])
    return E.isRight(decoded)
      ? decoded
      : E.left(
          decoded.left.map(({ context, message }) => ({
            path: pathOf(context),
            message: message ?? `expected ${context.at(-1)?.type.name ?? type.name}`,
          })),
        )
  }
