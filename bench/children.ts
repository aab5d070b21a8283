/**
 * Processes to measure in: each contender has its own, so that none pays for what another has left behind.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const fileOf = (script: string): string => fileURLToPath(new URL(`./${script}.js`, import.meta.url))

/** The next message of a child. Fails if the child ends first. */
const nextMessage = async <A>(child: ChildProcess): Promise<A> => {
  const ended = new AbortController()
  const onExit = (): void => ended.abort()
  child.once('exit', onExit)
  try {
    const [message] = (await once(child, 'message', { signal: ended.signal })) as Array<unknown>
    // Parent and child are built from the same files: the caller names what the child sends.
    return message as A
  } catch {
    throw new Error(`A process ended before it had answered: ${child.spawnargs.slice(1).join(' ')}`)
  } finally {
    child.off('exit', onExit)
  }
}

/** A process that answers one command at a time. */
export interface Worker<Command, Answer> {
  readonly ask: (command: Command) => Promise<Answer>
  readonly stop: () => void
  /** As when the machine loses power. */
  readonly kill: () => void
}

/** Starts a script and waits for its first message. */
export const start = async <First, Command, Answer>(
  script: string,
  args: ReadonlyArray<string | number> = [],
  execArgv: ReadonlyArray<string> = [],
): Promise<readonly [First, Worker<Command, Answer>]> => {
  const child = fork(fileOf(script), args.map(String), { execArgv: [...execArgv], serialization: 'advanced' })
  const first = await nextMessage<First>(child)
  return [
    first,
    {
      ask: (command) => {
        const answer = nextMessage<Answer>(child)
        // Node takes anything that can be cloned; its type names what JSON can.
        child.send(command as object)
        return answer
      },
      stop: () => child.disconnect(),
      kill: () => child.kill('SIGKILL'),
    },
  ]
}

/**
 * Runs a script to its end in a fresh process and reads the JSON that it prints. With `maxFiles` the process may
 * have so many file descriptors open and no more: the hard limit, since Node raises the soft one.
 */
export const runFresh = async <A>(
  script: string,
  args: ReadonlyArray<string | number>,
  { maxFiles, execArgv = [] }: { readonly maxFiles?: number; readonly execArgv?: ReadonlyArray<string> } = {},
): Promise<A> => {
  const command = [process.execPath, ...execArgv, fileOf(script), ...args.map(String)]
  const limited = maxFiles === undefined ? 'exec "$@"' : `ulimit -n ${maxFiles} && exec "$@"`
  const child = spawn('sh', ['-c', limited, 'sh', ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const output = await child.stdout.setEncoding('utf8').toArray()
  await closed
  try {
    // As above: the caller names what the script prints.
    return JSON.parse(output.join('')) as A
  } catch {
    throw new Error(`${script} ${args.join(' ')} printed no result`)
  }
}
