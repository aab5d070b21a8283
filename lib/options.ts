/**
 * How a connector behaves: endpoint, client, time limits, concurrency. They come from code, but are checked like
 * the config, since a NaN from an environment variable would otherwise wait for the first send.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import {
  codec,
  decodeAll,
  describeKind,
  describeMismatch,
  flag,
  guarded,
  hasMethod,
  isArray,
  oneOf,
  readKeys,
  readProperties,
  record,
  shorten,
  suggest,
  text,
  withoutPrototype,
} from './config/decode.js'
import { OwnUsageTypes, type UsageTypes } from './config/usage-type.js'
import type { SendEvent } from './delivery/send-event.js'
import type { CredentialsProvider } from './directmail/credentials.js'
import type { SendOptions } from './delivery/deliver.js'
import type { DirectMailClient } from './directmail/client.js'
import { longestTimerMs } from './directmail/request.js'
import { parseEndpoint } from './directmail/endpoint.js'
import {
  type InvalidConfig,
  invalidConfig,
  type InvalidMessage,
  invalidMessage,
  type Issue,
} from './errors/send-error.js'
import type { RenderOptions } from './rendering/render.js'

/**
 * How a connector behaves. All of it is optional; durations are in milliseconds.
 *
 * @category model
 * @since 0.1.0
 */
export interface ConnectorOptions<U extends UsageTypes = UsageTypes> extends RenderOptions {
  /**
   * `dm.aliyuncs.com`, or `http://127.0.0.1:8025` for a sandbox. Plain http is taken for loopback only, unless
   * `allowInsecure` is on. The config's region decides unless given.
   */
  readonly endpoint?: string | undefined
  /**
   * Takes plain http to private addresses and service names, too, as in `http://sandbox:8025` between containers.
   * Whoever can read that network can read the codes. `false` unless given.
   */
  readonly allowInsecure?: boolean | undefined
  /**
   * `vpc` sends to the region's address within a VPC of Alibaba Cloud, `dm-vpc.REGION.aliyuncs.com`. `public` unless
   * given; of no effect beside `endpoint`.
   */
  readonly network?: 'public' | 'vpc' | undefined
  /**
   * Where the key pair comes from, if it is not in the config, which must not have one then: a function that resolves
   * to it, or a client of `@alicloud/credentials`.
   */
  readonly credentials?: CredentialsProvider | undefined
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
   * Requests in a second, evenly spread; 0.5 is one in two seconds. Unless given, the connector finds out by itself
   * how many DirectMail takes.
   */
  readonly maxPerSecond?: number | undefined
  /**
   * 3 unless given; 1 turns retries off. A throttled request uses up no attempt: the message is tried again until its
   * deadline.
   */
  readonly maxAttempts?: number | undefined
  /** Which usage types a config and a message may have: `known` unless given. */
  readonly usageTypes?: U | undefined
  /** Is told what happens to each message. What it returns or throws changes nothing. */
  readonly onEvent?: ((event: SendEvent) => void) | undefined
}

/** Every option by its name, so that nothing is read from a prototype; `undefined` where there is no default. */
const defaults = {
  endpoint: undefined,
  allowInsecure: false,
  network: 'public',
  credentials: undefined,
  client: undefined,
  connectTimeoutMs: 5_000,
  readTimeoutMs: 10_000,
  deadlineMs: 30_000,
  maxConcurrency: 64,
  maxPerSecond: undefined,
  maxAttempts: 3,
  usageTypes: 'known',
  missingVariables: 'fail',
  links: 'safe',
  onEvent: undefined,
} as const satisfies Readonly<Record<keyof ConnectorOptions, unknown>>

/** The options, with a value for each that has a default. */
export type Settings = {
  readonly [K in keyof ConnectorOptions]-?: (typeof defaults)[K] extends undefined
    ? ConnectorOptions[K] | undefined
    : Exclude<ConnectorOptions[K], undefined>
}

// ------------------------------------------------------------------------------------------------------------
// Codecs
// ------------------------------------------------------------------------------------------------------------

/** A number of the options is no secret: `got 0` says at once what was wrong. */
const number = (expected: string, holds: (n: number) => boolean): t.Type<number> =>
  guarded(
    'number',
    expected,
    (u): u is number => typeof u === 'number' && holds(u),
    (u) => (typeof u === 'number' ? `, got ${u}` : describeKind(u)),
  )

const wholeNumber = (max: number, expected: string): t.Type<number> =>
  number(expected, (n) => Number.isInteger(n) && n >= 1 && n <= max)

const Milliseconds = wholeNumber(longestTimerMs, `a whole number of milliseconds from 1 to ${longestTimerMs}`)
const Count = wholeNumber(Number.MAX_SAFE_INTEGER, 'a whole number from 1')
const Rate = number('a number above 0', (n) => Number.isFinite(n) && n > 0)

/**
 * Where a connector may send to: a host, or an http address of this machine.
 *
 * @category codecs
 * @since 0.1.0
 */
export const Endpoint: t.Type<string> = text(
  'Endpoint',
  'https://HOST, or http://127.0.0.1:PORT for a sandbox (plain http to loopback only), without a path',
  (s) => O.isSome(parseEndpoint(s)),
)

/** Where a connector may send to under `allowInsecure`. */
const InsecureEndpoint = text(
  'Endpoint',
  'https://HOST, or http://HOST with a private address or a name without dots, without a path',
  (s) => O.isSome(parseEndpoint(s, true)),
)

const Client = guarded(
  'DirectMailClient',
  'an SDK client, with a method singleSendMailWithOptions',
  (u): u is DirectMailClient => hasMethod(u, 'singleSendMailWithOptions'),
)

const Provider = guarded(
  'CredentialsProvider',
  'a function, or an object with a method getCredential',
  (u): u is CredentialsProvider => typeof u === 'function' || hasMethod(u, 'getCredential'),
)

const Observer = guarded(
  'Function',
  'a function',
  (u): u is (event: SendEvent) => void => typeof u === 'function',
)

const NamedUsageTypes = guarded(
  'UsageTypes',
  '"known", "any" or a list of names',
  (u): u is 'known' | 'any' => u === 'known' || u === 'any',
  (u) => describeKind(u) + suggest(u, ['known', 'any']),
)

const UsageTypesOption = codec<UsageTypes>(
  'UsageTypes',
  t.union([NamedUsageTypes, OwnUsageTypes]).is,
  // `t.union` would tell what is wrong with it as each of them.
  (u, context) => (isArray(u) ? OwnUsageTypes : NamedUsageTypes).validate(u, context),
)

const createOptions = (endpoint: t.Type<string>): t.Type<ConnectorOptions> =>
  record(
    'ConnectorOptions',
    {},
    {
      endpoint,
      allowInsecure: flag,
      network: oneOf('Network', { public: null, vpc: null }),
      credentials: Provider,
      client: Client,
      connectTimeoutMs: Milliseconds,
      readTimeoutMs: Milliseconds,
      deadlineMs: Milliseconds,
      maxConcurrency: Count,
      maxPerSecond: Rate,
      maxAttempts: Count,
      usageTypes: UsageTypesOption,
      missingVariables: oneOf('MissingVariables', { fail: null, keep: null }),
      links: oneOf('Links', { safe: null, any: null }),
      onEvent: Observer,
    },
  )

const Options = createOptions(Endpoint)
const InsecureOptions = createOptions(InsecureEndpoint)

const names = Object.keys(defaults)

/** More unknown keys than these help nobody. */
const maxUnknown = 10

/** Options come from code, where a key that nobody knows is a typing mistake. */
const findUnknown = (input: unknown, names: ReadonlyArray<string>): ReadonlyArray<Issue> =>
  readKeys(input)
    .filter((key) => !names.includes(key))
    .slice(0, maxUnknown)
    .map((key) => ({
      // A key that is no name could forge a path.
      path: /^[\w$]+$/.test(key) ? `options.${shorten(key)}` : 'options',
      message: `not an option: expected one of ${names.join(', ')}${suggest(key, names)}`,
    }))

/** Reads the options and fills in what is not given. */
export const decodeOptions = (input: unknown = {}): E.Either<InvalidConfig, Settings> => {
  // Read once: one option decides what another may be.
  const properties = readProperties(input, names)
  const decoded = decodeAll(
    properties?.['allowInsecure'] === true ? InsecureOptions : Options,
    'options',
  )(properties ?? input)
  const issues = [...(E.isLeft(decoded) ? decoded.left : []), ...findUnknown(input, names)]
  if (E.isLeft(decoded) || issues.length > 0) return E.left(invalidConfig(issues))
  // The codec leaves out what is not given, so no undefined takes the place of a default.
  return E.right({ ...defaults, ...decoded.right } as Settings)
}

const Name = text('Name', '1–256 characters', (s) => s !== '' && s.length <= 256)

/** `null` or an empty text is no key here: a caller who gives it means one, and would not get what a key promises. */
const SendOptionsCodec = t.partial({
  idempotencyKey: Name,
  sendId: Name,
  signal: guarded(
    'AbortSignal',
    'an AbortSignal',
    // An object that only inherits from it throws when it is asked.
    (u): u is AbortSignal => u instanceof AbortSignal && typeof u.aborted === 'boolean',
  ),
})

const sendOptionNames = ['idempotencyKey', 'signal', 'sendId']

const none: E.Either<never, SendOptions> = E.right(withoutPrototype({}))

/** Reads the options of one send. The result inherits nothing. */
export const decodeSendOptions = (input: unknown): E.Either<InvalidMessage, SendOptions> => {
  if (input === undefined) return none
  const properties = readProperties(input, sendOptionNames)
  if (properties === undefined)
    return E.left(invalidMessage([{ path: 'options', message: describeMismatch('an object', input) }]))
  const decoded = decodeAll(SendOptionsCodec, 'options')(properties)
  const issues = [...(E.isLeft(decoded) ? decoded.left : []), ...findUnknown(input, sendOptionNames)]
  return E.isRight(decoded) && issues.length === 0
    ? E.right(withoutPrototype(decoded.right))
    : E.left(invalidMessage(issues))
}
