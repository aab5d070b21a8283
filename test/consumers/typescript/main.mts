/** A typed program in ES modules. It is compiled under each module resolution, then run. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { PathReporter } from 'io-ts/lib/PathReporter.js'
import {
  Config,
  type Connector,
  createConnector,
  foldSendError,
  type Message,
  type Receipt,
  type SendError,
  sendMessage,
  toError,
  UsageType,
} from 'aliyun-dm-connector'
import { createConnector as createThrowing, SendFailure } from 'aliyun-dm-connector/promises'
import { throttled } from 'aliyun-dm-connector/testing'
import { type Sandbox, startSandbox } from 'aliyun-dm-sandbox'

const key = { id: 'LTAI5tExampleKeyId', secret: 'ExampleKeySecret' }
const template = { subject: '验证码', content: '<p>Your code is <b>{{code}}</b>.</p>' }
const config: unknown = {
  accessKeyId: key.id,
  accessKeySecret: key.secret,
  accountName: 'no-reply@mail.example.com',
  templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({
    usageType,
    ...template,
  })),
}

const message: Message = { to: 'ann@example.com', type: 'SignIn', payload: { code: '123456' } }

// The codecs are io-ts's own: their types are inferred, and they go where io-ts's go.
const usageType: t.Type<UsageType> = UsageType
const Form = t.intersection([t.type({ usageType: UsageType }), t.partial({ note: t.string })])
const complaints = PathReporter.report(Form.decode({ usageType: 'Signin' }))
const accountOf = (input: unknown): string =>
  pipe(
    Config.decode(input),
    E.fold(
      () => '',
      ({ accountName }: t.TypeOf<typeof Config>) => accountName,
    ),
  )

// @ts-expect-error a usage type that there is not
export const mistyped: Message = { to: 'ann@example.com', type: 'Signin', payload: { code: '123456' } }
// @ts-expect-error a verification mail without its code
export const codeless: Message = { to: 'ann@example.com', type: 'SignIn', payload: {} }

const program: RTE.ReaderTaskEither<{ readonly connector: Connector }, SendError, Receipt> =
  sendMessage(message)

const failed: SendError = { _tag: 'TemplateNotFound', usageType: 'Signin', message: '', delivered: 'no' }
const told = foldSendError({
  InvalidConfig: ({ issues }) => issues.map(({ path }) => path).join(),
  InvalidMessage: ({ issues }) => issues.map(({ path }) => path).join(),
  TemplateNotFound: (error) => error.usageType,
  MissingVariables: ({ names }) => names.join(),
  CredentialsUnavailable: ({ reason }) => reason,
  Rejected: ({ code }) => code,
  Throttled: ({ retryAfterMs = 0 }) => String(retryAfterMs),
  Unavailable: ({ statusCode }) => String(statusCode),
  Timeout: ({ phase }) => phase,
  ConnectionFailed: ({ code }) => code,
  InvalidResponse: (error) => error.message,
  Cancelled: ({ delivered }) => delivered,
  Duplicate: ({ idempotencyKey }) => idempotencyKey,
})

const send = (sandbox: Sandbox): TE.TaskEither<Error, Receipt> =>
  pipe(
    TE.fromEither(createConnector(config, { endpoint: sandbox.endpoint })),
    TE.mapLeft((invalid): SendError => invalid),
    TE.chain((connector) => program({ connector })),
    TE.mapLeft(toError),
    TE.filterOrElse(
      (receipt) => {
        const [mail, ...more] = sandbox.inbox()
        return (
          mail?.htmlBody === '<p>Your code is <b>123456</b>.</p>' &&
          mail.signature.verified &&
          mail.envId === receipt.envId &&
          more.length === 0
        )
      },
      () => new Error('another mail arrived than was sent'),
    ),
  )

const result = await TE.bracket(startSandbox({ accessKeys: { [key.id]: key.secret } }), send, (sandbox) =>
  TE.rightTask(sandbox.stop),
)()
if (E.isLeft(result)) throw result.left
if (accountOf(config) !== 'no-reply@mail.example.com' || !usageType.is(message.type)) throw new Error('codec')
if (!Form.is({ usageType: 'SignIn' }) || !complaints.join().includes('SignIn')) throw new Error('own io-ts')
if (told(failed) !== 'Signin') throw new Error('fold')
if (createThrowing(config).preview(message).to !== message.to) throw new Error('preview')
const failure: unknown = await createThrowing(config, { endpoint: 'http://127.0.0.1:1', maxAttempts: 1 })
  .sendMessage(message)
  .catch((error: unknown) => error)
if (!(failure instanceof SendFailure) || failure.tag !== 'ConnectionFailed') throw new Error('promises')
const busy: SendError = throttled({ code: 'Throttling.User', requestId: '' })
if (told(busy) !== '0') throw new Error('testing')
console.log(`sent ${result.right.envId}`)
