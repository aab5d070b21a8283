/**
 * What a sandbox can be told when it starts, decoded, because a mistyped `accessKeys` must not turn signature
 * checks off in silence: an unknown option is an error like a wrong one.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'

/**
 * Options of `startSandbox`; all have defaults.
 *
 * @category model
 * @since 0.1.0
 */
export interface SandboxOptions {
  /** TCP port; 0, the default, takes any free one. */
  readonly port?: number
  /** Name or address to listen on. Default `127.0.0.1`. Anything but loopback lets others read the mails. */
  readonly host?: string
  /** Secrets by key id. Default: any key pair is accepted, and only then are signatures not checked. */
  readonly accessKeys?: Readonly<Record<string, string>>
  /** The account's sender addresses (`AccountName`). Default: any. */
  readonly senders?: ReadonlyArray<string>
  /** Requests per second before `Throttling.User`. Default: no limit. */
  readonly throttlePerSecond?: number
  /** Milliseconds by which every answer to an API request is late. Default 0. */
  readonly latencyMs?: number
  /** Mails kept (and as many refused requests); the oldest go first. Default 500. */
  readonly capacity?: number
}

/**
 * Options with their defaults.
 *
 * @category model
 * @since 0.1.0
 */
export interface Settings {
  readonly port: number
  readonly host: string
  readonly accessKeys: ReadonlyMap<string, string> | undefined
  readonly senders: ReadonlySet<string> | undefined
  readonly throttlePerSecond: number | undefined
  readonly latencyMs: number
  readonly capacity: number
}

interface Expectation {
  readonly expected: string
  readonly holds: (value: unknown) => boolean
}

const integer = (min: number, max: number): Expectation => ({
  expected: `an integer from ${String(min)} to ${String(max)}`,
  holds: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
})

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const expectations: { readonly [K in keyof Required<SandboxOptions>]: Expectation } = {
  port: integer(0, 65535),
  host: { expected: 'a host name or address', holds: isText },
  accessKeys: {
    expected: 'an object from access key ids to secrets',
    holds: (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.entries(value).every(([id, secret]) => id !== '' && isText(secret)),
  },
  senders: {
    expected: 'an array of addresses',
    holds: (value) => Array.isArray(value) && value.every(isText),
  },
  throttlePerSecond: integer(1, 1_000_000),
  latencyMs: integer(0, 86_400_000),
  capacity: integer(1, 1_000_000),
}

const complaints = (options: object): ReadonlyArray<string> =>
  Object.entries(options).flatMap(([name, value]: [string, unknown]) => {
    const expectation = Object.entries(expectations).find(([known]) => known === name)?.[1]
    if (expectation === undefined) return [`unknown option ${JSON.stringify(name)}`]
    // The value is not repeated: it may be a secret.
    return value === undefined || expectation.holds(value)
      ? []
      : [`option ${name}: expected ${expectation.expected}`]
  })

/**
 * Checks options and fills in the defaults. The error names every option that is wrong.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decodeOptions = (given: SandboxOptions): E.Either<Error, Settings> =>
  pipe(
    // Read once: a getter must not say one thing to the check and another to the sandbox.
    E.tryCatch(
      () => {
        const options: SandboxOptions = Object.fromEntries(Object.entries(given))
        return { options, found: complaints(options) }
      },
      () => new Error('startSandbox: the options could not be read'),
    ),
    E.chain(({ options, found }) =>
      found.length > 0 ? E.left(new Error(`startSandbox: ${found.join('; ')}`)) : E.right(options),
    ),
    E.map(({ port, host, accessKeys, senders, throttlePerSecond, latencyMs, capacity }) => ({
      port: port ?? 0,
      host: host ?? '127.0.0.1',
      accessKeys: accessKeys === undefined ? undefined : new Map(Object.entries(accessKeys)),
      senders: senders === undefined ? undefined : new Set(senders.map((sender) => sender.toLowerCase())),
      throttlePerSecond,
      latencyMs: latencyMs ?? 0,
      capacity: capacity ?? 500,
    })),
  )
