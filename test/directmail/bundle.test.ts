/**
 * A bundle of ES modules with the SDK in it, as esbuild makes it: the SDK is CommonJS and asks for Node's modules by
 * `require`, which such a file has not.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { build, type BuildOptions } from 'esbuild'
import { config, message, withSandbox } from '../support/sandbox.js'

const program = `
  import { createConnector } from './lib/index.js'
  const { ENDPOINT: endpoint } = process.env
  const { right } = createConnector(${JSON.stringify(config)}, { endpoint })
  const result = await right.sendMessage(${JSON.stringify(message)})()
  console.log(JSON.stringify(result))
`

/** What a bundled program says that sends one mail. */
const runBundle = async (endpoint: string, options: BuildOptions): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'bundle-'))
  try {
    const outfile = join(folder, 'program.mjs')
    await build({
      stdin: { contents: program, resolveDir: process.cwd() },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
      ...options,
    })
    const env = { ...process.env, ENDPOINT: endpoint }
    const { stdout } = await promisify(execFile)(process.execPath, [outfile], { env })
    return stdout
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('a bundle of ES modules', () => {
  it('says what to do when it has no require for the SDK, at once and without another try', () =>
    withSandbox(async ({ endpoint }) => {
      const said = await runBundle(endpoint, {})
      expect(said).to.contain('"code":"ERR_REQUIRE_IN_BUNDLE"').and.contain('"delivered":"no"')
      expect(said).to.contain('--format=cjs').and.contain('--banner:js=')
    }))

  it('sends once it was built as the message says', () =>
    withSandbox(async ({ endpoint }) => {
      const js =
        "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
      expect(await runBundle(endpoint, { banner: { js } })).to.contain('"_tag":"Right"')
    }))
})
