/**
 * Where the command writes. Nothing is written as it came: every piece of every line has its control characters and
 * line breaks made visible, so a file or a server can neither steer the terminal nor add a line that looks like ours.
 */
import type { Writable } from 'node:stream'
import { styleText } from 'node:util'

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** A part of a line in a colour. */
export interface Styled {
  readonly style: Style
  readonly text: string
}

export type Line = string | ReadonlyArray<string | Styled>

export interface Output {
  /** Writes lines. A line break inside of one is shown as `\u000a`. */
  readonly print: (...lines: ReadonlyArray<Line>) => void
  /** The same for any number of lines; a function takes some 100 000 arguments. */
  readonly printAll: (lines: ReadonlyArray<Line>) => void
  /** Writes a value as JSON. */
  readonly json: (value: object, indent?: number) => void
  /** Where lines are wrapped; undefined where nobody looks, and a program wants lines as they are. */
  readonly columns: number | undefined
  readonly isTerminal: boolean
}

/** A stream to write to, which may be a terminal. */
export type OutputStream = Writable &
  Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>> & { readonly hasColors?: () => boolean }

// ------------------------------------------------------------------------------------------------------------
// Characters
// ------------------------------------------------------------------------------------------------------------

// Controls, and what is invisible or turns text around: ESC alone can rename a window, U+2028 ends a line for some
// terminals, U+061C reverses digits. Not the joiners, of which emoji and Persian words are made.
const unprintable = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** ESC becomes `\u001b`, in every UTF-16 unit as JSON writes it. */
const escape = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('')

/** The text on one line, showing what it holds. */
const escapeText = (text: string): string => text.replace(unprintable, escape).replaceAll('\n', '\\u000a')

// ------------------------------------------------------------------------------------------------------------
// Lines
// ------------------------------------------------------------------------------------------------------------

export const styled = (style: Style, text: string): Styled => ({ style, text })

/**
 * Breaks a text at spaces, so that lines fit the columns; every line begins with the indent. A word that fits no
 * line, such as an address, is left whole: the terminal can still make a link of it.
 */
export const wrap = (text: string, columns: number | undefined, indent = ''): ReadonlyArray<string> => {
  const width = columns === undefined ? Infinity : columns - indent.length
  const lines: Array<string> = []
  let line: string | undefined
  for (const word of text.split(' ')) {
    if (line !== undefined && line.length + 1 + word.length > width && word.length <= width) {
      lines.push(line)
      line = word
    } else line = line === undefined ? word : `${line} ${word}`
  }
  return [...lines, line ?? ''].map((each) => indent + each)
}

// ------------------------------------------------------------------------------------------------------------
// Streams
// ------------------------------------------------------------------------------------------------------------

/**
 * Writes to a stream. Colours appear on a terminal only, and never under NO_COLOR. `onBroken` is told why nothing can
 * be written any more; a reader that goes away, as `head` does, is no such failure.
 */
export const writeTo = (stream: OutputStream, onBroken: (code: string) => void): Output => {
  let closed = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (closed) return
    closed = true
    if (error.code !== 'EPIPE') onBroken(error.code ?? error.message)
  })
  const write = (text: string): void => {
    if (!closed) stream.write(text)
  }
  // Node reads NO_COLOR, FORCE_COLOR and TERM.
  const colours = stream.isTTY === true && stream.hasColors?.() === true
  const render = (part: string | Styled): string => {
    if (typeof part === 'string') return escapeText(part)
    const text = escapeText(part.text)
    return colours ? styleText(part.style, text, { validateStream: false }) : text
  }
  const printAll = (lines: ReadonlyArray<Line>): void =>
    write(lines.map((line) => `${[line].flat().map(render).join('')}\n`).join(''))
  return {
    print: (...lines) => printAll(lines),
    printAll,
    // JSON escapes line breaks itself; those that are left are its own.
    json: (value, indent = 2) =>
      write(`${JSON.stringify(value, null, indent).replace(unprintable, escape)}\n`),
    columns: stream.isTTY === true ? Math.max(40, stream.columns ?? 80) : undefined,
    isTerminal: stream.isTTY === true,
  }
}
