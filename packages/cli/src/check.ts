/**
 * `aliyun-dm check`: whether a config is valid, what in it is probably not meant, and whether DirectMail would send with it.
 */
import * as E from 'fp-ts/lib/Either.js'
import { type Config, decodeConfig, findPlaceholders } from 'aliyun-dm-connector'
import { type ConfigFile, placeIssue, placeWarnings, readConfigFile } from './config-file.js'
import { type ConnectionOptions, explain, openConnector } from './connector.js'
import {
  type Diagnostic,
  formatDiagnostics,
  giveUp,
  pluralize,
  printDiagnostics,
  summarize,
  toReport,
} from './diagnostics.js'
import { takeAnyKeyPair, takeFromEnvironment } from './environment.js'
import { type ExitCode, exitFailed, exitOk } from './exit.js'
import type { Shell } from './shell.js'
import { styled, wrap } from './terminal.js'
import { formatVerification } from './verification.js'
import { knownUsageTypes } from './warnings/content.js'
import { findWarnings } from './warnings/find-warnings.js'
import type { WarningCode } from './warnings/warning.js'

export interface CheckOptions extends ConnectionOptions {
  /** Warnings that nobody wants to hear of. */
  readonly ignore?: ReadonlyArray<WarningCode>
  /** Whether a warning fails the check. */
  readonly strict?: boolean
  /** Whether to ask DirectMail about the account. */
  readonly online?: boolean
}

export const check = async (shell: Shell, path: string, options: CheckOptions): Promise<ExitCode> => {
  const file = await readConfigFile(shell, path, (input) =>
    options.credentials === 'default' ? takeAnyKeyPair(input) : takeFromEnvironment(input, shell.env),
  )
  if (E.isLeft(file)) return giveUp(shell, file.left, options.json)
  const decoded = decodeConfig(file.right.input)
  const errors = E.isLeft(decoded) ? decoded.left.issues.map((issue) => placeIssue(file.right, issue)) : []
  const warnings = placeWarnings(
    file.right,
    findWarnings(file.right.value, file.right.source).filter(({ code }) => !options.ignore?.includes(code)),
  )
  const report = toReport(E.isRight(decoded), [...errors, ...warnings])
  const isApproved = E.isRight(decoded) && (options.strict !== true || warnings.length === 0)
  if (options.json !== true) {
    if (E.isRight(decoded)) approve(shell, file.right, decoded.right, warnings)
    else printDiagnostics(shell, [...errors, ...warnings])
  }
  if (options.online !== true || E.isLeft(decoded)) {
    if (options.json === true) shell.out.json(report)
    return isApproved ? exitOk : exitFailed
  }
  const isVerified = await verify(shell, file.right, options, report)
  return isApproved && isVerified ? exitOk : exitFailed
}

/** Asks DirectMail, and says whether it found no problem. */
const verify = async (
  shell: Shell,
  file: ConfigFile,
  options: CheckOptions,
  report: object,
): Promise<boolean> => {
  const connector = openConnector(shell, file, options)
  if (E.isLeft(connector)) {
    giveUp(shell, connector.left, options.json)
    return false
  }
  const result = await connector.right.verify()
  if (options.json === true)
    shell.out.json({ ...report, online: E.isRight(result) ? result.right : { error: result.left } })
  else if (E.isLeft(result)) explain(shell, result.left)
  else shell.out.printAll(formatVerification(result.right, shell.out.columns))
  return E.isRight(result) && result.right.passed
}

const approve = (
  { out, err }: Shell,
  { name, origins }: ConfigFile,
  { templates }: Config,
  warnings: ReadonlyArray<Diagnostic>,
): void => {
  err.print(...formatDiagnostics(warnings, err.columns))
  const count = pluralize(templates.length, 'template')
  const verdict = `${name} is valid: ${count}${warnings.length === 0 ? '' : `, ${summarize(warnings)}`}.`
  const [first = '', ...rest] = wrap(verdict, out.columns)
  const notes = [...describeFallbacks(templates), ...describeOrigins(origins)]
  out.print([styled('green', first)], ...rest, ...notes.flatMap((note) => wrap(note, out.columns)))
}

/** Which mails are sent with the Generic template. It is what that one is for, and so nothing to be warned of. */
const describeFallbacks = (templates: Config['templates']): ReadonlyArray<string> => {
  const present = new Set<string>(templates.map(({ usageType }) => usageType))
  const absent = knownUsageTypes.filter((usageType) => !present.has(usageType))
  if (absent.length === 0) return []
  const generic = templates.find(({ usageType }) => usageType === 'Generic')
  const needsCode = findPlaceholders(`${generic?.subject ?? ''}${generic?.content ?? ''}`).includes('code')
  return [
    `The Generic template stands in for ${absent.join(', ')}.`,
    ...(needsCode && absent.includes('OrganizationInvitation')
      ? ['It needs {{code}}, which an invitation does not have.']
      : []),
  ]
}

const describeOrigins = (origins: ReadonlyMap<string, string>): ReadonlyArray<string> =>
  origins.size === 0 ? [] : [`Taken from the environment: ${[...origins.values()].join(', ')}.`]
