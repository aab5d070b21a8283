/**
 * A Logto as its installer lays it out: packages/core with the kit and zod, and in it a folder for connectors. What
 * happens in it happens in a process of its own, with Logto's own loader.
 */
import { execFile, type ExecFileOptions } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectorDirectory, coreDirectory } from '@logto/cli/lib/constants.js'
import type { ConnectorMetadata, ConnectorType, SendMessageData } from '@logto/connector-kit'

export const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The Node that runs Logto: this one, or one given, for the version that Logto asks for. */
const node = process.env['LOGTO_NODE'] ?? process.execPath

export const packageName = 'connector-aliyun-direct-mail'

interface Job {
  /** A folder of connectors, or the folder of one package. */
  readonly connectors?: string
  readonly package?: string
  /** What `logto connector add` is told to add to the folder of connectors first. */
  readonly add?: ReadonlyArray<string>
  readonly calls: ReadonlyArray<{
    readonly config: object
    /** The call is the test of an administrator. */
    readonly isTest?: boolean
    readonly data: SendMessageData
  }>
}

export interface Report {
  readonly node: string
  readonly kit: string
  readonly packages: ReadonlyArray<{ readonly name: string; readonly path: string }>
  readonly factories: ReadonlyArray<{ readonly type: ConnectorType; readonly metadata: ConnectorMetadata }>
  readonly results: ReadonlyArray<{
    readonly valid: boolean
    readonly answer?: unknown
    readonly error?: { readonly code: string; readonly data: unknown } | string
  }>
}

export const run = (
  file: string,
  args: ReadonlyArray<string>,
  options: ExecFileOptions = {},
  input = '',
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(file, args, { ...options, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${file} ${args.join(' ')}: ${error.message}\n${stdout}\n${stderr}`))
      else resolve(stdout)
    })
    child.stdin?.end(input)
  })

/** Packs the package as it is published. */
export const pack = async (into: string): Promise<string> => {
  const args = ['pack', '--workspace', packageName, '--pack-destination', into, '--silent']
  const printed = await run('npm', args, { cwd: root })
  return path.join(into, printed.trim().split('\n').at(-1) ?? '')
}

const readVersion = async (folder: string): Promise<string> => {
  // Every package.json of npm's has a version.
  const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as {
    readonly version: string
  }
  return version
}

const modules = path.join(root, 'node_modules')

export const installedKit = await readVersion(path.join(modules, '@logto/connector-kit'))

/**
 * A folder with the kit of a version, Logto's loader, and the program that stands for Logto. What they need besides is
 * found above it, in this repository. The kit is fetched once.
 */
const fetchKit = async (version: string): Promise<string> => {
  const loader = path.join(modules, '@logto/cli')
  const cache = path.join(modules, '.cache/logto')
  const folder = path.join(cache, `kit-${version}-cli-${await readVersion(loader)}`)
  if (!existsSync(folder)) {
    await mkdir(cache, { recursive: true })
    const unfinished = await mkdtemp(path.join(cache, 'unfinished-'))
    const kit = path.join(unfinished, 'node_modules/@logto/connector-kit')
    await mkdir(kit, { recursive: true })
    const args = ['pack', `@logto/connector-kit@${version}`, '--silent', '--prefer-offline']
    const tarball = (await run('npm', args, { cwd: unfinished })).trim()
    await run('tar', ['-xzf', tarball, '--strip-components', '1', '-C', kit], { cwd: unfinished })
    await cp(loader, path.join(unfinished, 'node_modules/@logto/cli'), { recursive: true })
    await rename(unfinished, folder)
  }
  await cp(new URL('logto-host.js', import.meta.url), path.join(folder, 'logto-host.js'))
  return folder
}

interface Logto {
  /** The folder of connectors. */
  readonly connectors: string
  readonly handle: (job: Job) => Promise<Report>
}

const layOut = async (directory: string, kit: string): Promise<Logto> => {
  const core = path.join(directory, coreDirectory)
  const connectors = path.join(core, connectorDirectory)
  await mkdir(connectors, { recursive: true })
  const shared = { '@logto/connector-kit': path.join(kit, 'node_modules'), zod: modules }
  for (const [name, from] of Object.entries(shared)) {
    const place = path.join(core, 'node_modules', name)
    await mkdir(path.dirname(place), { recursive: true })
    await symlink(path.join(from, name), place, 'dir')
  }
  return {
    connectors,
    handle: async (job) => {
      const printed = await run(node, [path.join(kit, 'logto-host.js')], { cwd: root }, JSON.stringify(job))
      // The loader also prints; the report is the last line, and the host writes nothing else there.
      return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Report
    },
  }
}

/** A Logto with a version of the kit, while the tests of one `describe` run. */
export const useLogto = (version = installedKit): (() => Logto) => {
  let directory = ''
  let logto: Logto | undefined
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'logto-'))
    logto = await layOut(directory, await fetchKit(version))
  })
  after(() => rm(directory, { recursive: true, force: true }))
  return () => {
    if (logto === undefined) throw new Error('Logto is there in tests only')
    return logto
  }
}
