/**
 * The key pair from the environment, under the names that Alibaba Cloud's own tools use, so that it need not be in
 * the file.
 */
import { isRecord } from './source.js'

const variableOf = {
  accessKeyId: 'ALIBABA_CLOUD_ACCESS_KEY_ID',
  accessKeySecret: 'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  securityToken: 'ALIBABA_CLOUD_SECURITY_TOKEN',
} as const

type Key = keyof typeof variableOf

const keys: ReadonlyArray<Key> = ['accessKeyId', 'accessKeySecret', 'securityToken']

export type Environment = Readonly<Record<string, string | undefined>>

export interface WithCredentials {
  readonly input: unknown
  /** Which keys came from the environment, and from which of its variables. */
  readonly origins: ReadonlyMap<string, string>
}

const isSet = (environment: Environment, key: Key): boolean => (environment[variableOf[key]] ?? '') !== ''

const isAbsent = (input: unknown, key: Key): boolean => {
  const present = isRecord(input) ? input[key] : undefined
  return present === undefined || present === null || present === ''
}

const take = (input: unknown, environment: Environment, wanted: (key: Key) => boolean): WithCredentials => {
  if (!isRecord(input)) return { input, origins: new Map() }
  const taken = keys.filter((key) => isSet(environment, key) && wanted(key))
  return {
    input: { ...input, ...Object.fromEntries(taken.map((key) => [key, environment[variableOf[key]]])) },
    origins: new Map(taken.map((key) => [key, variableOf[key]])),
  }
}

/**
 * For sending: a whole key pair of the environment comes first; half of one only fills in what the file lacks, since
 * halves of two pairs sign nothing. With another pair the file's token goes too: a token is good for the pair with
 * which it was issued, and for no other.
 */
export const preferEnvironment = (input: unknown, environment: Environment): WithCredentials => {
  const whole = isSet(environment, 'accessKeyId') && isSet(environment, 'accessKeySecret')
  const preferred = take(input, environment, (key) => whole || isAbsent(input, key))
  return preferred.origins.has('accessKeyId') && !preferred.origins.has('securityToken')
    ? { ...preferred, input: withoutToken(preferred.input) }
    : preferred
}

const withoutToken = (input: unknown): unknown =>
  isRecord(input) ? { ...input, securityToken: undefined } : input

/** For checking: the environment only fills in what the file leaves out, and so hides no fault of the file's. */
export const completeFromEnvironment = (input: unknown, environment: Environment): WithCredentials =>
  take(input, environment, (key) => key !== 'securityToken' && isAbsent(input, key))

/** For previewing, where nobody signs anything: any key pair, so that a file without one can be looked at. */
export const withoutCredentials = (input: unknown): WithCredentials => ({
  input: isRecord(input)
    ? { ...input, accessKeyId: 'preview', accessKeySecret: 'preview', securityToken: undefined }
    : input,
  origins: new Map(),
})
