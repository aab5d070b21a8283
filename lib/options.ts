/**
 * How a connector behaves: endpoint, client, time limits, concurrency. They come from code, but are checked like
 * the config, since a NaN from an environment variable would otherwise wait for the first send.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type { UsageTypes } from './config/config.js'
import { type Codec, decodeAll, guarded, oneOf, read, record, text } from './config/decode.js'
import type { DirectMailClient } from './directmail/client.js'
import { parseEndpoint } from './directmail/endpoint.js'
import type { SendOptions } from './delivery/deliver.js'
import {
  type InvalidConfig,
  invalidConfig,
  type InvalidMessage,
  invalidMessage,
} from './errors/send-error.js'
import type { SendEvent } from './delivery/send-event.js'
import type { RenderOptions } from './rendering/render.js'

/**
 * How a connector behaves. All of it is optional; durations are in milliseconds.
 *
 * @category model
 * @since 0.1.0
 */
export interface ConnectorOptions extends RenderOptions {
  /**
   * `dm.aliyuncs.com`, or `http://127.0.0.1:8025` for a sandbox. Plain http is taken for loopback only. The
   * config's region decides unless given.
   */
  readonly endpoint?: string | undefined
  /** Your own SDK client, or a stub, instead of one made from the config's key pair. Its retries must be off. */
  readonly client?: DirectMailClient | undefined
  /** Until a connection stands. 5 000 unless given. */
  readonly connectTimeoutMs?: number | undefined
  /** From there until the answer was read. 10 000 unless given. */
  readonly readTimeoutMs?: number | undefined
  /** For one message as a whole: its wait in the queue and all attempts. 30 000 unless given. */
  readonly deadlineMs?: number | undefined
  /** Messages under way at once; the rest wait their turn. 64 unless given. */
  readonly maxConcurrency?: number | undefined
  /**
   * 3 unless given; 1 turns retries off. A throttled request uses up no attempt: the message is tried again until its
   * deadline.
   */
  readonly maxAttempts?: number | undefined
  /** Which usage types a config and a message may have: `known` unless given. */
  readonly usageTypes?: UsageTypes | undefined
  /** Is told what happens to each message. What it returns or throws changes nothing. */
  readonly onEvent?: ((event: SendEvent) => void) | undefined
}

const defaults = {
  connectTimeoutMs: 5_000,
  readTimeoutMs: 10_000,
  deadlineMs: 30_000,
  maxConcurrency: 64,
  maxAttempts: 3,
  usageTypes: 'known',
  missingVariables: 'fail',
} as const

/** The options that were given; the codec leaves out what is undefined. */
type Given = { readonly [K in keyof ConnectorOptions]?: Exclude<ConnectorOptions[K], undefined> }

export type Settings = Given & Required<Pick<Given, keyof typeof defaults>>

/** The longest delay that setTimeout takes; it turns a longer one into 1 ms. */
const maxDelayMs = 2_147_483_647

const numberBetween = (min: number, max: number, expected: string): Codec<number> =>
  guarded(
    'number',
    expected,
    (u): u is number => typeof u === 'number' && Number.isInteger(u) && u >= min && u <= max,
  )

const Milliseconds = numberBetween(1, maxDelayMs, `a whole number of milliseconds from 1 to ${maxDelayMs}`)
const Count = numberBetween(1, Number.MAX_SAFE_INTEGER, 'a whole number from 1')

/**
 * Where a connector may send to: a host, or an http address of this machine.
 *
 * @category codecs
 * @since 0.1.0
 */
export const Endpoint: Codec<string> = text(
  'Endpoint',
  'https://HOST, or http://127.0.0.1:PORT for a sandbox (plain http to loopback only), without a path',
  (s) => O.isSome(parseEndpoint(s)),
)

const Client: Codec<DirectMailClient> = guarded(
  'DirectMailClient',
  'an SDK client, with a method singleSendMailWithOptions',
  (u): u is DirectMailClient => typeof read(u, 'singleSendMailWithOptions') === 'function',
)

const Observer = guarded(
  'Function',
  'a function',
  (u): u is (event: SendEvent) => void => typeof u === 'function',
)

const Options: Codec<Given> = record<Given>(
  'ConnectorOptions',
  {},
  {
    endpoint: Endpoint,
    client: Client,
    connectTimeoutMs: Milliseconds,
    readTimeoutMs: Milliseconds,
    deadlineMs: Milliseconds,
    maxConcurrency: Count,
    maxAttempts: Count,
    usageTypes: oneOf('UsageTypes', ['known', 'any']),
    missingVariables: oneOf('MissingVariables', ['fail', 'keep']),
    onEvent: Observer,
  },
)

/** Reads the options and fills in what is not given. */
export const decodeOptions = (input: unknown = {}): E.Either<InvalidConfig, Settings> =>
  pipe(
    input,
    decodeAll(Options, 'options'),
    E.bimap(invalidConfig, (options) => ({ ...defaults, ...options })),
  )

const SendOptionsCodec: Codec<SendOptions> = record<SendOptions>(
  'SendOptions',
  {},
  {
    idempotencyKey: text('IdempotencyKey', '1–256 characters', (s) => s !== '' && s.length <= 256),
    signal: guarded('AbortSignal', 'an AbortSignal', (u): u is AbortSignal => u instanceof AbortSignal),
  },
)

const none: E.Either<never, SendOptions> = E.right({})

/** Reads the options of one send. */
export const decodeSendOptions = (input: unknown): E.Either<InvalidMessage, SendOptions> =>
  input === undefined ? none : pipe(input, decodeAll(SendOptionsCodec, 'options'), E.mapLeft(invalidMessage))
