/**
 * `aliyun-dm sandbox`: runs the embedded DirectMail until it is interrupted, and prints what arrives.
 */
import * as E from 'fp-ts/lib/Either.js'
import { type InboxEvent, type SandboxOptions, startSandbox } from 'aliyun-dm-sandbox'
import { complain, pluralize } from './diagnostics.js'
import { type ExitCode, exitFailed, exitOk, exitUnusable } from './exit.js'
import type { Shell } from './shell.js'
import { type Output, styled } from './terminal.js'

export interface SandboxCommandOptions {
  readonly port: number
  /** `ID:SECRET` each, as given. */
  readonly key?: ReadonlyArray<string>
  readonly sender?: ReadonlyArray<string>
  readonly latency?: number
  readonly throttle?: number
  readonly json?: boolean
}

export const sandbox = async (shell: Shell, options: SandboxCommandOptions): Promise<ExitCode> => {
  const keys = (options.key ?? []).map(parseKeyPair)
  if (keys.includes(undefined)) {
    // Without what was given: half of it is a secret.
    complain(shell, 'option --key takes ID:SECRET, such as test:secret.')
    return exitUnusable
  }
  const started = await startSandbox(toSettings(options, keys))()
  if (E.isLeft(started)) {
    const reason = started.left.message.replace(/^startSandbox: /, '')
    const advice = reason.includes('in use') ? ['Try --port 0 for any port that is free.'] : []
    complain(shell, `${reason}.`, ...advice)
    return exitFailed
  }
  const { endpoint, subscribe, stop } = started.right
  const { out } = shell
  const { printEvent, printSkipped } = options.json === true ? jsonFormat : lineFormat
  const counts = { mails: 0, refused: 0, skipped: 0 }
  const catchUp = (): void => {
    if (counts.skipped > 0) printSkipped(out, counts.skipped)
    counts.skipped = 0
  }
  subscribe((event) => {
    if (event.type === 'mail') counts.mails++
    if (event.type === 'refused') counts.refused++
    // A slow reader misses events; the mails are all in the inbox.
    if (out.isBehind()) {
      counts.skipped++
      return
    }
    catchUp()
    printEvent(out, event)
  })()
  const stopped = Promise.race([
    shell.untilInterrupted(),
    new Promise<void>((resolve) => out.onClosed(resolve)),
  ])
  if (options.json === true) out.json({ type: 'listening', endpoint, inbox: `${endpoint}/` }, 0)
  else introduce(out, endpoint, keys.length > 0)
  await stopped
  await stop()
  catchUp()
  if (options.json !== true)
    out.print(
      `Stopped. ${pluralize(counts.mails, 'mail')} received, ${pluralize(counts.refused, 'request')} refused.`,
    )
  return exitOk
}

type KeyPair = readonly [id: string, secret: string]

const parseKeyPair = (argument: string): KeyPair | undefined => {
  const end = argument.indexOf(':')
  return end > 0 && end < argument.length - 1 ? [argument.slice(0, end), argument.slice(end + 1)] : undefined
}

const toSettings = (
  { port, sender, latency, throttle }: SandboxCommandOptions,
  keys: ReadonlyArray<KeyPair | undefined>,
): SandboxOptions => ({
  port,
  ...(keys.length === 0 ? {} : { accessKeys: Object.fromEntries(keys.filter((key) => key !== undefined)) }),
  ...(sender === undefined ? {} : { senders: sender }),
  ...(latency === undefined ? {} : { latencyMs: latency }),
  ...(throttle === undefined ? {} : { throttlePerSecond: throttle }),
})

const introduce = (out: Output, endpoint: string, checksKeys: boolean): void =>
  out.print(
    [styled('bold', 'DirectMail on this machine. Nothing is sent on; Ctrl-C stops it.')],
    ['  Endpoint  ', styled('cyan', endpoint)],
    ['  Inbox     ', styled('cyan', `${endpoint}/`)],
    `  Keys      ${checksKeys ? 'signatures are checked' : 'any key pair will do; --key ID:SECRET checks signatures'}`,
    '',
    'Send something:',
    `  aliyun-dm send connector.json --to you@example.com --var code=123456 \\`,
    `    --endpoint ${endpoint}`,
    '',
  )

const formatTime = (iso: string): string => new Date(iso).toTimeString().slice(0, 8)

const printLine = (out: Output, event: InboxEvent): void => {
  if (event.type === 'mail') {
    const { receivedAt, toAddress, subject, signature } = event.mail
    const rest = [toAddress, subject, ...(signature.verified ? ['(signature verified)'] : [])].join('  ')
    out.print([styled('dim', formatTime(receivedAt)), '  ', styled('green', 'mail'), `     ${rest}`])
  }
  if (event.type === 'refused') {
    const { receivedAt, toAddress, code, statusCode } = event.refused
    const rest = [...(toAddress === undefined ? [] : [toAddress]), `${code} (HTTP ${statusCode})`].join('  ')
    out.print([styled('dim', formatTime(receivedAt)), '  ', styled('red', 'refused'), `  ${rest}`])
  }
}

interface Format {
  readonly printEvent: (out: Output, event: InboxEvent) => void
  readonly printSkipped: (out: Output, count: number) => void
}

const lineFormat: Format = {
  printEvent: printLine,
  printSkipped: (out, count) =>
    out.print(`${pluralize(count, 'event')} not shown: whoever reads this is too slow.`),
}

/** A JSON value on each line. */
const jsonFormat: Format = {
  printEvent: (out, event) => out.json(event, 0),
  printSkipped: (out, count) => out.json({ type: 'skipped', events: count }, 0),
}
