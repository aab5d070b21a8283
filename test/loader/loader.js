/** Node's module hooks: `./name.js` beside a `name.ts` is that, with its types taken out and the rest left as it is. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath, URL } from 'node:url'
import { transform } from 'esbuild'

export const resolve = (specifier, context, nextResolve) => {
  if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL)
    if (existsSync(source)) return { url: source.href, format: 'module', shortCircuit: true }
  }
  // As under tsx, where mocha loads tests by `require`. In sinon's ES module, a faked `performance` cannot be stubbed.
  if (specifier === 'sinon') return nextResolve(specifier, { ...context, conditions: ['node', 'require'] })
  return nextResolve(specifier, context)
}

export const load = async (url, context, nextLoad) => {
  if (!/^file:.*\.ts$/.test(url)) return nextLoad(url, context)
  const file = fileURLToPath(url)
  const { code } = await transform(await readFile(file, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20.19',
    sourcefile: file,
    sourcemap: 'inline',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  })
  return { format: 'module', source: code, shortCircuit: true }
}
