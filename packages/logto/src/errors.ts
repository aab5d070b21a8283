/**
 * The library's failures as the errors that Logto knows. An administrator who tests the connector reads what to do. A
 * user who waits for a code reads that the e-mail could not be sent; the rest goes into Logto's audit log.
 *
 * What Logto does with an error was read in its sources, which test/logto-pages.ts names. Of a `general` error its pages
 * show `errorDescription`; of all others they show a fixed text. Below it, the console shows the issues of `data` if that
 * is a `ZodError`. The audit log keeps the code and all of `data`. docs/failures.md shows the result for each failure.
 */
import { ConnectorError, ConnectorErrorCodes, type SendMessagePayload } from '@logto/connector-kit'
import {
  foldSendError,
  type InvalidConfig,
  type Issue,
  type Rejected,
  type SendError,
  type TemplateNotFound,
} from 'aliyun-dm-connector'
import { z } from 'zod'
import { endpointVariable } from './environment.js'

// ------------------------------------------------------------------------------------------------------------
// What users read
// ------------------------------------------------------------------------------------------------------------

const userTexts = {
  en: {
    notSent: 'The e-mail could not be sent.',
    notSentForNow: 'The e-mail could not be sent. Please try again in a minute.',
    wrongAddress: 'The e-mail could not be sent to this address. Please check the address.',
    perhapsSent: 'The e-mail may not have been sent. Please wait a minute for it before you try again.',
  },
  zh: {
    notSent: '邮件未能发送。',
    notSentForNow: '邮件未能发送，请稍后再试。',
    wrongAddress: '邮件无法发送到该地址，请检查邮箱地址。',
    perhapsSent: '邮件可能未能发送。请先等待一分钟，若未收到再重试。',
  },
} as const

type Language = keyof typeof userTexts

interface ForUsers {
  readonly code: ConnectorErrorCodes
  readonly text: keyof (typeof userTexts)['en']
}

const notSent: ForUsers = { code: ConnectorErrorCodes.General, text: 'notSent' }
const notSentForNow: ForUsers = { code: ConnectorErrorCodes.General, text: 'notSentForNow' }
const wrongAddress: ForUsers = { code: ConnectorErrorCodes.General, text: 'wrongAddress' }

/**
 * A used-up quota does not come back in a minute. With a code of its own, Logto leads users to their password. Kits
 * before 5.1.1 do not have the code.
 */
const usedUp: ForUsers = Object.hasOwn(ConnectorErrorCodes, 'UsageLimitExceeded')
  ? { code: ConnectorErrorCodes.UsageLimitExceeded, text: 'notSent' }
  : notSent

/** `InvalidSendMail.Spam` is what DirectMail says when a quota is used up. */
const isQuota = ({ code }: Rejected): boolean => code === 'InvalidSendMail.Spam' || /quota|limit/i.test(code)

const isAboutRecipient = ({ code }: Rejected): boolean => /^InvalidToAddress|^InvalidReceiverName/.test(code)

const chooseForUsers = foldSendError<ForUsers>({
  InvalidConfig: () => notSent,
  InvalidMessage: ({ issues }) => (issues.some(({ path }) => path === 'to') ? wrongAddress : notSent),
  TemplateNotFound: () => notSent,
  MissingVariables: () => notSent,
  Rejected: (refusal) => {
    if (isQuota(refusal)) return usedUp
    return isAboutRecipient(refusal) ? wrongAddress : notSent
  },
  Throttled: () => notSentForNow,
  Unavailable: () => notSentForNow,
  Timeout: () => notSentForNow,
  ConnectionFailed: () => notSentForNow,
  InvalidResponse: () => notSentForNow,
  CredentialsUnavailable: () => notSentForNow,
  // Logto gives neither a signal nor a key.
  Cancelled: () => notSent,
  Duplicate: () => notSent,
})

// ------------------------------------------------------------------------------------------------------------
// The error
// ------------------------------------------------------------------------------------------------------------

/** Who reads that a mail could not be sent. */
export type Reader =
  { readonly _tag: 'Administrator' } | { readonly _tag: 'User'; readonly language: Language }

/** Logto gives a config along with the message only where an administrator tests it, saved or not. */
export const findReader = (inputConfig: unknown, { locale, uiLocales }: SendMessagePayload): Reader =>
  inputConfig === undefined
    ? { _tag: 'User', language: /^zh(?![a-z])/i.test(locale ?? uiLocales ?? '') ? 'zh' : 'en' }
    : { _tag: 'Administrator' }

const chooseCode = (error: SendError, reader: Reader): ConnectorErrorCodes => {
  if (reader._tag === 'User') return chooseForUsers(error).code
  // The issues of a ZodError are shown with this code too, under a heading of Logto's that fits.
  return error._tag === 'InvalidConfig' ? ConnectorErrorCodes.InvalidConfig : ConnectorErrorCodes.General
}

const describe = (error: SendError, reader: Reader): string => {
  if (reader._tag === 'Administrator') return error.message
  const text = error.delivered === 'unknown' ? 'perhapsSent' : chooseForUsers(error).text
  return userTexts[reader.language][text]
}

/** The endpoint is an option to the library, and a variable to whoever runs Logto. */
const nameVariable = <E extends SendError>(error: E): E => ({
  ...error,
  message: error.message.replaceAll('options.endpoint', endpointVariable),
  ...('issues' in error
    ? {
        issues: error.issues.map((issue) =>
          issue.path === 'options.endpoint' ? { ...issue, path: endpointVariable } : issue,
        ),
      }
    : {}),
})

/** `templates[2].usageType` as zod writes it: `['templates', 2, 'usageType']`. */
const toZodPath = (path: string): Array<string | number> =>
  (path.match(/[^.[\]]+/g) ?? []).map((segment) => (/^\d+$/.test(segment) ? Number(segment) : segment))

export const toZodIssue = ({ path, message }: Issue): z.ZodIssue => ({
  code: z.ZodIssueCode.custom,
  path: toZodPath(path),
  message,
})

const toZodError = ({ issues }: InvalidConfig): z.ZodError => new z.ZodError(issues.map(toZodIssue))

/**
 * All that the library knows of the failure: no secret, no recipient and nothing of the mail. The issues of an invalid
 * config are a `ZodError`'s, which carries the other fields too.
 */
export const toConnectorError = (failure: SendError, reader: Reader): ConnectorError => {
  const error = nameVariable(failure)
  const { _tag, message, ...rest } = error
  const data = {
    errorDescription: describe(error, reader),
    failure: _tag,
    forAdministrator: message,
    ...rest,
  }
  if (error._tag !== 'InvalidConfig') return new ConnectorError(chooseCode(error, reader), data)
  const zodError = toZodError(error)
  return new ConnectorError(
    chooseCode(error, reader),
    Object.assign(zodError, { ...data, issues: zodError.issues }),
  )
}

/** The config's template for this usage type has no subject or no content. */
export const blankTemplate = (usageType: string): TemplateNotFound => ({
  _tag: 'TemplateNotFound',
  message: `The config's template for ${usageType} has no subject or no content. Fill in both.`,
  delivered: 'no',
  usageType,
})
