import { defineConfig } from 'tsdown'
import { program } from '../../tsdown.shared.ts'

export default defineConfig(
  program({
    entry: { index: 'src/index.ts' },
    bundle: ['entities', 'fastest-levenshtein', 'fp-ts', 'strip-json-comments'],
  }),
)
