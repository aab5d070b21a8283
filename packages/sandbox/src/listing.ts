/**
 * A mail as an entry of a list. Whole when it is small; a list of 500 large mails would be gigabytes.
 */
import type { ReceivedMail } from './inbox.js'
import { present } from './present.js'

/**
 * A mail; without bodies, reply addresses and `parameters` when its body has more than 16 KiB, or the rest of it
 * as much again.
 *
 * @category model
 * @since 0.1.0
 */
export type ListedMail =
  | (ReceivedMail & { readonly bodyOmitted: false })
  | (Omit<ReceivedMail, 'htmlBody' | 'textBody' | 'parameters' | 'replyAddress' | 'replyAddressAlias'> & {
      readonly bodyOmitted: true
    })

const maxCharacters = 16 * 1024

const isLarge = (mail: ReceivedMail): boolean =>
  mail.size > maxCharacters ||
  Object.values(mail.parameters).reduce((sum, value) => sum + value.length, 0) > 2 * maxCharacters

/**
 * The entry for a mail.
 *
 * @category constructors
 * @since 0.1.0
 */
export const listed = (mail: ReceivedMail): ListedMail => {
  if (!isLarge(mail)) return { ...mail, bodyOmitted: false }
  const { envId, requestId, receivedAt, toAddress, accountName, subject, replyToAddress, size, signature } =
    mail
  return {
    envId,
    requestId,
    receivedAt,
    toAddress,
    accountName,
    subject,
    ...present({ fromAlias: mail.fromAlias, tagName: mail.tagName }),
    replyToAddress,
    size,
    signature,
    bodyOmitted: true,
  }
}
