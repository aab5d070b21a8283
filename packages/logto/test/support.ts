/**
 * What the tests share: a config as Logto saves it, a sandbox that knows its key, and the connector pointed at it.
 */
import type { GetI18nEmailTemplate } from '@logto/connector-kit'
import { type Sandbox, type SandboxOptions, startSandbox } from 'aliyun-dm-sandbox'
import * as E from 'fp-ts/lib/Either.js'
import createConnector from '../src/index.js'
import { endpointVariable } from '../src/environment.js'

export const secret = 'TheSecretOfTheTests'

export const requiredTypes = ['Register', 'SignIn', 'ForgotPassword', 'Generic']

export const makeTemplate = (usageType: string): Readonly<Record<string, unknown>> => ({
  usageType,
  subject: `${usageType} subject {{code}}`,
  content: `<p>${usageType}: {{code}}</p>`,
})

export const config = {
  accessKeyId: 'LTAItests',
  accessKeySecret: secret,
  accountName: 'no-reply@mail.example.com',
  templates: requiredTypes.map(makeTemplate),
}

/** A sandbox for the tests of one `describe`, at the endpoint that the connector reads from its environment. */
export const useSandbox = (options: SandboxOptions = {}): (() => Sandbox) => {
  let sandbox: Sandbox | undefined
  before(async () => {
    const started = await startSandbox({ accessKeys: { [config.accessKeyId]: secret }, ...options })()
    if (E.isLeft(started)) throw started.left
    sandbox = started.right
    process.env[endpointVariable] = sandbox.endpoint
  })
  beforeEach(() => sandbox?.clear())
  after(async () => {
    Reflect.deleteProperty(process.env, endpointVariable)
    await sandbox?.stop()
  })
  return () => {
    if (sandbox === undefined) throw new Error('The sandbox runs in tests only')
    return sandbox
  }
}

/** The connector as Logto makes it, with a saved config. */
export const makeConnector = (saved: unknown, getI18nEmailTemplate?: GetI18nEmailTemplate) =>
  createConnector({
    getConfig: () => Promise.resolve(saved),
    ...(getI18nEmailTemplate === undefined ? {} : { getI18nEmailTemplate }),
  })

/** What a promise was rejected with. */
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('expected a rejection')
}

/** Runs with these variables in the environment, and puts back what was there. */
export const withVariables = async <A>(
  variables: Readonly<Record<string, string>>,
  run: () => Promise<A>,
): Promise<A> => {
  const kept = { ...process.env }
  Object.assign(process.env, variables)
  try {
    return await run()
  } finally {
    for (const variable of Object.keys(variables))
      if (kept[variable] === undefined) Reflect.deleteProperty(process.env, variable)
      else process.env[variable] = kept[variable]
  }
}
