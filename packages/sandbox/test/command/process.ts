/** A process for the command within the tests' own: its streams, its signals, its parent. */
import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import { type CommandProcess, runCommand } from '../../src/command/run.js'

/** A stream that keeps what it is given, until it is told to keep its reader waiting. */
export class Sink extends Writable {
  isTTY?: boolean
  text = ''
  #isSlow = false
  #goOn: (() => void) | undefined

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString()
    if (this.#isSlow) this.#goOn = done
    else done()
    this.emit('printed')
  }

  wait(): void {
    this.#isSlow = true
  }

  goOn(): void {
    this.#isSlow = false
    this.#goOn?.()
  }

  /** Resolves with all that was printed, once it has the pattern. */
  until(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (pattern.test(this.text)) resolve(this.text)
      }
      this.on('printed', look)
      look()
    })
  }
}

export interface Running {
  readonly self: CommandProcess & { ppid: number }
  readonly signals: EventEmitter
  readonly out: Sink
  readonly err: Sink
  /** The code that the command ends with. */
  readonly code: Promise<number>
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly isTerminal?: boolean
  readonly ppid?: number
}

export const start = (
  args: ReadonlyArray<string>,
  { env = {}, isTerminal = false, ppid = process.pid }: StartOptions = {},
): Running => {
  const signals = new EventEmitter()
  const [out, err] = [new Sink(), new Sink()]
  out.isTTY = isTerminal
  const self = {
    stdin: { isTTY: isTerminal },
    stdout: out,
    stderr: err,
    env,
    ppid,
    on: signals.on.bind(signals),
    once: signals.once.bind(signals),
    off: signals.off.bind(signals),
  }
  return { self, signals, out, err, code: runCommand(args, 'mail', self) }
}
