/**
 * Runs the consumers: packs the packages, installs the tarballs outside the repository as their users do, and runs a
 * small project of each kind against them. Each really sends a mail into the sandbox.
 *
 *     npm run test:consumers [-- NAME…]     only those whose line contains a NAME
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
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

interface Tarballs {
  readonly library: string
  readonly sandbox: string
  readonly command: string
}

/** Packs as for publishing: each package builds itself first, by its `prepack`. */
const pack = async (): Promise<Tarballs> => {
  const workspaces = ['.', 'packages/sandbox', 'packages/cli'].flatMap((path) => ['-w', path])
  await demand('npm pack', run('npm', ['pack', ...workspaces, '--pack-destination', workspace], root))
  const find = (name: string): string => {
    const file = readdirSync(workspace).find((entry) => entry.replace(/-[\d.]+\.tgz$/, '') === name)
    if (file === undefined) throw new Error(`npm pack wrote no tarball of ${name}`)
    console.log(`${file}: ${Math.round(statSync(join(workspace, file)).size / 1000)} kB`)
    return join(workspace, file)
  }
  return {
    library: find('aliyun-dm-connector'),
    sandbox: find('aliyun-dm-sandbox'),
    command: find('aliyun-dm'),
  }
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

// ------------------------------------------------------------------------------------------------------------
// Runtimes: the registry has their binaries, one package for each kind of machine
// ------------------------------------------------------------------------------------------------------------

interface Runtime {
  readonly name: string
  /** What to install, under an alias: several versions of Node then stand side by side. */
  readonly alias: string
  readonly spec: string
  readonly binary: string
  /** Arguments before the program. */
  readonly args: ReadonlyArray<string>
}

const machine = `${process.platform}-${process.arch}`
const bunMachine = machine.replace('win32', 'windows').replace('arm64', 'aarch64')
const denoMachine = machine.replace(/^linux.*/, '$&-glibc')
const exe = process.platform === 'win32' ? '.exe' : ''

const runtimes: ReadonlyArray<Runtime> = [
  ...otherNodes.map((major) => ({
    name: `node ${major}`,
    alias: `node-${major}`,
    spec: `node-${machine.replace('win32', 'win')}@${major}`,
    binary: `bin/node${exe}`,
    args: [],
  })),
  {
    name: 'bun 1.4',
    alias: 'bun-1',
    spec: `@oven/bun-${bunMachine}@1.4`,
    binary: `bin/bun${exe}`,
    // Else Bun fetches by itself what it does not find.
    args: ['--no-install'],
  },
  {
    name: 'deno 2.9',
    alias: 'deno-2',
    spec: `@deno/${denoMachine}@2.9`,
    binary: `deno${exe}`,
    args: ['run', '--allow-all', '--no-remote', '--node-modules-dir=manual'],
  },
]

// ------------------------------------------------------------------------------------------------------------
// Consumers
// ------------------------------------------------------------------------------------------------------------

interface Consumer {
  readonly name: string
  readonly run: () => Promise<Outcome>
}

interface Program {
  readonly name: string
  /** Which of the installs it runs in, and where there. */
  readonly cwd: string
  /** Arguments for the runtime, one command after the other. Of each that runs the library, the output is the proof. */
  readonly commands: ReadonlyArray<ReadonlyArray<string>>
  readonly proof: RegExp
  /** Its last command is to fail, and what it says then is the proof. */
  readonly fails?: true
  readonly env?: NodeJS.ProcessEnv
}

const runProgram = async (
  { cwd, commands, proof, fails, env = {} }: Program,
  runtime: ReadonlyArray<string> = [process.execPath],
): Promise<Outcome> => {
  const [binary = '', ...flags] = runtime
  let all = ''
  for (const [index, args] of commands.entries()) {
    const isToFail = fails === true && index === commands.length - 1
    const { ok, output } = await run(binary, [...flags, ...args], cwd, env)
    all += output
    if (ok === isToFail) return { ok: false, output: all }
  }
  return proof.test(all) ? { ok: true, output: all } : { ok: false, output: `no ${String(proof)} in\n${all}` }
}

interface Installed {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, Installed>>
}

/** Whoever installs the library gets the SDK, what the SDK needs, and the peers. */
const checkInstall = async (folder: string): Promise<Outcome> => {
  const { ok, output } = await run('npm', ['ls', '--all', '--json'], folder)
  if (!ok) return { ok, output }
  const { dependencies = {} } = JSON.parse(output) as Installed
  const direct = Object.values(dependencies).flatMap((installed) =>
    // One that is optional and not installed is listed, too, without a version.
    Object.entries(installed.dependencies ?? {}).flatMap(([name, { version }]) =>
      version === undefined ? [] : [name],
    ),
  )
  const strangers = [
    ...Object.keys(dependencies).filter((name) => name !== 'aliyun-dm-connector'),
    ...direct.filter((name) => !/^(?:@alicloud\/.*|fp-ts|io-ts)$/.test(name)),
  ]
  return { ok: direct.length > 0 && strangers.length === 0, output: `it also brings ${strangers.join(', ')}` }
}

const sent = /^sent \d+$/m

interface Folders {
  /** The library, the sandbox and the command, as they come. */
  readonly fresh: string
  /** The library and the sandbox, with test runners, bundlers and compilers. */
  readonly tools: string
  /** The library and the sandbox, with the oldest peers. */
  readonly oldest: string
}

const programs = ({ fresh, tools, oldest }: Folders, endpoint: string): ReadonlyArray<Program> => {
  const bin = (path: string): string => join(tools, 'node_modules', path)
  /** Compiled once for both formats, then each is run; some resolutions know one format only. */
  const typescript =
    (folder: string, title: string, compiler: string) =>
    (resolution: string): Program => {
      const out = `out-${compiler}/${resolution}`
      const files = { bundler: ['main.mjs'], node10: ['main.cjs'] }[resolution] ?? ['main.mjs', 'main.cjs']
      // TypeScript 6 still knows it, but wants to hear that this is meant. TypeScript 7 does not know it.
      const flags =
        resolution === 'node10' && compiler === 'typescript' ? ['--ignoreDeprecations', '6.0'] : []
      return {
        name: `${title}, ${resolution}`,
        cwd: join(folder, 'typescript'),
        commands: [
          [bin(`${compiler}/bin/tsc`), '-p', `tsconfig.${resolution}.json`, '--outDir', out, ...flags],
          ...files.map((file) => [`${out}/${file}`]),
        ],
        proof: sent,
      }
    }
  const bundled = (bundler: string, format: 'cjs' | 'esm'): Program => {
    // Alone in a folder with nothing above it: what the bundle lacks it cannot find.
    const file = join(workspace, `${bundler}-${format}`, format === 'esm' ? 'handler.mjs' : 'handler.cjs')
    return {
      name: `serverless function, one file by ${bundler}, ${format}`,
      cwd: join(tools, 'serverless'),
      commands: [
        ['build.js', bundler, format, file],
        ['invoke.js', file],
      ],
      proof: sent,
      env: { ENDPOINT: endpoint },
    }
  }
  const command = join(fresh, 'node_modules/aliyun-dm/dist/index.js')
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
    ...['node10', 'node16', 'nodenext', 'bundler'].map(typescript(tools, 'typescript 6', 'typescript')),
    ...['nodenext', 'bundler'].map(typescript(tools, 'typescript 7', 'typescript-7')),
    ...['node10', 'nodenext', 'bundler'].map(typescript(tools, 'typescript 5.4', 'typescript-5')),
    ...['nodenext', 'bundler'].map(typescript(oldest, 'oldest fp-ts and io-ts', 'typescript')),
    {
      name: 'mocha and sinon, ES module',
      cwd: join(tools, 'mocha'),
      commands: [[bin('mocha/bin/mocha.js'), '--timeout', '20000', 'sign-in.test.mjs']],
      proof: /\b3 passing/,
    },
    {
      name: 'mocha and sinon, CommonJS',
      cwd: join(tools, 'mocha'),
      commands: [[bin('mocha/bin/mocha.js'), '--timeout', '20000', 'sign-in.test.cjs']],
      proof: /\b3 passing/,
    },
    {
      name: 'vitest',
      cwd: join(tools, 'vitest'),
      commands: [[bin('vitest/vitest.mjs'), 'run']],
      proof: /Tests\s+3 passed/,
      env: { NO_COLOR: '1', CI: 'true' },
    },
    {
      name: 'jest',
      cwd: join(tools, 'jest'),
      commands: [[bin('jest/bin/jest.js'), '--ci']],
      proof: /Tests:\s+2 passed/,
    },
    ...['esbuild', 'rolldown', 'webpack'].flatMap((bundler) => [
      bundled(bundler, 'cjs'),
      bundled(bundler, 'esm'),
    ]),
    {
      ...bundled('esbuild-as-it-comes', 'esm'),
      name: 'serverless function, esm by esbuild without a require, says what to do',
      proof: /Build with --format=cjs/,
      fails: true,
    },
  ]
}

// ------------------------------------------------------------------------------------------------------------
// The run
// ------------------------------------------------------------------------------------------------------------

interface Sandbox {
  readonly endpoint: string
  readonly stop: () => Promise<void>
}

/** Two at a time, as they come. */
const inPairs = async <A, B>(
  items: ReadonlyArray<A>,
  work: (item: A) => Promise<B>,
): Promise<ReadonlyArray<B>> => {
  const results: Array<B> = []
  // Both take from the same queue.
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all([worker(), worker()])
  return results
}

const report = async (consumer: Consumer): Promise<boolean> => {
  const start = performance.now()
  const { ok, output } = await consumer.run()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${consumer.name} (${seconds} s)`)
  if (!ok) console.log(output.trim().replace(/^/gm, '       '))
  return ok
}

const main = async (): Promise<boolean> => {
  const { library, sandbox: sandboxTarball, command } = await pack()
  const both = [library, sandboxTarball]
  const testing = ['mocha@12', 'sinon@22', 'vitest@4', 'jest@30']
  const bundling = ['esbuild@0.28', 'rolldown@1', 'webpack@5']
  const typing = ['typescript@6', 'typescript-7@npm:typescript@7', 'typescript-5@npm:typescript@5.4']
  const installs: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ['tools', [...both, ...testing, ...bundling, ...typing, '@types/node@20']],
    ['alone', [library]],
    ['fresh', [...both, command]],
    ['oldest', [...both, ...oldestPeers, '@types/node@20']],
    ['runtimes', runtimes.map(({ alias, spec }) => `${alias}@npm:${spec}`)],
  ]
  await inPairs(installs, ([name, packages]) => install(name, packages))
  const folder = (name: string): string => join(workspace, name)
  // An example for readers is a consumer, too.
  const example = 'sign-up.vitest.test.mjs'
  cpSync(join(root, 'packages/sandbox/examples', example), join(folder('tools'), 'vitest', example))

  const { startSandbox } = createRequire(join(folder('fresh'), 'index.js'))('aliyun-dm-sandbox') as {
    readonly startSandbox: () => () => Promise<{ readonly right: Sandbox }>
  }
  const { right: sandbox } = await startSandbox()()

  const folders: Folders = { fresh: folder('fresh'), tools: folder('tools'), oldest: folder('oldest') }
  const all = programs(folders, sandbox.endpoint)
  const everywhere = all.filter(({ name }) => ['commonjs', 'esm'].includes(name))
  const consumers: ReadonlyArray<Consumer> = [
    { name: 'the library brings the SDK and its peers only', run: () => checkInstall(folder('alone')) },
    ...all.map((program) => ({ name: program.name, run: () => runProgram(program) })),
    ...runtimes.flatMap(({ name, alias, binary, args }) =>
      everywhere.map((program) => ({
        name: `${program.name}, ${name}`,
        run: () => runProgram(program, [join(folder('runtimes'), 'node_modules', alias, binary), ...args]),
      })),
    ),
  ]
  const chosen = consumers.filter(
    ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
  )
  const results = await inPairs(chosen, report)
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
