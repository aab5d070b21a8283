/**
 * Runs the built command as its users do: as a process of its own, with arguments, an environment and standard input.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** As it was built: compiling it anew for each run takes longer than running it. */
export const command = fileURLToPath(new URL('../dist/index.js', import.meta.url))

export interface Run {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
}

/** Neither the key pair nor the taste in colours of whoever runs the tests. */
const environment = (extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^ALIBABA_CLOUD_|^NO_COLOR$|^FORCE_COLOR$|^NODE_OPTIONS$|^NODE_V8_COVERAGE$/.test(name),
  )
  return { ...Object.fromEntries(own), TZ: 'UTC', ...extra }
}

export const start = (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>): ChildProcess =>
  spawn(process.execPath, [command, ...args], {
    env: environment(env),
    stdio: 'pipe',
  })

export const run = (args: ReadonlyArray<string>, { env, stdin }: RunOptions = {}): Promise<Run> =>
  new Promise((resolve, reject) => {
    const child = start(args, env)
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    // It may not read to the end, and is not to be waited for then.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(stdin ?? '')
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })

/** Runs many at once, a few at a time. */
export const runAll = async (
  runs: ReadonlyArray<readonly [args: ReadonlyArray<string>, options?: RunOptions]>,
): Promise<ReadonlyArray<Run>> => {
  const results: Array<Run> = []
  const waiting = [...runs.entries()]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results[next[0]] = await run(...next[1])
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  return results
}

const folder = mkdtempSync(join(tmpdir(), 'aliyun-dm-test-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** A new folder, or a path in one that does not exist yet. */
export const freshPath = (name = ''): string => join(mkdtempSync(join(folder, 'd')), name)

export const fileOf = (content: unknown): string => {
  const path = join(folder, `connector-${++files}.json`)
  writeFileSync(
    path,
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content, null, 2),
  )
  return path
}

export const secret = 'sEcReT0fTheTests'

export const template = (usageType: string, content = '<p>{{code}}</p>', rest: object = {}): object => ({
  usageType,
  subject: 'Your code',
  content,
  ...rest,
})

/** A config about which there is nothing to say. */
export const config = (rest: object = {}): Readonly<Record<string, unknown>> => ({
  accessKeyId: 'LTAItest',
  accessKeySecret: secret,
  accountName: 'no-reply@mail.example.com',
  templates: [
    ...['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => template(usageType)),
    template('OrganizationInvitation', '<a href="{{link}}">Join {{organization.name}}</a>'),
    ...['UserPermissionValidation', 'BindNewIdentifier', 'MfaVerification', 'BindMfa'].map((usageType) =>
      template(usageType),
    ),
  ],
  ...rest,
})

/** The text of a golden file. With UPDATE_GOLDEN set, writes it first. */
export const golden = (name: string, actual: string): string => {
  const path = new URL(`golden/${name}`, import.meta.url)
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(path, actual)
  return readFileSync(path, 'utf8')
}
