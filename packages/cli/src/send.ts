/**
 * `aliyun-dm send`: sends one mail, to see that key pair, sender address and template do what they should.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { Message, Receipt, SendError, SendEvent, UsageType } from 'aliyun-dm-connector'
import { readConfigFile } from './config-file.js'
import { type ConnectionOptions, explain, openConnector } from './connector.js'
import { giveUp } from './diagnostics.js'
import { leaveOutKeyPair, takeFromEnvironment } from './environment.js'
import { type ExitCode, exitFailed, exitInterrupted, exitOk } from './exit.js'
import type { Shell } from './shell.js'
import { styled } from './terminal.js'
import type { Variables } from './variables.js'

export interface SendOptions extends ConnectionOptions {
  readonly to: string
  readonly type: UsageType
  readonly var: Variables
}

export const send = async (shell: Shell, path: string, options: SendOptions): Promise<ExitCode> => {
  const file = await readConfigFile(shell, path, (input) =>
    options.credentials === 'default' ? leaveOutKeyPair(input) : takeFromEnvironment(input, shell.env),
  )
  if (E.isLeft(file)) return giveUp(shell, file.left, options.json)
  const isQuiet = options.json === true
  if (!isQuiet)
    for (const [key, variable] of file.right.origins) shell.err.print(`${key} is taken from ${variable}`)
  const connector = openConnector(shell, file.right, options, (event) => {
    if (!isQuiet) reportRetry(shell, event)
  })
  if (E.isLeft(connector)) return giveUp(shell, connector.left, options.json)
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
