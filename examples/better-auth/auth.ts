/**
 * Better Auth with codes by e-mail: to sign in, to verify an address, for a new password. In your program it is
 * `auth.ts`, and a route answers with `auth.handler`.
 */
import { createConnector } from 'aliyun-dm-connector/promises'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { emailOTP } from 'better-auth/plugins'
import config from '../connector.json' with { type: 'json' }

const connector = createConnector(config, { endpoint: process.env['ALIYUN_DM_ENDPOINT'] })

const usageTypes = {
  'sign-in': 'SignIn',
  'email-verification': 'Register',
  'forget-password': 'ForgotPassword',
  'change-email': 'BindNewIdentifier',
} as const

export const auth = betterAuth({
  baseURL: 'http://localhost:3000',
  // Your database stands here.
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  emailAndPassword: { enabled: true },
  plugins: [
    emailOTP({
      storeOTP: 'hashed',
      sendVerificationOTP: async ({ email, otp, type }) => {
        await connector.sendMessage({ to: email, type: usageTypes[type], payload: { code: otp } })
      },
    }),
  ],
  // An answer that waited for its mail would tell by its time who has an account. Better Auth logs a mail that failed, and
  // `close` waits for those that are under way.
  advanced: { backgroundTasks: { handler: () => undefined } },
})

/** To be called when the program ends. */
export const close = (): Promise<void> => connector.close()
