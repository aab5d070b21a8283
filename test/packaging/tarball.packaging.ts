/**
 * What is published, looked at from outside: the tarball of each package, as the last build left it.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { expect } from 'chai'
import ts from 'typescript'
import { packages, root } from './pack.js'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface SourceMap {
  readonly sources: ReadonlyArray<string>
  readonly sourcesContent?: ReadonlyArray<string | null>
}

const versions = new Map(packages.map(({ name, version }) => [name, version]))

/** Every file that an entry of package.json names. */
const findTargets = (entry: unknown): ReadonlyArray<string> => {
  if (typeof entry === 'string') return [entry.replace(/^\.\//, '')]
  return typeof entry === 'object' && entry !== null ? Object.values(entry).flatMap(findTargets) : []
}

/** `@scope/name/path` is of the package `@scope/name`. */
const packageName = (specifier: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? ''

const runTool = (path: string, args: ReadonlyArray<string>): void => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', path), ...args],
    { encoding: 'utf8' },
  )
  expect(status, `${stdout}${stderr}`).to.equal(0)
}

for (const { name, folder, tarball, files } of packages) {
  const read = (path: string): string => readFileSync(join(folder, path), 'utf8')
  const manifest = JSON.parse(read('package.json')) as Manifest & Readonly<Record<string, unknown>>
  const dependencies = Object.keys(manifest.dependencies ?? {})
  const peers = Object.keys(manifest.peerDependencies ?? {})

  const maps = files.filter((path) => path.endsWith('.map'))
  const types = files.filter((path) => /\.d\.c?ts$/.test(path))
  const code = files.filter((path) => /^(?:dist|lib)\/[^/]+\.c?js$/.test(path))
  const licences = files
    .filter((path) => path.endsWith('THIRD-PARTY-LICENSES.txt'))
    .map(read)
    .join('\n')
  const readMap = (path: string): SourceMap => JSON.parse(read(path)) as SourceMap
  const findImports = (path: string): ReadonlyArray<string> =>
    ts.preProcessFile(read(path), true, true).importedFiles.map(({ fileName }) => fileName)
  /** What is imported from other packages. */
  const findPackages = (paths: ReadonlyArray<string>): ReadonlyArray<string> => [
    ...new Set(
      paths
        .flatMap(findImports)
        .filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier))
        .map(packageName),
    ),
  ]

  describe(`the package ${name}`, () => {
    it('holds every file that its package.json names', () => {
      const named = ['main', 'types', 'exports', 'bin'].flatMap((key) => findTargets(manifest[key]))
      expect(named).to.not.have.lengthOf(0)
      expect(files).to.include.members(named)
    })

    it('holds its licence and those of what it bundles', () => {
      expect(files).to.include('LICENSE')
      expect(licences).to.not.equal('')
    })

    it('holds nothing but the build, its source and what people read', () => {
      const expected =
        /^(?:dist|lib|src|examples\/events)\/|^docs\/(?:[\w.-]+\.md|images\/(?:inbox|preview|trace)\.png)$|^(?:packages\/\w+\/)?README(?:\.zh-CN)?\.md$|^(?:package\.json|logo\.svg|LICENSE|CHANGELOG\.md|SECURITY\.md|Dockerfile|bin\.js|inbox\.png)$/
      expect(files.filter((path) => !expected.test(path))).to.deep.equal([])
    })

    it('depends on the others by the version that they have', () => {
      const own = Object.entries(manifest.dependencies ?? {}).filter(([dependency]) =>
        versions.has(dependency),
      )
      for (const [dependency, version] of own) expect(version).to.equal(versions.get(dependency))
    })

    it('imports what it declares, and declares no other dependency', () => {
      const imported = findPackages(code)
      expect(
        imported.filter((dependency) => ![...dependencies, ...peers].includes(dependency)),
      ).to.deep.equal([])
      expect(imported).to.include.members(dependencies)
    })

    it('brings its own fp-ts and io-ts as code', () => {
      expect(findPackages(code)).to.not.include.oneOf(['fp-ts', 'io-ts'])
    })

    it('leads from every source map to source that is in the package or in the map', () => {
      const lost = maps.flatMap((path) => {
        const { sources, sourcesContent } = readMap(path)
        return sources.filter((source, index) => {
          const at = relative(folder, resolve(folder, dirname(path), source))
          return !files.includes(at) && !sourcesContent?.[index]
        })
      })
      expect(lost).to.deep.equal([])
    })

    it('passes on the licence of everything that its source maps name', () => {
      const sources = maps.flatMap((path) => readMap(path).sources)
      const bundled = new Set(
        sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []),
      )
      for (const dependency of bundled)
        expect(licences).to.match(new RegExp(`^${dependency} \\d+\\.\\d+\\.\\d+, [\\w-]+\n\n`, 'm'))
      expect((licences.match(/Copyright/g) ?? []).length).to.be.at.least(bundled.size)
    })

    it('says nothing of the machine that built it', () => {
      expect(files.filter((path) => read(path).includes(root))).to.deep.equal([])
    })

    it('has a declaration map for every declaration file', () => {
      // One that only passes on what others declare has nothing to lead to.
      const declaring = types.filter((path) => /^(?:declare|interface|type) /m.test(read(path)))
      expect(declaring.filter((path) => !files.includes(`${path}.map`))).to.deep.equal([])
    })

    it('asks in its types for its peers only, and so never for the SDK', () => {
      expect(findPackages(types).filter((dependency) => !peers.includes(dependency))).to.deep.equal([])
    })

    it('needs no type from Node in its types', () => {
      const named = types.filter((path) => /\bNodeJS\.|\bBuffer\b|types="node"/.test(read(path)))
      expect(named).to.deep.equal([])
    })

    it('passes publint', () => runTool('publint/src/cli.js', [tarball, '--strict']))

    if (types.length > 0)
      it('has types that every module resolution of TypeScript finds, by attw', () =>
        runTool('@arethetypeswrong/cli/dist/index.js', [tarball, '--format', 'ascii']))
  })
}

describe('the packages', () => {
  it('have one version, which CHANGELOG.md has too, and one licence', () => {
    expect(new Set(versions.values())).to.have.property('size', 1)
    const [version = ''] = versions.values()
    expect(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')).to.include(`\n## [${version}] - `)
    for (const { folder } of packages) {
      const { license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        readonly license?: string
      }
      expect(license, folder).to.equal('MIT')
      expect(readFileSync(join(folder, 'LICENSE'), 'utf8')).to.equal(
        readFileSync(join(root, 'LICENSE'), 'utf8'),
      )
    }
  })

  it('are all there, with types where they are imported', () => {
    expect([...versions.keys()]).to.include.members(['aliyun-dm', 'connector-aliyun-direct-mail'])
    const typed = packages.filter(({ files }) => files.some((path) => path.endsWith('.d.cts')))
    expect(typed.map(({ name }) => name)).to.include.members(['aliyun-dm-connector', 'aliyun-dm-sandbox'])
  })
})
