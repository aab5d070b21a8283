/**
 * What SingleSendMail demands of its parameters, in the order in which they are looked at. Each rule is a
 * function from the parameters to the refusal it gives, if any.
 */
import * as O from 'fp-ts/lib/Option.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { invalid, missing, refusals, type Refusal } from './refusal.js'

type Parameters = ReadonlyMap<string, string>
type Rule = (parameters: Parameters) => O.Option<Refusal>

const maxRecipients = 100
const maxSubjectCharacters = 256
const maxBodyBytes = 8 * 1024 * 1024

/** An empty parameter counts as not sent. */
const given = (parameters: Parameters, name: string): O.Option<string> =>
  pipe(
    O.fromNullable(parameters.get(name)),
    O.filter((value) => value !== ''),
  )

const required =
  (name: string): Rule =>
  (parameters) =>
    O.isSome(given(parameters, name)) ? O.none : O.some(missing(name))

const ifGiven =
  (name: string, holds: (value: string) => boolean, refusal: Refusal): Rule =>
  (parameters) =>
    pipe(
      given(parameters, name),
      O.filter((value) => !holds(value)),
      O.map(() => refusal),
    )

const oneOf =
  (...values: ReadonlyArray<string>) =>
  (value: string): boolean =>
    values.includes(value)

/** Code points. Whether the service counts an emoji as one or as two is not documented. */
const charactersUpTo =
  (limit: number) =>
  (value: string): boolean =>
    value.length <= 2 * limit && Array.from(value).length <= limit

// The service's table of errors allows letters, digits, underscore, minus, plus and dot. A little wider here
// (RFC 5321's dot-atom), so that the sandbox never refuses what the service might accept.
const mailbox =
  /^[\w!#$%&'*+/=?^`{|}~-]{1,64}(?:\.[\w!#$%&'*+/=?^`{|}~-]{1,64}){0,31}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,16}$/

const isMailbox = (address: string): boolean => address.length <= 254 && mailbox.test(address)

const areRecipients = (value: string): boolean => {
  const addresses = value.split(/, ?/, maxRecipients + 1)
  return addresses.length <= maxRecipients && addresses.every(isMailbox)
}

/** Exactly one of HtmlBody and TextBody, of at most 8 MiB. */
const body: Rule = (parameters) => {
  const html = given(parameters, 'HtmlBody')
  const text = given(parameters, 'TextBody')
  const exactlyOne = O.isSome(html) !== O.isSome(text)
  const fits = pipe(
    html,
    O.alt(() => text),
    O.exists((content) => Buffer.byteLength(content) <= maxBodyBytes),
  )
  return exactlyOne && fits ? O.none : O.some(refusals.body)
}

const knownSender = (senders: ReadonlySet<string> | undefined): Rule =>
  // Addresses are not case-sensitive: the console keeps them in lower case.
  ifGiven('AccountName', (name) => senders?.has(name.toLowerCase()) ?? true, refusals.unknownSender)

/**
 * The first rule that the parameters break. `senders` are the account's sender addresses in lower case;
 * undefined allows any.
 */
export const checkMail = (senders: ReadonlySet<string> | undefined): Rule => {
  const rules: ReadonlyArray<Rule> = [
    required('AccountName'),
    required('AddressType'),
    required('ReplyToAddress'),
    required('ToAddress'),
    required('Subject'),
    ifGiven('AddressType', oneOf('0', '1'), invalid('AddressType')),
    ifGiven('ReplyToAddress', oneOf('true', 'false'), invalid('ReplyToAddress')),
    ifGiven('ClickTrace', oneOf('0', '1'), invalid('ClickTrace')),
    knownSender(senders),
    ifGiven('ToAddress', areRecipients, refusals.toAddress),
    ifGiven('Subject', charactersUpTo(maxSubjectCharacters), refusals.subject),
    ifGiven('FromAlias', charactersUpTo(14), refusals.fromAlias),
    ifGiven('TagName', (tag) => /^[\w-]{1,128}$/.test(tag), refusals.tagName),
    body,
  ]
  return (parameters) =>
    pipe(
      rules,
      RA.findFirstMap((rule) => rule(parameters)),
    )
}
