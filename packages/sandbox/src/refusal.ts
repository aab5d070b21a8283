/**
 * The service's errors: the codes, status codes and texts that DirectMail and the gateway before it answer with.
 * One table, so that every code the sandbox can give is seen at a glance. No text repeats what the client sent.
 */

/** Why a request was turned down. */
export interface Refusal {
  /** The service's code, such as `SignatureDoesNotMatch`. */
  readonly code: string
  /** HTTP status. */
  readonly statusCode: number
  readonly message: string
  /** Where to read more; by default the service's own troubleshooting page. */
  readonly recommend?: string
  /** Milliseconds, sent as `x-acs-retry-after`. */
  readonly retryAfterMs?: number
}

const refusal =
  (statusCode: number, code: string) =>
  (message: string): Refusal => ({ code, statusCode, message })

/** A mandatory parameter was not sent, or was sent empty: `MissingSubject` and the like. */
export const missing = (parameter: string): Refusal =>
  refusal(400, `Missing${parameter}`)(`${parameter} is mandatory for this action.`)

/** A parameter's value is outside its range: `InvalidAddressType` and the like. */
export const invalid = (parameter: string): Refusal =>
  refusal(400, `Invalid${parameter}`)(`Specified parameter ${parameter} is not valid.`)

/** The account sends faster than it may. */
export const throttled = (retryAfterMs: number): Refusal => ({
  ...refusal(400, 'Throttling.User')('Request was denied due to user flow control.'),
  retryAfterMs,
})

/** Refusals that say the same to everyone. */
export const refusals = {
  unknownAction: refusal(
    404,
    'InvalidAction.NotFound',
  )('Specified api is not found, please check your url and method.'),
  unknownVersion: refusal(400, 'InvalidVersion')('Specified parameter Version is not valid.'),
  malformedRequest: refusal(400, 'InvalidParameter')('The parameters are not percent-encoded UTF-8.'),
  tooManyParameters: refusal(400, 'InvalidParameter')('The request has too many parameters.'),
  repetition: refusal(400, 'InvalidParameter')('A header or parameter of the request occurs twice.'),
  unknownAccessKey: refusal(404, 'InvalidAccessKeyId.NotFound')('Specified access key is not found.'),
  incompleteSignature: refusal(
    400,
    'IncompleteSignature',
  )('The request signature does not conform to Aliyun standards.'),
  wrongSignature: refusal(
    400,
    'SignatureDoesNotMatch',
  )('Specified signature is not matched with our calculation.'),
  wrongBodyHash: refusal(
    400,
    'SignatureDoesNotMatch',
  )('Specified x-acs-content-sha256 is not matched with the body.'),
  malformedTimestamp: refusal(
    400,
    'InvalidTimeStamp.Format',
  )('Specified time stamp or date value is not well formatted.'),
  expired: refusal(400, 'InvalidTimeStamp.Expired')('Specified time stamp or date value is expired.'),
  nonceUsed: refusal(400, 'SignatureNonceUsed')('Specified signature nonce was used already.'),
  unknownSender: refusal(404, 'InvalidMailAddress.NotFound')('The specified mailAddress does not exist.'),
  toAddress: refusal(400, 'InvalidToAddress')('The specified toAddress is wrongly formed.'),
  subject: refusal(400, 'InvalidSubject.Malformed')('The specified subject is wrongly formed.'),
  fromAlias: refusal(400, 'InvalidFromAlias.Malformed')('The specified fromAlias is wrongly formed.'),
  tagName: refusal(400, 'InvalidTagName.Malformed')('The specified tagName is wrongly formed.'),
  body: refusal(400, 'InvalidBody')('The specified textBody or htmlBody is wrongly formed.'),
  // The errors of an account, from the table of SingleSendMail (https://developer.aliyun.com/ask/278330): the code of a
  // used-up quota is that of spam.
  userStatus: refusal(400, 'InvalidStatus.Malformed')('The specified status is wrongly formed.'),
  senderStatus: refusal(
    400,
    'InvalidMailAddressStatus.Malformed',
  )('The specified mailAddress status is wrongly formed.'),
  sendType: refusal(
    400,
    'InvalidMailAddressSendType.Malformed',
  )('The specified mailAddress sendType is wrongly formed.'),
  senderDomain: refusal(
    400,
    'InvalidMailAddressDomain.Malformed',
  )('The specified mailAddress domain does not exist.'),
  spam: refusal(400, 'InvalidSendMail.Spam')('Sendmail rejected by spam filter.'),
  suppressed: refusal(400, 'InvalidToAddress.Spam')('Sendmail rejected by invalid address.'),
  forbidden: refusal(
    403,
    'Forbidden.RAM',
  )("User not authorized to operate on the specified resource, or this API doesn't support RAM."),
  // Those of the statistics: https://www.alibabacloud.com/help/en/direct-mail/delivery-overview
  date: refusal(400, 'InvalidDate.Malformed')('The specified date is wrongly formed.'),
  timeSpan: refusal(400, 'InvalidBetweenTime.Malformed')('The specified time span is too long.'),
  tooManyFilters: refusal(
    400,
    'InvalidParameter',
  )('Only one of AccountName, TagName and ToAddress can be specified.'),
  unavailable: refusal(
    503,
    'ServiceUnavailable',
  )('The request has failed due to a temporary failure of the server.'),
} as const
