/**
 * What Logto's pages show of an error that a connector throws. The server that does it is not published as a package,
 * so its rules stand here, as its sources have them; the texts are those of Logto's published phrases.
 *
 * - packages/core/src/middleware/koa-connector-error-handler.ts: the text is the phrase of the code. `general` has a
 *   place in it for `errorDescription` of the data; where that is no text, all of the data comes there as JSON.
 * - packages/core/src/errors/RequestError: `details` are the issues of the data, if that is a `ZodError`.
 * - packages/console/src/hooks/use-api.ts: the console shows the text, and the details below it.
 * - packages/experience/src/hooks/use-error-handler.ts and use-send-verification-code.ts: the sign-in page shows the
 *   text alone, and a phrase of its own for `usage_limit_exceeded`.
 */
import { type ConnectorError, ConnectorErrorCodes } from '@logto/connector-kit'
import phrases from '@logto/phrases'
import experience from '@logto/phrases-experience'
import { z } from 'zod'

const described = z.object({ errorDescription: z.string() })

export type Language = 'en' | 'zh-CN'

const findPhrase = (code: string, language: Language): unknown =>
  Object.entries(phrases[language].errors?.connector ?? {}).find(([key]) => key === code)?.[1]

const describe = (data: unknown): string => {
  const { success, data: read } = described.safeParse(data)
  return success ? read.errorDescription : JSON.stringify(data)
}

const findText = ({ code, data }: ConnectorError, language: Language): string => {
  const text = findPhrase(code, language)
  if (typeof text !== 'string') throw new Error(`Logto has no phrase for ${code}`)
  return text.replaceAll('{{errorDescription}}', describe(data))
}

const listIssues = (data: unknown): ReadonlyArray<string> =>
  data instanceof z.ZodError
    ? data.issues.map(
        ({ path, code, message }) => `Error in key path "${path.join('.')}": (${code}) ${message}`,
      )
    : []

export const showInConsole = (error: ConnectorError): string =>
  [findText(error, 'en'), ...listIssues(error.data)].join('\n')

export const showOnSignInPage = (error: ConnectorError, language: Language): string =>
  error.code === ConnectorErrorCodes.UsageLimitExceeded
    ? experience[language].translation.error.send_verification_code_failed
    : findText(error, language)
