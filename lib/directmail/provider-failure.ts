/**
 * What a provider of credentials says about its failure, without what it must not say. Such errors repeat what came in:
 * those of `@alicloud/credentials` hold whole answers and whole files, keys and all (read in its version 2.4.7). So
 * nothing quoted is taken over, and of the rest only what has the form of a word: a key, a token or a code has not.
 */
import { type Fields, isObject, match } from './fields.js'

/** What is quoted from elsewhere: JSON, texts in quotation marks, values, markup. */
const quoted = /\{[^}]*\}?|\[[^\]]*\]?|"[^"]*"?|`[^`]*`?|=\s*\S+|<[^>]*>?/g

const words = new RegExp(
  `^(?:${[
    '[A-Z]?[a-z]{1,20}',
    // STS, and the code of a system error: ECONNREFUSED.
    '[A-Z]{1,6}|E[A-Z]{4,15}',
    // The name of an environment variable.
    '[A-Z]{1,20}(?:_[A-Z]{1,20}){1,6}',
    // An HTTP status, and the metadata server of ECS.
    '[1-5]\\d\\d|100\\.100\\.100\\.200(?::80)?',
  ].join('|')})$`,
)

const maxInputLength = 2_000
const maxLength = 500

const showWord = (token: string): string => {
  const [, before = '', core = '', after = ''] = /^([(']*)(.*?)([)'.,:;!?]*)$/.exec(token) ?? []
  return before + (words.test(core) ? core : '…') + after
}

/** The words of a text, in one line. */
const showWords = (text: string): string =>
  text
    .replace(quoted, ' … ')
    .split(/[^\x21-\x7e…]+/)
    .filter((token) => token !== '')
    .map(showWord)
    .join(' ')
    .replace(/…[^\w(]*(?: …[^\w(]*)+/g, '… ')
    .trim()

/** The code that Alibaba Cloud answered with, in the JSON that the message repeats: `EntityNotExist.Role`. */
const serviceCode = /"Code" ?: ?"([A-Z][A-Za-z]{1,30}(?:\.[A-Z][A-Za-z]{1,30}){0,3})"/

/** Why a provider failed, in words that hold no secret. */
export const describeFailure = (error: unknown): string => {
  try {
    const { name, code, message }: Fields = isObject(error) ? error : { message: error }
    const text = typeof message === 'string' ? message.slice(0, maxInputLength) : ''
    const reason = [
      match(/^[A-Za-z]{1,40}Error$/, name),
      match(/^[A-Z][A-Z_]{1,40}$/, code),
      serviceCode.exec(text)?.[1],
      showWords(text),
    ]
      .filter((part) => part !== undefined && part !== '')
      .join(': ')
    if (reason === '') return 'their provider failed without a reason'
    return reason.length > maxLength ? `${reason.slice(0, maxLength - 1)}…` : reason
  } catch {
    return 'their provider failed with an error that cannot be read'
  }
}
