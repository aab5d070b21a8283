/**
 * `aliyun-dm preview`: what the mails of a config look like, without sending one: as text on the terminal, or as
 * HTML files.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { convert } from 'html-to-text'
import {
  type Connector,
  createConnector,
  decodeMessage,
  type Mail,
  type SendError,
  type UsageType,
} from 'aliyun-dm-connector'
import { isRecord } from './source.js'
import { errorsIn, readConfigFile } from './config-file.js'
import { withoutCredentials } from './credentials.js'
import { counted } from './diagnostics.js'
import { complain, type ExitCode, exitFailed, exitOk, failed, giveUp } from './exit.js'
import { isGenerated, pagesOf } from './pages.js'
import { printable, type Terminal, wrap } from './terminal.js'
import { adviceFor, type Variables } from './variables.js'

export interface PreviewOptions {
  readonly type?: UsageType
  readonly var: Variables
  readonly out?: string
  readonly json?: boolean
}

interface Preview {
  readonly usageType: string
  /** With its placeholders where there are no values for them. */
  readonly mail: Mail
  /** Placeholders without a value. */
  readonly missing: ReadonlyArray<string>
}

export const preview = async (
  terminal: Terminal,
  path: string,
  options: PreviewOptions,
): Promise<ExitCode> => {
  const file = await readConfigFile(path, withoutCredentials)
  if (E.isLeft(file)) return giveUp(terminal, file.left, options.json)
  const { input } = file.right
  const connectors = pipe(
    E.Do,
    E.bind('strict', () => createConnector(input)),
    E.bind('lenient', () => createConnector(input, { missingVariables: 'keep' })),
  )
  if (E.isLeft(connectors))
    return giveUp(terminal, failed(errorsIn(file.right, connectors.left.issues)), options.json)

  const types = options.type === undefined ? usageTypesIn(input) : [options.type]
  const results = types.map((type) => render(connectors.right, type, options.var))
  const previews = results.flatMap((result) => (E.isRight(result) ? [result.right] : []))
  const errors = results.flatMap((result) => (E.isLeft(result) ? [result.left] : []))

  const written = options.out === undefined ? undefined : await writePages(options.out, previews)
  if (options.json === true) terminal.out.json(asJson(previews, errors, written))
  else if (written === undefined) show(terminal, previews)
  if (written !== undefined && options.json !== true) tellWritten(terminal, written)
  if (options.json !== true) {
    for (const { usageType, error } of errors) complain(terminal, `${usageType}: ${error.message}`)
    advise(terminal, previews)
  }
  return errors.length > 0 || (written !== undefined && E.isLeft(written)) ? exitFailed : exitOk
}

/** In the order of the file, each once: a second template for a type is never used. */
const usageTypesIn = (input: unknown): ReadonlyArray<string> => {
  const templates = isRecord(input) && Array.isArray(input['templates']) ? input['templates'] : []
  return [
    ...new Set(templates.flatMap((each: unknown) => (isRecord(each) ? [String(each['usageType'])] : []))),
  ]
}

interface Failed {
  readonly usageType: string
  readonly error: SendError
}

const render = (
  { strict, lenient }: { readonly strict: Connector; readonly lenient: Connector },
  type: string,
  payload: Variables,
): E.Either<Failed, Preview> =>
  pipe(
    decodeMessage({ to: 'you@example.com', type, payload }),
    E.chainW((message) => {
      const complete = strict.preview(message)
      const missing =
        E.isLeft(complete) && complete.left._tag === 'MissingVariables' ? complete.left.names : []
      return pipe(
        missing.length > 0 ? lenient.preview(message) : complete,
        E.map((mail) => ({ usageType: type, mail, missing })),
      )
    }),
    E.mapLeft((error) => ({ usageType: type, error })),
  )

const senderOf = ({ fromAlias, accountName }: Mail): string =>
  fromAlias === undefined ? accountName : `${fromAlias} <${accountName}>`

const headersOf = (mail: Mail): ReadonlyArray<readonly [name: string, value: string]> => [
  ['From', senderOf(mail)],
  ...(mail.replyAddress === undefined ? [] : [['Reply to', mail.replyAddress] as const]),
  ['Subject', mail.subject],
  ['Body', mail.contentType === 'text/html' ? 'HTML' : 'plain text'],
]

// ------------------------------------------------------------------------------------------------------------
// As text
// ------------------------------------------------------------------------------------------------------------

const show = ({ out }: Terminal, previews: ReadonlyArray<Preview>): void =>
  previews.forEach(({ usageType, mail }, index) => {
    const heading = `── ${usageType} ${'─'.repeat(Math.max(0, 74 - usageType.length))}`
    out.print(
      ...(index === 0 ? [] : ['']),
      out.style('bold', heading),
      ...headersOf(mail).map(
        ([name, value]) =>
          `${out.style('dim', `${name}:`.padEnd(9))} ${printable(value).replaceAll('\n', ' ')}`,
      ),
      '',
      ...bodyOf(mail, out.columns ?? 80),
    )
  })

const bodyOf = ({ contentType, body }: Mail, columns: number): ReadonlyArray<string> => {
  const text =
    contentType === 'text/html'
      ? convert(body, {
          wordwrap: Math.min(columns, 100),
          // A template is a page of text; a hostile one may be 5 MB of nested tags.
          limits: { maxDepth: 100, maxInputLength: 1 << 20, maxChildNodes: 10_000 },
          selectors: [
            ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
              selector,
              options: { uppercase: false },
            })),
            { selector: 'img', options: { linkBrackets: ['[image: ', ']'] as [string, string] } },
            { selector: 'a', options: { hideLinkHrefIfSameAsText: true } },
          ],
        })
      : body
  return printable(text.trimEnd()).split('\n')
}

const advise = (terminal: Terminal, previews: ReadonlyArray<Preview>): void => {
  const missing = [...new Set(previews.flatMap(({ missing }) => missing))]
  if (missing.length === 0) return
  const { err } = terminal
  const names = missing.map((name) => `{{${name}}}`).join(', ')
  const note = `note: ${names} ${missing.length === 1 ? 'has' : 'have'} no value and ${missing.length === 1 ? 'stays' : 'stay'} as written.`
  err.print(...wrap(printable(`${note} ${adviceFor(missing)}`), err.columns))
}

// ------------------------------------------------------------------------------------------------------------
// As HTML files
// ------------------------------------------------------------------------------------------------------------

type Written = E.Either<string, ReadonlyArray<string>>

const writePages = async (directory: string, previews: ReadonlyArray<Preview>): Promise<Written> => {
  const pages = pagesOf(
    previews.map(({ usageType, mail }) => ({
      usageType,
      headers: headersOf(mail),
      contentType: mail.contentType,
      subject: mail.subject,
      body: mail.body,
    })),
  )
  try {
    await mkdir(directory, { recursive: true })
    const files = pages.map((page) => ({ ...page, path: join(directory, page.name) }))
    for (const { path } of files)
      if (await isSomebodyElses(path))
        return E.left(
          `${path} was not written by this command, and is kept. Choose another directory for --out.`,
        )
    for (const { path, html } of files) await writeFile(path, html)
    return E.right(files.map(({ path }) => path))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    return E.left(
      code === 'EEXIST' || code === 'ENOTDIR'
        ? `${directory} is not a directory.`
        : `${directory} cannot be written to (${code}).`,
    )
  }
}

/** Whether there is a file already that no preview has written: an index.html that somebody needs. */
const isSomebodyElses = async (path: string): Promise<boolean> => {
  try {
    return !isGenerated(await readFile(path, 'utf8'))
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT')
  }
}

const tellWritten = (terminal: Terminal, written: Written): void => {
  if (E.isLeft(written)) complain(terminal, written.left)
  else
    terminal.out.print(
      `Wrote ${counted(written.right.length - 1, 'mail')} and an index. Open in a browser:`,
      `  ${printable(written.right.at(-1) ?? '')}`,
    )
}

const asJson = (
  previews: ReadonlyArray<Preview>,
  errors: ReadonlyArray<Failed>,
  written: Written | undefined,
): object => ({
  // The recipient is a stand-in.
  previews: previews.map(({ mail, missing }) => ({ ...mail, to: undefined, missing })),
  errors: errors.map(({ usageType, error }) => ({ usageType, ...error })),
  ...(written === undefined
    ? {}
    : E.isLeft(written)
      ? { files: [], error: written.left }
      : { files: written.right }),
})
