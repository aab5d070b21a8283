/**
 * One request of one operation, watched from its start to its answer; and the one that sends a mail.
 */
import * as E from 'fp-ts/lib/Either.js'
import { invalidConfig, type SendError } from '../errors/send-error.js'
import type { Mail } from '../rendering/render.js'
import { type Receipt, toReceipt, toSendError, verdictError } from './answer.js'
import type { Ready, Sdk, SingleSendMailParameters } from './client.js'
import { type Limits, nonceHeader, watchRequest } from './request-watch.js'

/** Sends a mail, under a nonce by which DirectMail knows the request again. */
export const sendMail = (
  { sdk, client }: Ready,
  mail: Mail,
  nonce: string,
  limits: Limits,
): Promise<E.Either<SendError, Receipt>> =>
  runRequest(
    (runtime) => client.singleSendMailWithOptions(makeParameters(sdk, mail), runtime),
    toReceipt,
    sdk,
    nonce,
    limits,
  )

/**
 * The SDK and Node's HTTP client read options from objects that inherit. A property that somebody has put on
 * `Object.prototype` becomes a field of each mail (`bccAddress`) or the address of each request (`hostname`), so nothing
 * is sent while there is one.
 */
const findPollution = (): SendError | undefined => {
  const [name] = Object.keys(Object.prototype)
  if (name === undefined) return undefined
  const what = /^[\w$]{1,40}$/.test(name) ? `the property ${name}` : 'a property'
  return invalidConfig([
    {
      path: 'Object.prototype',
      message: `has ${what}, which the SDK would take for a setting of its own: nothing is sent until it is gone`,
    },
  ])
}

/** Calls an operation of the SDK's client, and gives it up when it takes too long or brings too much. */
export const runRequest = <A>(
  call: (runtime: object) => unknown,
  readAnswer: (answer: unknown) => E.Either<SendError, A>,
  sdk: Sdk,
  nonce: string,
  limits: Limits,
): Promise<E.Either<SendError, A>> =>
  new Promise((resolve) => {
    const pollution = findPollution()
    if (pollution !== undefined) {
      resolve(E.left(pollution))
      return
    }
    const settle = (result: E.Either<SendError, A>): void => {
      watch.release()
      resolve(result)
    }
    const watch = watchRequest(nonce, limits, (verdict) =>
      settle(E.left(verdictError(verdict, watch.stage()))),
    )
    const fail = (error: unknown): void => settle(E.left(toSendError(error, watch.stage())))
    try {
      Promise.resolve(call(makeRuntime(sdk, nonce, limits))).then(
        (answer) => settle(readAnswer(answer)),
        fail,
      )
    } catch (error) {
      fail(error)
    }
  })

/**
 * The SDK's model of the parameters. Its fields are set one by one: its constructor takes a microsecond to look for each
 * of its 23 fields, and whether it may be left out is for us to say.
 */
const makeParameters = ({ SingleSendMailRequest }: Sdk, mail: Mail): SingleSendMailParameters => {
  const parameters: SingleSendMailParameters = new SingleSendMailRequest()
  parameters.accountName = mail.accountName
  // 1: the mail comes from the sender address; 0 would be from a random one.
  parameters.addressType = 1
  parameters.toAddress = mail.to
  parameters.subject = mail.subject
  if (mail.contentType === 'text/html') parameters.htmlBody = mail.body
  else parameters.textBody = mail.body
  parameters.replyToAddress = mail.replyToAddress
  if (mail.fromAlias !== undefined) parameters.fromAlias = mail.fromAlias
  if (mail.replyAddress !== undefined) parameters.replyAddress = mail.replyAddress
  if (mail.replyAddressAlias !== undefined) parameters.replyAddressAlias = mail.replyAddressAlias
  if (mail.tagName !== undefined) parameters.tagName = mail.tagName
  if (mail.clickTrace !== undefined) parameters.clickTrace = mail.clickTrace ? '1' : '0'
  if (mail.ipPoolId !== undefined) parameters.ipPoolId = mail.ipPoolId
  return parameters
}

/** A longer delay would make a timer of Node's fire at once. */
export const longestTimerMs = 2_147_483_647

/**
 * The watch times connection and answer; the SDK's own timers come after it, as a backstop. Its connect timeout is really
 * the socket's idle timeout (see request-watch.ts), so it has to be the longer of the two: then it fires only where no
 * connection was made, and "ConnectTimeout" means what it says.
 */
const makeRuntime = ({ RuntimeOptions, ExtendsParameters }: Sdk, nonce: string, limits: Limits): object => {
  const backstopMs = Math.min(limits.connectTimeoutMs + limits.readTimeoutMs, longestTimerMs - 1000)
  const runtime = new RuntimeOptions()
  runtime.autoretry = false
  runtime.connectTimeout = backstopMs + 1000
  runtime.readTimeout = backstopMs
  // Verified: this header wins over the nonce that the SDK makes, and is signed.
  runtime.extendsParameters = new ExtendsParameters()
  runtime.extendsParameters.headers = { [nonceHeader]: nonce }
  return runtime
}
