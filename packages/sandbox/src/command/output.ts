/**
 * What the command prints: lines for people, or JSON for programs.
 */
import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import type { InboxEvent, Sandbox } from '../index.js'
import type { Plan } from './arguments.js'

// ------------------------------------------------------------------------------------------------------------
// Streams
// ------------------------------------------------------------------------------------------------------------

/** A stream to write to, which may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean }

type Style = Parameters<typeof styleText>[0]

/** Node gives up on a pipe (ENOBUFS) when 2 GiB wait for its reader. */
const maxWaitingBytes = 16 * 1024 * 1024

export interface Output {
  readonly print: (...lines: ReadonlyArray<string>) => void
  readonly style: (style: Style, part: string) => string
  /** Whether the reader is so slow that more output would fill the memory. */
  readonly isBehind: () => boolean
  /** Resolves with the reason once nothing can be written any more. */
  readonly broken: Promise<string>
}

/** Writes to a stream. Colours appear on a terminal only, and never under NO_COLOR. */
export const createOutput = (
  stream: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
): Output => ({
  print: (...lines) => void stream.write(`${lines.join('\n')}\n`),
  style: (style, part) =>
    stream.isTTY === true && env['NO_COLOR'] === undefined
      ? styleText(style, part, { validateStream: false })
      : part,
  isBehind: () => stream.writableLength > maxWaitingBytes,
  broken: new Promise((resolve) => {
    stream.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  }),
})

// ------------------------------------------------------------------------------------------------------------
// Lines
// ------------------------------------------------------------------------------------------------------------

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

export const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? '' : 's'}`

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

// ------------------------------------------------------------------------------------------------------------
// What happens
// ------------------------------------------------------------------------------------------------------------

export interface Teller {
  readonly introduce: (sandbox: Sandbox) => void
  /** A slow reader misses events; the mails are all in the inbox. */
  readonly tell: (event: InboxEvent) => void
  /** Says how many events were missed. */
  readonly catchUp: () => void
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

export const createTeller = (output: Output, plan: Plan): Teller => {
  let skipped = 0
  const tellJson = (event: object): void => output.print(toJsonLine(event))
  const catchUp = (): void => {
    if (skipped === 0) return
    if (plan.isJson) tellJson({ type: 'skipped', events: skipped })
    else output.print(`${count(skipped, 'event')} not shown: whoever reads this is too slow.`)
    skipped = 0
  }
  return {
    introduce: (sandbox) => {
      const { endpoint } = sandbox
      if (plan.isJson) tellJson({ type: 'listening', endpoint, inbox: `${endpoint}/` })
      else introduce(output, sandbox, plan)
    },
    tell: (event) => {
      if (output.isBehind()) {
        skipped += 1
        return
      }
      catchUp()
      if (plan.isJson) tellJson(event)
      else tellLine(output, event)
    },
    catchUp,
  }
}
