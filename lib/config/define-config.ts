/**
 * A config written in TypeScript keeps the texts of its templates as types.
 */
import type { KeylessConfig, MailConfig } from './config.js'
import type { AcceptedUsageType, DecodeOptions, UsageTypes } from './usage-type.js'
import type { Secret } from './secret.js'

/**
 * A config as it is written down: its secrets are plain text.
 *
 * @category model
 * @since 0.1.0
 */
export interface PlainConfig<U extends string> extends MailConfig<U> {
  readonly accessKeyId: string
  readonly accessKeySecret: string | Secret
  readonly securityToken?: string | Secret | undefined
}

/**
 * Gives a config back as it is, with its templates' texts as types. A connector made from it takes only messages
 * whose payload has every placeholder of their template; one of a usage type without a template of its own, those
 * of the first `Generic` template. A text that the compiler does not know, say because it is read from a file, asks
 * for nothing.
 *
 * It hides nothing: secrets that are written in it are plain text until `createConnector` or `decodeConfig` reads
 * it, so do not log it.
 *
 * @param options `usageTypes` as for `createConnector`, if the config has usage types of your own.
 *
 * @example
 * import { createConnector, defineConfig } from 'aliyun-dm-connector'
 *
 * const config = defineConfig({
 *   accessKeyId: 'an-id',
 *   accessKeySecret: 'a-secret',
 *   accountName: 'no-reply@mail.example.com',
 *   templates: [
 *     { usageType: 'Register', subject: 'Welcome', content: 'Your code: {{code}}' },
 *     { usageType: 'SignIn', subject: 'Sign in to {{application.name}}', content: 'Your code: {{code}}' },
 *     { usageType: 'ForgotPassword', subject: 'Your code', content: '{{code}}' },
 *     { usageType: 'Generic', subject: 'Your code', content: '{{code}}' },
 *   ],
 * })
 * const connector = createConnector(config)
 * // Does not compile without `code` and `application.name`:
 * // connector.right.sendMessage({ to, type: 'SignIn', payload: { code, application: { name } } })
 *
 * @category constructors
 * @since 0.1.0
 */
export const defineConfig = <
  const C extends PlainConfig<AcceptedUsageType<U>> | KeylessConfig<AcceptedUsageType<U>>,
  const U extends UsageTypes = 'known',
>(
  config: C,
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- says which names the compiler accepts
  options?: DecodeOptions<U>,
): C => config
