/**
 * A config as files: JSON, in which comments may stand, and the bodies of its templates in files beside it.
 */
import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import stripJsonComments from 'strip-json-comments'
import { type InvalidConfig, invalidConfig, type Issue } from '../errors/send-error.js'
import { type Config, decodeConfig } from './config.js'
import type { AcceptedUsageType, DecodeOptions, UsageTypes } from './usage-type.js'
import { copyProperties, describeMismatch, readItems } from './decode.js'

/** Far more than a config takes, and little enough to read whatever file is given by mistake. */
const maxBytes = 32 * 1024 * 1024

/** As in a config: more is not looked at. */
const maxTemplates = 10_000

// ------------------------------------------------------------------------------------------------------------
// Files
// ------------------------------------------------------------------------------------------------------------

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ELOOP: 'a symbolic link leads back to itself',
}

const describeError = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
  return reasons[code] ?? `it cannot be read (${code})`
}

/** Or why not: the reason names no path, since an error may be shown to others. */
const readText = async (file: string): Promise<E.Either<string, string>> => {
  try {
    const stats = await stat(file)
    if (!stats.isFile()) return E.left('it is not a file')
    if (stats.size > maxBytes) return E.left('it has more than 32 MiB')
    // Drops a byte order mark, which Windows editors write.
    return E.right(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)))
  } catch (error) {
    return E.left(error instanceof TypeError ? 'it is not text in UTF-8' : describeError(error))
  }
}

const isWithin = (folder: string, file: string): boolean => {
  const path = relative(folder, file)
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path)
}

/** No link leads out of the folder, either: whoever may change a config may not read the whole disk by it. */
const readWithin = async (folder: string, path: unknown): Promise<E.Either<string, string>> => {
  const expected = 'the path of a file in the folder of the config'
  if (typeof path !== 'string' || path.includes('\0')) return E.left(describeMismatch(expected, path))
  if (isAbsolute(path) || !isWithin(folder, resolve(folder, path))) return E.left(`expected ${expected}`)
  try {
    const [realFolder, realFile] = await Promise.all([realpath(folder), realpath(resolve(folder, path))])
    return isWithin(realFolder, realFile) ? await readText(realFile) : E.left(`expected ${expected}`)
  } catch (error) {
    return E.left(describeError(error))
  }
}

// ------------------------------------------------------------------------------------------------------------
// Templates
// ------------------------------------------------------------------------------------------------------------

/** To the codecs, an optional key that is null or empty is not there. */
const isGiven = (u: unknown): boolean => u !== undefined && u !== null && u !== ''

type ReadTemplate = E.Either<Issue, unknown>

const readTemplate = async (folder: string, template: unknown, at: string): Promise<ReadTemplate> => {
  const fields = copyProperties(template)
  if (fields === undefined || !isGiven(fields['contentFile'])) return E.right(template)
  const { contentFile, ...rest } = fields
  const path = `${at}.contentFile`
  if (isGiven(rest['content']))
    return E.left({ path, message: 'expected either content or contentFile, not both' })
  return pipe(
    await readWithin(folder, contentFile),
    E.bimap(
      (message): Issue => ({ path, message }),
      (content): unknown => ({ ...rest, content }),
    ),
  )
}

/**
 * Reads the bodies of a config's templates: what stands in the file of a template's `contentFile` becomes its
 * `content`. Decodes nothing: what is wrong with the rest is for `createConnector` or `decodeConfig` to say.
 *
 * @param folder where the paths begin; a path that leads out of it is an issue.
 *
 * @example
 * import { mkdtempSync, writeFileSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { readTemplateFiles } from 'aliyun-dm-connector'
 *
 * const folder = mkdtempSync(join(tmpdir(), 'templates-'))
 * writeFileSync(join(folder, 'sign-in.html'), '<p>{{code}}</p>')
 * const input = { templates: [{ usageType: 'SignIn', subject: 'Your code', contentFile: 'sign-in.html' }] }
 * console.log(await readTemplateFiles(folder)(input)()) // Right, with content in the place of contentFile
 *
 * @category constructors
 * @since 0.1.0
 */
export const readTemplateFiles =
  (folder: string) =>
  (input: unknown): TE.TaskEither<InvalidConfig, unknown> =>
  async () => {
    const fields = copyProperties(input)
    const templates = readItems(fields?.['templates'], maxTemplates)
    if (templates === undefined) return E.right(input)
    const read: Array<unknown> = []
    const issues: Array<Issue> = []
    // One after another: a config may name thousands, and a process may open a thousand at once.
    for (const [index, template] of templates.entries())
      pipe(
        await readTemplate(folder, template, `templates[${index}]`),
        E.match(
          (issue) => issues.push(issue),
          (whole) => read.push(whole),
        ),
      )
    return issues.length > 0 ? E.left(invalidConfig(issues)) : E.right({ ...fields, templates: read })
  }

// ------------------------------------------------------------------------------------------------------------
// Configs
// ------------------------------------------------------------------------------------------------------------

const wrongFile = (message: string): E.Either<InvalidConfig, never> =>
  E.left(invalidConfig([{ path: '', message }]))

const readJson = async (file: string): Promise<E.Either<InvalidConfig, unknown>> => {
  const text = await readText(file)
  if (E.isLeft(text)) return wrongFile(`the file of the config: ${text.left}`)
  try {
    return E.right(JSON.parse(stripJsonComments(text.right)))
  } catch {
    // The reason of a SyntaxError quotes the text, which may be a secret.
    return wrongFile('the file of the config: it is not JSON; the command `aliyun-dm check` says where')
  }
}

/**
 * Reads a config from a JSON file, in which comments may stand, and the bodies of its templates from the files that
 * `contentFile` names, beside it or in folders below. Never rejects; all issues are told at once, as `decodeConfig` does.
 *
 * A config without a key pair, for `options.credentials`, is read with `readTemplateFiles`.
 *
 * @param file the path of the config, relative to the working directory.
 *
 * @example
 * import { mkdtempSync, writeFileSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import * as E from 'fp-ts/lib/Either.js'
 * import { pipe } from 'fp-ts/lib/function.js'
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { createConnector, loadConfig } from 'aliyun-dm-connector'
 *
 * const folder = mkdtempSync(join(tmpdir(), 'config-'))
 * writeFileSync(join(folder, 'code.html'), '<p>{{code}}</p>')
 * const config = {
 *   accessKeyId: 'an-id',
 *   accessKeySecret: 'a-secret',
 *   accountName: 'no-reply@mail.example.com',
 *   templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({
 *     usageType,
 *     subject: 'Your code',
 *     contentFile: 'code.html',
 *   })),
 * }
 * writeFileSync(join(folder, 'connector.json'), JSON.stringify(config))
 *
 * const connector = pipe(
 *   loadConfig(join(folder, 'connector.json')),
 *   TE.chainEitherK((loaded) => createConnector(loaded)),
 * )
 * console.log(E.isRight(await connector())) // true
 *
 * @category constructors
 * @since 0.1.0
 */
export const loadConfig = <const U extends UsageTypes = 'known'>(
  file: string,
  options?: DecodeOptions<U>,
): TE.TaskEither<InvalidConfig, Config<AcceptedUsageType<U>>> =>
  pipe(
    async () => (typeof file === 'string' ? await readJson(file) : wrongFile('expected the path of a file')),
    TE.chain((input) => readTemplateFiles(dirname(file))(input)),
    TE.chainEitherK((input) => decodeConfig<U>(input, options ?? {})),
  )
