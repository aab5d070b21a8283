/**
 * Where the command writes: standard output for what was asked for, standard error for what went wrong. Colours
 * appear on a terminal only, and never under NO_COLOR; what comes from a file or from the network cannot steer the
 * terminal; and a reader that goes away, as `head` does, is no error.
 */
import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

export interface Output {
  /** Writes lines. Control characters in them are made visible. */
  readonly print: (...lines: ReadonlyArray<string>) => void
  /** Writes a value as JSON. */
  readonly json: (value: object, indent?: number) => void
  /** Colours a text, where colours are wanted. */
  readonly style: (format: Format, text: string) => string
  /** Columns to wrap at; undefined where nobody looks, and whoever reads wants lines as they are. */
  readonly columns: number | undefined
  /** Calls back when the reader has gone away. */
  readonly onClosed: (listener: () => void) => void
}

export interface Terminal {
  readonly out: Output
  readonly err: Output
}

// C0 (but for \t and \n), DEL and C1, and the characters that turn text around: ESC alone can retitle a window.
// eslint-disable-next-line no-control-regex -- they are what this is about
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text that shows what it holds, whoever wrote it: ESC becomes `\u001b`. */
export const printable = (text: string): string =>
  text.replace(/\r\n/g, '\n').replace(unprintable, (character) => escaped(character))

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

const outputOn = (stream: NodeJS.WriteStream): Output => {
  const listeners: Array<() => void> = []
  let closed = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    closed = true
    listeners.forEach((listener) => listener())
    // A full disk is an error; a pipe that nobody reads any more is not.
    if (error.code !== 'EPIPE') process.exitCode = 1
  })
  const write = (text: string): void => {
    if (!closed) stream.write(text)
  }
  // Node's own reading of NO_COLOR, FORCE_COLOR and TERM.
  const colours = stream.isTTY && stream.hasColors()
  return {
    print: (...lines) => write(lines.map((line) => `${line}\n`).join('')),
    json: (value, indent = 2) =>
      write(`${JSON.stringify(value, null, indent).replace(unprintable, escaped)}\n`),
    style: (format, text) => (colours ? styleText(format, text, { validateStream: false }) : text),
    columns: stream.isTTY ? Math.max(40, stream.columns) : undefined,
    onClosed: (listener) => void listeners.push(listener),
  }
}

export const processTerminal = (): Terminal => ({
  out: outputOn(process.stdout),
  err: outputOn(process.stderr),
})

/**
 * Breaks a text at spaces, so that lines fit the columns; every line begins with the indent. A word that fits no
 * line, such as an address, is left to the terminal, which can still make a link of it.
 */
export const wrap = (text: string, columns: number | undefined, indent = ''): ReadonlyArray<string> => {
  const width = columns === undefined ? Infinity : columns - indent.length
  return text.split('\n').flatMap((paragraph) => {
    const lines: Array<string> = []
    let line: string | undefined
    for (const word of paragraph.split(' ')) {
      if (line !== undefined && line.length + 1 + word.length > width && word.length <= width) {
        lines.push(line)
        line = word
      } else line = line === undefined ? word : `${line} ${word}`
    }
    return [...lines, line ?? ''].map((each) => indent + each)
  })
}
