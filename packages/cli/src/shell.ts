/**
 * What a command gets from whoever starts it: where to write, what to read, the environment, and word when it is to
 * stop. The tests start commands with one of their own, in their own process.
 */
import { type Output, writeTo } from './terminal.js'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Shell {
  /** For what was asked for. */
  readonly out: Output
  /** For what went wrong. */
  readonly err: Output
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean }
  readonly env: Environment
  /** Resolves on the first Ctrl-C or polite kill; the second ends the process. Each call waits for the next one. */
  readonly untilInterrupted: () => Promise<void>
}

export const createProcessShell = (): Shell => {
  const err = writeTo(process.stderr, () => (process.exitCode = 1))
  const out = writeTo(process.stdout, (code) => {
    process.exitCode = 1
    err.print(`error: standard output cannot be written to (${code})`)
  })
  return {
    out,
    err,
    stdin: process.stdin,
    env: process.env,
    untilInterrupted: () =>
      new Promise((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
      }),
  }
}
