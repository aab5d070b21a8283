/**
 * Codecs for input that nobody has looked at yet. They are made of io-ts's own, which decide what fits a type; what is
 * added here is how the input is read, and what is said about it:
 *
 * - A property is read once, inside a guard, and only if it is the input's own. A getter or a proxy that throws is an
 *   issue like any other, and nothing comes from a prototype that somebody has polluted.
 * - The result is a copy with the known keys only, so nobody changes it afterwards.
 * - No failure holds a value, which may be a secret in the wrong place. io-ts itself puts the whole input into each.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Issue } from '../errors/send-error.js'
import { findNearestName } from './nearest-name.js'

// ------------------------------------------------------------------------------------------------------------
// Reading
// ------------------------------------------------------------------------------------------------------------

/** Stands for a property that could not be read. No codec accepts a symbol, so it fails where it stands. */
const unreadable = Symbol('unreadable')

const guard = <A, B>(read: () => A, otherwise: B): A | B => {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/** `Array.isArray` throws for a revoked proxy, as `instanceof` may for any. */
export const isArray = (u: unknown): u is ReadonlyArray<unknown> => guard(() => Array.isArray(u), false)
const isPromise = (u: unknown): boolean => guard(() => u instanceof Promise, false)

/** Whether the value is an object with named properties: not null, not an array, not a promise, not a function. */
const isRecord = (u: unknown): u is object =>
  typeof u === 'object' && u !== null && guard(() => !Array.isArray(u) && !(u instanceof Promise), true)

const readOwn = (object: object, key: PropertyKey): unknown =>
  Object.hasOwn(object, key) ? Reflect.get(object, key) : undefined

/** A property of the object's own; `undefined` where it has none. */
export const readProperty = (object: object, key: PropertyKey): unknown =>
  guard(() => readOwn(object, key), unreadable)

type Properties = Readonly<Record<string, unknown>>

/** These properties of a record; `undefined` where the value is no record. */
export const readProperties = (u: unknown, keys: ReadonlyArray<string>): Properties | undefined => {
  if (!isRecord(u)) return undefined
  const readAll = (read: (object: object, key: string) => unknown): Properties => {
    const properties: Record<string, unknown> = {}
    for (const key of keys) properties[key] = read(u, key)
    return properties
  }
  // One guard for all is quicker. If a property throws, each is read again in a guard of its own.
  return guard(() => readAll(readOwn), undefined) ?? readAll(readProperty)
}

/** The names of a record's properties; none where the value is no record. */
export const readKeys = (u: unknown): ReadonlyArray<string> =>
  isRecord(u) ? guard(() => Object.keys(u), []) : []

/** All properties of a record, but not what is in them; `undefined` where the value is no record. */
export const copyProperties = (u: unknown): Properties | undefined =>
  isRecord(u)
    ? (guard((): Properties => ({ ...u }), undefined) ??
      Object.fromEntries(readKeys(u).map((key) => [key, readProperty(u, key)])))
    : undefined

/** Whether an object can be asked to do something, its own or its class's way. */
export const hasMethod = (u: unknown, name: PropertyKey): boolean =>
  guard(() => typeof u === 'object' && u !== null && typeof Reflect.get(u, name) === 'function', false)

/** The items of an array; `undefined` where the value is no array or has more than `max`. */
export const readItems = (u: unknown, max: number): ReadonlyArray<unknown> | undefined => {
  if (!isArray(u)) return undefined
  const length = readProperty(u, 'length')
  return typeof length === 'number' && length <= max
    ? Array.from({ length }, (_, index) => readProperty(u, index))
    : undefined
}

/**
 * The same object for reading: it inherits nothing, so a polluted `Object.prototype` adds nothing to it. A caller without
 * types may give a text, of which each character would count as a property.
 */
export const withoutPrototype = <A extends object>(object: A): A =>
  Object.assign(Object.create(null) as object, typeof object === 'string' ? undefined : object)

// ------------------------------------------------------------------------------------------------------------
// What is said of a value that does not fit
// ------------------------------------------------------------------------------------------------------------

/** `, got a number`: the kind of what was found, where that says more than the expectation. Never the value. */
export const describeKind = (u: unknown): string => {
  if (u === null) return ', got null'
  if (isArray(u)) return ', got an array'
  if (isPromise(u)) return ', got a promise: await it first'
  if (typeof u === 'object') return ', got an object'
  if (typeof u === 'string') return u.trim() === '' ? ', got an empty string' : ''
  return `, got a ${typeof u}`
}

/** For an object or an array, that a text was found says enough to be said. */
const describeAnyKind = (u: unknown): string => describeKind(u) || ', got a string'

/** `expected …`, and what was found instead. */
export const describeMismatch = (expected: string, u: unknown, describe = describeKind): string => {
  if (u === undefined) return `missing: expected ${expected}`
  return u === unreadable ? `could not be read: expected ${expected}` : `expected ${expected}${describe(u)}`
}

const longestText = 100

/** A text that goes into an error: its beginning, if it is long. */
export const shorten = (text: string): string =>
  text.length <= longestText ? text : `${text.slice(0, longestText).toWellFormed()}…`

// ------------------------------------------------------------------------------------------------------------
// Issues
// ------------------------------------------------------------------------------------------------------------

/** A path as one would write it in JavaScript. */
const formatPath = (context: t.Context): string =>
  context.reduce((path, { key }) => {
    if (key === '') return path
    if (/^\d+$/.test(key)) return `${path}[${key}]`
    return path === '' ? key : `${path}.${key}`
  }, '')

const prefix = (path: string): string => (path === '' ? '' : `${path}: `)

const forget = ({ key, type }: t.ContextEntry): t.ContextEntry => ({ key, type, actual: undefined })

/**
 * A failure without values. Its message begins with the path, since io-ts's `PathReporter` prints a message as it is.
 */
const createFailure = (context: t.Context, message: string): t.ValidationError => ({
  value: undefined,
  context: context.map(forget),
  message: prefix(formatPath(context)) + message,
})

export const fail = (context: t.Context, message: string): t.Validation<never> =>
  t.failures([createFailure(context, message)])

/** The context of a property. */
const below = (context: t.Context, key: string, type: t.Mixed = t.unknown): t.Context => [
  ...context,
  { key, type, actual: undefined },
]

const toIssue = ({ context, message = '' }: t.ValidationError): Issue => {
  const path = formatPath(context)
  return { path, message: message.slice(prefix(path).length) }
}

/** Decodes, and on failure lists every issue with its path below `root`. */
export const decodeAll =
  <A>(type: t.Type<A>, root = '') =>
  (input: unknown): E.Either<ReadonlyArray<Issue>, A> => {
    const decoded = type.validate(input, [{ key: root, type, actual: undefined }])
    return E.isRight(decoded) ? decoded : E.left(decoded.left.map(toIssue))
  }

// ------------------------------------------------------------------------------------------------------------
// Codecs
// ------------------------------------------------------------------------------------------------------------

/**
 * A codec whose values are their own encoding.
 *
 * @param is What it takes a value for; a proxy may make this throw, which the codec's own `is` does not.
 */
export const codec = <A>(
  name: string,
  is: (u: unknown) => boolean,
  validate: t.Validate<unknown, A>,
): t.Type<A> => new t.Type(name, (u): u is A => guard(() => is(u), false), validate, t.identity)

/** Any value that satisfies a type guard. `expected` completes the sentence "expected …". */
export const guarded = <A>(
  name: string,
  expected: string,
  is: (u: unknown) => u is A,
  describe = describeKind,
): t.Type<A> => {
  // `instanceof` asks a proxy, which may throw.
  const fits = (u: unknown): u is A => guard(() => is(u), false)
  return codec(name, fits, (u, context) =>
    fits(u) ? t.success(u) : fail(context, describeMismatch(expected, u, describe)),
  )
}

/** A string that satisfies a predicate. */
export const text = (name: string, expected: string, holds: (s: string) => boolean): t.Type<string> =>
  guarded(name, expected, (u): u is string => t.string.is(u) && holds(u))

/** `true` or `false`. */
export const flag: t.Type<boolean> = guarded('boolean', 'true or false', t.boolean.is)

/** One of the keys of a record, as `t.keyof`. A near miss is told the nearest of `names`. */
export const oneOf = <K extends string>(
  name: string,
  keys: Readonly<Record<K, unknown>>,
  names: ReadonlyArray<string> = Object.keys(keys),
): t.Type<K> => {
  const keyOf = t.keyof(keys, name)
  return guarded(
    name,
    `one of ${names.join(', ')}`,
    (u): u is K => keyOf.is(u),
    (u) => describeKind(u) + suggest(u, names),
  )
}

/** `; did you mean "SignIn"?`, where what was found is nearly one of these names. */
export const suggest = (u: unknown, names: ReadonlyArray<string>): string => {
  const nearest = typeof u === 'string' ? findNearestName(u, names) : undefined
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`
}

const emptyToUndefined = (properties: Properties = {}): Properties =>
  Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key,
      value === null || value === '' ? undefined : value,
    ]),
  )

const omitUndefined = <A extends object>(properties: A): Partial<A> =>
  // Some of the properties, as they were.
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as Partial<A>

type Required<R extends t.Props> = { readonly [K in keyof R]: t.TypeOf<R[K]> }
type Optional<O extends t.Props> = { readonly [K in keyof O]?: t.TypeOf<O[K]> | undefined }

/**
 * An object: `t.type` for the required keys, `t.partial` for the optional ones. An optional key that is absent, null
 * or an empty string is left out, which is how forms and JSON files say "not set". Keys it does not know are ignored.
 */
export const record = <R extends t.Props, O extends t.Props>(
  name: string,
  required: R,
  optional: O,
): t.Type<Required<R> & Optional<O>> => {
  const [needed, possible] = [t.type(required), t.partial(optional)]
  const [neededKeys, possibleKeys] = [Object.keys(required), Object.keys(optional)]
  return codec(
    name,
    (u) => needed.is(u) && possible.is(u),
    (u, context) => {
      const properties = readProperties(u, neededKeys)
      if (properties === undefined) return fail(context, describeMismatch('an object', u, describeAnyKind))
      const left = needed.validate(properties, context)
      const right = possible.validate(emptyToUndefined(readProperties(u, possibleKeys)), context)
      if (E.isLeft(left)) return E.isLeft(right) ? t.failures(left.left.concat(right.left)) : left
      return E.isLeft(right) ? right : t.success({ ...left.right, ...omitUndefined(right.right) })
    },
  )
}

/** An array of at most `max` items. */
export const list = <A>(item: t.Type<A>, max: number): t.Type<ReadonlyArray<A>> => {
  const array = t.readonlyArray(item)
  return codec(
    array.name,
    (u) => array.is(u) && u.length <= max,
    (u, context) => {
      const items = readItems(u, max)
      if (items !== undefined) return array.validate(items, context)
      return fail(
        context,
        isArray(u) ? `expected at most ${max} items` : describeMismatch('an array', u, describeAnyKind),
      )
    },
  )
}

/** A codec with one more rule about the decoded whole: `complain` says what is wrong with it, and at which key. */
export const withRule = <A>(base: t.Type<A>, complain: (decoded: A) => Issue | undefined): t.Type<A> =>
  codec(
    base.name,
    (u) => base.is(u) && complain(u) === undefined,
    (u, context) => {
      const decoded = base.validate(u, context)
      const issue = E.isRight(decoded) ? complain(decoded.right) : undefined
      return issue === undefined ? decoded : fail(below(context, issue.path), issue.message)
    },
  )
