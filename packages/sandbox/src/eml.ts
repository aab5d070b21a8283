/** A mail as the file that mail programs open (RFC 5322 and MIME). Everything is base64, so no mail can break out. */
import type { ReceivedMail } from './mail.js'

const wrap = (base64: string): string => base64.replace(/(.{76})(?=.)/g, '$1\r\n')

/** RFC 2047 allows 75 characters a word, and no character may be cut: eleven of them take up to 44 bytes. */
const encodeWords = (text: string): string =>
  Array.from(text)
    .reduce<Array<string>>((words, character, index) => {
      if (index % 11 === 0) words.push('')
      words.push((words.pop() ?? '') + character)
      return words
    }, [])
    .map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`)
    .join('\r\n ')

/** Addresses are ASCII by the service's rules; what is not would end the header's line. */
const plain = (address: string): string => address.replace(/[^\x20-\x7e]/g, '?')

const formatMailbox = (alias: string | undefined, address: string): string =>
  alias === undefined ? plain(address) : `${encodeWords(alias)} <${plain(address)}>`

/** The mail's file. The date is that of its arrival. */
export const toEml = (mail: ReceivedMail): string => {
  const { replyAddress, htmlBody, textBody = '' } = mail
  const headers = [
    `Date: ${new Date(mail.receivedAt).toUTCString().replace('GMT', '+0000')}`,
    `From: ${formatMailbox(mail.fromAlias, mail.accountName)}`,
    ...(replyAddress === undefined
      ? []
      : [`Reply-To: ${formatMailbox(mail.replyAddressAlias, replyAddress)}`]),
    `To: ${plain(mail.toAddress).replace(/, ?/g, ',\r\n ')}`,
    `Subject: ${encodeWords(mail.subject)}`,
    `Message-ID: <${mail.envId}@aliyun-dm-sandbox>`,
    'MIME-Version: 1.0',
    `Content-Type: text/${htmlBody === undefined ? 'plain' : 'html'}; charset=utf-8`,
    'Content-Transfer-Encoding: base64',
  ]
  const body = wrap(Buffer.from(htmlBody ?? textBody).toString('base64'))
  return `${headers.join('\r\n')}\r\n\r\n${body}\r\n`
}
