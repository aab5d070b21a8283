/**
 * `npm run demo`: sends one mail for each usage type of examples/connector.json through the real SDK into the
 * sandbox, and shows what arrived. `npm run demo -- --endpoint http://127.0.0.1:8025` sends to a sandbox that runs
 * already instead, and shows the receipts.
 */
import { parseArgs } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { createConnector, type Message, type Receipt, type SendError, toError } from 'aliyun-dm-connector'
import { type ReceivedMail, type Sandbox, startSandbox } from 'aliyun-dm-sandbox'
import config from './connector.json' with { type: 'json' }

const to = 'ann@example.com'
const messages: ReadonlyArray<Message> = [
  { to, type: 'Register', payload: { code: '481516' } },
  { to, type: 'SignIn', payload: { code: '234215' } },
  { to, type: 'ForgotPassword', payload: { code: '108420' } },
  { to, type: 'Generic', payload: { code: '161803' } },
]

/** Sends every message in turn to an endpoint; ends at the first that fails. */
const sendAll = (endpoint: string): TE.TaskEither<SendError, ReadonlyArray<Receipt>> =>
  pipe(
    TE.fromEither(createConnector(config, { endpoint })),
    TE.chain(({ sendMessage }) => TE.traverseSeqArray(sendMessage)(messages)),
  )

const asText = (html: string): string =>
  html
    .replace(/<\/p>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&amp;/g, '&')
    .trim()

const indent = (text: string): string => text.trim().replace(/^/gm, '    ')

const describe = (mail: ReceivedMail): string =>
  [
    `✉ ${mail.subject}`,
    `  from       ${mail.fromAlias === undefined ? '' : `${mail.fromAlias} `}<${mail.accountName}>`,
    `  to         ${mail.toAddress}`,
    `  signature  ${mail.signature.scheme}, ${mail.signature.verified ? 'verified' : 'NOT verified'}`,
    `  envId      ${mail.envId}`,
    indent(mail.textBody ?? asText(mail.htmlBody ?? '')),
  ].join('\n')

const intoOwnSandbox: TE.TaskEither<Error, string> = TE.bracket(
  // The sandbox knows the key pair of the config, so that it verifies every signature.
  startSandbox({ accessKeys: { [config.accessKeyId]: config.accessKeySecret } }),
  (sandbox: Sandbox) =>
    pipe(
      sendAll(sandbox.endpoint),
      TE.mapLeft<SendError, Error>(toError),
      TE.chainEitherK((receipts) => {
        const mails = sandbox.inbox()
        const strangers = mails.filter((mail) => !mail.signature.verified)
        return mails.length === receipts.length && strangers.length === 0
          ? E.right(mails.map(describe).join('\n\n'))
          : E.left(
              new Error(`${receipts.length} mails were sent, ${mails.length - strangers.length} arrived`),
            )
      }),
    ),
  (sandbox) => TE.fromTask(sandbox.stop),
)

const intoRunningSandbox = (endpoint: string): TE.TaskEither<Error, string> =>
  pipe(
    sendAll(endpoint),
    TE.bimap(toError, (receipts) => receipts.map(({ envId }) => `✉ sent, envId ${envId}`).join('\n')),
  )

const { endpoint } = parseArgs({ options: { endpoint: { type: 'string' } } }).values

const result = await (endpoint === undefined ? intoOwnSandbox : intoRunningSandbox(endpoint))()

if (E.isRight(result)) console.log(`${result.right}\n\n${messages.length} mails were sent and accepted.`)
else {
  console.error(`The demo failed: ${result.left.message}`)
  process.exitCode = 1
}
