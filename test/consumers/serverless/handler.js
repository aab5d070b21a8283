/** A function as a cloud calls it: one file with everything in it, the SDK too. ENDPOINT stands for DirectMail. */
import { createConnector, toError } from 'aliyun-dm-connector'
import config from '../connector.json'

const connector = createConnector(config, { endpoint: process.env.ENDPOINT }).right

export const handler = async ({ to, code }) => {
  const result = await connector.sendMessage({ to, type: 'SignIn', payload: { code } })()
  if (result._tag === 'Left') throw toError(result.left)
  return { statusCode: 200, body: result.right.envId }
}
