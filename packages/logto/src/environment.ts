/**
 * What whoever runs Logto decides for the whole server: variables of its environment. They are read at each call, so
 * that nothing is left over from an earlier value.
 */
import type { ConnectorOptions } from 'aliyun-dm-connector'

/** Sends everything to another endpoint: within a VPC, or to a sandbox. */
export const endpointVariable = 'ALIYUN_DM_ENDPOINT'

/** The options of the library that the environment decides. */
export type Environment = Pick<ConnectorOptions, 'endpoint'>

const read = (variable: string): string | undefined => {
  const value = process.env[variable]
  return value === '' ? undefined : value
}

export const readEnvironment = (): Environment => ({ endpoint: read(endpointVariable) })
