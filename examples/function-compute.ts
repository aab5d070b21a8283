/**
 * A handler of Alibaba Cloud Function Compute, whose context has the credentials of the function's role: no key stands in a
 * config. They end within the hour; the context of each call has newer ones.
 */
import { createConnector } from 'aliyun-dm-connector/promises'
import config from './connector.json' with { type: 'json' }

export interface Context {
  readonly credentials: {
    readonly accessKeyId: string
    readonly accessKeySecret: string
    readonly securityToken: string
  }
}

let latest: Context['credentials'] | undefined

const { accessKeyId, accessKeySecret, ...keyless } = config
const connector = createConnector(keyless, {
  endpoint: process.env['ALIYUN_DM_ENDPOINT'],
  credentials: () =>
    latest === undefined ? Promise.reject(new Error('no call has come in yet')) : Promise.resolve(latest),
})

/** Runs once for each instance, before its first call: the SDK is loaded while nobody waits for it. */
export const initialize = async (context: Context): Promise<void> => {
  latest = context.credentials
  await connector.warmUp()
}

export const handler = async (event: string | Uint8Array, context: Context): Promise<string> => {
  latest = context.credentials
  // Whoever calls the function is trusted; a message that is wrong is refused by the connector.
  const { to, code } = JSON.parse(Buffer.from(event).toString()) as {
    readonly to: string
    readonly code: string
  }
  const receipt = await connector.sendMessage({ to, type: 'SignIn', payload: { code } })
  return JSON.stringify(receipt)
}
