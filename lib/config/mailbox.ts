/**
 * What counts as exactly one mailbox. DirectMail takes a list of up to 100 recipients, separated by commas, where
 * a verification code must reach one person only; so whatever could be read as two addresses, or shown as another
 * one than it is, is refused.
 */
import type * as t from 'io-ts'
import validator from 'validator/lib/isEmail.js'
import { text } from './decode.js'

/**
 * Separators of address lists, quotes that could hide one, brackets, and the start of an RFC 2047 encoded word, in
 * which anything can hide. Plain letters of any script remain.
 */
const forbidden = /[,;"()<>[\]\\]|=\?/

/** Invisible characters change what an address looks like (U+202E turns it around), and never belong to it. */
const invisible = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u

/**
 * Commas, quotes and at signs of other widths and scripts; some software takes them for the ASCII ones. The middle
 * dots of Catalan and Japanese are letters of domain names.
 */
const foreignSign = /(?![\p{ASCII}·・])[\p{P}\p{S}]/u

// Typed as a CommonJS default, which Node's ESM gives as the module object's `default`.
const isEmail = validator.default

/**
 * What nearly every address looks like: letters, digits and a few signs. It saves most messages the long way, which
 * would accept all of these.
 */
const ordinary =
  /^(?=.{1,64}@)[a-z\d_+-]+(?:\.[a-z\d_+-]+)*@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z]{2,63}$/i

/** Whether the text is one e-mail address, without a display name. */
export const isMailbox = (s: string): boolean => s.length <= 254 && (ordinary.test(s) || isUnusualMailbox(s))

/**
 * Whether the text has characters that stand for others: U+FDFA is one letter that NFKC, which software applies to names,
 * turns into words with spaces between them, `⒈` becomes `1.` and `ａ` becomes `a`. Neither a host name nor an
 * identifier may have them (RFC 5892, section 2.2; RFC 8264, section 9.17). The Kelvin sign is `K` in every form.
 */
const hasCompatibilityCharacter = (s: string): boolean =>
  s.includes('\u212a') || s.normalize('NFC') !== s.normalize('NFKC')

const isUnusualMailbox = (s: string): boolean =>
  !forbidden.test(s) &&
  !invisible.test(s) &&
  !foreignSign.test(s) &&
  !hasCompatibilityCharacter(s) &&
  isEmail(s)

/**
 * One e-mail address, without a display name.
 *
 * @category codecs
 * @since 0.1.0
 */
export const Mailbox: t.Type<string> = text(
  'Mailbox',
  'exactly one e-mail address, as in name@example.com',
  isMailbox,
)
