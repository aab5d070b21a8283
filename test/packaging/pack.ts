/** The tarballs of all packages, as the last build left them. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

export interface Packed {
  readonly name: string
  readonly version: string
  /** Where its files are: the package itself, not the tarball. */
  readonly folder: string
  readonly tarball: string
  /** Paths in the tarball. */
  readonly files: ReadonlyArray<string>
}

interface Listing {
  readonly name: string
  readonly version: string
  readonly filename: string
  readonly files: ReadonlyArray<{ readonly path: string }>
}

const tarballs = mkdtempSync(join(tmpdir(), 'tarballs-'))
process.once('exit', () => rmSync(tarballs, { recursive: true, force: true }))

const output = execFileSync(
  'npm',
  ['pack', '--workspaces', '--json', '--ignore-scripts', '--pack-destination', tarballs],
  { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
)

export const packages: ReadonlyArray<Packed> = (JSON.parse(output) as ReadonlyArray<Listing>).map(
  ({ name, version, filename, files }) => ({
    name,
    version,
    folder: join(root, 'node_modules', name),
    tarball: join(tarballs, filename),
    files: files.map(({ path }) => path),
  }),
)
