import licensePlugin from 'rollup-plugin-license'
import { defineConfig } from 'tsdown'

// Its types speak of an ES module's default, but the package is CommonJS: what is imported is the plugin itself.
const license = licensePlugin as unknown as typeof licensePlugin.default

/**
 * Everything goes into the bundle but what Logto itself has. Logto takes a connector's files as they are and runs
 * no install beside them; and it knows a ConnectorError by `instanceof`, so the kit has to be Logto's own copy.
 */
export default defineConfig({
  entry: 'src/index.ts',
  outDir: 'lib',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: false,
  deps: { neverBundle: ['@logto/connector-kit', 'zod'], onlyBundle: false },
  outExtensions: () => ({ js: '.js' }),
  // Whoever passes the bundle on passes on the licences of what is in it.
  plugins: [license({ thirdParty: { output: 'lib/THIRD-PARTY-LICENSES.txt' } })],
})
