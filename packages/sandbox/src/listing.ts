/** A mail as an entry of a list. Whole when it is small; a list of 500 large mails would be gigabytes. */
import type { ReceivedMail } from './mail.js'

type Long = 'htmlBody' | 'textBody' | 'text' | 'links' | 'parameters' | 'replyAddress' | 'replyAddressAlias'

/**
 * A mail; without bodies, text, links, reply addresses and `parameters` when its body has more than 16 KiB, or the
 * rest of it as much again. It keeps its code.
 */
export type ListedMail =
  | (ReceivedMail & { readonly bodyOmitted: false })
  | (Omit<ReceivedMail, Long> & { readonly bodyOmitted: true })

const maxCharacters = 16 * 1024

const isLarge = (mail: ReceivedMail): boolean =>
  mail.size > maxCharacters ||
  Object.values(mail.parameters).reduce((sum, value) => sum + value.length, 0) > 2 * maxCharacters

/** The entry for a mail. */
export const toListed = (mail: ReceivedMail): ListedMail => {
  if (!isLarge(mail)) return { ...mail, bodyOmitted: false }
  const { htmlBody, textBody, text, links, parameters, replyAddress, replyAddressAlias, ...short } = mail
  return { ...short, bodyOmitted: true }
}
