/**
 * The command: runs a sandbox until it is interrupted, or around another command, and tells what arrives.
 */
import { spawn } from 'node:child_process'
import { rename, rm, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { type Child, findAncestors, untilOrphaned } from './ancestors.js'
import { help, parse, type Plan } from './arguments.js'
import { count, createOutput, createTeller, type OutputStream } from './output.js'
import { startSandbox } from '../index.js'

/** What the command uses of its process. A test has one of its own. */
export interface CommandProcess extends Child {
  readonly stdin: { readonly isTTY?: boolean }
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly on: (signal: Signal, listener: () => void) => unknown
  readonly once: (signal: Signal, listener: () => void) => unknown
  readonly off: (signal: Signal, listener: () => void) => unknown
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Signal = (typeof signals)[number]

/** Ctrl-C or a polite kill. A second one ends the process at once, as usual. */
const untilInterrupted = (self: CommandProcess, ended: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of signals) {
      self.once(signal, resolve)
      ended.addEventListener('abort', () => self.off(signal, resolve))
    }
  })

/** Runs the command; its exit code, as a shell would have it, or why it cannot be run. */
const runAround = (
  self: CommandProcess,
  endpoint: string,
  { command: [file = '', ...args], keyPair }: Plan,
  ended: AbortSignal,
): Promise<number | string> =>
  new Promise((resolve) => {
    const child = spawn(file, args, {
      stdio: 'inherit',
      env: {
        ...self.env,
        ALIYUN_DM_ENDPOINT: endpoint,
        ALIBABA_CLOUD_ACCESS_KEY_ID: keyPair[0],
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: keyPair[1],
      },
    })
    for (const signal of signals) {
      // A terminal tells the child of Ctrl-C itself.
      const tell = (): unknown => (signal === 'SIGINT' && self.stdin.isTTY ? undefined : child.kill(signal))
      self.on(signal, tell)
      child.once('close', () => self.off(signal, tell))
    }
    ended.addEventListener('abort', () => child.kill())
    child.once('error', () => resolve(`cannot run ${JSON.stringify(file)}.`))
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    )
  })

/** Whoever finds the file finds the whole endpoint in it. */
const writeReadyFile = async (file: string, endpoint: string): Promise<boolean> => {
  const draft = `${file}.${process.pid}`
  return writeFile(draft, `${endpoint}\n`)
    .then(() => rename(draft, file))
    .then(
      () => true,
      () => false,
    )
}

/** Runs the command, as `self`. */
export const runCommand = async (
  args: ReadonlyArray<string>,
  name: string,
  self: CommandProcess,
): Promise<number> => {
  const [out, err] = [createOutput(self.stdout, self.env), createOutput(self.stderr, self.env)]
  const complain = (message: string): void => err.print(`${name}: ${message}`)
  const explainBroken = (code: string): number => {
    // A reader that goes away, as head does, is no failure.
    if (code === 'EPIPE') return 0
    complain(`standard output cannot be written to (${code}).`)
    return 1
  }
  // Before anything else: who waits for a line of ours may be gone right after it.
  const ancestors = findAncestors(self)
  const parsed = parse(args)
  if (E.isLeft(parsed)) {
    complain(parsed.left)
    return 2
  }
  const plan = parsed.right
  if (plan.isHelp) {
    out.print(help(name))
    // A file is written at once, and says on the next turn that it could not be.
    return Promise.race([out.broken.then(explainBroken), setImmediate(0)])
  }
  const started = await startSandbox(plan.sandbox)()
  if (E.isLeft(started)) {
    const reason = started.left.message.replace(/^startSandbox: /, '')
    complain(`${reason}.${reason.endsWith('in use') ? ' Try --port 0 for any port that is free.' : ''}`)
    return reason.startsWith('cannot listen') ? 1 : 2
  }
  const sandbox = started.right
  const isAround = plan.command.length > 0
  const ended = new AbortController()
  // Before anybody is told that it runs, and may interrupt it. Around a command, that one is told to end.
  const interrupted = isAround ? undefined : untilInterrupted(self, ended.signal).then(() => 0)
  if (plan.readyFile !== undefined && !(await writeReadyFile(plan.readyFile, sandbox.endpoint))) {
    ended.abort()
    await sandbox.stop()
    complain('the ready file cannot be written.')
    return 1
  }
  // The other command owns standard output.
  const output = isAround ? err : out
  const isTold = plan.isJson || !isAround
  const teller = createTeller(output, plan)
  const counts = { mail: 0, refused: 0, deleted: 0, cleared: 0 }
  sandbox.subscribe((event) => {
    counts[event.type] += 1
    if (isTold) teller.tell(event)
  })()
  if (isTold) teller.introduce(sandbox)

  const orphaned = untilOrphaned(self, ancestors, ended.signal).then(() => 0)
  const done =
    interrupted === undefined
      ? runAround(self, sandbox.endpoint, plan, ended.signal)
      : Promise.race([interrupted, out.broken.then(explainBroken)])
  const result = await Promise.race([done, orphaned])
  ended.abort()
  await sandbox.stop()
  if (plan.readyFile !== undefined) await rm(plan.readyFile, { force: true })
  if (typeof result === 'string') {
    complain(result)
    return 127
  }
  teller.catchUp()
  if (!plan.isJson && !isAround) {
    output.print(
      `Stopped. ${count(counts.mail, 'mail')} received, ${count(counts.refused, 'request')} refused.`,
    )
  }
  return result
}
