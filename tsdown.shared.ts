/**
 * How the packages are built: a library of ES modules and CommonJS with types for both, or a program that is only
 * run. Each package's tsdown.config.ts says what goes in.
 */
import licensePlugin from 'rollup-plugin-license'
import type { UserConfig } from 'tsdown'

// Its types speak of an ES module's default, but the package is CommonJS: what is imported is the plugin itself.
const license = licensePlugin as unknown as typeof licensePlugin.default

type Plugin = Extract<UserConfig['plugins'], { readonly name: string }>

/**
 * Bundles the ES modules of fp-ts and io-ts, of which only what is used remains. Left outside, they are some fifty
 * CommonJS files that Node reads one by one: an import then takes 180–255 ms instead of 20–27 ms. Values of theirs
 * are plain data, so a user's own fp-ts works on them; types stay imports of the user's own.
 */
const fpTsAsModules: Plugin = {
  name: 'fp-ts-as-modules',
  resolveId: {
    order: 'pre',
    handler(source, importer) {
      if (!/^(fp-ts|io-ts)(\/|$)/.test(source)) return null
      const esm = source.replace(/^io-ts$/, 'io-ts/es6/index.js').replace(/^fp-ts\/lib\//, 'fp-ts/es6/')
      return this.resolve(esm.endsWith('.js') ? esm : `${esm}.js`, importer, { skipSelf: true })
    },
  },
}

/** Source maps lead to the source, which is published. What else they name is not: only its text stays in the map. */
const sourcesArePublished = (folder: string): Plugin => ({
  name: 'sources-are-published',
  generateBundle: (_, bundle) => {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'asset' || !file.fileName.endsWith('.map')) continue
      const map = JSON.parse(file.source.toString()) as {
        sources: Array<string>
        sourcesContent?: Array<string>
      }
      const sourcesContent = map.sourcesContent?.map((text, index) =>
        new RegExp(`^(?:\\.\\./)+${folder}/`).test(map.sources[index] ?? '') ? null : text,
      )
      file.source = JSON.stringify({ ...map, sourcesContent })
    }
  },
})

/** Whoever passes on what is bundled passes on its licence. */
export const licences = (folder: string) =>
  license({
    sourcemap: false,
    thirdParty: {
      output: {
        file: `${folder}/THIRD-PARTY-LICENSES.txt`,
        template: (dependencies) =>
          dependencies
            .map(({ name, version, license, licenseText }) =>
              [`${name} ${version}, ${license}`, '', licenseText?.trim()].join('\n'),
            )
            .toSorted()
            .join(`\n\n${'-'.repeat(80)}\n\n`),
      },
    },
  })

const shared: UserConfig = { platform: 'node', target: 'node20.19', tsconfig: 'tsconfig.build.json' }

/** Without a hash: a stack trace names the same file in every build. */
const namedChunks: UserConfig['outputOptions'] = {
  chunkFileNames: 'shared-[name].js',
  // Else a chunk of theirs is named after whichever of their modules comes first.
  codeSplitting: { groups: [{ name: 'fp-ts', test: /[\\/]node_modules[\\/](fp-ts|io-ts)[\\/]/ }] },
}

interface Contents {
  /** The file of each entry, by its name in `dist`. */
  readonly entry: Readonly<Record<string, string>>
  /** Packages that become part of the build. Every other one has to be a dependency. */
  readonly bundle: ReadonlyArray<string>
}

const bundling = ({ bundle }: Contents): NonNullable<UserConfig['deps']> => ({
  alwaysBundle: bundle.map((name) => new RegExp(`^${name}(/|$)`)),
  onlyBundle: [...bundle],
})

const folderOf = ({ entry }: Contents): string => Object.values(entry)[0]?.split('/')[0] ?? ''

/** A package that is imported and required. */
export const library = (contents: Contents, esm: UserConfig = {}): Array<UserConfig> => {
  const plugin = sourcesArePublished(folderOf(contents))
  const code: UserConfig = { ...shared, deps: bundling(contents), dts: false, sourcemap: true }
  const commonJs = (entry: Record<string, string>): UserConfig => ({
    ...code,
    format: 'cjs',
    entry,
    plugins: [fpTsAsModules, plugin],
    clean: false,
    outExtensions: () => ({ js: '.cjs' }),
    // The SDK by `require` and not `import()`: jest runs CommonJS in a context that has no dynamic import.
    outputOptions: { dynamicImportInCjs: false, chunkFileNames: 'shared-[name].cjs' },
  })
  const types = (extension: '.d.ts' | '.d.cts'): UserConfig => ({
    ...shared,
    entry: { ...contents.entry },
    format: 'esm',
    // In a build of their own: nothing is bundled into them.
    dts: { sourcemap: true, emitDtsOnly: true },
    outExtensions: () => ({ dts: extension }),
    outputOptions: { chunkFileNames: `shared-[name]${extension}` },
    plugins: [plugin],
    clean: false,
  })
  return [
    {
      ...code,
      format: 'esm',
      entry: { ...contents.entry },
      plugins: [fpTsAsModules, plugin, licences('dist')],
      outExtensions: () => ({ js: '.js' }),
      outputOptions: namedChunks,
      ...esm,
    },
    commonJs({ ...contents.entry }),
    types('.d.ts'),
    types('.d.cts'),
  ]
}

/** A package that is only run. */
export const program = (contents: Contents): UserConfig => ({
  ...shared,
  entry: { ...contents.entry },
  format: 'esm',
  deps: bundling(contents),
  dts: false,
  sourcemap: true,
  plugins: [fpTsAsModules, sourcesArePublished(folderOf(contents)), licences('dist')],
  outExtensions: () => ({ js: '.js' }),
  outputOptions: namedChunks,
})
