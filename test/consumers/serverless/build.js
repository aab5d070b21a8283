/** Bundles the function into one file, the SDK too: `node build.js BUNDLER cjs|esm <file>`. */
import { basename, dirname } from 'node:path'

const [bundler, format, file] = process.argv.slice(2)
const input = 'handler.js'

// The SDK is CommonJS and asks for Node's modules by `require`, which an ES module has to make.
const makeRequire =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const esbuild = async (banner) => {
  const { build } = await import('esbuild')
  await build({
    entryPoints: [input],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format,
    banner,
  })
}

const bundlers = {
  esbuild: () => esbuild(format === 'esm' ? { js: makeRequire } : {}),
  'esbuild-as-it-comes': () => esbuild({}),
  rolldown: async () => {
    const { build } = await import('rolldown')
    await build({ input, platform: 'node', output: { file, format, codeSplitting: false } })
  },
  webpack: async () => {
    const { default: webpack } = await import('webpack')
    const esm = format === 'esm'
    const compiler = webpack({
      mode: 'production',
      // Minifying the SDK takes a minute and changes nothing for what is tested here.
      optimization: { minimize: false },
      target: 'node20',
      entry: `./${input}`,
      experiments: { outputModule: esm },
      output: {
        path: dirname(file),
        filename: basename(file),
        library: { type: esm ? 'module' : 'commonjs2' },
        chunkFormat: esm ? 'module' : 'commonjs',
        asyncChunks: false,
      },
    })
    await new Promise((resolve, reject) =>
      compiler.run((error, stats) =>
        error || stats.hasErrors() ? reject(error ?? new Error(stats.toString())) : resolve(),
      ),
    )
  },
}

await bundlers[bundler]()
