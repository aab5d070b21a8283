/** The Dockerfile's steps in a bare folder, as no container engine is needed to see that they work. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const exec = promisify(execFile)
const folder = fileURLToPath(new URL('..', import.meta.url))

describe('sandbox/Dockerfile', function () {
  // It packs and installs the package.
  this.timeout(120_000)

  it('has steps that start a sandbox from nothing but the package', async () => {
    const steps = (await readFile(join(folder, 'Dockerfile'), 'utf8')).split('\n')
    const find = (word: string): string =>
      steps.find((step) => step.startsWith(`${word} `))?.slice(word.length + 1) ?? ''
    const bare = await mkdtemp(join(tmpdir(), 'aliyun-dm-sandbox-'))
    const { stdout } = await exec('npm', [
      'pack',
      '--ignore-scripts',
      '--silent',
      '--pack-destination',
      bare,
      folder,
    ])
    // As the registry would have it.
    const install = find('RUN').replace('aliyun-dm-sandbox', `./${stdout.trim()}`)
    await exec('sh', ['-c', `${install} --no-audit --no-fund --prefer-offline`], { cwd: bare })
    const [file = '', ...args] = JSON.parse(find('CMD')) as ReadonlyArray<string>
    const child = spawn(join(bare, file), [...args, '--port', '0', '--json'], { cwd: bare })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const { endpoint } = JSON.parse(line.toString()) as { readonly endpoint: string }
    expect(await (await fetch(endpoint)).text()).to.contain('<title>DirectMail sandbox</title>')
    expect((await fetch(`${endpoint}/main.js`)).status).to.equal(200)
    child.kill()
    await once(child, 'close')
    await rm(bare, { recursive: true })
  })
})
