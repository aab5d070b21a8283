import { defineConfig } from 'tsdown'
import { library } from './tsdown.shared.ts'

export default defineConfig(
  library({
    entry: {
      index: 'lib/index.ts',
      promises: 'lib/promises.ts',
      testing: 'lib/testing.ts',
      events: 'lib/events.ts',
      opentelemetry: 'lib/opentelemetry.ts',
    },
    // The first four are published as ES modules only; bundled, they work under `require` in every host. The others are
    // bundled because they are CommonJS, of which Node reads each file by itself.
    bundle: [
      '@formatjs/fast-memoize',
      '@formatjs/intl-localematcher',
      'entities',
      'strip-json-comments',
      'fastest-levenshtein',
      'fp-ts',
      'io-ts',
      'validator',
    ],
  }),
)
