/**
 * What whoever runs Logto decides for the whole server: variables of its environment. They are read at each call, so
 * that nothing is left over from an earlier value.
 */
import { type ConnectorOptions, defaultCredentials, type InvalidConfig } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'

/** Sends everything to another endpoint: within a VPC, or to a sandbox. */
export const endpointVariable = 'ALIYUN_DM_ENDPOINT'

/** `true` takes plain http to a private address or a service name, as between containers. */
export const insecureVariable = 'ALIYUN_DM_ALLOW_INSECURE'

/** `default` takes the credentials of the machine, not the key pair of the form. */
export const credentialsVariable = 'ALIYUN_DM_CREDENTIALS'

/** The options of the library that the environment decides, as plain data. */
export interface Environment {
  readonly endpoint?: string | undefined
  readonly allowInsecure?: boolean | undefined
  readonly credentials?: 'default' | undefined
}

const read = (variable: string): string | undefined => {
  const value = process.env[variable]?.trim()
  return value === '' ? undefined : value
}

/** Whether the machine gives the credentials, so that the config needs none. */
export const isOfMachine = (): boolean => read(credentialsVariable) === 'default'

const wrongVariable = (path: string, expected: string): E.Either<InvalidConfig, never> => {
  const message = `expected ${expected}`
  return E.left({
    _tag: 'InvalidConfig',
    message: `The environment is not valid: ${path}: ${message}`,
    delivered: 'no',
    issues: [{ path, message }],
  })
}

export const readEnvironment = (): E.Either<InvalidConfig, Environment> => {
  const credentials = read(credentialsVariable)
  if (credentials !== undefined && credentials !== 'default')
    return wrongVariable(credentialsVariable, '"default", or no such variable')
  const allowInsecure = read(insecureVariable) ?? 'false'
  if (allowInsecure !== 'true' && allowInsecure !== 'false')
    return wrongVariable(insecureVariable, '"true" or "false"')
  return E.right({
    endpoint: read(endpointVariable),
    allowInsecure: allowInsecure === 'true',
    credentials,
  })
}

/** One chain for all connectors of the server: it keeps what it found. */
const machine = defaultCredentials()

export const toOptions = ({ credentials, ...rest }: Environment): ConnectorOptions => ({
  ...rest,
  credentials: credentials === 'default' ? machine : undefined,
})
