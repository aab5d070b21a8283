/** Bundles the function into one file, the SDK too: `node build.js cjs|esm <file>`. */
import { build } from 'esbuild'

const [format, outfile] = process.argv.slice(2)

await build({
  entryPoints: ['handler.js'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format,
  // The SDK is CommonJS and asks for Node's modules by `require`, which an ES module has to make.
  banner:
    format === 'esm'
      ? { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" }
      : {},
})
