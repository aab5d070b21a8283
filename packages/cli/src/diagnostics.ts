/**
 * One thing that is wrong or doubtful in a config, and how it is shown: the place first, so that terminals and editors
 * make a link of it, and what was expected below it.
 */
import type { ExitCode } from './exit.js'
import type { Shell } from './shell.js'
import { type Line, styled, wrap } from './terminal.js'
import type { WarningCode } from './warnings/warning.js'

export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** The name of a warning, for `--ignore`. */
  readonly code?: WarningCode
  /** As one would write it in JavaScript. */
  readonly path: string
  readonly message: string
  /** The file, or the environment variable. */
  readonly place: string
  /** Both from 1; absent where the place is not a file with lines. */
  readonly line?: number
  readonly column?: number
}

/** Why a command ends before it has begun. */
export interface Failure {
  readonly exitCode: ExitCode
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/** Nobody reads more. JSON has all of them. */
const maxShown = 100

/** File by file, each in its order. */
export const formatDiagnostics = (
  diagnostics: ReadonlyArray<Diagnostic>,
  columns: number | undefined,
): ReadonlyArray<Line> => {
  const shown = [...diagnostics].sort(byPosition).slice(0, maxShown)
  const lines = shown.flatMap(
    ({ severity, code, path, message, place, line, column }): ReadonlyArray<Line> => [
      [
        styled('bold', line === undefined ? place : `${place}:${line}:${column ?? 1}`),
        '  ',
        styled(severity === 'error' ? 'red' : 'yellow', severity),
        path === '' ? '' : `  ${path}`,
      ],
      ...wrap(code === undefined ? message : `${message} (${code})`, columns, '    '),
    ],
  )
  const rest = diagnostics.length - shown.length
  return rest === 0 ? lines : [...lines, `and ${rest} more, which --json shows`]
}

const byPosition = (a: Diagnostic, b: Diagnostic): number =>
  (a.place === b.place ? 0 : a.place < b.place ? -1 : 1) ||
  (a.line ?? 0) - (b.line ?? 0) ||
  (a.column ?? 0) - (b.column ?? 0)

/** `2 errors, 1 warning` */
export const summarize = (diagnostics: ReadonlyArray<Diagnostic>): string =>
  (['error', 'warning'] as const)
    .map((severity) => [diagnostics.filter((each) => each.severity === severity).length, severity] as const)
    .filter(([count]) => count > 0)
    .map(([count, severity]) => pluralize(count, severity))
    .join(', ')

export const pluralize = (count: number, thing: string): string =>
  `${count} ${thing}${count === 1 ? '' : 's'}`

/** Shows everything on standard error, and the count last. */
export const printDiagnostics = ({ err }: Shell, diagnostics: ReadonlyArray<Diagnostic>): void =>
  err.print(...formatDiagnostics(diagnostics, err.columns), [styled('red', summarize(diagnostics))])

/** What programs read in the place of lines. */
export const toReport = (valid: boolean, diagnostics: ReadonlyArray<Diagnostic>): object => ({
  valid,
  issues: withSeverity('error', diagnostics),
  warnings: withSeverity('warning', diagnostics),
})

const withSeverity = (
  wanted: Diagnostic['severity'],
  diagnostics: ReadonlyArray<Diagnostic>,
): ReadonlyArray<object> =>
  diagnostics.flatMap(({ severity, ...rest }) => (severity === wanted ? [rest] : []))

/** Says why a config could not be used, as JSON if that was asked for. */
export const giveUp = (shell: Shell, { exitCode, diagnostics }: Failure, json = false): ExitCode => {
  if (json) shell.out.json(toReport(false, diagnostics))
  else printDiagnostics(shell, diagnostics)
  return exitCode
}

/** `error: …` on standard error, with advice on lines of its own. */
export const complain = ({ err }: Shell, message: string, ...advice: ReadonlyArray<string>): void => {
  const [first = '', ...rest] = wrap(`error: ${message}`, err.columns)
  err.print(
    [styled('red', 'error:'), first.slice('error:'.length)],
    ...rest,
    ...advice.flatMap((line) => wrap(line, err.columns, '  ')),
  )
}
