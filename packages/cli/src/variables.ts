/**
 * `--var application.name=Acme`: from words on the command line to the payload of a message.
 */
import * as E from 'fp-ts/lib/Either.js'

/**
 * The values of placeholders. Its objects have no prototype, so that `__proto__` is a name like any other.
 */
export interface Variables {
  readonly [name: string]: string | Variables
}

export const noVariables: Variables = Object.freeze(Object.create(null) as Variables) // An object without properties.

/** Adds `name=value`. A name given twice takes the later value; a name cannot have a value and parts at once. */
export const addVariable = (variables: Variables, argument: string): E.Either<string, Variables> => {
  const end = argument.indexOf('=')
  if (end < 0) return E.left('Write it as NAME=VALUE, such as code=123456')
  const name = argument.slice(0, end).trim()
  const path = name.split('.')
  if (path.some((part) => part.trim() === '' || /[{}]/.test(part)))
    return E.left('The name before "=" is to be that of a placeholder, such as code or application.name')
  return put(variables, path, argument.slice(end + 1), name)
}

const put = (
  variables: Variables,
  [root = '', ...rest]: ReadonlyArray<string>,
  value: string,
  name: string,
): E.Either<string, Variables> => {
  const present = variables[root]
  const clash = E.left(`"${name}" cannot be a value, and have parts with a dot, at the same time`)
  if (rest.length === 0) return typeof present === 'object' ? clash : E.right(assign(variables, root, value))
  if (typeof present === 'string') return clash
  const below = put(present ?? noVariables, rest, value, name)
  return E.isLeft(below) ? below : E.right(assign(variables, root, below.right))
}

const assign = (variables: Variables, name: string, value: string | Variables): Variables =>
  Object.assign(Object.create(null), variables, { [name]: value }) as Variables // Every property is one of either kind.

const examples: Readonly<Record<string, string>> = { code: '123456', link: 'https://example.com/' }

/** More would hide what the command has to say. */
const maxNamed = 10

/** What to add to the command line for placeholders that have no value. */
export const adviseValues = (missing: ReadonlyArray<string>): string => {
  const flags = missing
    .slice(0, maxNamed)
    .map((name) => `--var ${quoteForShell(`${name}=${examples[name] ?? 'VALUE'}`)}`)
  return `Give values with ${flags.join(' ')}${missing.length > maxNamed ? ' …' : ''}`
}

/** As a shell takes it: a placeholder's name may have spaces. */
const quoteForShell = (argument: string): string =>
  /^[\w.=:/@-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`

/** `{{code}}, {{link}}`, and how many more there are. */
export const listPlaceholders = (names: ReadonlyArray<string>): string => {
  const listed = names.slice(0, maxNamed).map((name) => `{{${name}}}`)
  return names.length > maxNamed
    ? `${listed.join(', ')} and ${names.length - maxNamed} more`
    : listed.join(', ')
}
