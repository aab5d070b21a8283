/**
 * What becomes of a mail after it was accepted. The local part of an address of `simulator.test` decides, as with the
 * mailbox simulators of Amazon SES and Postmark; every other address takes its mail. No mail server can have the domain:
 * RFC 2606 reserves `.test`.
 */
import type { ReceivedMail } from './mail.js'

/** The fate of a mail to one recipient, by the numbers and names of DirectMail's statistics. */
export interface Fate {
  /** 0 delivered, 2 invalid address, 3 spam, 4 failed. */
  readonly status: 0 | 2 | 3 | 4
  readonly message: string
  readonly errorClassification: string
  /** From when on it is known; ms after the mail was accepted. */
  readonly afterMs: number
}

const delivered: Fate = { status: 0, message: '250 Send Mail OK', errorClassification: 'SendOk', afterMs: 0 }

const fates: Readonly<Record<string, Fate>> = {
  bounce: {
    status: 4,
    message: '554 5.0.0 The mail was not taken',
    errorClassification: 'SmtpZPermErr',
    afterMs: 0,
  },
  spam: {
    status: 3,
    message: '554 5.7.1 The mail was taken for spam',
    errorClassification: 'SmtpContSpam',
    afterMs: 0,
  },
  invalid: {
    status: 2,
    message: '550 5.1.1 There is no such mailbox',
    errorClassification: 'SmtpNxBox',
    afterMs: 0,
  },
  slow: { ...delivered, afterMs: 10_000 },
}

/** `bounce+anything@simulator.test` is `bounce@simulator.test`, so that tests can have an address each. */
export const decideFate = (address: string): Fate => {
  const [, name = ''] = /^([a-z]+)(?:\+[^@]*)?@simulator\.test$/i.exec(address) ?? []
  const key = name.toLowerCase()
  return (Object.hasOwn(fates, key) ? fates[key] : undefined) ?? delivered
}

/** The recipients of a mail: one, or several with commas between them. */
export const splitRecipients = ({ toAddress }: Pick<ReceivedMail, 'toAddress'>): ReadonlyArray<string> =>
  toAddress.split(/, ?/)
