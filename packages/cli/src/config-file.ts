/**
 * The config as a file or as standard input: its text, its values and their positions, and where a value came from
 * if it was not the file.
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { type Issue, readTemplateFiles } from 'aliyun-dm-connector'
import type { Diagnostic, Failure } from './diagnostics.js'
import type { CompletedInput } from './environment.js'
import { findErrorCode } from './error-code.js'
import { type ExitCode, exitFailed, exitUnusable } from './exit.js'
import { createPositions, isRecord, parseJson, type Source } from './json.js'
import type { Shell } from './shell.js'
import type { Warning } from './warnings/warning.js'

export interface ConfigFile {
  /** As it was called on the command line. */
  readonly name: string
  readonly input: unknown
  /** What the file says, with the bodies of its templates' files. */
  readonly value: unknown
  readonly source: Source
  /** The bodies that stand in files of their own, by their path in the config: `templates[0].content`. */
  readonly bodies: ReadonlyMap<string, Body>
  /** Which keys came from the environment, and from which of its variables. */
  readonly origins: ReadonlyMap<string, string>
}

interface Body {
  /** As it would be called on the command line. */
  readonly name: string
  readonly text: string
}

/** Far more than a config takes, and little enough to read whatever file is given by mistake. */
const maxBytes = 32 * 1024 * 1024

/** Reads a file, or standard input if it is called `-`, and lets `complete` add what the file may leave out. */
export const readConfigFile = async (
  shell: Shell,
  path: string,
  complete: (input: unknown) => CompletedInput,
): Promise<E.Either<Failure, ConfigFile>> => {
  const name = path === '-' ? '<stdin>' : path
  const bytes = await readBytes(shell, path, name)
  if (E.isLeft(bytes)) return bytes
  const text = decodeText(bytes.right, name)
  if (E.isLeft(text)) return text
  const source = parseJson(text.right)
  if (E.isLeft(source)) {
    const { path, message, position } = source.left
    return failWith(exitFailed, { severity: 'error', path, message, place: name, ...position })
  }
  const folder = path === '-' ? '.' : dirname(path)
  const value = await readTemplateFiles(folder)(source.right.value)()
  if (E.isLeft(value)) {
    const file = {
      name,
      source: source.right,
      origins: new Map<string, string>(),
      bodies: new Map<string, Body>(),
    }
    return E.left({
      exitCode: exitFailed,
      diagnostics: value.left.issues.map((issue) => placeIssue(file, issue)),
    })
  }
  const bodies = findBodies(folder, source.right.value, value.right)
  return E.right({ name, source: source.right, value: value.right, bodies, ...complete(value.right) })
}

const readTemplates = (value: unknown): ReadonlyArray<unknown> =>
  isRecord(value) && Array.isArray(value['templates']) ? value['templates'] : []

/** Which of the templates had a file, and what was in it. */
const findBodies = (folder: string, written: unknown, whole: unknown): ReadonlyMap<string, Body> => {
  const templates = readTemplates(whole)
  return new Map(
    readTemplates(written).flatMap((template, index): ReadonlyArray<[string, Body]> => {
      const file = isRecord(template) ? template['contentFile'] : undefined
      const read = templates[index]
      const text = isRecord(read) ? read['content'] : undefined
      return typeof file === 'string' && file !== '' && typeof text === 'string'
        ? [[`templates[${index}].content`, { name: join(folder, file), text }]]
        : []
    }),
  )
}

const failWith = (exitCode: ExitCode, diagnostic: Diagnostic): E.Either<Failure, never> =>
  E.left({ exitCode, diagnostics: [diagnostic] })

const unreadable = (place: string, message: string): E.Either<Failure, never> =>
  failWith(exitUnusable, { severity: 'error', path: '', message, place })

const notJson = (place: string, message: string): E.Either<Failure, never> =>
  failWith(exitFailed, { severity: 'error', path: '', message, place })

const readBytes = async (
  { stdin, err }: Shell,
  path: string,
  name: string,
): Promise<E.Either<Failure, Buffer>> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  try {
    if (path !== '-' && (await stat(path)).isDirectory()) return unreadable(name, 'is a directory')
    if (path === '-' && stdin.isTTY === true)
      err.print('Reading the config from the keyboard. End it with Ctrl-D.')
    const stream: AsyncIterable<Uint8Array> = path === '-' ? stdin : createReadStream(path)
    for await (const chunk of stream) {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size > maxBytes) return notJson(name, 'more than 32 MiB, which is no config')
    }
    return E.right(Buffer.concat(chunks))
  } catch (error) {
    const code = findErrorCode(error) ?? 'unknown reason'
    return unreadable(name, reasons[code] ?? `cannot be read (${code})`)
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
}

const decodeText = (bytes: Buffer, name: string): E.Either<Failure, string> => {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return notJson(name, 'encoded as UTF-16; save it as UTF-8')
  try {
    // Drops a byte order mark, which Windows editors write and JSON does not have.
    return E.right(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return notJson(name, 'not text in UTF-8, so not JSON')
  }
}

type Placed = Pick<ConfigFile, 'name' | 'source' | 'origins' | 'bodies'>

/** Where a value is written, or a character of it: in the config, or in the file of a template. */
const findPlace = (
  { name, source, bodies }: Placed,
  path: string,
  index?: number,
): Pick<Diagnostic, 'place' | 'line' | 'column'> => {
  const body = bodies.get(path)
  return body === undefined
    ? { place: name, ...source.findPosition(path, index) }
    : { place: body.name, ...createPositions(body.text)(index ?? 0) }
}

/** An issue of the decoder, placed where the file or the environment has it. */
export const placeIssue = (file: Placed, { path, message }: Issue): Diagnostic => {
  const origin = file.origins.get(path)
  return {
    severity: 'error',
    path,
    message,
    ...(origin === undefined ? findPlace(file, path) : { place: origin }),
  }
}

export const placeWarnings = (
  file: ConfigFile,
  warnings: ReadonlyArray<Warning>,
): ReadonlyArray<Diagnostic> =>
  warnings.map(({ code, path, message, index, key }) => ({
    severity: 'warning',
    code,
    path,
    message,
    ...(key === undefined
      ? findPlace(file, path, index)
      : { place: file.name, ...file.source.findKey(path, key) }),
  }))
