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
  /** Of the recipient, where one is asked for or the usage type has templates in several. */
  readonly locale: string | undefined
  /** With its placeholders where there are no values for them. */
  readonly mail: Mail
  /** Placeholders without a value. */
  readonly missing: ReadonlyArray<string>
}

type Asked = Pick<Preview, 'usageType' | 'locale'>

/** `SignIn`, `SignIn (zh-CN)` */
export const describeAsked = ({ usageType, locale }: Asked): string =>
  locale === undefined ? usageType : `${usageType} (${locale})`

export interface Previews {
  readonly rendered: ReadonlyArray<Preview>
  readonly failed: ReadonlyArray<Asked & { readonly error: SendError }>
}

interface Wanted {
  /** All that the config has templates for, unless given. */
  readonly type?: UsageType | undefined
  /** Each language that a usage type has templates in, unless given. */
  readonly locale?: string | undefined
  readonly var: Variables
}

export const renderPreviews = (input: unknown, wanted: Wanted): E.Either<InvalidConfig, Previews> =>
  pipe(
    E.Do,
    E.bind('strict', () => createConnector(input)),
    E.bind('lenient', () => createConnector(input, { missingVariables: 'keep' })),
    E.map((connectors) => {
      const results = listAsked(input, wanted).map((asked) =>
        pipe(
          renderPreview(connectors, asked, wanted.var),
          E.mapLeft((error) => ({ ...asked, error })),
        ),
      )
      return {
        rendered: results.flatMap((result) => (E.isRight(result) ? [result.right] : [])),
        failed: results.flatMap((result) => (E.isLeft(result) ? [result.left] : [])),
      }
    }),
  )

/** In the order of the file, each once: a second template for a type and a language is never used. */
const listAsked = (input: unknown, { type, locale }: Wanted): ReadonlyArray<Asked> => {
  const templates = isRecord(input) && Array.isArray(input['templates']) ? input['templates'] : []
  const all = templates.filter(isRecord).map((template) => ({
    usageType: String(template['usageType']),
    locale:
      typeof template['locale'] === 'string' && template['locale'] !== '' ? template['locale'] : undefined,
  }))
  const usageTypes = type === undefined ? [...new Set(all.map(({ usageType }) => usageType))] : [type]
  return usageTypes.flatMap((usageType) => {
    if (locale !== undefined) return [{ usageType, locale }]
    const own = all.filter((template) => template.usageType === usageType)
    const standIn = own.length > 0 ? own : all.filter((template) => template.usageType === 'Generic')
    const locales = [...new Set(standIn.map((template) => template.locale))]
    return (locales.length === 0 ? [undefined] : locales).map((each) => ({ usageType, locale: each }))
  })
}

const renderPreview = (
  { strict, lenient }: { readonly strict: Connector; readonly lenient: Connector },
  { usageType, locale }: Asked,
  payload: Variables,
): E.Either<SendError, Preview> => {
  // A preview is of whatever there is: a code or link that the type of a message promises may be missing.
  const message = { to: 'you@example.com', type: usageType, payload, locale } as unknown as Message
  const complete = strict.preview(message)
  const missing = E.isLeft(complete) && complete.left._tag === 'MissingVariables' ? complete.left.names : []
  return pipe(
    missing.length > 0 ? lenient.preview(message) : complete,
    E.map((mail) => ({ usageType, locale, mail, missing })),
  )
}

/** What stands above a mail, wherever it is shown. */
export const listHeaders = (mail: Mail): ReadonlyArray<readonly [name: string, value: string]> => [
  ['From', mail.fromAlias === undefined ? mail.accountName : `${mail.fromAlias} <${mail.accountName}>`],
  ...(mail.replyAddress === undefined ? [] : [['Reply to', mail.replyAddress] as const]),
  ['Subject', mail.subject],
  ['Body', mail.contentType === 'text/html' ? 'HTML' : 'plain text'],
]
