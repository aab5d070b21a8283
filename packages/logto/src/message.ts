/**
 * What Logto asks for, as a message of the library's.
 *
 * A template that Logto holds may have a sender name or a reply address that DirectMail does not take. Such a template
 * was good enough for the built-in connector, so it must not keep people from signing in: the mail goes out without
 * that part, and the server's log has a warning.
 */
import type { EmailTemplateDetails, GetI18nEmailTemplate, SendMessageData } from '@logto/connector-kit'
import type { Connector, Message, TemplateContent } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'

const isText = (u: unknown): u is string => typeof u === 'string' && u.trim() !== ''

interface Mailbox {
  readonly name: string
  readonly address: string
}

/** `Support <support@example.com>` is both; another text is an address if it has an `@` and no blank, else a name. */
const parseMailbox = (text: unknown): Mailbox => {
  const whole = isText(text) ? text.trim() : ''
  const both = /^"?(.*?)"?\s*<([^<>]+)>$/s.exec(whole)
  if (both !== null) return { name: both[1] ?? '', address: (both[2] ?? '').trim() }
  return { name: /^\S+@\S+$/.test(whole) ? '' : whole, address: whole }
}

/** What Logto's template says; undefined if it says nothing that could be sent. */
const readTemplate = (details: EmailTemplateDetails | undefined): TemplateContent | undefined => {
  if (!isText(details?.subject) || !isText(details.content)) return undefined
  const { subject, content, contentType, sendFrom, replyTo } = details
  return {
    subject,
    content,
    contentType: contentType === 'text/plain' ? 'text/plain' : 'text/html',
    // To the library, an optional text that is empty counts as absent.
    fromAlias: parseMailbox(sendFrom).name,
    replyAddress: parseMailbox(replyTo).address,
  }
}

/**
 * The template that Logto has for the user's language. If Logto has none, or fails to get it, the config's
 * template is used: a code in another language is better than none.
 */
export const findTemplate = async (
  getI18nEmailTemplate: GetI18nEmailTemplate | undefined,
  { type, payload }: SendMessageData,
): Promise<TemplateContent | undefined> => {
  try {
    return readTemplate(await getI18nEmailTemplate?.(type, payload.locale))
  } catch {
    return undefined
  }
}

export const toMessage = (
  { to, type, payload }: SendMessageData,
  template: TemplateContent | undefined,
): Message =>
  // Logto's types promise neither a code nor a link. What is not there stays a placeholder, as Logto has it.
  ({ to, type, payload, ...(template === undefined ? {} : { template }) }) as Message

// ------------------------------------------------------------------------------------------------------------
// Leaving out what DirectMail does not take
// ------------------------------------------------------------------------------------------------------------

/** Whether the library would send the message with these parts in its template. It knows DirectMail's limits. */
const takes = (connector: Connector, message: Message, parts: Partial<TemplateContent>): boolean =>
  E.isRight(connector.preview({ ...message, template: { subject: '-', content: '-', ...parts } }))

/** A text with its placeholders filled in, on one line and without escapes: as the library fills in a subject. */
const fillIn = (connector: Connector, message: Message, text: string): string =>
  pipe(
    connector.preview({ ...message, template: { subject: text, content: '-' } }),
    E.match(
      () => '',
      ({ subject }) => subject.trim(),
    ),
  )

/** The beginning of a name that DirectMail takes. No character of several code points, such as an emoji, is split. */
const shorten = (name: string, fits: (name: string) => boolean): string => {
  let kept = ''
  for (const { segment } of new Intl.Segmenter().segment(name)) {
    if (!fits(kept + segment)) break
    kept += segment
  }
  return kept.trimEnd()
}

/** A part as it is sent; '' leaves it out. The warning repeats the template's text, and no value of the user's. */
interface Part {
  readonly text: string
  readonly warning?: string
}

const fitSenderName = (connector: Connector, message: Message, name: string): Part => {
  const fits = (fromAlias: string): boolean => takes(connector, message, { fromAlias })
  const filled = fillIn(connector, message, name)
  if (filled === '' || /\{\{.*\}\}/.test(filled))
    return {
      text: '',
      warning: `Left out sendFrom of Logto's template, not all of which has a value: ${name}`,
    }
  if (fits(filled)) return { text: filled }
  return {
    text: shorten(filled, fits),
    warning: `Shortened sendFrom of Logto's template, which is too long for DirectMail with its values: ${name}`,
  }
}

const fitReplyAddress = (connector: Connector, message: Message, replyAddress: string): Part =>
  takes(connector, message, { replyAddress })
    ? { text: replyAddress }
    : {
        text: '',
        warning: `Left out replyTo of Logto's template, which is no e-mail address with its values: ${replyAddress}`,
      }

/** The message as DirectMail takes it, and a warning for each part of its template that had to change. */
export const fitMessage = (
  connector: Connector,
  message: Message,
): { readonly message: Message; readonly warnings: ReadonlyArray<string> } => {
  const { template } = message
  // A wrong recipient fails the mail whatever its template says.
  if (template === undefined || !takes(connector, message, {})) return { message, warnings: [] }
  const { fromAlias = '', replyAddress = '' } = template
  const name: Part = fromAlias === '' ? { text: '' } : fitSenderName(connector, message, fromAlias)
  const reply: Part = replyAddress === '' ? { text: '' } : fitReplyAddress(connector, message, replyAddress)
  return {
    message: { ...message, template: { ...template, fromAlias: name.text, replyAddress: reply.text } },
    warnings: [name.warning, reply.warning].filter((warning) => warning !== undefined),
  }
}
