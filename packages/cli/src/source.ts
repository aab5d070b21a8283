/**
 * JSON text with its positions: which value stands where, so that an issue with `templates[2].usageType` can be
 * shown at its line and column. Problems are told in our own words, without a piece of the text: it may be a secret.
 */
import * as E from 'fp-ts/lib/Either.js'
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
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
  readonly positionOf: (path: string, index?: number) => Position
  /** How often a key is written in the object at a path. */
  readonly occurrences: (path: string, key: string) => number
}

export interface SyntaxProblem extends Issue {
  readonly position: Position
}

/** Reads strict JSON: no comments, no trailing commas. */
export const parseSource = (text: string): E.Either<SyntaxProblem, Source> => {
  const positionAt = positionsIn(text)
  const problem = (message: string, offset: number): E.Either<SyntaxProblem, Source> =>
    E.left({ path: '', message, position: positionAt(offset) })

  if (text.trim() === '') return problem('nothing there: expected a config as JSON', 0)
  const errors: Array<ParseError> = []
  try {
    const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
    const [first] = errors
    if (first !== undefined) return problem(complaint(first, text), first.offset)
    const value: unknown = JSON.parse(text)
    return E.right({
      value,
      positionOf: (path, index) => positionAt(offsetOf(text, nodeAt(root, path), index)),
      occurrences: (path, key) => valuesOf(nodeAt(root, path), key).length,
    })
  } catch (error) {
    // The message of a SyntaxError quotes the text, so it stays here.
    return problem(error instanceof RangeError ? 'nested too deeply for a config' : 'not JSON', 0)
  }
}

/** The names of jsonc-parser's error codes that need more words than "not JSON". */
const complaints: Readonly<Record<string, string>> = {
  InvalidSymbol: 'expected a value in double quotes, a number, true, false or null',
  InvalidNumberFormat: 'this is not a number as JSON has them',
  PropertyNameExpected: 'expected a property name in double quotes',
  ValueExpected: 'expected a value',
  ColonExpected: 'expected a colon after the property name',
  CommaExpected: 'expected a comma before this',
  CloseBraceExpected: 'expected "}": an object is not closed',
  CloseBracketExpected: 'expected "]": an array is not closed',
  EndOfFileExpected: 'expected nothing more after the config',
  InvalidCommentToken: 'JSON has no comments',
  UnexpectedEndOfComment: 'JSON has no comments',
  UnexpectedEndOfString:
    'a string begins here that does not end on its line; a line break in it is written \\n',
  UnexpectedEndOfNumber: 'this number is not complete',
  InvalidUnicode: 'a string begins here with an incomplete \\u escape; it takes four hexadecimal digits',
  InvalidEscapeCharacter: 'a string begins here with an unknown escape; a backslash is written \\\\',
  InvalidCharacter: 'a string begins here with a control character; a tab is written \\t',
}

const complaint = ({ error, offset }: ParseError, text: string): string => {
  // A comma before a closing bracket is the most common slip, and "expected a property name" would not name it.
  const trailing =
    /,\s*$/.test(text.slice(Math.max(0, offset - 1000), offset)) && /^[}\]]/.test(text.slice(offset))
  const name = printParseErrorCode(error)
  return `not JSON: ${trailing ? 'a comma stands before this, but nothing follows it' : (complaints[name] ?? name)}`
}

/** Offsets to lines and columns; \n, \r\n and a lone \r each end a line. */
const positionsIn = (text: string): ((offset: number) => Position) => {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), (match) => match.index + match[0].length)]
  return (offset) => {
    let line = 0
    let end = starts.length
    while (end - line > 1) {
      const middle = (line + end) >> 1
      if ((starts[middle] ?? 0) <= offset) line = middle
      else end = middle
    }
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 }
  }
}

/** The values of a key in an object, in order. JSON.parse takes the last. */
const valuesOf = (node: Node | undefined, key: string): ReadonlyArray<Node> =>
  node?.type === 'object'
    ? (node.children ?? []).flatMap(({ children: [name, value] = [] }) =>
        name?.value === key && value !== undefined ? [value] : [],
      )
    : []

const nodeAt = (root: Node | undefined, path: string): Node | undefined => {
  let node = root
  for (const segment of path.match(/[^.[\]]+/g) ?? []) {
    const child = node?.type === 'array' ? node.children?.[Number(segment)] : valuesOf(node, segment).at(-1)
    if (child === undefined) return node
    node = child
  }
  return node
}

const offsetOf = (text: string, node: Node | undefined, index: number | undefined): number => {
  if (node === undefined) return 0
  if (index === undefined || node.type !== 'string') return node.offset
  let offset = node.offset + 1
  for (let passed = 0; passed < index; passed++)
    offset += text[offset] !== '\\' ? 1 : text[offset + 1] === 'u' ? 6 : 2
  return offset
}
