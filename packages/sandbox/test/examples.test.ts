/** The examples as their readers run them, around the built command. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const folder = fileURLToPath(new URL('..', import.meta.url))
const run = async (...command: ReadonlyArray<string>): Promise<string> =>
  (await promisify(execFile)(process.execPath, ['bin.js', '--', ...command], { cwd: folder })).stdout

describe('sandbox/examples', function () {
  // Each starts processes, and a busy machine takes its time.
  this.timeout(60_000)

  it('waits for a code in a shell with curl and jq', async () => {
    expect(await run('sh', 'examples/wait-for-code.sh')).to.equal('482913\n')
  })

  it("waits for a code with Python's urllib", async () => {
    expect(await run('python3', 'examples/wait_for_code.py')).to.equal('482913\n')
  })

  it('tests a sign-up with mocha', async () => {
    const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js')
    expect(await run(process.execPath, mocha, '--no-config', 'examples/sign-up.test.mjs')).to.contain(
      '1 passing',
    )
  })

  it('tests a sign-up in a browser with Playwright', async function () {
    if (!existsSync(process.env['CHROMIUM'] ?? '/usr/bin/chromium')) this.skip()
    expect(await run(process.execPath, 'examples/sign-up.playwright.mjs')).to.equal('signed up\n')
  })
})
