/**
 * `aliyun-dm send`: sends one mail, to see that key pair, sender address and template do what they should.
 */
import * as E from 'fp-ts/lib/Either.js'
import {
  createConnector,
  defaultCredentials,
  type Issue,
  type Message,
  type Receipt,
  type SendError,
  type SendEvent,
  type UsageType,
} from 'aliyun-dm-connector'
import { type ConfigFile, placeIssue, readConfigFile } from './config-file.js'
import { complain, type Diagnostic, giveUp } from './diagnostics.js'
import { leaveOutKeyPair, takeFromEnvironment } from './environment.js'
import { type ExitCode, exitFailed, exitInterrupted, exitOk } from './exit.js'
import type { Shell } from './shell.js'
import { styled } from './terminal.js'
import { adviseValues, type Variables } from './variables.js'

export interface SendOptions {
  readonly to: string
  readonly type: UsageType
  readonly var: Variables
  readonly endpoint?: string
  /** `default`: those of the machine, instead of a key pair from the file or the environment. */
  readonly credentials?: 'default'
  readonly json?: boolean
}

export const send = async (shell: Shell, path: string, options: SendOptions): Promise<ExitCode> => {
  const isOfMachine = options.credentials === 'default'
  const file = await readConfigFile(shell, path, (input) =>
    isOfMachine ? leaveOutKeyPair(input) : takeFromEnvironment(input, shell.env),
  )
  if (E.isLeft(file)) return giveUp(shell, file.left, options.json)
  const isQuiet = options.json === true
  if (!isQuiet)
    for (const [key, variable] of file.right.origins) shell.err.print(`${key} is taken from ${variable}`)
  const connector = createConnector(file.right.input, {
    endpoint: options.endpoint ?? shell.env[endpointVariable],
    onEvent: isQuiet ? undefined : (event) => reportRetry(shell, event),
    credentials: isOfMachine
      ? defaultCredentials({
          onSource: (source) => {
            if (!isQuiet) shell.err.print(`credentials are taken from ${source}`)
          },
        })
      : undefined,
  })
  if (E.isLeft(connector)) {
    const diagnostics = connector.left.issues.map((issue) => placeProblem(file.right, issue))
    return giveUp(shell, { exitCode: exitFailed, diagnostics }, options.json)
  }
  if (!isQuiet && shell.err.isTerminal) shell.err.print(`Sending the ${options.type} mail to ${options.to} …`)
  // Whether the values are all there, the connector says better: it knows the template.
  const message = { to: options.to, type: options.type, payload: options.var } as unknown as Message
  const interruption = new AbortController()
  void shell.untilInterrupted().then(() => interruption.abort())
  const result = await connector.right.sendMessage(message, { signal: interruption.signal })()
  if (isQuiet) shell.out.json(toJson(result))
  else if (E.isRight(result)) confirm(shell, options, result.right)
  else explain(shell, result.left)
  if (E.isRight(result)) return exitOk
  return result.left._tag === 'Cancelled' ? exitInterrupted : exitFailed
}

const endpointVariable = 'ALIYUN_DM_ENDPOINT'

/** Of the options, only the endpoint may be wrong here: it may come from the environment. */
const placeProblem = (file: ConfigFile, issue: Issue): Diagnostic =>
  issue.path === 'options.endpoint'
    ? { severity: 'error', path: '', message: issue.message, place: endpointVariable }
    : placeIssue(file, issue)

const toJson = (result: E.Either<SendError, Receipt>): object =>
  E.isRight(result) ? { sent: true, receipt: result.right } : { sent: false, error: result.left }

const reportRetry = ({ err }: Shell, event: SendEvent): void => {
  if (event._tag === 'Retried')
    err.print(
      `Attempt ${event.attempt} failed (${event.error._tag}), the next one is in ${Math.round(event.delayMs)} ms.`,
    )
}

const confirm = ({ out }: Shell, { to, type }: SendOptions, { envId, requestId }: Receipt): void =>
  out.print(
    [styled('green', `DirectMail accepted the ${type} mail to ${to}.`)],
    `  EnvId      ${envId}`,
    `  RequestId  ${requestId}`,
  )

const explain = (shell: Shell, error: SendError): void =>
  complain(
    shell,
    error.message,
    ...(error._tag === 'MissingVariables' ? [adviseValues(error.names)] : []),
    ...('requestId' in error && error.requestId !== '' ? [`RequestId  ${error.requestId}`] : []),
    ...('recommend' in error ? [`See        ${error.recommend}`] : []),
  )
