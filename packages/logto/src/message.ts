/**
 * What Logto asks for, as a message of the library's.
 */
import type { EmailTemplateDetails, GetI18nEmailTemplate, SendMessageData } from '@logto/connector-kit'
import type { Connector, Message, TemplateContent } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'

/** `Support <support@example.com>`: DirectMail takes the address only. */
const addressOf = (replyTo: string): string => (/<([^<>]+)>\s*$/.exec(replyTo)?.[1] ?? replyTo).trim()

const isText = (u: unknown): u is string => typeof u === 'string' && u.trim() !== ''

/** What Logto's template says; undefined if it says nothing that could be sent. */
const contentOf = (details: EmailTemplateDetails | undefined): TemplateContent | undefined => {
  if (!isText(details?.subject) || !isText(details.content)) return undefined
  const { subject, content, contentType, sendFrom, replyTo } = details
  return {
    subject,
    content,
    contentType: contentType === 'text/plain' ? 'text/plain' : 'text/html',
    ...(isText(sendFrom) ? { fromAlias: sendFrom } : {}),
    ...(isText(replyTo) && addressOf(replyTo) !== '' ? { replyAddress: addressOf(replyTo) } : {}),
  }
}

/**
 * The template that Logto has for the user's language. If Logto has none, or fails to get it, the config's
 * template is used: a code in another language is better than none.
 */
export const translatedTemplate = async (
  getI18nEmailTemplate: GetI18nEmailTemplate | undefined,
  { type, payload }: SendMessageData,
): Promise<TemplateContent | undefined> => {
  try {
    return contentOf(await getI18nEmailTemplate?.(type, payload.locale))
  } catch {
    return undefined
  }
}

export const messageOf = (
  { to, type, payload }: SendMessageData,
  template: TemplateContent | undefined,
): Message =>
  // Logto's types promise neither a code nor a link. What is not there stays a placeholder, as Logto has it.
  ({ to, type, payload, ...(template === undefined ? {} : { template }) }) as Message

/**
 * The message without a reply address that is none. A template with a wrong `replyTo` was good enough for the
 * built-in connector, which never looked at it; it must not keep people from signing in.
 */
export const withUsableReplyAddress = ({ preview }: Connector, message: Message): Message => {
  if (message.template?.replyAddress === undefined || E.isRight(preview(message))) return message
  // An optional text that is empty counts as absent.
  return { ...message, template: { ...message.template, replyAddress: '' } }
}
