/**
 * `aliyun-dm send`: sends one mail, to see that key pair, sender address and template do what they should.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import createSpinner from 'yocto-spinner'
import {
  createConnector,
  decodeMessage,
  type Receipt,
  type SendError,
  type SendEvent,
  type UsageType,
} from 'aliyun-dm-connector'
import { errorsIn, readConfigFile } from './config-file.js'
import { preferEnvironment } from './credentials.js'
import { complain, type ExitCode, exitFailed, exitOk, failed, giveUp } from './exit.js'
import { printable, type Terminal } from './terminal.js'
import { adviceFor, type Variables } from './variables.js'

export interface SendOptions {
  readonly to: string
  readonly type: UsageType
  readonly var: Variables
  readonly endpoint?: string
  readonly json?: boolean
}

export const send = async (terminal: Terminal, path: string, options: SendOptions): Promise<ExitCode> => {
  const file = await readConfigFile(path, (input) => preferEnvironment(input, process.env))
  if (E.isLeft(file)) return giveUp(terminal, file.left, options.json)
  if (options.json !== true)
    for (const [key, variable] of file.right.origins)
      terminal.err.print(printable(`${key} is taken from ${variable}`))
  const progress = startProgress(`Sending to ${options.to}`)
  const connector = createConnector(file.right.input, {
    endpoint: options.endpoint ?? process.env['ALIYUN_DM_ENDPOINT'],
    onEvent: progress.tell,
  })
  if (E.isLeft(connector)) {
    progress.stop()
    return giveUp(terminal, failed(errorsIn(file.right, connector.left.issues)), options.json)
  }
  const result = await pipe(
    TE.fromEither(decodeMessage({ to: options.to, type: options.type, payload: options.var })),
    TE.chainW(connector.right.sendMessage),
  )()
  progress.stop()
  if (options.json === true)
    terminal.out.json(
      E.isRight(result) ? { sent: true, receipt: result.right } : { sent: false, error: result.left },
    )
  else if (E.isRight(result)) confirm(terminal, options, result.right)
  else regret(terminal, result.left)
  return E.isRight(result) ? exitOk : exitFailed
}

const confirm = ({ out }: Terminal, { to, type }: SendOptions, { envId, requestId }: Receipt): void =>
  out.print(
    out.style('green', printable(`DirectMail accepted the ${type} mail to ${to}.`)),
    printable(`  EnvId      ${envId}`),
    printable(`  RequestId  ${requestId}`),
  )

const regret = (terminal: Terminal, error: SendError): void =>
  complain(
    terminal,
    error.message,
    ...(error._tag === 'MissingVariables' ? [adviceFor(error.names)] : []),
    ...('requestId' in error && error.requestId !== '' ? [`RequestId  ${error.requestId}`] : []),
    ...('recommend' in error ? [`See        ${error.recommend}`] : []),
  )

interface Progress {
  readonly tell: (event: SendEvent) => void
  readonly stop: () => void
}

/** A spinner for whoever watches; nothing where nobody does. */
const startProgress = (text: string): Progress => {
  if (!process.stderr.isTTY) return { tell: () => undefined, stop: () => undefined }
  const spinner = createSpinner({ text: printable(text), stream: process.stderr }).start()
  return {
    tell: (event) => {
      if (event._tag === 'Retried')
        spinner.text = printable(
          `${text}: attempt ${event.attempt} failed (${event.error._tag}), trying again`,
        )
    },
    stop: () => void spinner.stop(),
  }
}
