import { defineConfig } from 'tsdown'
import { licences } from '../../tsdown.shared.ts'

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
  plugins: [licences('lib')],
})
