import licensePlugin from 'rollup-plugin-license'
import { defineConfig, type UserConfig } from 'tsdown'

// Its types speak of an ES module's default, but the package is CommonJS: what is imported is the plugin itself.
const license = licensePlugin as unknown as typeof licensePlugin.default

type Plugin = Extract<UserConfig['plugins'], { readonly name: string }>

const entry = { index: 'lib/index.ts', 'sandbox/index': 'lib/sandbox/index.ts' }

// entities, p-limit and yocto-queue are published as ES modules only; bundled, they work under `require` in every
// host. The others are bundled because Node would otherwise read some fifty CommonJS files of theirs, one by one: that
// was most of what an import of the library took.
const bundled = [
  'entities',
  'fastest-levenshtein',
  'fp-ts',
  'io-ts',
  'p-limit',
  'retry-ts',
  'validator',
  'yocto-queue',
]

/**
 * Bundles the ES modules of fp-ts and its relatives, of which only what is used remains. Values of theirs are plain
 * data, so a user's own fp-ts works on them; types stay imports of the user's own.
 */
const fpTsAsModules: Plugin = {
  name: 'fp-ts-as-modules',
  resolveId: {
    order: 'pre',
    handler(source, importer) {
      if (!/^(fp-ts|io-ts|retry-ts)(\/|$)/.test(source)) return null
      const esm = source
        .replace(/^(io-ts|retry-ts)$/, '$1/es6/index.js')
        .replace(/^fp-ts\/lib\//, 'fp-ts/es6/')
      return this.resolve(esm.endsWith('.js') ? esm : `${esm}.js`, importer, { skipSelf: true })
    },
  },
}

/** Source maps lead to lib/, which is published. What else they name is not, so only its text stays in the map. */
const sourcesAreInLib: Plugin = {
  name: 'sources-are-in-lib',
  generateBundle: (_, bundle) => {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'asset' || !file.fileName.endsWith('.map')) continue
      const map = JSON.parse(file.source.toString()) as {
        sources: Array<string>
        sourcesContent?: Array<string>
      }
      const sourcesContent = map.sourcesContent?.map((text, index) =>
        /^(?:\.\.\/)+lib\//.test(map.sources[index] ?? '') ? null : text,
      )
      file.source = JSON.stringify({ ...map, sourcesContent })
    }
  },
}

const licences = license({
  sourcemap: false,
  thirdParty: {
    output: {
      file: 'dist/THIRD-PARTY-LICENSES.txt',
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

const outExtensions: UserConfig['outExtensions'] = ({ format }) =>
  format === 'cjs' ? { js: '.cjs', dts: '.d.cts' } : { js: '.js', dts: '.d.ts' }

const shared: UserConfig = {
  platform: 'node',
  target: 'node20.19',
  tsconfig: 'tsconfig.build.json',
  dts: false,
  sourcemap: true,
  deps: { alwaysBundle: bundled.map((name) => new RegExp(`^${name}(/|$)`)), onlyBundle: bundled },
  outExtensions,
}

/** Types, in builds of their own: nothing is bundled into them. The command is run, not imported, and has none. */
const types = (extension: '.d.ts' | '.d.cts'): UserConfig => ({
  entry,
  format: 'esm',
  platform: 'node',
  tsconfig: 'tsconfig.build.json',
  dts: { sourcemap: true, emitDtsOnly: true },
  outExtensions: () => ({ dts: extension }),
  plugins: [sourcesAreInLib],
  clean: false,
})

/** A build for each entry: in one for both, the first would also export what they share. */
const commonJs = (one: Record<string, string>): UserConfig => ({
  ...shared,
  format: 'cjs',
  entry: one,
  plugins: [fpTsAsModules, sourcesAreInLib],
  clean: false,
  // The SDK by `require` and not `import()`: jest runs CommonJS in a context that has no dynamic import.
  outputOptions: { dynamicImportInCjs: false },
})

export default defineConfig([
  // ES modules, and the command beside the library whose code it shares.
  {
    ...shared,
    format: 'esm',
    entry: { ...entry, 'cli/index': 'lib/cli/index.ts' },
    // The inbox page needs no build; lib/sandbox/page.ts finds it from either format.
    copy: [{ from: 'lib/sandbox/page/*.{html,css,js,svg}', to: 'dist/sandbox/page' }],
    // Whoever passes on what is bundled passes on its licence.
    plugins: [fpTsAsModules, sourcesAreInLib, licences],
    // Without a hash: a stack trace names the same file in every build.
    outputOptions: {
      chunkFileNames: '[name].js',
      // Else a chunk of theirs is named after whichever of their modules comes first.
      codeSplitting: { groups: [{ name: 'fp-ts', test: /[\\/]node_modules[\\/](fp-ts|io-ts)[\\/]/ }] },
    },
  },
  commonJs({ index: entry.index }),
  commonJs({ 'sandbox/index': entry['sandbox/index'] }),
  types('.d.ts'),
  types('.d.cts'),
])
