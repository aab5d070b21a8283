import { defineConfig } from 'tsdown'
import { library } from './tsdown.shared.ts'

export default defineConfig(
  library({
    entry: { index: 'lib/index.ts', events: 'lib/events.ts' },
    // entities, p-limit and yocto-queue are published as ES modules only; bundled, they work under `require` in every
    // host. The others are bundled because they are CommonJS, of which Node reads each file by itself.
    bundle: [
      'entities',
      'fastest-levenshtein',
      'fp-ts',
      'io-ts',
      'p-limit',
      'retry-ts',
      'validator',
      'yocto-queue',
    ],
  }),
)
