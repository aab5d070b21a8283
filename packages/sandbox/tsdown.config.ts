import { defineConfig } from 'tsdown'
import { library, licences } from '../../tsdown.shared.ts'

export default defineConfig([
  ...library({
    entry: { index: 'src/index.ts', promises: 'src/promises.ts', command: 'src/command.ts' },
    bundle: ['fp-ts', 'io-ts', 'htmlparser2', 'entities'],
  }),
  {
    entry: { main: 'page/main.tsx' },
    outDir: 'dist/page',
    platform: 'browser',
    target: 'es2023',
    tsconfig: 'page/tsconfig.json',
    format: 'esm',
    dts: false,
    minify: true,
    deps: { alwaysBundle: [/^@?preact(\/|$)/], onlyBundle: false },
    copy: [{ from: 'page/*.{html,css,svg}', to: 'dist/page' }],
    plugins: [licences('dist/page')],
    outExtensions: () => ({ js: '.js' }),
  },
])
