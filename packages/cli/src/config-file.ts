/**
 * The config as a file or as standard input: its text, its values and their positions, and where a value came from
 * if it was not the file.
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import type { Issue } from 'aliyun-dm-connector'
import type { WithCredentials } from './credentials.js'
import type { Diagnostic } from './diagnostics.js'
import { failed, type Failure, unusable } from './exit.js'
import { parseSource, type Source } from './source.js'
import { keysRead, type Warning } from './warnings.js'

export interface ConfigFile {
  /** As it was called on the command line. */
  readonly name: string
  readonly input: unknown
  readonly source: Source
  /** Which keys came from the environment, and from which of its variables. */
  readonly origins: ReadonlyMap<string, string>
}

/** Far more than a config takes, and little enough to read whatever file is given by mistake. */
const maxBytes = 32 * 1024 * 1024

/** Reads a file, or standard input if it is called `-`. */
export const readConfigFile = async (
  file: string,
  credentials: (input: unknown) => WithCredentials,
): Promise<E.Either<Failure, ConfigFile>> => {
  const name = file === '-' ? '<stdin>' : file
  const bytes = await readBytes(file, name)
  if (E.isLeft(bytes)) return bytes
  const text = textOf(bytes.right, name)
  if (E.isLeft(text)) return text
  const source = parseSource(text.right)
  if (E.isLeft(source)) {
    const { path, message, position } = source.left
    return E.left(failed([{ severity: 'error', path, message, place: name, ...position }]))
  }
  return E.right({ name, source: source.right, ...credentials(source.right.value) })
}

const readBytes = async (file: string, name: string): Promise<E.Either<Failure, Buffer>> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  try {
    if (file !== '-' && (await stat(file)).isDirectory()) return E.left(unusable(`${name} is a directory.`))
    if (file === '-' && process.stdin.isTTY)
      process.stderr.write('Reading the config from the keyboard. End it with Ctrl-D.\n')
    const stream: AsyncIterable<Uint8Array> = file === '-' ? process.stdin : createReadStream(file)
    for await (const chunk of stream) {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size > maxBytes) return E.left(failed([problem(name, 'more than 32 MiB, which is no config')]))
    }
    return E.right(Buffer.concat(chunks))
  } catch (error) {
    return E.left(unusable(reasonOf(error, name)))
  }
}

const reasonOf = (error: unknown, name: string): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
  return code === 'ENOENT'
    ? `There is no file ${name}.`
    : code === 'EACCES' || code === 'EPERM'
      ? `${name} may not be read by this user.`
      : code === 'EISDIR'
        ? `${name} is a directory.`
        : `${name} could not be read (${code}).`
}

const textOf = (bytes: Buffer, name: string): E.Either<Failure, string> => {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return E.left(failed([problem(name, 'encoded as UTF-16; save it as UTF-8')]))
  try {
    // Drops a byte order mark, which Windows editors write and JSON does not have.
    return E.right(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return E.left(failed([problem(name, 'not text in UTF-8, so not JSON')]))
  }
}

const problem = (place: string, message: string): Diagnostic => ({
  severity: 'error',
  path: '',
  message,
  place,
})

/** Issues of the decoder, placed where the file or the environment has them. */
export const errorsIn = (file: ConfigFile, issues: ReadonlyArray<Issue>): ReadonlyArray<Diagnostic> =>
  issues.map(({ path, message }) => {
    const origin = file.origins.get(path)
    return {
      severity: 'error',
      path,
      message,
      ...(origin === undefined ? { place: file.name, ...file.source.positionOf(path) } : { place: origin }),
    }
  })

export const warningsIn = (file: ConfigFile, warnings: ReadonlyArray<Warning>): ReadonlyArray<Diagnostic> =>
  [...duplicateKeys(file), ...warnings].map(({ path, message, index }) => ({
    severity: 'warning',
    path,
    message,
    place: file.name,
    ...file.source.positionOf(path, index),
  }))

/** A key that is written twice, and read from its last place. Keys that are not read do not matter. */
const duplicateKeys = ({ input, source }: ConfigFile): ReadonlyArray<Warning> => {
  const inObject = (path: string, keys: ReadonlyArray<string>): ReadonlyArray<Warning> =>
    keys
      .filter((key) => source.occurrences(path, key) > 1)
      .map((key) => ({
        path: path === '' ? key : `${path}.${key}`,
        message: 'written more than once; this last one counts',
      }))
  const templates = typeof input === 'object' && input !== null && 'templates' in input ? input.templates : []
  return [
    ...inObject('', keysRead.config),
    ...(Array.isArray(templates)
      ? templates.flatMap((_, index) => inObject(`templates[${index}]`, keysRead.template))
      : []),
  ]
}
