/**
 * The credentials of the machine: what Alibaba Cloud's own tools find in the environment, in a profile, on ECS, on ACK or
 * behind a URI, by the default chain of `@alicloud/credentials`, which comes with the SDK.
 */
import { findExpiration } from './chain-expiration.js'
import { readExports } from './client.js'
import type { CredentialsClient } from './credentials.js'

/**
 * How `defaultCredentials` behaves.
 *
 * @category model
 * @since 0.1.0
 */
export interface DefaultCredentialsOptions {
  /** Is told where credentials were found, once and when that changes: `env`, `cli_profile/static_ak`, `ecs_ram_role`. */
  readonly onSource?: ((source: string) => void) | undefined
}

/**
 * A provider that asks, in this order: the environment (`ALIBABA_CLOUD_ACCESS_KEY_ID`, `…_SECRET`), OIDC (RRSA on ACK),
 * `~/.aliyun/config.json`, `~/.alibabacloud/credentials`, the RAM role of an ECS instance, and
 * `ALIBABA_CLOUD_CREDENTIALS_URI`. The first that has credentials is asked from then on. The chain is loaded when
 * it is needed.
 *
 * @example
 * import { createConnector, defaultCredentials } from 'aliyun-dm-connector'
 *
 * const template = { subject: 'Your code', content: '<p>{{code}}</p>' }
 * const config = {
 *   accountName: 'no-reply@mail.example.com',
 *   templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({ usageType, ...template })),
 * }
 *
 * const connector = createConnector(config, { credentials: defaultCredentials() })
 *
 * @category constructors
 * @since 0.1.0
 */
export const defaultCredentials = ({
  onSource = () => undefined,
}: DefaultCredentialsOptions = {}): CredentialsClient => {
  let chain: Chain | undefined
  let source: string | undefined
  let asking: ReturnType<CredentialsClient['getCredential']> | undefined

  const tellSource = (found: string): void => {
    if (found === source) return
    source = found
    try {
      onSource(found)
    } catch {
      // What an observer throws changes nothing.
    }
  }

  const ask: CredentialsClient['getCredential'] = async () => {
    try {
      chain ??= await makeChain()
      const { accessKeyId, accessKeySecret, securityToken, providerName } = await chain.getCredential()
      const expiration = findExpiration(chain)
      // A provider of the chain's keeps credentials that it cannot renew, beyond their end.
      if (expiration !== undefined && Date.parse(expiration) <= Date.now()) chain = undefined
      tellSource(providerName.replace('default/', ''))
      return { accessKeyId, accessKeySecret, securityToken, expiration }
    } catch (error) {
      // After one failure of all of them a chain asks only its last provider, for ever.
      chain = undefined
      throw error
    } finally {
      asking = undefined
    }
  }

  // One call for all who ask: of four first calls at once the chain fails three.
  return { getCredential: () => (asking ??= ask()) }
}

/** Whichever provider of the chain is asked, the chain puts its name to what it gives. */
interface Chain {
  getCredential(): Promise<
    Awaited<ReturnType<CredentialsClient['getCredential']>> & { readonly providerName: string }
  >
}

const makeChain = async (): Promise<Chain> => {
  // As with the SDK's client: where the class is depends on the loader, its types know of one place only.
  const Client = readExports(await import('@alicloud/credentials')).default as unknown as new () => Chain
  return new Client()
}
