/**
 * One thing that is wrong or doubtful in a config, and how it is shown: place first, so that terminals and editors
 * make a link of it, and under it what was expected.
 */
import { type Output, printable, wrap } from './terminal.js'

export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** As one would write it in JavaScript. */
  readonly path: string
  readonly message: string
  /** The file, or the environment variable. */
  readonly place: string
  /** Both from 1; absent where the place is not a file with lines. */
  readonly line?: number
  readonly column?: number
}

/** In the order of the file. */
export const linesOf = (diagnostics: ReadonlyArray<Diagnostic>, output: Output): ReadonlyArray<string> =>
  [...diagnostics].sort(byPosition).flatMap(({ severity, path, message, place, line, column }) => {
    const where = printable(line === undefined ? place : `${place}:${line}:${column ?? 1}`)
    const label = output.style(severity === 'error' ? 'red' : 'yellow', severity)
    return [
      `${output.style('bold', where)}  ${label}${path === '' ? '' : `  ${printable(path)}`}`,
      ...wrap(printable(message), output.columns, '    '),
    ]
  })

const byPosition = (a: Diagnostic, b: Diagnostic): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)

/** `2 errors, 1 warning` */
export const summaryOf = (diagnostics: ReadonlyArray<Diagnostic>): string =>
  (['error', 'warning'] as const)
    .map((severity) => counted(diagnostics.filter((each) => each.severity === severity).length, severity))
    .filter((part) => !part.startsWith('0 '))
    .join(', ')

export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
