/**
 * `aliyun-dm sandbox`: runs the embedded DirectMail until it is interrupted, and tells what arrives.
 */
import * as E from 'fp-ts/lib/Either.js'
import { type InboxEvent, type SandboxOptions, startSandbox } from 'aliyun-dm-sandbox'
import { counted } from './diagnostics.js'
import { complain, type ExitCode, exitFailed, exitOk, exitUnusable } from './exit.js'
import { type Output, printable, type Terminal } from './terminal.js'

export interface SandboxCommandOptions {
  readonly port: number
  /** `ID:SECRET` each, as given. */
  readonly key?: ReadonlyArray<string>
  readonly sender?: ReadonlyArray<string>
  readonly latency?: number
  readonly throttle?: number
  readonly json?: boolean
}

export const sandbox = async (terminal: Terminal, options: SandboxCommandOptions): Promise<ExitCode> => {
  const keys = (options.key ?? []).map(keyPairOf)
  if (keys.includes(undefined)) {
    // Without what was given: half of it is a secret.
    complain(terminal, 'option --key takes ID:SECRET, such as test:secret.')
    return exitUnusable
  }
  const started = await startSandbox(settingsOf(options, keys))()
  if (E.isLeft(started)) {
    const reason = started.left.message.replace(/^startSandbox: /, '')
    complain(
      terminal,
      `${reason}.`,
      ...(reason.includes('in use') ? ['Try --port 0 for any port that is free.'] : []),
    )
    return exitFailed
  }
  const { endpoint, subscribe, stop } = started.right
  const tell = options.json === true ? tellJson : tellLine
  const counts = { mails: 0, refused: 0 }
  subscribe((event) => {
    if (event.type === 'mail') counts.mails++
    if (event.type === 'refused') counts.refused++
    tell(terminal.out, event)
  })()
  const interrupted = untilInterrupted(terminal.out)
  if (options.json === true) terminal.out.json({ type: 'listening', endpoint, inbox: `${endpoint}/` }, 0)
  else introduce(terminal.out, endpoint, keys.length > 0)
  await interrupted
  await stop()
  if (options.json !== true)
    terminal.out.print(
      `Stopped. ${counted(counts.mails, 'mail')} received, ${counted(counts.refused, 'request')} refused.`,
    )
  return exitOk
}

type KeyPair = readonly [id: string, secret: string]

const keyPairOf = (argument: string): KeyPair | undefined => {
  const end = argument.indexOf(':')
  return end > 0 && end < argument.length - 1 ? [argument.slice(0, end), argument.slice(end + 1)] : undefined
}

const settingsOf = (
  { port, sender, latency, throttle }: SandboxCommandOptions,
  keys: ReadonlyArray<KeyPair | undefined>,
): SandboxOptions => ({
  port,
  ...(keys.length === 0 ? {} : { accessKeys: Object.fromEntries(keys.filter((key) => key !== undefined)) }),
  ...(sender === undefined ? {} : { senders: sender }),
  ...(latency === undefined ? {} : { latencyMs: latency }),
  ...(throttle === undefined ? {} : { throttlePerSecond: throttle }),
})

/** Ctrl-C, a polite kill, or nobody reading any more. A second Ctrl-C ends the process at once, as usual. */
const untilInterrupted = (out: Output): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => resolve()
    out.onClosed(done)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, done)
  })

const introduce = (out: Output, endpoint: string, checksKeys: boolean): void =>
  out.print(
    out.style('bold', 'DirectMail on this machine. Nothing is sent on; Ctrl-C stops it.'),
    `  Endpoint  ${out.style('cyan', endpoint)}`,
    `  Inbox     ${out.style('cyan', `${endpoint}/`)}`,
    `  Keys      ${checksKeys ? 'signatures are checked' : 'any key pair will do; --key ID:SECRET checks signatures'}`,
    '',
    'Send something:',
    `  aliyun-dm send connector.json --to you@example.com --var code=123456 \\`,
    `    --endpoint ${endpoint}`,
    '',
  )

const timeOf = (iso: string): string => new Date(iso).toTimeString().slice(0, 8)

/** One line, whatever is in it. */
const line = (...parts: ReadonlyArray<string>): string =>
  printable(parts.join('  ').replace(/\s*[\r\n]+\s*/g, ' '))

const tellLine = (out: Output, event: InboxEvent): void => {
  if (event.type === 'mail') {
    const { receivedAt, toAddress, subject, signature } = event.mail
    const rest = line(toAddress, subject, ...(signature.verified ? ['(signature verified)'] : []))
    out.print(`${out.style('dim', timeOf(receivedAt))}  ${out.style('green', 'mail')}     ${rest}`)
  } else if (event.type === 'refused') {
    const { receivedAt, toAddress, code, statusCode } = event.refused
    const rest = line(...(toAddress === undefined ? [] : [toAddress]), `${code} (HTTP ${statusCode})`)
    out.print(`${out.style('dim', timeOf(receivedAt))}  ${out.style('red', 'refused')}  ${rest}`)
  }
}

/** A JSON value on each line. */
const tellJson = (out: Output, event: InboxEvent): void => out.json(event, 0)
