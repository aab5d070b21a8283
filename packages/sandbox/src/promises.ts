/**
 * The sandbox for programs of promises: the same names, plain functions, and promises that reject with an Error.
 *
 * @module aliyun-dm-sandbox/promises
 */
import * as E from 'fp-ts/lib/Either.js'
import type { Fault } from './faults.js'
import { startSandbox as start } from './index.js'
import type {
  InboxEvent,
  MailOutcome,
  MailQuery,
  ReceivedMail,
  RefusedRequest,
  SandboxOptions,
} from './index.js'

export type {
  AccountOptions,
  InboxEvent,
  MailOutcome,
  MailQuery,
  Push,
  ReceivedMail,
  RefusedRequest,
  SandboxOptions,
} from './index.js'
export { Fault } from './faults.js'

/**
 * A running sandbox; its functions do what those of the same name in `aliyun-dm-sandbox` do.
 *
 * @category model
 * @since 0.1.0
 */
export interface Sandbox {
  /** `http://127.0.0.1:PORT`: the SDK's endpoint, and the inbox page's address. */
  readonly endpoint: string
  /** Accepted mails, oldest first. */
  readonly inbox: () => ReadonlyArray<ReceivedMail>
  /** Refused requests, oldest first. */
  readonly refused: () => ReadonlyArray<RefusedRequest>
  /** How many API requests have come in since the start, whatever became of them. */
  readonly requests: () => number
  /** The first mail that matches, already there or yet to come. Rejects when no mail comes within `timeoutMs`. */
  readonly waitForMail: (query?: MailQuery) => Promise<ReceivedMail>
  /** What became of a mail, for each of its recipients; none for a mail that is not there. */
  readonly outcomes: (envId: string) => ReadonlyArray<MailOutcome>
  /** Empties the inbox and the list of refused requests. */
  readonly clear: () => void
  /** Plays a fault on the next API request, or on the next `times` of them. Throws an Error that names what is wrong. */
  readonly failNext: (fault: Fault, times?: number) => void
  /** Forgets the faults that still wait. */
  readonly clearFaults: () => void
  /** Closes connections on which no request is under way. */
  readonly closeIdle: () => void
  /** Calls back on every change of the inbox; the result ends it. */
  readonly subscribe: (listener: (event: InboxEvent) => void) => () => void
  /** Closes the server and every connection. */
  readonly stop: () => Promise<void>
}

const orThrow = <A>(result: E.Either<Error, A>): A => {
  if (E.isLeft(result)) throw result.left
  return result.right
}

/**
 * Starts a sandbox. Rejects with an Error that names the option or the port when an option is wrong or the port
 * cannot be had.
 *
 * @example
 * import { startSandbox } from 'aliyun-dm-sandbox/promises'
 *
 * const sandbox = await startSandbox()
 * console.log(`Point your SDK at ${sandbox.endpoint}`)
 * sandbox.failNext({ kind: 'error', code: 'Throttling.User' })
 * await sandbox.stop()
 *
 * @category constructors
 * @since 0.1.0
 */
export const startSandbox = async (options?: SandboxOptions): Promise<Sandbox> => {
  const sandbox = orThrow(await start(options)())
  return {
    ...sandbox,
    waitForMail: async (query) => orThrow(await sandbox.waitForMail(query)()),
    outcomes: (envId) => sandbox.outcomes(envId)(),
    failNext: (fault, times) => orThrow(sandbox.failNext(fault, times)()),
    subscribe: (listener) => sandbox.subscribe(listener)(),
  }
}
