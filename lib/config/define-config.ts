/**
 * A config written in TypeScript keeps the texts of its templates as types.
 */
import type { Config } from './config.js'

/**
 * Gives a config back as it is, with its templates' texts as types. A connector made from it takes only messages
 * whose payload has every placeholder of their template; one of a usage type without a template of its own, those
 * of the first `Generic` template.
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
export const defineConfig = <const C extends Config>(config: C): C => config
