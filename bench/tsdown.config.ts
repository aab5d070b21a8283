/**
 * Builds the benchmarks to plain JavaScript, so that what is measured runs under node alone: a loader that
 * compiles TypeScript on the way would count towards every import.
 */
import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['*.ts', '!*.config.ts', '!*.d.ts'],
  outDir: '../reports/bench',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  tsconfig: '../tsconfig.json',
  dts: false,
  outExtensions: () => ({ js: '.js' }),
  unbundle: true,
  logLevel: 'warn',
  deps: { neverBundle: [/^[^./]/] },
})
