/**
 * The command: runs a sandbox until it is interrupted, or around another command, and tells what arrives.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { parseArgs, styleText } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { startSandbox, type InboxEvent, type Sandbox, type SandboxOptions } from './index.js'

const help = (name: string): string => `Usage: ${name} [options] [-- command args…]

Runs a DirectMail on this machine. It checks requests as the service does, keeps
the mails in an inbox with a page and a JSON API, and sends nothing on.

Without a command it runs until it is interrupted or its parent ends. With one
it runs as long as the command, and exits with the command's code. The command
finds ALIYUN_DM_ENDPOINT, ALIBABA_CLOUD_ACCESS_KEY_ID and
ALIBABA_CLOUD_ACCESS_KEY_SECRET in its environment.

Options:
  --port <number>      port; 0, any free one, is the default for a command,
                       else 8025
  --host <address>     where to listen (default: 127.0.0.1); 0.0.0.0 lets other
                       machines and containers in, and lets them read the mails
  --allow-host <name>  a name that clients reach it under; may be repeated;
                       others are refused. In a container both are needed:
                       --host 0.0.0.0 to be reached, and its name here
  --key <id:secret>    a key pair to check signatures with; may be repeated
  --sender <address>   a sender address that exists; may be repeated
  --latency <ms>       milliseconds by which every answer is late
  --throttle <n>       requests a second before Throttling.User
  --capacity <n>       mails to keep; the oldest go first (default: 500)
  --max-memory <mb>    megabytes of mails to keep (default: 256)
  --events <url>       push what becomes of each mail to this address, signed as
                       EventBridge signs; the key is at /certificate.pem
  --ready-file <file>  write the endpoint into this file once it can be used
  --json               print a JSON value for each event, one a line
  -h, --help           show this

Examples:
  $ ${name}
  $ ${name} -- npm test
  $ ${name} --port 0 --ready-file ready --json
  $ ${name} --host 0.0.0.0 --allow-host mail --key test:secret`

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const
const flag = { type: 'boolean' } as const
const known = {
  port: text,
  host: text,
  'allow-host': texts,
  key: texts,
  sender: texts,
  latency: text,
  throttle: text,
  capacity: text,
  'max-memory': text,
  events: text,
  'ready-file': text,
  json: flag,
  help: { ...flag, short: 'h' },
} as const

interface Plan {
  readonly sandbox: SandboxOptions
  /** The first key pair, for the command that is run. */
  readonly keyPair: readonly [id: string, secret: string]
  readonly command: ReadonlyArray<string>
  readonly readyFile: string | undefined
  readonly isJson: boolean
  readonly isHelp: boolean
}

const parseWholeNumber = (name: string, value: string | undefined): number | undefined => {
  if (value === undefined) return undefined
  if (!/^\d{1,9}$/.test(value)) throw new Error(`option --${name} takes a whole number.`)
  return Number(value)
}

const parseKeyPair = (value: string): readonly [string, string] => {
  const [, id, secret] = /^([^:]+):(.+)$/s.exec(value) ?? []
  // Without what was given: half of it is a secret.
  if (id === undefined || secret === undefined)
    throw new Error('option --key takes ID:SECRET, such as test:secret.')
  return [id, secret]
}

/** `parseArgs` throws, and so do the readers of values. Their messages repeat no value. */
const parse = (args: ReadonlyArray<string>): E.Either<string, Plan> => {
  const end = args.includes('--') ? args.indexOf('--') : args.length
  const command = args.slice(end + 1)
  return E.tryCatch(
    () => {
      const { values, positionals } = parseArgs({
        args: args.slice(0, end),
        options: known,
        allowPositionals: true,
      })
      if (positionals.length > 0) throw new Error('an argument that is no option. A command comes after --.')
      if (end < args.length && command.length === 0) throw new Error('there is no command after --.')
      const keys = (values.key ?? []).map(parseKeyPair)
      return {
        sandbox: {
          port: parseWholeNumber('port', values.port) ?? (command.length > 0 ? 0 : 8025),
          host: values.host,
          allowedHosts: values['allow-host'],
          accessKeys: keys.length > 0 ? Object.fromEntries(keys) : undefined,
          senders: values.sender,
          latencyMs: parseWholeNumber('latency', values.latency),
          throttlePerSecond: parseWholeNumber('throttle', values.throttle),
          capacity: parseWholeNumber('capacity', values.capacity),
          maxMemoryMb: parseWholeNumber('max-memory', values['max-memory']),
          events: values.events,
        },
        keyPair: keys[0] ?? ['sandbox', 'sandbox'],
        command,
        readyFile: values['ready-file'],
        isJson: values.json === true,
        isHelp: values.help === true,
      }
    },
    // The rest of a message of parseArgs is advice on positional arguments, which there are none of.
    (error) => (error instanceof Error ? error.message.replace(/^(Unknown option '-[^'=]*).*/s, "$1'") : ''),
  )
}

/** What a terminal obeys, or shows where it is not. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu

/** One line, whatever a mail has in it. */
const toLine = (...parts: ReadonlyArray<string | undefined>): string =>
  parts
    .filter((part) => part !== undefined)
    .join('  ')
    .replace(unprintable, ' ')

/** The same value in JSON, on one line. */
const toJsonLine = (value: object): string =>
  JSON.stringify(value).replace(unprintable, (characters) =>
    Array.from(
      { length: characters.length },
      (_, index) => `\\u${characters.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  )

type Style = Parameters<typeof styleText>[0]

/** Node gives up on a pipe (ENOBUFS) when 2 GiB wait for its reader. */
const maxWaitingBytes = 16 * 1024 * 1024

/** Where the command writes: its own output is standard error where another command owns standard output. */
const createOutput = (stream: NodeJS.WriteStream) => ({
  print: (...lines: ReadonlyArray<string>): void => void stream.write(`${lines.join('\n')}\n`),
  style: (style: Style, part: string): string =>
    stream.isTTY && process.env['NO_COLOR'] === undefined ? styleText(style, part) : part,
  /** Whether the reader is so slow that more output would fill the memory. */
  isBehind: (): boolean => stream.writableLength > maxWaitingBytes,
  /** Resolves with the reason once nothing can be written any more. */
  broken: new Promise<string>((resolve) => {
    stream.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  }),
})
type Output = ReturnType<typeof createOutput>

const formatTime = (iso: string): string => new Date(iso).toTimeString().slice(0, 8)

const tellLine = ({ print, style }: Output, event: InboxEvent): void => {
  if (event.type === 'mail') {
    const { receivedAt, toAddress, subject, signature } = event.mail
    const rest = toLine(toAddress, subject, signature.verified ? '(signature verified)' : undefined)
    print(`${style('dim', formatTime(receivedAt))}  ${style('green', 'mail')}     ${rest}`)
  }
  if (event.type === 'refused') {
    const { receivedAt, toAddress, code, statusCode } = event.refused
    const rest = toLine(toAddress, `${code} (HTTP ${statusCode})`)
    print(`${style('dim', formatTime(receivedAt))}  ${style('red', 'refused')}  ${rest}`)
  }
}

const introduce = ({ print, style }: Output, { endpoint }: Sandbox, { sandbox }: Plan): void => {
  const isOpen = sandbox.host === '0.0.0.0' || sandbox.host === '::'
  print(
    style('bold', 'DirectMail on this machine. Nothing is sent on; Ctrl-C stops it.'),
    `  Endpoint  ${style('cyan', endpoint)}`,
    `  Inbox     ${style('cyan', `${endpoint}/`)}`,
    `  Keys      ${sandbox.accessKeys ? 'signatures are checked' : 'any key pair will do; --key ID:SECRET checks signatures'}`,
    ...(isOpen && sandbox.allowedHosts === undefined
      ? ['  Names     none is served, only addresses; --allow-host NAME serves one']
      : []),
    '',
    'Point an Alibaba Cloud SDK at the endpoint, with the protocol HTTP.',
    '',
  )
}

/** The parent of a process, where the system tells it as Linux does. */
const findParent = (pid: number): number | undefined =>
  E.toUnion(
    E.tryCatch(
      () => Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]),
      () => undefined,
    ),
  )

/** Who started this process: its parent, and under npm and npx the parent's parent, because npm puts a shell between. */
const findAncestors = (): string =>
  [process.ppid, process.env['npm_command'] === undefined ? 0 : findParent(process.ppid)].join()

/** Resolves when one of the ancestors is gone. Never, where the parent was the system itself. */
const untilOrphaned = (ancestors: string, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (ancestors.startsWith('1,')) return
    const timer = setInterval(() => {
      if (findAncestors() !== ancestors) resolve()
    }, 250)
    signal.addEventListener('abort', () => clearInterval(timer))
  })

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Ctrl-C or a polite kill. A second Ctrl-C ends the process at once, as usual. */
const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve())
  })

/** Runs the command; its exit code, as a shell would have it. */
const runAround = (
  endpoint: string,
  { command: [file = '', ...args], keyPair }: Plan,
  ended: AbortSignal,
): Promise<number | string> =>
  new Promise((resolve) => {
    const child = spawn(file, args, {
      stdio: 'inherit',
      env: {
        ...process.env,
        ALIYUN_DM_ENDPOINT: endpoint,
        ALIBABA_CLOUD_ACCESS_KEY_ID: keyPair[0],
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: keyPair[1],
      },
    })
    for (const signal of signals) {
      // A terminal tells the child of Ctrl-C itself.
      process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)))
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

const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? '' : 's'}`

/**
 * Runs the sandbox's command with its arguments, and resolves with the code to exit with: that of the command it was
 * run around, else 0 when it was interrupted or nobody reads its output any more, 1 when the port or a file could not be
 * had or its output could not be written, 2 when the arguments cannot be used. It writes to the process's standard output and error, and listens to its signals.
 *
 * @example
 * import { runSandboxCommand } from 'aliyun-dm-sandbox/command'
 *
 * process.exitCode = await runSandboxCommand(['--help'], { name: 'my-tool sandbox' })
 *
 * @category command
 * @since 0.1.0
 */
export const runSandboxCommand = async (
  args: ReadonlyArray<string>,
  { name = 'aliyun-dm-sandbox' }: { readonly name?: string | undefined } = {},
): Promise<number> => {
  const [out, err] = [createOutput(process.stdout), createOutput(process.stderr)]
  const complain = (message: string): void => err.print(`${name}: ${message}`)
  const explainBroken = (code: string): number => {
    // A reader that goes away, as head does, is no failure.
    if (code === 'EPIPE') return 0
    complain(`standard output cannot be written to (${code}).`)
    return 1
  }
  // Before anything else: who waits for a line of ours may be gone right after it.
  const ancestors = findAncestors()
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
  const { endpoint } = sandbox
  const isAround = plan.command.length > 0
  // Before anybody is told that it runs, and may interrupt it. Around a command, that one is told to end.
  const interrupted = isAround ? undefined : untilInterrupted().then(() => 0)
  if (plan.readyFile !== undefined && !(await writeReadyFile(plan.readyFile, endpoint))) {
    await sandbox.stop()
    complain('the ready file cannot be written.')
    return 1
  }
  const output = isAround ? err : out
  const tell = (event: object): void => output.print(toJsonLine(event))
  const counts = { mail: 0, refused: 0, deleted: 0, cleared: 0 }
  let skipped = 0
  const catchUp = (): void => {
    if (skipped === 0) return
    if (plan.isJson) tell({ type: 'skipped', events: skipped })
    else output.print(`${count(skipped, 'event')} not shown: whoever reads this is too slow.`)
    skipped = 0
  }
  sandbox.subscribe((event) => {
    counts[event.type] += 1
    if (isAround && !plan.isJson) return
    // A slow reader misses events; the mails are all in the inbox.
    if (output.isBehind()) {
      skipped += 1
      return
    }
    catchUp()
    if (plan.isJson) tell(event)
    else tellLine(output, event)
  })()
  if (plan.isJson) tell({ type: 'listening', endpoint, inbox: `${endpoint}/` })
  else if (!isAround) introduce(output, sandbox, plan)

  const ended = new AbortController()
  const orphaned = untilOrphaned(ancestors, ended.signal).then(() => 0)
  const done =
    interrupted === undefined
      ? runAround(endpoint, plan, ended.signal)
      : Promise.race([interrupted, out.broken.then(explainBroken)])
  const result = await Promise.race([done, orphaned])
  ended.abort()
  await sandbox.stop()
  if (plan.readyFile !== undefined) await rm(plan.readyFile, { force: true })
  if (typeof result === 'string') {
    complain(result)
    return 127
  }
  catchUp()
  if (!plan.isJson && !isAround) {
    output.print(
      `Stopped. ${count(counts.mail, 'mail')} received, ${count(counts.refused, 'request')} refused.`,
    )
  }
  return result
}
