/**
 * Runs the command: within the tests' own process, where only its text matters, or as it was built, where the process
 * matters. What is installed is what runs then; compiling it anew for each run takes longer than running it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../../src/command.js'
import { type OutputStream, writeTo } from '../../src/terminal.js'
import type { Shell } from '../../src/shell.js'

export const builtCommand = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A window to print in, with colours or without. */
export interface Terminal {
  readonly columns: number
  readonly colours?: boolean
}

export interface RunOptions {
  /** None, unless given. */
  readonly terminal?: Terminal | undefined
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  /** Never, unless given. */
  readonly untilInterrupted?: () => Promise<void>
}

/** A stream that keeps what it is given, and emits `printed`. */
export const createSink = (
  terminal?: Terminal,
): { readonly stream: OutputStream; readonly text: () => string } => {
  const chunks: Array<Buffer> = []
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk)
      stream.emit('printed')
      done()
    },
  })
  if (terminal !== undefined)
    Object.assign(stream, {
      isTTY: true,
      columns: terminal.columns,
      hasColors: () => terminal.colours === true,
    })
  return { stream, text: () => Buffer.concat(chunks).toString() }
}

const fail = (code: string): never => {
  throw new Error(code)
}

/** A shell that writes to a stream of the test's own. */
export const createShell = (
  out: OutputStream,
  err: OutputStream,
  { env = {}, stdin = '', untilInterrupted = () => new Promise(() => undefined) }: RunOptions = {},
): Shell => ({
  out: writeTo(out, fail),
  err: writeTo(err, fail),
  stdin: Readable.from([Buffer.from(stdin)]),
  env,
  untilInterrupted,
})

/** Runs a command line in this process. */
export const run = async (args: ReadonlyArray<string>, options?: RunOptions): Promise<Run> => {
  const [out, err] = [createSink(options?.terminal), createSink(options?.terminal)]
  const code = await runCommand(args, createShell(out.stream, err.stream, options))
  return { code, stdout: out.text(), stderr: err.text() }
}

/** Neither the key pair nor the taste in colours of whoever runs the tests. */
const createEnvironment = (extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => {
  const own = Object.entries(process.env).filter(
    ([name]) =>
      !/^ALIBABA_CLOUD_|^ALIYUN_DM_|^NO_COLOR$|^FORCE_COLOR$|^NODE_OPTIONS$|^NODE_V8_COVERAGE$/.test(name),
  )
  return { ...Object.fromEntries(own), TZ: 'UTC', ...extra }
}

/** Runs with these variables in the environment of this process, which the SDK's providers read. */
export const withEnvironment = async <A>(
  env: Readonly<Record<string, string>>,
  use: () => Promise<A>,
): Promise<A> => {
  Object.assign(process.env, env)
  try {
    return await use()
  } finally {
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name)
  }
}

/** Starts the built command. */
export const start = (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>): ChildProcess =>
  spawn(process.execPath, [builtCommand, ...args], { env: createEnvironment(env), stdio: 'pipe' })

/** Runs the built command. */
export const runBuilt = (args: ReadonlyArray<string>, { env, stdin }: RunOptions = {}): Promise<Run> =>
  new Promise((resolve, reject) => {
    const child = start(args, env)
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    // It may not read to the end.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(stdin ?? '')
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
