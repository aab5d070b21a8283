/**
 * Runs the consumers: packs the library, installs the tarball outside the repository as its users do, and runs a
 * small project of each kind against it. Each really sends a mail into the sandbox of the same tarball.
 *
 *     npm run test:consumers [-- NAME…]     only those whose line contains a NAME
 */
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const wanted = process.argv.slice(2)

/** The lower ends of the peer ranges in package.json. */
const oldestPeers = ['fp-ts@2.11.0', 'io-ts@2.2.18']

/** Besides the one that runs this. */
const otherNodes = [22, 24]

// ------------------------------------------------------------------------------------------------------------
// Processes
// ------------------------------------------------------------------------------------------------------------

interface Outcome {
  readonly ok: boolean
  readonly output: string
}

/** Runs a command to its end, or for five minutes. */
const run = (
  command: string,
  args: ReadonlyArray<string>,
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> =>
  new Promise((resolve) => {
    const inherited = Object.entries(process.env).filter(
      // This program's own loader and what npm tells its scripts are none of a consumer's business.
      ([name]) => name !== 'NODE_OPTIONS' && !/^npm_(?:package|lifecycle)_/.test(name),
    )
    const child = spawn(command, args, {
      cwd,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
    })
    let output = ''
    child.stdout.on('data', (data) => (output += String(data)))
    child.stderr.on('data', (data) => (output += String(data)))
    child.on('error', (error) => resolve({ ok: false, output: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })

const demand = async (step: string, outcome: Promise<Outcome>): Promise<string> => {
  const { ok, output } = await outcome
  if (!ok) throw new Error(`${step} failed:\n${output}`)
  return output
}

// ------------------------------------------------------------------------------------------------------------
// Installs
// ------------------------------------------------------------------------------------------------------------

const workspace = mkdtempSync(join(tmpdir(), 'aliyun-dm-consumers-'))

const pack = async (): Promise<string> => {
  await demand('npm pack', run('npm', ['pack', '--pack-destination', workspace], root))
  const tarball = readdirSync(workspace).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('npm pack wrote no tarball')
  return join(workspace, tarball)
}

/** A folder with the consumers in it and some packages installed above them. */
const install = async (name: string, packages: ReadonlyArray<string>): Promise<string> => {
  const folder = join(workspace, name)
  mkdirSync(folder)
  for (const entry of readdirSync(here)) {
    if (entry !== 'run.ts') cpSync(join(here, entry), join(folder, entry), { recursive: true })
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  await demand(`npm install for ${name}`, run('npm', ['install', ...flags, ...packages], folder))
  return folder
}

/** How many packages `npm install` brought. */
const countPackages = async (folder: string): Promise<number> => {
  const listed = await demand('npm ls', run('npm', ['ls', '--all', '--parseable'], folder))
  return new Set(listed.trim().split('\n')).size - 1
}

/** Another version of Node: the registry has its binaries, one package for each kind of machine. */
const installNode = async (major: number): Promise<string> => {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const folder = await install(`node-${major}`, [`node-${platform}-${process.arch}@${major}`])
  const modules = join(folder, 'node_modules')
  const binaries = readdirSync(modules).flatMap((name) => [
    join(modules, name, 'bin/node'),
    join(modules, name, 'bin/node.exe'),
  ])
  const binary = binaries.find((path) => existsSync(path))
  if (binary === undefined) throw new Error(`there is no Node ${major} for this machine`)
  return binary
}

// ------------------------------------------------------------------------------------------------------------
// Consumers
// ------------------------------------------------------------------------------------------------------------

interface Consumer {
  readonly name: string
  /** Which of the installs it runs in, and where there. */
  readonly cwd: string
  /** Arguments for node, one command after the other. Of each that runs the library, the output is the proof. */
  readonly commands: ReadonlyArray<ReadonlyArray<string>>
  readonly proof: RegExp
  readonly env?: NodeJS.ProcessEnv
  readonly node?: string
}

const sent = /^sent \d+$/m

const consumersOf = (fresh: string, tools: string, oldest: string, endpoint: string): Array<Consumer> => {
  const bin = (path: string): string => join(tools, 'node_modules', path)
  /** Compiled once for both formats, then each is run; a bundler has ES modules only. */
  const typescript =
    (folder: string, title: string, compiler: string) =>
    (module: string): Consumer => {
      const out = `out-${compiler}/${module}`
      const programs = module === 'bundler' ? ['main.mjs'] : ['main.mjs', 'main.cjs']
      return {
        name: `${title}, ${module}`,
        cwd: join(folder, 'typescript'),
        commands: [
          [bin(`${compiler}/bin/tsc`), '-p', `tsconfig.${module}.json`, '--outDir', out],
          ...programs.map((file) => [`${out}/${file}`]),
        ],
        proof: sent,
      }
    }
  const bundled = (format: 'cjs' | 'esm', extension: string): Consumer => {
    // Alone in a folder with nothing above it: what the bundle lacks it cannot find.
    const file = join(workspace, `function-${format}`, `handler.${extension}`)
    return {
      name: `serverless function, one file by esbuild, ${format}`,
      cwd: join(tools, 'serverless'),
      commands: [
        ['build.js', format, file],
        ['invoke.js', file],
      ],
      proof: sent,
      env: { ENDPOINT: endpoint },
    }
  }
  const command = join(fresh, 'node_modules/aliyun-dm-connector/dist/cli/index.js')
  const send = ['send', '../connector.json', '--to', 'ann@example.com', '--var', 'code=123456', '--json']
  return [
    { name: 'commonjs', cwd: join(fresh, 'commonjs'), commands: [['index.js']], proof: sent },
    { name: 'esm', cwd: join(fresh, 'esm'), commands: [['index.js']], proof: sent },
    {
      name: 'command aliyun-dm',
      cwd: join(fresh, 'esm'),
      commands: [
        [command, 'check', '../connector.json'],
        [command, ...send, '--endpoint', endpoint],
      ],
      proof: /"envId":\s*"\d+"/,
    },
    ...['node16', 'nodenext', 'bundler'].map(typescript(tools, 'typescript 6', 'typescript')),
    ...['nodenext', 'bundler'].map(typescript(tools, 'typescript 7', 'typescript-7')),
    ...['nodenext', 'bundler'].map(typescript(tools, 'typescript 5.4', 'typescript-5')),
    ...['nodenext', 'bundler'].map(typescript(oldest, 'oldest fp-ts and io-ts', 'typescript')),
    {
      name: 'mocha and sinon, ES module',
      cwd: join(tools, 'mocha'),
      commands: [[bin('mocha/bin/mocha.js'), 'sign-in.test.mjs']],
      proof: /\b3 passing/,
    },
    {
      name: 'mocha and sinon, CommonJS',
      cwd: join(tools, 'mocha'),
      commands: [[bin('mocha/bin/mocha.js'), 'sign-in.test.cjs']],
      proof: /\b3 passing/,
    },
    {
      name: 'vitest',
      cwd: join(tools, 'vitest'),
      commands: [[bin('vitest/vitest.mjs'), 'run']],
      proof: /Tests\s+2 passed/,
      env: { NO_COLOR: '1', CI: 'true' },
    },
    {
      name: 'jest',
      cwd: join(tools, 'jest'),
      commands: [[bin('jest/bin/jest.js'), '--ci']],
      proof: /Tests:\s+2 passed/,
    },
    bundled('cjs', 'cjs'),
    bundled('esm', 'mjs'),
  ]
}

const runConsumer = async ({ cwd, commands, proof, env = {}, node }: Consumer): Promise<Outcome> => {
  let all = ''
  for (const args of commands) {
    const { ok, output } = await run(node ?? process.execPath, args, cwd, env)
    all += output
    if (!ok) return { ok, output: all }
  }
  return proof.test(all) ? { ok: true, output: all } : { ok: false, output: `no ${String(proof)} in\n${all}` }
}

// ------------------------------------------------------------------------------------------------------------
// The program
// ------------------------------------------------------------------------------------------------------------

interface Sandbox {
  readonly endpoint: string
  readonly stop: () => Promise<void>
}

const report = async (consumer: Consumer): Promise<boolean> => {
  const start = performance.now()
  const { ok, output } = await runConsumer(consumer)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${consumer.name} (${seconds} s)`)
  if (!ok) console.log(output.trim().replace(/^/gm, '       '))
  return ok
}

const main = async (): Promise<boolean> => {
  const tarball = await pack()
  const fresh = await install('fresh', [tarball])
  console.log(`a tarball of ${Math.round(statSync(tarball).size / 1000)} kB`)
  console.log(`a fresh install of it brings ${await countPackages(fresh)} packages`)
  const testing = ['mocha@12', 'sinon@22', 'vitest@4', 'jest@30', 'esbuild@0.28']
  const typing = ['typescript@6', 'typescript-7@npm:typescript@7', 'typescript-5@npm:typescript@5.4']
  const tools = await install('tools', [tarball, ...testing, ...typing, '@types/node@20'])
  const oldest = await install('oldest', [tarball, ...oldestPeers, '@types/node@20'])

  const library = createRequire(join(fresh, 'index.js'))('aliyun-dm-sandbox') as {
    readonly startSandbox: () => () => Promise<{ readonly right: Sandbox }>
  }
  const { right: sandbox } = await library.startSandbox()()

  const consumers = consumersOf(fresh, tools, oldest, sandbox.endpoint)
  const everywhere = consumers.filter(({ name }) => ['commonjs', 'esm', 'vitest'].includes(name))
  for (const major of otherNodes) {
    const node = await installNode(major)
    consumers.push(
      ...everywhere.map((consumer) => ({ ...consumer, name: `${consumer.name}, node ${major}`, node })),
    )
  }
  const chosen = consumers.filter(
    ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
  )
  const results: Array<boolean> = []
  const queue = chosen.values()
  // Two at a time: both take from the same queue.
  await Promise.all(
    [1, 2].map(async () => {
      for (const consumer of queue) results.push(await report(consumer))
    }),
  )
  await sandbox.stop()
  const passed = results.filter((ok) => ok).length
  console.log(`${passed} passed, ${results.length - passed} failed`)
  return passed > 0 && passed === results.length
}

try {
  process.exitCode = (await main()) ? 0 : 1
} finally {
  rmSync(workspace, { recursive: true, force: true })
}
