/** A typed program in CommonJS: its types come from the .d.cts files. */
import { fold } from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { createConnector, type Receipt, toError } from 'aliyun-dm-connector'
import { createConnector as createThrowing, type Mail } from 'aliyun-dm-connector/promises'
import { startSandbox } from 'aliyun-dm-sandbox'
import connectorModule = require('aliyun-dm-connector')

const key = { id: 'LTAI5tExampleKeyId', secret: 'ExampleKeySecret' }
const config: unknown = {
  accessKeyId: key.id,
  accessKeySecret: key.secret,
  accountName: 'no-reply@mail.example.com',
  templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({
    usageType,
    subject: '验证码',
    content: '{{code}}',
  })),
}

const program: TE.TaskEither<Error, Receipt> = TE.bracket(
  startSandbox({ accessKeys: { [key.id]: key.secret } }),
  (sandbox) =>
    pipe(
      TE.fromEither(createConnector(config, { endpoint: sandbox.endpoint })),
      TE.chainW(({ sendMessage }) =>
        sendMessage({ to: 'ann@example.com', type: 'SignIn', payload: { code: '123456' } }),
      ),
      TE.mapLeft(toError),
      TE.filterOrElse(
        ({ envId }) => sandbox.inbox().some((mail) => mail.envId === envId && mail.htmlBody === '123456'),
        () => new Error('another mail arrived than was sent'),
      ),
    ),
  (sandbox) => TE.rightTask(sandbox.stop),
)

const mail: Mail = createThrowing(config).preview({
  to: 'ann@example.com',
  type: 'SignIn',
  payload: { code: '1' },
})
if (mail.body !== '1') throw new Error('preview')

void program().then(
  fold(
    (error) => {
      throw error
    },
    ({ envId }) => {
      if (connectorModule.createConnector !== createConnector) throw new Error('two copies')
      console.log(`sent ${envId}`)
    },
  ),
)
