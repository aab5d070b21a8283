/**
 * DirectMail on loopback. `startSandbox` gives an endpoint that any Alibaba Cloud SDK can be pointed at: it checks
 * signatures and parameters as the service does, keeps what it accepts in an inbox, and fails on demand.
 *
 * @module aliyun-dm-sandbox
 */
import { setMaxListeners } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { IO } from 'fp-ts/lib/IO.js'
import * as IOE from 'fp-ts/lib/IOEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Task } from 'fp-ts/lib/Task.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { createAccount } from './account.js'
import { formatEndpoint, type Address } from './access.js'
import { createEventStreams } from './events.js'
import { createFaultQueue } from './fault-queue.js'
import { decodeFaultOrder, type Fault } from './faults.js'
import { createInbox, type InboxEvent } from './inbox.js'
import type { MailOutcome, ReceivedMail, RefusedRequest } from './mail.js'
import { decodeOptions, type SandboxOptions, type Settings } from './options.js'
import { startPusher } from './pusher.js'
import { createSandboxServer } from './server.js'
import { createService } from './service.js'
import { createThrottle, unthrottled } from './throttle.js'
import { decodeMailQuery, waitForMail, type MailQuery } from './waiting.js'

export type { InboxEvent } from './inbox.js'
export type { MailOutcome, Push, ReceivedMail, RefusedRequest } from './mail.js'
export type { AccountOptions, SandboxOptions } from './options.js'
export type { MailQuery } from './waiting.js'
export { Fault } from './faults.js'

/**
 * A running sandbox. Until it is stopped it may keep the process alive. No effect of it throws or rejects.
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
  /**
   * The first mail that matches: of those in the inbox the oldest, or else the next one to come. A test may start to
   * wait before it sends or after it. One that sends to the same address twice gives `since`, the last mail's envId.
   * Left when no mail comes within `timeoutMs`, when the sandbox is stopped, or when the query is wrong.
   */
  readonly waitForMail: (query?: MailQuery) => TE.TaskEither<Error, ReceivedMail>
  /** What became of a mail, for each of its recipients; none for a mail that is not there. */
  readonly outcomes: (envId: string) => IO<ReadonlyArray<MailOutcome>>
  /** Empties the inbox and the list of refused requests. Used nonces and waiting faults stay. */
  readonly clear: IO<void>
  /**
   * Plays a fault on the next API request that has none yet, or on the next `times` of them. Left, with a text that
   * names what is wrong, for a malformed fault or number, or when 10 000 faults are waiting already.
   */
  readonly failNext: (fault: Fault, times?: number) => IOE.IOEither<Error, void>
  /** Forgets the faults that still wait. */
  readonly clearFaults: IO<void>
  /** Closes connections on which no request is under way, as a server does with idle ones. */
  readonly closeIdle: IO<void>
  /**
   * Calls back on every change of the inbox; running the result ends it. A listener that throws or rejects is told of
   * in a warning of the process.
   */
  readonly subscribe: (listener: (event: InboxEvent) => void) => IO<IO<void>>
  /** Closes the server and every connection, stalled or not. Resolves once closed, and any number of times. */
  readonly stop: Task<void>
}

const listenReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is already in use',
  EACCES: 'this user may not',
}

const toListenError = (error: NodeJS.ErrnoException, { host, port }: Settings): Error =>
  new Error(
    `startSandbox: cannot listen on port ${port} on ${host}: ${listenReasons[error.code ?? ''] ?? error.message}`,
    { cause: error },
  )

const listen =
  (server: Server, settings: Settings): TE.TaskEither<Error, Address> =>
  () =>
    new Promise((resolve) => {
      server.on('error', (error) => resolve(E.left(toListenError(error, settings))))
      server.listen(settings.port, settings.host, () => {
        // As it listens on a port, its address is no path.
        const { port } = server.address() as AddressInfo
        resolve(E.right({ ...settings, port }))
      })
    })

/** Stops once, however often it is run. Connections are destroyed: some of them would never end by themselves. */
const createStop = (server: Server, onStop: () => void): Task<void> => {
  let stopped: Promise<void> | undefined
  return () =>
    (stopped ??= new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
      onStop()
    }))
}

const start = (settings: Settings) => async (): Promise<E.Either<Error, Sandbox>> => {
  const inbox = createInbox(settings.capacity, settings.maxMemoryMb * 1024 * 1024)
  const pusher = await startPusher(inbox, settings.events)
  const faults = createFaultQueue()
  const stopped = new AbortController()
  // One listener for each wait, and there may be many.
  setMaxListeners(0, stopped.signal)
  let requests = 0
  let address: Address = settings
  const server = createSandboxServer({
    inbox,
    faults,
    events: createEventStreams(inbox),
    pusher,
    service: createService({
      accessKeys: settings.accessKeys,
      senders: settings.senders,
      sendOnlyKeys: settings.account.sendOnlyKeys,
      account: createAccount(settings.account, settings.senders, inbox.mails),
      throttle:
        settings.throttlePerSecond === undefined ? unthrottled : createThrottle(settings.throttlePerSecond),
    }),
    latencyMs: settings.latencyMs,
    onRequest: () => void (requests += 1),
    address: () => address,
  })
  return pipe(
    listen(server, settings),
    TE.map((bound): Sandbox => {
      address = bound
      return {
        endpoint: formatEndpoint(bound),
        inbox: inbox.mails,
        refused: inbox.refused,
        requests: () => requests,
        waitForMail: (query = {}) =>
          pipe(
            TE.fromEither(decodeMailQuery(query)),
            TE.mapLeft((issue) => new Error(`waitForMail: ${issue}`)),
            TE.chain(waitForMail(inbox, stopped.signal)),
          ),
        outcomes: (envId) => () => {
          const mail = inbox.find(envId)
          return mail === undefined ? [] : pusher.outcomes(mail, Date.now())
        },
        clear: inbox.clear,
        failNext: (fault, times) =>
          pipe(
            IOE.fromEither(decodeFaultOrder({ fault, times })),
            IOE.filterOrElse(
              (order) => faults.push(order),
              () => '10 000 faults are waiting already',
            ),
            IOE.bimap(
              (issue) => new Error(`failNext: ${issue}`),
              () => undefined,
            ),
          ),
        clearFaults: faults.clear,
        closeIdle: () => server.closeIdleConnections(),
        subscribe: (listener) => () => inbox.subscribe(listener),
        stop: createStop(server, () => {
          pusher.stop()
          stopped.abort()
        }),
      }
    }),
  )()
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
 *   TE.chainFirst((sandbox) => TE.fromIOEither(sandbox.failNext({ kind: 'error', code: 'Throttling.User' }))),
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
