/**
 * Credentials that somebody else hands out: what a provider is, one call of it, and how long its answer may be used.
 * When it is called is decided in client.ts.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type CredentialsUnavailable, credentialsUnavailable } from '../errors/send-error.js'
import { findExpiration } from './chain-expiration.js'
import { isObject } from './fields.js'
import { describeFailure } from './provider-failure.js'

/**
 * An access key pair, with a security token and an expiry where it is temporary.
 *
 * @category model
 * @since 0.1.0
 */
export interface Credentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** The STS token of a temporary key pair. */
  readonly securityToken?: string | undefined
  /**
   * When the key pair ends: a `Date`, or an ISO 8601 time with its zone, as STS and the metadata server of ECS give it.
   * Not a number, which could be seconds or milliseconds. It is renewed five minutes ahead, or at the last third of
   * a shorter life. Without an expiration the provider is asked again once a minute, while mails are sent.
   */
  readonly expiration?: Date | string | undefined
}

/**
 * Whoever hands out credentials: a function, or a client of `@alicloud/credentials`. It is called once for all
 * messages that wait, ahead of the expiry in the background, and again after a failure. One call may take 30 seconds.
 *
 * @example
 * import type { Credentials, CredentialsProvider } from 'aliyun-dm-connector'
 *
 * const assumeRole = (): Promise<Credentials> =>
 *   Promise.resolve({
 *     accessKeyId: 'STS.an-id',
 *     accessKeySecret: 'a-secret',
 *     securityToken: 'a-token',
 *     expiration: '2030-01-01T00:00:00Z',
 *   })
 *
 * const credentials: CredentialsProvider = assumeRole
 *
 * @category model
 * @since 0.1.0
 */
export type CredentialsProvider = (() => Promise<Credentials>) | CredentialsClient

/**
 * A client of `@alicloud/credentials`, or anything that answers as it does.
 *
 * @category model
 * @since 0.1.0
 */
export interface CredentialsClient {
  // A method, not a property, for the same reason as in DirectMailClient: a class of others' is to fit.
  getCredential(): Promise<{ readonly [K in keyof Credentials]?: Credentials[K] | undefined }>
}

/** Credentials, and how long they may be used; ms since the epoch. */
export interface Lease {
  readonly credentials: Omit<Credentials, 'expiration'>
  /** From here on whoever uses them has them renewed. */
  readonly renewAt: number
  readonly expiresAt: number
}

/** Credentials that stay as they are. */
export const keepForever = ({ accessKeyId, accessKeySecret, securityToken }: Credentials): Lease => ({
  credentials: { accessKeyId, accessKeySecret, securityToken },
  renewAt: Infinity,
  expiresAt: Infinity,
})

/** Calls a provider once. */
export const fetchCredentials = (
  provider: CredentialsProvider,
): TE.TaskEither<CredentialsUnavailable, Lease> =>
  pipe(
    TE.tryCatch(async () => {
      const given: unknown =
        typeof provider === 'function' ? await provider() : await provider.getCredential()
      return readLease(given, findExpiration(provider), Date.now())
    }, describeFailure),
    TE.chainEitherK((lease) => lease),
    TE.mapLeft(credentialsUnavailable),
  )

/** The longest time by which credentials are renewed ahead; ms. */
const maxAheadMs = 5 * 60_000

/** The longest time before their end in which credentials are not used any more: clocks differ, a request takes time. */
const maxMarginMs = 10_000

/** When a provider that tells no expiry is asked again; ms. */
const untoldLifeMs = 60_000

/** What came from a provider, or what is wrong with it. */
const readLease = (given: unknown, known: string | undefined, now: number): E.Either<string, Lease> => {
  if (!isObject(given)) return E.left('their provider gave none')
  const { accessKeyId, accessKeySecret, securityToken, expiration = known } = given
  if (!isHeaderText(accessKeyId)) return E.left('their provider gave no accessKeyId')
  if (!isHeaderText(accessKeySecret)) return E.left('their provider gave no accessKeySecret')
  const isTemporary = securityToken != null && securityToken !== ''
  if (isTemporary && !isHeaderText(securityToken))
    return E.left('their provider gave a securityToken that is none')
  const credentials = isTemporary
    ? { accessKeyId, accessKeySecret, securityToken }
    : { accessKeyId, accessKeySecret }
  if (expiration == null) return E.right({ credentials, renewAt: now + untoldLifeMs, expiresAt: Infinity })
  const endsAt = readTime(expiration)
  if (Number.isNaN(endsAt))
    return E.left(
      'their provider gave an expiration that is neither a Date nor an ISO 8601 time with its zone',
    )
  const lifeMs = endsAt - now
  return lifeMs > 0
    ? E.right({
        credentials,
        renewAt: endsAt - Math.min(maxAheadMs, lifeMs / 3),
        expiresAt: endsAt - Math.min(maxMarginMs, lifeMs / 10),
      })
    : E.left("their provider gave some that have expired already. Check this machine's clock")
}

/** A key or token is sent in a header: nothing but visible ASCII fits in. */
const isHeaderText = (u: unknown): u is string => typeof u === 'string' && /^[\x21-\x7e]+$/.test(u)

/** ms since the epoch; NaN for what is no time. */
const readTime = (u: unknown): number => {
  if (u instanceof Date) return u.getTime()
  return typeof u === 'string' && /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(u) ? Date.parse(u) : NaN
}
