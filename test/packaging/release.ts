/**
 * Everything that a release has to hold, in a clean clone of the last commit: the README's commands, as a newcomer runs
 * them, then the tarballs of all packages together, then projects that install them in empty folders.
 *
 *     npm run release:check
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const fail = (reason: string): never => {
  console.error(reason)
  process.exit(1)
}

const git = (...args: ReadonlyArray<string>): string => execFileSync('git', args, { encoding: 'utf8' })

/** The commands that the README gives for a clone, without what it says of them. */
const readCommands = (readme: string): ReadonlyArray<string> => {
  const [, block = ''] = /^## From a clone$.*?^```sh\n(.*?)^```$/ms.exec(readme) ?? []
  return block
    .split('\n')
    .map((line) => line.replace(/ +#.*$/, ''))
    .filter((line) => line !== '')
}

if (git('status', '--porcelain') !== '') fail('There are changes that are not committed: commit them first.')

const folder = mkdtempSync(join(tmpdir(), 'release-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
git('clone', '--quiet', git('rev-parse', '--show-toplevel').trim(), folder)

const commands = readCommands(readFileSync(join(folder, 'README.md'), 'utf8'))
if (commands.length !== 2) fail(`README.md gives ${commands.length} commands for a clone: expected 2.`)

// What npm tells its scripts of this checkout is none of the clone's business.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(?:package|lifecycle)_/.test(name)),
)

for (const command of [...commands, 'npm run check:package', 'npm run test:consumers']) {
  console.log(`\n$ ${command}`)
  const { status } = spawnSync(command, { cwd: folder, env, shell: true, stdio: 'inherit' })
  if (status !== 0) fail(`This is no release: ${command} failed.`)
}

const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
  readonly version: string
}
console.log(`\nAll packages can be released as ${version}.`)
