/**
 * `aliyun-dm preview`: what the mails of a config look like, without sending one: as text on the terminal, or as
 * HTML files.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { Mail, UsageType } from 'aliyun-dm-connector'
import { placeIssue, readConfigFile } from './config-file.js'
import { complain, giveUp, pluralize } from './diagnostics.js'
import { takeAnyKeyPair } from './environment.js'
import { type ExitCode, exitFailed, exitOk } from './exit.js'
import { type PagesNotWritten, type WrittenPages, writePages } from './page-files.js'
import { renderPages } from './pages.js'
import { toPlainText } from './plain-text.js'
import { listHeaders, type Preview, type Previews, renderPreviews } from './previews.js'
import type { Shell } from './shell.js'
import { type Line, styled, wrap } from './terminal.js'
import { adviseValues, listPlaceholders, type Variables } from './variables.js'

export interface PreviewOptions {
  readonly type?: UsageType
  readonly var: Variables
  readonly out?: string
  readonly json?: boolean
}

type Written = E.Either<PagesNotWritten, WrittenPages>

export const preview = async (shell: Shell, path: string, options: PreviewOptions): Promise<ExitCode> => {
  const file = await readConfigFile(shell, path, takeAnyKeyPair)
  if (E.isLeft(file)) return giveUp(shell, file.left, options.json)
  const previews = renderPreviews(file.right.input, options)
  if (E.isLeft(previews)) {
    const diagnostics = previews.left.issues.map((issue) => placeIssue(file.right, issue))
    return giveUp(shell, { exitCode: exitFailed, diagnostics }, options.json)
  }
  const { rendered, failed } = previews.right
  const written = options.out === undefined ? undefined : await writePages(options.out, renderPages(rendered))
  if (options.json === true) shell.out.json(toJson(previews.right, written))
  else {
    if (written === undefined) printPreviews(shell, rendered)
    else reportWritten(shell, written)
    for (const { usageType, error } of failed) complain(shell, `${usageType}: ${error.message}`)
    reportMissing(shell, rendered)
  }
  return failed.length > 0 || (written !== undefined && E.isLeft(written)) ? exitFailed : exitOk
}

const toJson = ({ rendered, failed }: Previews, written: Written | undefined): object => ({
  // The recipient is a stand-in.
  previews: rendered.map(({ mail, missing }) => ({ ...mail, to: undefined, missing })),
  errors: failed.map(({ usageType, error }) => ({ usageType, ...error })),
  ...(written === undefined ? {} : E.isRight(written) ? written.right : written.left),
})

const printPreviews = ({ out }: Shell, previews: ReadonlyArray<Preview>): void =>
  out.printAll(
    previews.flatMap(({ usageType, mail }, index): ReadonlyArray<Line> => [
      ...(index === 0 ? [] : ['']),
      [styled('bold', `── ${usageType} ${'─'.repeat(Math.max(0, 74 - usageType.length))}`)],
      ...listHeaders(mail).map(([name, value]) => [styled('dim', `${name}:`.padEnd(9)), ` ${value}`]),
      '',
      ...formatBody(mail, out.columns ?? 80),
    ]),
  )

const formatBody = ({ contentType, body }: Mail, columns: number): ReadonlyArray<string> =>
  contentType === 'text/html' ? toPlainText(body, columns) : body.trimEnd().split(/\r\n|\n/)

const reportWritten = (shell: Shell, written: Written): void => {
  if (E.isLeft(written)) {
    complain(shell, written.left.error)
    return
  }
  const { files, removed } = written.right
  shell.out.print(
    ...removed.map((path) => `Removed ${path}, which is of an earlier run.`),
    `Wrote ${pluralize(files.length - 1, 'mail')} and an index. Open in a browser:`,
    `  ${files.at(-1) ?? ''}`,
  )
}

const reportMissing = ({ err }: Shell, previews: ReadonlyArray<Preview>): void => {
  const names = [...new Set(previews.flatMap(({ missing }) => missing))]
  if (names.length === 0) return
  const verbs = names.length === 1 ? 'has no value and stays' : 'have no value and stay'
  const note = `note: ${listPlaceholders(names)} ${verbs} as written. ${adviseValues(names)}`
  err.print(...wrap(note, err.columns))
}
