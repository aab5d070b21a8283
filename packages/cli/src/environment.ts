/**
 * The key pair from the environment, under the names that Alibaba Cloud's own tools use, so that it need not be in
 * the file. Every command reads it by the same rule, so what `check` approves is what `send` uses.
 */
import { isRecord } from './json.js'
import type { Environment } from './shell.js'

const variables = {
  accessKeyId: 'ALIBABA_CLOUD_ACCESS_KEY_ID',
  accessKeySecret: 'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  securityToken: 'ALIBABA_CLOUD_SECURITY_TOKEN',
} as const

type Key = keyof typeof variables

export interface CompletedInput {
  readonly input: unknown
  /** Which keys came from the environment, and from which of its variables. */
  readonly origins: ReadonlyMap<string, string>
}

/**
 * A whole key pair of the environment comes before the file's. Half of one only fills in what the file lacks: halves
 * of two pairs sign nothing. A token belongs to the secret with which it was issued, so it comes from where the
 * secret comes from, or from nowhere.
 */
export const takeFromEnvironment = (input: unknown, env: Environment): CompletedInput => {
  if (!isRecord(input)) return { input, origins: new Map() }
  const isSet = (key: Key): boolean => (env[variables[key]] ?? '') !== ''
  const isWhole = isSet('accessKeyId') && isSet('accessKeySecret')
  const pair = (['accessKeyId', 'accessKeySecret'] as const).filter(
    (key) => isSet(key) && (isWhole || isNotGiven(input[key])),
  )
  const hasSecret = pair.includes('accessKeySecret')
  const taken: ReadonlyArray<Key> = hasSecret && isSet('securityToken') ? [...pair, 'securityToken'] : pair
  return {
    input: {
      ...input,
      ...(hasSecret ? { securityToken: undefined } : {}),
      ...Object.fromEntries(taken.map((key) => [key, env[variables[key]]])),
    },
    origins: new Map(taken.map((key) => [key, variables[key]])),
  }
}

const isNotGiven = (value: unknown): boolean => value === undefined || value === null || value === ''

/** For the credentials of the machine, beside which there must be no key pair. */
export const leaveOutKeyPair = (input: unknown): CompletedInput => ({
  input: isRecord(input)
    ? { ...input, accessKeyId: undefined, accessKeySecret: undefined, securityToken: undefined }
    : input,
  origins: new Map(),
})

/** For a preview, where nobody signs anything: any key pair, so that a file without one can be looked at. */
export const takeAnyKeyPair = (input: unknown): CompletedInput => ({
  input: isRecord(input)
    ? { ...input, accessKeyId: 'preview', accessKeySecret: 'preview', securityToken: undefined }
    : input,
  origins: new Map(),
})
