/**
 * Node's module hooks: `./name.js` beside a `name.ts` is that, and so is a package of this repository by its name. Types
 * are taken out, and the rest is left as it is.
 */
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath, URL } from 'node:url'
import { transform } from 'esbuild'

const tsconfig = new URL('../../tsconfig.json', import.meta.url)
const { paths } = JSON.parse(readFileSync(tsconfig, 'utf8')).compilerOptions

const findSource = (specifier, parentURL) => {
  if (specifier in paths) return new URL(paths[specifier][0], tsconfig)
  // A query makes another module of the same file.
  return /^\.{1,2}\/.*\.js(\?|$)/.test(specifier)
    ? new URL(specifier.replace(/\.js(?=\?|$)/, '.ts'), parentURL)
    : undefined
}

export const resolve = (specifier, context, nextResolve) => {
  const source = /\.ts(\?|$)/.test(context.parentURL ?? '')
    ? findSource(specifier, context.parentURL)
    : undefined
  if (source !== undefined && existsSync(fileURLToPath(source)))
    return { url: source.href, format: 'module', shortCircuit: true }
  // As under tsx, where mocha loads tests by `require`. In sinon's ES module, a faked `performance` cannot be stubbed.
  if (specifier === 'sinon') return nextResolve(specifier, { ...context, conditions: ['node', 'require'] })
  return nextResolve(specifier, context)
}

export const load = async (url, context, nextLoad) => {
  if (!/^file:.*\.ts(\?|$)/.test(url)) return nextLoad(url, context)
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
