/**
 * JSON text with its positions: which value stands where, so that an issue with `templates[2].usageType` can be
 * shown at its line and column. Problems are told in our own words, without a piece of the text: it may be a secret.
 */
import * as E from 'fp-ts/lib/Either.js'
import { type Node, type ParseErrorCode, parseTree, printParseErrorCode, visit } from 'jsonc-parser'
import stripJsonComments from 'strip-json-comments'
import type { Issue } from 'aliyun-dm-connector'

/** Both count from 1; a column counts UTF-16 units, as editors do. */
interface Position {
  readonly line: number
  readonly column: number
}

/** Whether a JSON value is an object with named properties. */
export const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

export interface Source {
  readonly value: unknown
  /**
   * Where the value at a path begins, or the nearest value around it if there is none. `index` points into a
   * string, at the character that it has there once its escapes are read.
   */
  readonly findPosition: (path: string, index?: number) => Position
  /** Where a key of the object at a path is written: its last place, which is the one that counts. */
  readonly findKey: (path: string, key: string) => Position
  /** The keys that are written more than once in the object at a path. */
  readonly findDuplicates: (path: string) => ReadonlyArray<string>
}

export interface SyntaxProblem extends Issue {
  readonly position: Position
}

/** Reads JSON, with comments but no trailing commas. Takes time in proportion to the text's length. */
export const parseJson = (source: string): E.Either<SyntaxProblem, Source> => {
  // Blanks take the place of comments, so that everything else stays where it is.
  const text = stripJsonComments(source)
  const toPosition = createPositions(text)
  const problem = (message: string, offset = 0): E.Either<SyntaxProblem, Source> =>
    E.left({ path: '', message, position: toPosition(offset) })

  if (text.trim() === '') return problem('nothing there: expected a config as JSON')
  try {
    const error = findSyntaxError(text)
    if (error !== undefined) return problem(describeSyntaxError(error, text), error.offset)
    const value: unknown = JSON.parse(text)
    const tree = createTree(parseTree(text))
    const toOffset = createOffsets(text)
    return E.right({
      value,
      findPosition: (path, index) => toPosition(toOffset(tree.find(path), index)),
      findKey: (path, key) => toPosition(tree.properties(tree.find(path), key).at(-1)?.offset ?? 0),
      findDuplicates: (path) => tree.duplicates(tree.find(path)),
    })
  } catch (error) {
    // The message of a SyntaxError quotes the text, so it stays here.
    return problem(error instanceof RangeError ? 'nested too deeply for a config' : 'not JSON')
  }
}

// ------------------------------------------------------------------------------------------------------------
// Syntax errors
// ------------------------------------------------------------------------------------------------------------

interface FirstError {
  readonly code: ParseErrorCode
  readonly offset: number
}

/** The first one. To go on behind it, the parser would read the rest again for each level of nesting. */
const findSyntaxError = (text: string): FirstError | undefined => {
  let first: FirstError | undefined
  const stop = new Error('the first error is enough')
  try {
    visit(
      text,
      {
        onError: (code, offset) => {
          first = { code, offset }
          throw stop
        },
      },
      { disallowComments: true, allowTrailingComma: false },
    )
  } catch (error) {
    if (error !== stop) throw error
  }
  return first
}

/** The names of jsonc-parser's error codes that need more words than "not JSON". */
const descriptions: Readonly<Record<string, string>> = {
  InvalidSymbol: 'expected a value in double quotes, a number, true, false or null',
  PropertyNameExpected: 'expected a property name in double quotes',
  ValueExpected: 'expected a value',
  ColonExpected: 'expected a colon after the property name',
  CommaExpected: 'expected a comma before this',
  CloseBraceExpected: 'expected "}": an object is not closed',
  CloseBracketExpected: 'expected "]": an array is not closed',
  EndOfFileExpected: 'expected nothing more after the config',
  InvalidCommentToken: 'JSON has no comments',
  UnexpectedEndOfString:
    'a string begins here that does not end on its line; a line break in it is written \\n',
  UnexpectedEndOfNumber: 'this number is not complete',
  InvalidUnicode: 'a string begins here with an incomplete \\u escape; it takes four hexadecimal digits',
  InvalidEscapeCharacter: 'a string begins here with an unknown escape; a backslash is written \\\\',
  InvalidCharacter: 'a string begins here with a control character; a tab is written \\t',
}

const describeSyntaxError = ({ code, offset }: FirstError, text: string): string => {
  // A comma before a closing bracket is the most common slip, and "expected a property name" would not name it.
  const isTrailingComma =
    /,\s*$/.test(text.slice(Math.max(0, offset - 1000), offset)) && /[}\]]/.test(text.charAt(offset))
  if (isTrailingComma) return 'not JSON: a comma stands before this, but nothing follows it'
  const name = printParseErrorCode(code)
  return `not JSON: ${descriptions[name] ?? name}`
}

// ------------------------------------------------------------------------------------------------------------
// Paths
// ------------------------------------------------------------------------------------------------------------

interface Tree {
  /** The value at a path, or the nearest one around it. */
  readonly find: (path: string) => Node | undefined
  /** The properties of an object that have this name. JSON.parse takes the last. */
  readonly properties: (object: Node | undefined, key: string) => ReadonlyArray<Node>
  readonly duplicates: (object: Node | undefined) => ReadonlyArray<string>
}

const createTree = (root: Node | undefined): Tree => {
  // An object is indexed when it is first asked, since it may have 100 000 properties and be asked for each.
  const indexes = new Map<Node, ReadonlyMap<string, ReadonlyArray<Node>>>()
  const indexProperties = (object: Node): ReadonlyMap<string, ReadonlyArray<Node>> => {
    const known = indexes.get(object)
    if (known !== undefined) return known
    const index = new Map<string, Array<Node>>()
    for (const property of object.children ?? []) {
      const name = String(property.children?.[0]?.value)
      const others = index.get(name)
      if (others === undefined) index.set(name, [property])
      else others.push(property)
    }
    indexes.set(object, index)
    return index
  }
  const properties: Tree['properties'] = (object, key) =>
    object?.type === 'object' ? (indexProperties(object).get(key) ?? []) : []
  const duplicates: Tree['duplicates'] = (object) =>
    object?.type === 'object'
      ? [...indexProperties(object)].flatMap(([key, { length }]) => (length > 1 ? [key] : []))
      : []
  const step = (node: Node | undefined, segment: string): Node | undefined =>
    node?.type === 'array'
      ? node.children?.[Number(segment)]
      : properties(node, segment).at(-1)?.children?.[1]
  return {
    properties,
    duplicates,
    find: (path) => {
      let node = root
      for (const segment of path.match(/[^.[\]]+/g) ?? []) {
        const next = step(node, segment)
        if (next === undefined) return node
        node = next
      }
      return node
    },
  }
}

// ------------------------------------------------------------------------------------------------------------
// Offsets, lines and columns
// ------------------------------------------------------------------------------------------------------------

/** How many of the ascending numbers are at most the limit. */
const countUpTo = (ascending: ReadonlyArray<number>, limit: number): number => {
  let start = 0
  let end = ascending.length
  while (start < end) {
    const middle = (start + end) >> 1
    if ((ascending[middle] ?? Infinity) <= limit) start = middle + 1
    else end = middle
  }
  return start
}

/** \n, \r\n and a lone \r each end a line. */
/** Where the characters of a text stand. */
export const createPositions = (text: string): ((offset: number) => Position) => {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), (match) => match.index + match[0].length)]
  return (offset) => {
    const line = countUpTo(starts, offset)
    return { line, column: offset - (starts[line - 1] ?? 0) + 1 }
  }
}

interface Escapes {
  /** Where the character behind each escape stands in the string's value. */
  readonly indexes: ReadonlyArray<number>
  /** By how much the source is longer than the value up to there. */
  readonly excesses: ReadonlyArray<number>
}

const createOffsets = (text: string): ((node: Node | undefined, index?: number) => number) => {
  const known = new Map<Node, Escapes>()
  const findEscapes = (node: Node): Escapes => {
    const escapes = known.get(node) ?? readEscapes(text.slice(node.offset + 1, node.offset + node.length - 1))
    known.set(node, escapes)
    return escapes
  }
  return (node, index) => {
    if (node === undefined) return 0
    if (index === undefined || node.type !== 'string') return node.offset
    const { indexes, excesses } = findEscapes(node)
    return node.offset + 1 + index + (excesses[countUpTo(indexes, index) - 1] ?? 0)
  }
}

const readEscapes = (source: string): Escapes => {
  const indexes: Array<number> = []
  const excesses: Array<number> = []
  let excess = 0
  for (const { 0: written, index } of source.matchAll(/\\(?:u[\da-f]{4}|.)/gi)) {
    indexes.push(index - excess + 1)
    excess += written.length - 1
    excesses.push(excess)
  }
  return { indexes, excesses }
}
