/**
 * The connector of a config file, for the commands that ask DirectMail for something: where it gets its key pair, which
 * endpoint it takes, and how a failure is shown.
 */
import * as E from 'fp-ts/lib/Either.js'
import {
  type Connector,
  createConnector,
  defaultCredentials,
  type Issue,
  type SendError,
  type SendEvent,
} from 'aliyun-dm-connector'
import { type ConfigFile, placeIssue } from './config-file.js'
import { complain, type Diagnostic, type Failure } from './diagnostics.js'
import { leaveOutKeyPair } from './environment.js'
import { exitFailed } from './exit.js'
import type { Shell } from './shell.js'
import { adviseValues } from './variables.js'

export interface ConnectionOptions {
  readonly endpoint?: string
  /** `default`: those of the machine, instead of a key pair from the file or the environment. */
  readonly credentials?: 'default'
  /** Nothing but JSON is printed. */
  readonly json?: boolean
}

const endpointVariable = 'ALIYUN_DM_ENDPOINT'

export const openConnector = (
  shell: Shell,
  file: ConfigFile,
  { endpoint, credentials, json = false }: ConnectionOptions,
  onEvent: (event: SendEvent) => void = () => undefined,
): E.Either<Failure, Connector> => {
  const isOfMachine = credentials === 'default'
  const connector = createConnector(isOfMachine ? leaveOutKeyPair(file.input).input : file.input, {
    endpoint: endpoint ?? shell.env[endpointVariable],
    onEvent,
    credentials: isOfMachine
      ? defaultCredentials({
          onSource: (source) => {
            if (!json) shell.err.print(`credentials are taken from ${source}`)
          },
        })
      : undefined,
  })
  if (E.isRight(connector)) return connector
  const diagnostics = connector.left.issues.map((issue) => placeProblem(file, issue))
  return E.left({ exitCode: exitFailed, diagnostics })
}

/** Of the options, only the endpoint may be wrong here: it may come from the environment. */
const placeProblem = (file: ConfigFile, issue: Issue): Diagnostic =>
  issue.path === 'options.endpoint'
    ? { severity: 'error', path: '', message: issue.message, place: endpointVariable }
    : placeIssue(file, issue)

/** Says what failed, and what to do about it. */
export const explain = (shell: Shell, error: SendError): void =>
  complain(
    shell,
    error.message,
    ...(error._tag === 'MissingVariables' ? [adviseValues(error.names)] : []),
    ...('requestId' in error && error.requestId !== '' ? [`RequestId  ${error.requestId}`] : []),
    ...('recommend' in error ? [`See        ${error.recommend}`] : []),
  )
