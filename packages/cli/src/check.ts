/**
 * `aliyun-dm check`: whether a config is valid, and what in it is probably not meant.
 */
import * as E from 'fp-ts/lib/Either.js'
import { type Config, decodeConfig } from 'aliyun-dm-connector'
import { type ConfigFile, errorsIn, readConfigFile, warningsIn } from './config-file.js'
import { completeFromEnvironment } from './credentials.js'
import { counted, type Diagnostic, linesOf, summaryOf } from './diagnostics.js'
import { type ExitCode, exitFailed, exitOk, giveUp, reportOf } from './exit.js'
import { printable, type Terminal, wrap } from './terminal.js'
import { warningsOf } from './warnings.js'

export interface CheckOptions {
  readonly json?: boolean
}

export const check = async (terminal: Terminal, path: string, options: CheckOptions): Promise<ExitCode> => {
  const file = await readConfigFile(path, (input) => completeFromEnvironment(input, process.env))
  if (E.isLeft(file)) return giveUp(terminal, file.left, options.json)
  const decoded = decodeConfig(file.right.input)
  const diagnostics = [
    ...(E.isLeft(decoded) ? errorsIn(file.right, decoded.left.issues) : []),
    ...warningsIn(file.right, warningsOf(file.right.input)),
  ]
  if (options.json === true) terminal.out.json({ valid: E.isRight(decoded), ...reportOf(diagnostics) })
  else if (E.isRight(decoded)) approve(terminal, file.right, decoded.right, diagnostics)
  else report(terminal, diagnostics)
  return E.isRight(decoded) ? exitOk : exitFailed
}

const report = ({ err }: Terminal, diagnostics: ReadonlyArray<Diagnostic>): void =>
  err.print(...linesOf(diagnostics, err), err.style('red', summaryOf(diagnostics)))

const approve = (
  { out, err }: Terminal,
  file: ConfigFile,
  { templates }: Config,
  warnings: ReadonlyArray<Diagnostic>,
): void => {
  if (warnings.length > 0) err.print(...linesOf(warnings, err))
  const verdict = `${file.name} is valid: ${counted(templates.length, 'template')}${
    warnings.length > 0 ? `, ${summaryOf(warnings)}` : ''
  }.`
  const [first = '', ...rest] = wrap(printable(verdict), out.columns)
  out.print(out.style('green', first), ...rest)
  if (file.origins.size > 0)
    out.print(
      ...wrap(
        `Not in the file but taken from the environment: ${[...file.origins.values()].join(', ')}.`,
        out.columns,
      ),
    )
}
