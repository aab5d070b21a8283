import licensePlugin from 'rollup-plugin-license'
import { defineConfig, type UserConfig } from 'tsdown'

// Its types speak of an ES module's default, but the package is CommonJS: what is imported is the plugin itself.
const license = licensePlugin as unknown as typeof licensePlugin.default

const entry = { index: 'lib/index.ts', 'sandbox/index': 'lib/sandbox/index.ts' }

// Published as ES modules only. Bundled, they work under `require` in every host, and in test runners too.
const bundled = ['entities', 'p-limit', 'yocto-queue']

type Plugin = Extract<UserConfig['plugins'], { readonly name: string }>

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

const shared: UserConfig = {
  platform: 'node',
  target: 'node20.19',
  tsconfig: 'tsconfig.build.json',
  // The command is run, not imported: it has no types.
  dts: { sourcemap: true, entry: Object.values(entry) },
  sourcemap: true,
  deps: { alwaysBundle: bundled, onlyBundle: bundled },
  outExtensions: ({ format }) =>
    format === 'cjs' ? { js: '.cjs', dts: '.d.cts' } : { js: '.js', dts: '.d.ts' },
}

export default defineConfig([
  // ES modules, and the command beside the library whose code it shares.
  {
    ...shared,
    format: 'esm',
    entry: { ...entry, 'cli/index': 'lib/cli/index.ts' },
    // The inbox page needs no build; lib/sandbox/page.ts finds it from either format.
    copy: [{ from: 'lib/sandbox/page/*.{html,css,js,svg}', to: 'dist/sandbox/page' }],
    // Whoever passes on what is bundled passes on its licence.
    plugins: [sourcesAreInLib, licences],
    // Without a hash: a stack trace names the same file in every build.
    outputOptions: { chunkFileNames: '[name].js' },
  },
  {
    ...shared,
    format: 'cjs',
    entry,
    plugins: [sourcesAreInLib],
    // The SDK by `require` and not `import()`: jest runs CommonJS in a context that has no dynamic import.
    outputOptions: { chunkFileNames: '[name].cjs', dynamicImportInCjs: false },
  },
])
