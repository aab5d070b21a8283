/**
 * DirectMail on loopback. `startSandbox` gives an endpoint that any Alibaba Cloud SDK can be pointed at: it checks
 * signatures and parameters as the service does, keeps what it accepts in an inbox, and fails on demand.
 */
import type { Server } from 'node:http'
import * as E from 'fp-ts/lib/Either.js'
import type { IO } from 'fp-ts/lib/IO.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Task } from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { endpointOf, type Address } from './access.js'
import { createEventStreams } from './events.js'
import { createFaultQueue } from './fault-queue.js'
import { Fault, firstComplaint } from './faults.js'
import { createInbox, type InboxEvent, type ReceivedMail, type RefusedRequest } from './inbox.js'
import { decodeOptions, type SandboxOptions, type Settings } from './options.js'
import { createSandboxServer } from './server.js'
import { createService } from './service.js'
import { createThrottle, unthrottled } from './throttle.js'

export type { InboxEvent, ReceivedMail, RefusedRequest } from './inbox.js'
export type { SandboxOptions } from './options.js'
export { Fault } from './faults.js'

/**
 * A running sandbox. Until it is stopped it may keep the process alive.
 *
 * @category model
 * @since 0.1.0
 */
export interface Sandbox {
  /** `http://127.0.0.1:PORT`: the SDK's endpoint, and the inbox page's address. */
  readonly endpoint: string
  /** Accepted mails, oldest first. */
  readonly inbox: IO<ReadonlyArray<ReceivedMail>>
  /** Refused requests, oldest first. */
  readonly refused: IO<ReadonlyArray<RefusedRequest>>
  /** How many API requests have come in since the start, whatever became of them. */
  readonly requests: IO<number>
  /** Empties the inbox and the list of refused requests. Used nonces and waiting faults stay. */
  readonly clear: IO<void>
  /**
   * Plays a fault on the next API request that has none yet, or on the next `times` of them. Malformed faults and
   * times are programming errors: running the IO throws a TypeError that names what is wrong.
   */
  readonly failNext: (fault: Fault, times?: number) => IO<void>
  /** Forgets the faults that still wait. */
  readonly clearFaults: IO<void>
  /** Closes connections on which no request is under way, as a server does with idle ones. */
  readonly closeIdle: IO<void>
  /** Calls back on every change of the inbox; running the result ends it. */
  readonly subscribe: (listener: (event: InboxEvent) => void) => IO<IO<void>>
  /** Closes the server and every connection, stalled or not. Resolves once closed, and any number of times. */
  readonly stop: Task<void>
}

const listenError = (error: NodeJS.ErrnoException, { host, port }: Settings): Error => {
  const place = `port ${String(port)} on ${host}`
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'it is already in use',
    EACCES: 'this user may not',
  }
  const reason = reasons[error.code ?? ''] ?? error.message
  return new Error(`startSandbox: cannot listen on ${place}: ${reason}`, { cause: error })
}

const listen =
  (server: Server, settings: Settings): TE.TaskEither<Error, Address> =>
  () =>
    new Promise((resolve) => {
      server.on('error', (error) => resolve(E.left(listenError(error, settings))))
      server.listen(settings.port, settings.host, () => {
        const address = server.address()
        const port = typeof address === 'object' && address !== null ? address.port : settings.port
        resolve(E.right({ host: settings.host, port }))
      })
    })

/** Stops once, however often it is run. Connections are destroyed: some of them would never end by themselves. */
const stopping = (server: Server): Task<void> => {
  let stopped: Promise<void> | undefined
  return () =>
    (stopped ??= new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }))
}

const checkFault = (fault: unknown, times: number): Fault => {
  const decoded = Fault.decode(fault)
  if (E.isLeft(decoded)) throw new TypeError(`failNext: ${firstComplaint(decoded.left)}`)
  if (!Number.isSafeInteger(times) || times < 1) {
    throw new TypeError('failNext: times: expected a positive integer')
  }
  return decoded.right
}

const start = (settings: Settings): TE.TaskEither<Error, Sandbox> => {
  const inbox = createInbox(settings.capacity)
  const faults = createFaultQueue()
  let requests = 0
  let address: Address = settings
  const server = createSandboxServer({
    inbox,
    faults,
    events: createEventStreams(inbox),
    service: createService({
      accessKeys: settings.accessKeys,
      senders: settings.senders,
      throttle:
        settings.throttlePerSecond === undefined ? unthrottled : createThrottle(settings.throttlePerSecond),
    }),
    latencyMs: settings.latencyMs,
    onRequest: () => void (requests += 1),
    address: () => address,
  })
  const stop = stopping(server)
  return pipe(
    listen(server, settings),
    TE.map((bound) => {
      address = bound
      return {
        endpoint: endpointOf(bound),
        inbox: inbox.mails,
        refused: inbox.refused,
        requests: () => requests,
        clear: inbox.clear,
        failNext:
          (fault, times = 1) =>
          () => {
            if (!faults.push(checkFault(fault, times), times)) {
              throw new TypeError('failNext: 10 000 faults are waiting already')
            }
          },
        clearFaults: faults.clear,
        closeIdle: () => server.closeIdleConnections(),
        subscribe: (listener) => () => inbox.subscribe(listener),
        stop,
      }
    }),
  )
}

/**
 * Starts a sandbox. Left, with a text that names the option or the port, when an option is wrong or the port
 * cannot be had. Every run of the task starts another one.
 *
 * @example
 * import * as TE from 'fp-ts/lib/TaskEither.js'
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { startSandbox } from 'aliyun-dm-sandbox'
 *
 * const program = pipe(
 *   startSandbox({ accessKeys: { LTAI: 'secret' } }),
 *   TE.chainFirstIOK((sandbox) => sandbox.failNext({ kind: 'error', code: 'Throttling.User' })),
 *   TE.chainTaskK((sandbox) => sandbox.stop),
 * )
 *
 * @category constructors
 * @since 0.1.0
 */
export const startSandbox = (options: SandboxOptions = {}): TE.TaskEither<Error, Sandbox> =>
  pipe(
    TE.fromEither(decodeOptions(options)),
    // A thunk, so that two runs of the task share nothing.
    TE.chain((settings) => start(settings)),
  )
