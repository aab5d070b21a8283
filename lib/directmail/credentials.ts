/**
 * Credentials that somebody else hands out.
 */

/**
 * An access key pair, with a security token and an expiry where it is temporary.
 *
 * @category model
 * @since 0.1.0
 */
export interface Credentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string | undefined
  /** When the key pair ends: a `Date`, or an ISO 8601 time with its zone. */
  readonly expiration?: Date | string | undefined
}

/**
 * Whoever hands out credentials: a function, or a client of `@alicloud/credentials`.
 *
 * @category model
 * @since 0.1.0
 */
export type CredentialsProvider =
  (() => Promise<Credentials>) | { getCredential(): Promise<Partial<Credentials>> }
