/**
 * How a command ends, and what it says on the way out.
 */
import { type Diagnostic, linesOf, summaryOf } from './diagnostics.js'
import { printable, type Terminal, wrap } from './terminal.js'

/** Done, or valid. */
export const exitOk = 0
/** The config is invalid, or what was asked for failed. */
export const exitFailed = 1
/** The arguments cannot be used: nothing was tried. */
export const exitUnusable = 2

export type ExitCode = typeof exitOk | typeof exitFailed | typeof exitUnusable

export type Failure =
  | { readonly _tag: 'Unusable'; readonly message: string }
  | { readonly _tag: 'Failed'; readonly diagnostics: ReadonlyArray<Diagnostic> }

export const unusable = (message: string): Failure => ({ _tag: 'Unusable', message })

export const failed = (diagnostics: ReadonlyArray<Diagnostic>): Failure => ({ _tag: 'Failed', diagnostics })

/** `error: …` on standard error, with advice on lines of its own. */
export const complain = ({ err }: Terminal, message: string, ...advice: ReadonlyArray<string>): void =>
  err.print(
    ...wrap(printable(`error: ${message}`), err.columns).map((line, index) =>
      index === 0 ? line.replace('error:', err.style('red', 'error:')) : line,
    ),
    ...advice.flatMap((line) => wrap(printable(line), err.columns, '  ')),
  )

/** Says why a config could not be used, as JSON if that was asked for. */
export const giveUp = (terminal: Terminal, failure: Failure, json: boolean | undefined): ExitCode => {
  if (failure._tag === 'Unusable') {
    complain(terminal, failure.message)
    return exitUnusable
  }
  const { diagnostics } = failure
  if (json === true) terminal.out.json({ valid: false, ...reportOf(diagnostics) })
  else
    terminal.err.print(
      ...linesOf(diagnostics, terminal.err),
      terminal.err.style('red', summaryOf(diagnostics)),
    )
  return exitFailed
}

/** Diagnostics for machines. */
export const reportOf = (diagnostics: ReadonlyArray<Diagnostic>): object => {
  const of = (wanted: Diagnostic['severity']): ReadonlyArray<object> =>
    diagnostics.flatMap(({ severity, ...rest }) => (severity === wanted ? [rest] : []))
  return { issues: of('error'), warnings: of('warning') }
}
