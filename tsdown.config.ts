import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: { index: 'lib/index.ts', 'sandbox/index': 'lib/sandbox/index.ts' },
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20.19',
  tsconfig: 'tsconfig.build.json',
  dts: { sourcemap: true },
  sourcemap: true,
  // p-limit and entities are published as ES modules only. Bundled, they work under `require` in every host.
  deps: { alwaysBundle: ['p-limit', 'yocto-queue', 'entities'] },
  outExtensions: ({ format }) => (format === 'cjs' ? { js: '.cjs', dts: '.d.cts' } : { js: '.js', dts: '.d.ts' }),
})
