/**
 * What a sandbox can be told when it starts. A mistyped `accessKeys` must not turn signature checks off in silence,
 * so an unknown option is an error like a wrong one.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { AccountSettings } from './account.js'
import { guard, integer, partial, report, snapshot } from './decoding.js'

/**
 * Options of `startSandbox`; all have defaults.
 *
 * @category model
 * @since 0.1.0
 */
export interface SandboxOptions {
  /** TCP port; 0, the default, takes any free one. */
  readonly port?: number | undefined
  /** Name or address to listen on. Default `127.0.0.1`. Anything but loopback lets others read the mails. */
  readonly host?: string | undefined
  /** Secrets by key id. Default: any key pair is accepted, and only then are signatures not checked. */
  readonly accessKeys?: Readonly<Record<string, string>> | undefined
  /** The account's sender addresses (`AccountName`). Default: any. */
  readonly senders?: ReadonlyArray<string> | undefined
  /** What the account is like. Default: one that may send whatever it likes. */
  readonly account?: AccountOptions | undefined
  /** Requests per second before `Throttling.User`. Default: no limit. */
  readonly throttlePerSecond?: number | undefined
  /** Milliseconds by which every answer to an API request is late. Default 0. */
  readonly latencyMs?: number | undefined
  /** Mails kept (and as many refused requests); the oldest go first. Default 500. */
  readonly capacity?: number | undefined
  /** Megabytes (MiB) that the mails may have in all; beyond it the oldest go, but never the newest. Default 256. */
  readonly maxMemoryMb?: number | undefined
  /**
   * Names under which clients reach the sandbox, beside loopback: in a container the service's name. Others are
   * refused, because a web page can let a name of its own lead to this machine.
   */
  readonly allowedHosts?: ReadonlyArray<string> | undefined
  /**
   * The http address of a receiver. What becomes of each mail is pushed to it as EventBridge does, signed with a key that
   * `GET /certificate.pem` serves. Default: nobody is told.
   */
  readonly events?: string | undefined
}

/**
 * The account behind a sandbox; all of it has defaults. What it may not do is refused as DirectMail refuses it, and
 * told to who asks about it.
 *
 * @category model
 * @since 0.1.0
 */
export interface AccountOptions {
  /** Mails in a day of China's time, then `InvalidSendMail.Spam`. Default 10 000 000. */
  readonly dailyQuota?: number | undefined
  /** Mails in a month. Default 30 times `dailyQuota`. */
  readonly monthQuota?: number | undefined
  /** 0 normal, the default; 1 frozen, 2 overdue, 4 restricted, 8 deleted: `InvalidStatus.Malformed`. */
  readonly userStatus?: number | undefined
  /** Sender addresses that are frozen: `InvalidMailAddressStatus.Malformed`. */
  readonly frozenSenders?: ReadonlyArray<string> | undefined
  /** Sender addresses for batches, not for triggered mail: `InvalidMailAddressSendType.Malformed`. */
  readonly batchSenders?: ReadonlyArray<string> | undefined
  /** Domains whose DNS records are not as DirectMail wants them: `InvalidMailAddressDomain.Malformed`. */
  readonly unverifiedDomains?: ReadonlyArray<string> | undefined
  /** Key ids that may call SingleSendMail only: `Forbidden.RAM` for anything else. */
  readonly sendOnlyKeys?: ReadonlyArray<string> | undefined
}

/** Options with their defaults. */
export interface Settings {
  readonly port: number
  readonly host: string
  readonly accessKeys: ReadonlyMap<string, string> | undefined
  readonly senders: ReadonlySet<string> | undefined
  readonly account: AccountSettings
  readonly throttlePerSecond: number | undefined
  readonly latencyMs: number
  readonly capacity: number
  readonly maxMemoryMb: number
  readonly allowedHosts: ReadonlySet<string>
  readonly events: string | undefined
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const secretsById = t.record(t.string, t.string)
const texts = t.array(t.string)

const arrayWith = (what: string): t.Type<Array<string>> =>
  guard(`an array of ${what}`, (value): value is Array<string> => texts.is(value) && value.every(isText))

const accountProps = {
  dailyQuota: integer(0, 1_000_000_000),
  monthQuota: integer(0, 1_000_000_000),
  userStatus: integer(0, 8),
  frozenSenders: arrayWith('addresses'),
  batchSenders: arrayWith('addresses'),
  unverifiedDomains: arrayWith('domains'),
  sendOnlyKeys: arrayWith('key ids'),
}

const isHttpUrl = (value: unknown): value is string =>
  isText(value) && /^https?:/i.test(value) && URL.canParse(value)

const props = {
  port: integer(0, 65535),
  host: guard('a host name or address', isText),
  // One guard for all keys: a path to one of them would repeat a secret where somebody swapped id and secret.
  accessKeys: guard(
    'an object from access key ids to secrets',
    (value): value is Record<string, string> =>
      secretsById.is(value) && Object.entries(value).flat().every(isText),
  ),
  senders: arrayWith('addresses'),
  account: partial(accountProps),
  throttlePerSecond: integer(1, 1_000_000),
  latencyMs: integer(0, 86_400_000),
  capacity: integer(1, 1_000_000),
  maxMemoryMb: integer(1, 1_000_000),
  allowedHosts: guard(
    'an array of host names, without a port',
    (value): value is Array<string> => texts.is(value) && value.every((name) => /^[\w.-]+$/.test(name)),
  ),
  events: guard('an http or https address', isHttpUrl),
}

/** `t.partial` would let unknown names pass, and `t.exact` would drop them without a word. */
const findUnknownNames = (options: unknown, known: object = props): ReadonlyArray<string> =>
  Object.keys(t.UnknownRecord.is(options) ? options : {})
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => `unknown option ${JSON.stringify(name)}`)

const findUnknownInAccount = (options: unknown): ReadonlyArray<string> =>
  t.UnknownRecord.is(options) ? findUnknownNames(options['account'], accountProps) : []

const Options: t.Decoder<unknown, SandboxOptions> = partial(props)

const decode = (options: unknown): E.Either<ReadonlyArray<string>, SandboxOptions> => {
  const decoded = Options.decode(options)
  const unknown = [...findUnknownNames(options), ...findUnknownInAccount(options)]
  const issues = [...unknown, ...(E.isLeft(decoded) ? report(decoded.left) : [])]
  return issues.length > 0 || E.isLeft(decoded) ? E.left(issues) : decoded
}

const toLowerSet = (texts: ReadonlyArray<string> = []): ReadonlySet<string> =>
  new Set(texts.map((text) => text.toLowerCase()))

/** An account with its defaults. */
export const completeAccount = (given: AccountOptions = {}): AccountSettings => {
  const { dailyQuota = 10_000_000, monthQuota = 30 * dailyQuota, userStatus = 0 } = given
  return {
    dailyQuota,
    monthQuota,
    userStatus,
    frozenSenders: toLowerSet(given.frozenSenders),
    batchSenders: toLowerSet(given.batchSenders),
    unverifiedDomains: toLowerSet(given.unverifiedDomains),
    sendOnlyKeys: new Set(given.sendOnlyKeys),
  }
}

/** Checks options and fills in the defaults. The error names every option that is wrong. */
export const decodeOptions = (given: SandboxOptions): E.Either<Error, Settings> =>
  pipe(
    snapshot(given),
    E.mapLeft(() => ['the options could not be read']),
    E.chain(decode),
    E.bimap(
      (issues) => new Error(`startSandbox: ${issues.join('; ')}`),
      ({
        port,
        host,
        accessKeys,
        senders,
        account,
        throttlePerSecond,
        latencyMs,
        capacity,
        maxMemoryMb,
        allowedHosts,
        events,
      }) => ({
        port: port ?? 0,
        host: host ?? '127.0.0.1',
        accessKeys: accessKeys && new Map(Object.entries(accessKeys)),
        senders: senders && toLowerSet(senders),
        account: completeAccount(account),
        throttlePerSecond,
        latencyMs: latencyMs ?? 0,
        capacity: capacity ?? 500,
        maxMemoryMb: maxMemoryMb ?? 256,
        allowedHosts: new Set(allowedHosts?.map((name) => name.toLowerCase())),
        // As it is sent, and signed.
        events: events && new URL(events).href,
      }),
    ),
  )
