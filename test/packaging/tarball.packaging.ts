/**
 * What is published, looked at from outside: the files of the tarball as the last build left them.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import ts from 'typescript'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const packed = (): ReadonlyArray<string> => {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ files }] = JSON.parse(output) as [{ readonly files: ReadonlyArray<{ readonly path: string }> }]
  return files.map(({ path }) => path)
}

interface SourceMap {
  readonly sources: ReadonlyArray<string>
  readonly sourcesContent?: ReadonlyArray<string | null>
}

/** Every string in the package's `exports` and `bin`. */
const targets = (u: unknown): ReadonlyArray<string> =>
  typeof u === 'string' ? [u] : typeof u === 'object' && u !== null ? Object.values(u).flatMap(targets) : []

const importsOf = (path: string): ReadonlyArray<string> =>
  ts.preProcessFile(read(path), true, true).importedFiles.map(({ fileName }) => fileName)

describe('the package', () => {
  const manifest = JSON.parse(read('package.json')) as Readonly<Record<string, unknown>>
  const files = packed()
  const maps = files.filter((path) => path.endsWith('.map'))
  const types = files.filter((path) => /\.d\.c?ts$/.test(path))
  const bundled = new Set<string>()
  for (const path of maps) {
    for (const source of (JSON.parse(read(path)) as SourceMap).sources) {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1]
      if (name !== undefined) bundled.add(name)
    }
  }

  it('holds every file that exports and bin name', () => {
    const named = [...targets(manifest['exports']), ...targets(manifest['bin'])].map((path) => path.slice(2))
    expect(named).to.have.length.above(8)
    expect(files).to.include.members(named)
  })

  it("holds the logo, the licences and the inbox page's files", () => {
    expect(files).to.include.members([
      'aliyun.svg',
      'LICENSE',
      'dist/THIRD-PARTY-LICENSES.txt',
      'dist/sandbox/page/index.html',
      'dist/sandbox/page/main.js',
    ])
  })

  it('holds nothing but the build, its source and what one reads first', () => {
    const others = files.filter(
      (path) =>
        !/^(?:dist|lib)\//.test(path) &&
        !/^(?:package\.json|aliyun\.svg|LICENSE|CHANGELOG\.md|README(?:\.zh-CN)?\.md)$/.test(path),
    )
    expect(others).to.deep.equal([])
  })

  it('leads from every source map to source that is in the package or in the map', () => {
    expect(maps).to.have.length.above(8)
    const lost = maps.flatMap((path) => {
      const { sources, sourcesContent } = JSON.parse(read(path)) as SourceMap
      return sources.filter((source, index) => {
        const at = resolve(root, dirname(path), source).slice(root.length)
        return !files.includes(at) && !sourcesContent?.[index]
      })
    })
    expect(lost).to.deep.equal([])
  })

  it('has a declaration map for every declaration file', () => {
    expect(types).to.have.lengthOf(4)
    expect(types.filter((path) => !files.includes(`${path}.map`))).to.deep.equal([])
  })

  it('asks in its types for fp-ts and io-ts only, and never for the SDK', () => {
    const asked = types.flatMap(importsOf)
    expect(asked).to.include('io-ts')
    expect(asked.filter((name) => name !== 'io-ts' && !name.startsWith('fp-ts/lib/'))).to.deep.equal([])
  })

  it('needs no type from Node in its types', () => {
    const named = types.filter((path) => /\bNodeJS\.|\bBuffer\b|types="node"/.test(read(path)))
    expect(named).to.deep.equal([])
  })

  it('bundles what it says it does, and nothing else', () => {
    expect([...bundled].sort()).to.deep.equal([
      'entities',
      'fastest-levenshtein',
      'fp-ts',
      'io-ts',
      'p-limit',
      'retry-ts',
      'validator',
      'yocto-queue',
    ])
  })

  it('passes on the licence of everything that it bundles', () => {
    const licences = read('dist/THIRD-PARTY-LICENSES.txt')
    for (const name of bundled) {
      expect(licences).to.match(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+, [\\w-]+\n\n`, 'm'))
      expect(existsSync(join(root, 'node_modules', name))).to.equal(true)
    }
    expect(licences.match(/Copyright/g)).to.have.length.of.at.least(bundled.size)
  })

  it('tells nothing of the machine that built it', () => {
    const telling = files.filter((path) => read(path).includes(root.replace(/\/$/, '')))
    expect(telling).to.deep.equal([])
  })
})
