/**
 * The library's failures as the errors that Logto knows: a code to act on, and data to show to an administrator.
 */
import { ConnectorError, ConnectorErrorCodes } from '@logto/connector-kit'
import { foldSendError, type Rejected, type SendError } from 'aliyun-dm-connector'

/** The variable that moves the endpoint, for tests against a sandbox. */
export const endpointVariable = 'ALIYUN_DM_ENDPOINT'

/** Kits before 5.1 do not know it. */
const usageLimitExceeded = Object.hasOwn(ConnectorErrorCodes, 'UsageLimitExceeded')
  ? ConnectorErrorCodes.UsageLimitExceeded
  : ConnectorErrorCodes.RateLimitExceeded

/** `InvalidSendMail.Spam` is what DirectMail says when a quota is used up. */
const isQuota = ({ code }: Rejected): boolean => code === 'InvalidSendMail.Spam' || /quota|limit/i.test(code)

const codeOf = foldSendError<ConnectorErrorCodes>({
  InvalidConfig: () => ConnectorErrorCodes.InvalidConfig,
  InvalidMessage: () => ConnectorErrorCodes.InvalidRequestParameters,
  TemplateNotFound: () => ConnectorErrorCodes.TemplateNotFound,
  MissingVariables: () => ConnectorErrorCodes.InvalidRequestParameters,
  Rejected: (refusal) => (isQuota(refusal) ? usageLimitExceeded : ConnectorErrorCodes.General),
  Throttled: () => ConnectorErrorCodes.RateLimitExceeded,
  Unavailable: () => ConnectorErrorCodes.General,
  Timeout: () => ConnectorErrorCodes.General,
  ConnectionFailed: () => ConnectorErrorCodes.General,
  InvalidResponse: () => ConnectorErrorCodes.InvalidResponse,
})

/** The endpoint is an option to the library, and a variable to whoever runs Logto. */
const inLogtosWords = (text: string): string => text.replaceAll('options.endpoint', endpointVariable)

/**
 * Logto shows `errorDescription` and writes all of the data to its log. The library's failures hold no secret, no
 * recipient and nothing of the mail.
 */
export const toConnectorError = (error: SendError): ConnectorError => {
  const { _tag: failure, message, ...rest } = error
  return new ConnectorError(codeOf(error), {
    errorDescription: inLogtosWords(message),
    failure,
    ...rest,
    ...('issues' in rest
      ? { issues: rest.issues.map((issue) => ({ ...issue, path: inLogtosWords(issue.path) })) }
      : {}),
  })
}

/** The config's template for this usage type has no subject or no content. */
export const blankTemplate = (usageType: string): ConnectorError =>
  new ConnectorError(ConnectorErrorCodes.TemplateNotFound, {
    errorDescription: `The config's template for ${usageType} has no subject or no content. Fill in both.`,
    failure: 'TemplateNotFound',
    delivered: 'no',
    usageType,
  })
