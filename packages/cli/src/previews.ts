/**
 * The mails of a config, rendered and not sent.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import {
  type Connector,
  createConnector,
  type InvalidConfig,
  type Mail,
  type Message,
  type SendError,
  type UsageType,
} from 'aliyun-dm-connector'
import { isRecord } from './json.js'
import type { Variables } from './variables.js'

export interface Preview {
  readonly usageType: string
  /** With its placeholders where there are no values for them. */
  readonly mail: Mail
  /** Placeholders without a value. */
  readonly missing: ReadonlyArray<string>
}

export interface Previews {
  readonly rendered: ReadonlyArray<Preview>
  readonly failed: ReadonlyArray<{ readonly usageType: string; readonly error: SendError }>
}

interface Wanted {
  /** All that the config has templates for, unless given. */
  readonly type?: UsageType | undefined
  readonly var: Variables
}

export const renderPreviews = (input: unknown, wanted: Wanted): E.Either<InvalidConfig, Previews> =>
  pipe(
    E.Do,
    E.bind('strict', () => createConnector(input)),
    E.bind('lenient', () => createConnector(input, { missingVariables: 'keep' })),
    E.map((connectors) => {
      const types = wanted.type === undefined ? listUsageTypes(input) : [wanted.type]
      const results = types.map((usageType) =>
        pipe(
          renderPreview(connectors, usageType, wanted.var),
          E.mapLeft((error) => ({ usageType, error })),
        ),
      )
      return {
        rendered: results.flatMap((result) => (E.isRight(result) ? [result.right] : [])),
        failed: results.flatMap((result) => (E.isLeft(result) ? [result.left] : [])),
      }
    }),
  )

/** In the order of the file, each once: a second template for a type is never used. */
const listUsageTypes = (input: unknown): ReadonlyArray<string> => {
  const templates = isRecord(input) && Array.isArray(input['templates']) ? input['templates'] : []
  return [
    ...new Set(templates.flatMap((each: unknown) => (isRecord(each) ? [String(each['usageType'])] : []))),
  ]
}

const renderPreview = (
  { strict, lenient }: { readonly strict: Connector; readonly lenient: Connector },
  usageType: string,
  payload: Variables,
): E.Either<SendError, Preview> => {
  // A preview is of whatever there is: a code or link that the type of a message promises may be missing.
  const message = { to: 'you@example.com', type: usageType, payload } as unknown as Message
  const complete = strict.preview(message)
  const missing = E.isLeft(complete) && complete.left._tag === 'MissingVariables' ? complete.left.names : []
  return pipe(
    missing.length > 0 ? lenient.preview(message) : complete,
    E.map((mail) => ({ usageType, mail, missing })),
  )
}

/** What stands above a mail, wherever it is shown. */
export const listHeaders = (mail: Mail): ReadonlyArray<readonly [name: string, value: string]> => [
  ['From', mail.fromAlias === undefined ? mail.accountName : `${mail.fromAlias} <${mail.accountName}>`],
  ...(mail.replyAddress === undefined ? [] : [['Reply to', mail.replyAddress] as const]),
  ['Subject', mail.subject],
  ['Body', mail.contentType === 'text/html' ? 'HTML' : 'plain text'],
]
