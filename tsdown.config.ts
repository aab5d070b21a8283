import { defineConfig, type UserConfig } from 'tsdown'

const entry = { index: 'lib/index.ts', 'sandbox/index': 'lib/sandbox/index.ts' }

const shared: UserConfig = {
  platform: 'node',
  target: 'node20.19',
  tsconfig: 'tsconfig.build.json',
  dts: { sourcemap: true },
  sourcemap: true,
  // p-limit and entities are published as ES modules only. Bundled, they work under `require` in every host.
  deps: { alwaysBundle: ['p-limit', 'yocto-queue', 'entities'] },
  outExtensions: ({ format }) =>
    format === 'cjs' ? { js: '.cjs', dts: '.d.cts' } : { js: '.js', dts: '.d.ts' },
}

export default defineConfig([
  // The command is run, not imported: ES modules only, beside the library whose code it shares.
  {
    ...shared,
    format: 'esm',
    entry: { ...entry, 'cli/index': 'lib/cli/index.ts' },
    // The inbox page needs no build; lib/sandbox/page.ts finds it from either format.
    copy: [{ from: 'lib/sandbox/page/*.{html,css,js,svg}', to: 'dist/sandbox/page' }],
  },
  { ...shared, format: 'cjs', entry },
])
