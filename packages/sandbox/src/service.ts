/**
 * DirectMail itself, without a socket: a call comes in, a mail, an answer or a refusal comes out. The checks stand in the
 * order in which the real gateway makes them: is there such an API, who asks, is it signed, is it fresh, is it
 * a replay, is it too fast, and only then what it asks for.
 */
import { randomInt, randomUUID } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import type { Account, Fields } from './account.js'
import { readContent } from './content.js'
import type { ReceivedMail } from './mail.js'
import { rememberNonces } from './nonces.js'
import { present } from './present.js'
import { missing, refusals, throttled, type Refusal } from './refusal.js'
import type { Call } from './request.js'
import { checkMail } from './rules.js'
import { sameSignature, signV1, signV3 } from './signature.js'
import type { Throttle } from './throttle.js'

/** Who may call, how often, and for which account. */
export interface Access {
  /** Secrets by key id. Undefined: any key is good, and no signature is checked. */
  readonly accessKeys: ReadonlyMap<string, string> | undefined
  /** Sender addresses in lower case. Undefined: any. */
  readonly senders: ReadonlySet<string> | undefined
  readonly throttle: Throttle
  /** Key ids that may send and nothing else. */
  readonly sendOnlyKeys: ReadonlySet<string>
  readonly account: Account
}

/** What a call came to: a mail, or the answer to a question about the account. */
type Handled =
  | { readonly _tag: 'Accepted'; readonly mail: ReceivedMail }
  | { readonly _tag: 'Answered'; readonly action: string; readonly fields: Fields }

/** Handles a call at a time (ms since the epoch) and remembers its nonce. */
export type Service = (call: Call, now: number) => E.Either<Refusal, Handled>

type Check = (call: Call, now: number) => O.Option<Refusal>

const maxSkewMs = 15 * 60 * 1000

const refuseIf =
  (refusal: Refusal, condition: (call: Call, now: number) => boolean): Check =>
  (call, now) =>
    condition(call, now) ? O.some(refusal) : O.none

const isSet = (value: string | undefined): value is string => value !== undefined && value !== ''

const orEmpty = (value: string | undefined): string => value ?? ''

const parseDate = (call: Call): number => {
  const date = orEmpty(call.date)
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/.test(date) ? Date.parse(date) : NaN
}

/** The specification wants `host` and every `x-acs-` header signed: what is not signed could be swapped. */
const isEverythingSigned = (call: Call): boolean => {
  const signed = new Set(call.signedHeaders)
  return (
    signed.has('host') &&
    [...call.headers.keys()].every((name) => !name.startsWith('x-acs-') || signed.has(name))
  )
}

const isComplete = (call: Call): boolean =>
  call.algorithm === call.scheme &&
  (call.scheme === 'HMAC-SHA1' || (call.headers.has('x-acs-content-sha256') && isEverythingSigned(call)))

const isBodyAsHashed = (call: Call): boolean =>
  call.scheme === 'HMAC-SHA1' ||
  sameSignature(call.bodySha256, orEmpty(call.headers.get('x-acs-content-sha256')?.[0]).toLowerCase())

const isSignedWith = (secret: string, call: Call): boolean =>
  sameSignature(
    call.scheme === 'HMAC-SHA1' ? signV1(secret, call.method, call.all) : signV3(secret, call),
    orEmpty(call.signature),
  )

const isSending = (call: Call): boolean => call.action === 'SingleSendMail'

const newRequestId = (): string => randomUUID().toUpperCase()

/** 18 digits that grow by one a mail, from a random start. */
const countEnvIds = (): (() => string) => {
  let next = randomInt(10 ** 11)
  return () => `600000${String(next++).padStart(12, '0')}`
}

const secretParameters = new Set(['Signature', 'SecurityToken'])

const createMail = (call: Call, envId: string, now: number, verified: boolean): ReceivedMail => {
  const parameter = (name: string): string => orEmpty(call.parameters.get(name))
  const subject = parameter('Subject')
  const bodies = present({
    htmlBody: call.parameters.get('HtmlBody'),
    textBody: call.parameters.get('TextBody'),
  })
  return {
    envId,
    requestId: newRequestId(),
    receivedAt: new Date(now).toISOString(),
    toAddress: parameter('ToAddress'),
    accountName: parameter('AccountName'),
    subject,
    replyToAddress: parameter('ReplyToAddress') === 'true',
    ...present({
      fromAlias: call.parameters.get('FromAlias'),
      tagName: call.parameters.get('TagName'),
      replyAddress: call.parameters.get('ReplyAddress'),
      replyAddressAlias: call.parameters.get('ReplyAddressAlias'),
    }),
    ...bodies,
    ...readContent({ subject, ...bodies }),
    size: Buffer.byteLength(parameter('HtmlBody') || parameter('TextBody')),
    // fromEntries defines properties instead of assigning them, so `__proto__` is a name like any other.
    parameters: Object.fromEntries([...call.parameters].filter(([name]) => !secretParameters.has(name))),
    signature: {
      scheme: call.scheme,
      verified,
      accessKeyId: orEmpty(call.accessKeyId),
      nonce: orEmpty(call.nonce),
    },
  }
}

/**
 * A service for one account, with no nonce used yet.
 *
 * When a nonce counts as used: as soon as a request is authentic, fresh and not throttled, even if its parameters
 * are then refused. So a throttled request leaves no trace and may be sent again as it is. (Whether the real
 * gateway remembers the nonce of a throttled request is not documented.)
 */
export const createService = (access: Access): Service => {
  const nonces = rememberNonces()
  const nextEnvId = countEnvIds()
  const { accessKeys, account } = access
  const isSigned = (call: Call): boolean => {
    const secret = accessKeys?.get(orEmpty(call.accessKeyId))
    return accessKeys === undefined || (secret !== undefined && isSignedWith(secret, call))
  }
  const findOperation = (call: Call) => account.operations.get(orEmpty(call.action))
  const parameterCheck = checkMail(access.senders)

  const admission: ReadonlyArray<Check> = [
    (call) => O.fromNullable(call.unreadable),
    refuseIf(refusals.unknownAction, (call) => !isSending(call) && findOperation(call) === undefined),
    refuseIf(missing('Version'), (call) => !isSet(call.version)),
    refuseIf(refusals.unknownVersion, (call) => call.version !== '2015-11-23'),
    refuseIf(missing('AccessKeyId'), (call) => !isSet(call.accessKeyId)),
    refuseIf(missing('SignatureNonce'), (call) => !isSet(call.nonce)),
    refuseIf(missing('Timestamp'), (call) => !isSet(call.date)),
    refuseIf(missing('Signature'), (call) => !isSet(call.signature)),
    refuseIf(refusals.incompleteSignature, (call) => !isComplete(call)),
    refuseIf(refusals.malformedTimestamp, (call) => Number.isNaN(parseDate(call))),
    refuseIf(refusals.expired, (call, now) => Math.abs(now - parseDate(call)) > maxSkewMs),
    refuseIf(refusals.unknownAccessKey, (call) => accessKeys?.has(orEmpty(call.accessKeyId)) === false),
    refuseIf(refusals.wrongBodyHash, (call) => !isBodyAsHashed(call)),
    refuseIf(refusals.wrongSignature, (call) => !isSigned(call)),
    refuseIf(refusals.nonceUsed, (call, now) =>
      nonces.has(orEmpty(call.accessKeyId), orEmpty(call.nonce), now),
    ),
    (_call, now) => pipe(access.throttle(now), O.map(throttled)),
    refuseIf(
      refusals.forbidden,
      (call) => !isSending(call) && access.sendOnlyKeys.has(orEmpty(call.accessKeyId)),
    ),
  ]
  const admit = (call: Call, now: number): O.Option<Refusal> =>
    pipe(
      admission,
      RA.findFirstMap((check) => check(call, now)),
    )

  return (call, now) => {
    const refused = admit(call, now)
    if (O.isSome(refused)) return E.left(refused.value)
    nonces.record(orEmpty(call.accessKeyId), orEmpty(call.nonce), now)
    const operation = findOperation(call)
    if (operation !== undefined)
      return pipe(
        operation(call.parameters, now),
        E.map((fields): Handled => ({ _tag: 'Answered', action: orEmpty(call.action), fields })),
      )
    return pipe(
      parameterCheck(call.parameters),
      O.alt(() => account.refuseMail(call.parameters, now)),
      O.match(
        () => {
          const mail = createMail(call, nextEnvId(), now, accessKeys !== undefined)
          account.record(mail, now)
          return E.right({ _tag: 'Accepted', mail })
        },
        (refusal) => E.left(refusal),
      ),
    )
  }
}
