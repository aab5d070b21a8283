/**
 * `aliyun-dm preview`: what the mails of a config look like, without sending one: as text on the terminal, as HTML
 * files, or in a browser.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Mail, UsageType } from 'aliyun-dm-connector'
import { placeIssue, readConfigFile } from './config-file.js'
import { complain, type Failure, giveUp, pluralize } from './diagnostics.js'
import { takeAnyKeyPair } from './environment.js'
import { type ExitCode, exitFailed, exitOk, exitUnusable } from './exit.js'
import { startLiveServer } from './live-server.js'
import { type PagesNotWritten, type WrittenPages, writePages } from './page-files.js'
import { renderLivePage, renderPages } from './pages.js'
import { toPlainText } from './plain-text.js'
import { describeAsked, listHeaders, type Preview, type Previews, renderPreviews } from './previews.js'
import type { Shell } from './shell.js'
import { type Line, styled, wrap } from './terminal.js'
import { adviseValues, listPlaceholders, type Variables } from './variables.js'

export interface PreviewOptions {
  readonly type?: UsageType
  readonly locale?: string
  readonly var: Variables
  readonly out?: string
  readonly serve?: boolean
  readonly json?: boolean
}

type Written = E.Either<PagesNotWritten, WrittenPages>

export const preview = (shell: Shell, path: string, options: PreviewOptions): Promise<ExitCode> =>
  options.serve === true ? serve(shell, path, options) : show(shell, path, options)

const render = async (
  shell: Shell,
  path: string,
  options: PreviewOptions,
  onFiles: (templates: ReadonlyArray<string>) => void = () => undefined,
): Promise<E.Either<Failure, Previews>> => {
  const file = await readConfigFile(shell, path, takeAnyKeyPair)
  if (E.isLeft(file)) return file
  onFiles([...file.right.bodies.values()].map(({ name }) => name))
  return pipe(
    renderPreviews(file.right.input, options),
    E.mapLeft(({ issues }) => ({
      exitCode: exitFailed,
      diagnostics: issues.map((issue) => placeIssue(file.right, issue)),
    })),
  )
}

// ------------------------------------------------------------------------------------------------------------
// On the terminal, or as files
// ------------------------------------------------------------------------------------------------------------

const show = async (shell: Shell, path: string, options: PreviewOptions): Promise<ExitCode> => {
  const previews = await render(shell, path, options)
  if (E.isLeft(previews)) return giveUp(shell, previews.left, options.json)
  const { rendered, failed } = previews.right
  const written = options.out === undefined ? undefined : await writePages(options.out, renderPages(rendered))
  if (options.json === true) shell.out.json(toJson(previews.right, written))
  else {
    if (written === undefined) printPreviews(shell, rendered)
    else reportWritten(shell, written)
    for (const asked of failed) complain(shell, `${describeAsked(asked)}: ${asked.error.message}`)
    reportMissing(shell, rendered)
  }
  return failed.length > 0 || (written !== undefined && E.isLeft(written)) ? exitFailed : exitOk
}

const toJson = ({ rendered, failed }: Previews, written: Written | undefined): object => ({
  // The recipient is a stand-in.
  previews: rendered.map(({ mail, locale, missing }) => ({ ...mail, to: undefined, locale, missing })),
  errors: failed.map(({ error, ...asked }) => ({ ...asked, ...error })),
  ...(written === undefined ? {} : E.isRight(written) ? written.right : written.left),
})

const printPreviews = ({ out }: Shell, previews: ReadonlyArray<Preview>): void =>
  out.printAll(
    previews.flatMap((preview, index): ReadonlyArray<Line> => [
      ...(index === 0 ? [] : ['']),
      [styled('bold', formatTitle(describeAsked(preview)))],
      ...listHeaders(preview.mail).map(([name, value]) => [styled('dim', `${name}:`.padEnd(9)), ` ${value}`]),
      '',
      ...formatBody(preview.mail, out.columns ?? 80),
    ]),
  )

const formatTitle = (title: string): string => `── ${title} ${'─'.repeat(Math.max(0, 74 - title.length))}`

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

// ------------------------------------------------------------------------------------------------------------
// In a browser
// ------------------------------------------------------------------------------------------------------------

const serve = async (shell: Shell, path: string, options: PreviewOptions): Promise<ExitCode> => {
  if (path === '-') {
    complain(shell, '--serve takes a file: standard input does not change.')
    return exitUnusable
  }
  // While a file cannot be read, those of before are watched.
  let files: ReadonlyArray<string> = [path]
  const renderAnew = () =>
    render(shell, path, options, (templates) => {
      files = [path, ...templates]
    })
  const first = await renderAnew()
  if (E.isLeft(first) && first.left.exitCode === exitUnusable) return giveUp(shell, first.left)
  const { url, stop } = await startLiveServer(
    () => files,
    async () =>
      pipe(
        await renderAnew(),
        E.match(({ diagnostics }) => renderLivePage(diagnostics), renderLivePage),
      ),
  )
  const interrupted = shell.untilInterrupted()
  shell.out.print(['The mails, and each change of them, in a browser: ', styled('cyan', url)])
  await interrupted
  stop()
  return exitOk
}
