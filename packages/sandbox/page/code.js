/**
 * Finds the verification code in a mail: the 4 to 8 digits or letters that the reader is asked to type. Words
 * around a candidate speak for it or against it; without enough in favour there is no code, because copying a
 * year or an order number is worse than copying nothing.
 */
// @ts-check

const word =
  '(?:验证码|驗證碼|校验码|校驗碼|动态码|动态密码|确认码|安全码|认证码|激活码|一次性密码|口令|コード|인증번호|' +
  '\\b(?:code|codes|otp|pin|passcode|one-time password|código|codice)\\b)'

/** Six digits may be written in two groups. Not part of a word, a path, an address, a number or a date. */
const candidates =
  /(?<![\w@.#/=&?%+]|\d-)(?:\d{3}[ \u00a0-]\d{3}|[A-Za-z\d]{4,8})(?![\w@/%=&]|-\w|[.,]\d|\.\w)/g

const introduced = new RegExp(
  `${word}[^\\S\\n]*(?:is|are|was|为|為|是|は)?[^\\S\\n]*[:：]?\\s*["“「『【\\[(（]?\\s*$`,
  'iu',
)
const mentioned = new RegExp(word, 'iu')
const unit =
  /^\s*(?:分钟|分|秒|小时|天|年|月|元|%|(?:minutes?|mins?|hours?|days?|seconds?|px|pt|em|USD|CNY|RMB|GMT|UTC)\b)/i
const money = /[¥￥$€£]\s*$/

/**
 * How much the candidate looks like a code, whatever stands around it. Letters alone are words unless they are
 * introduced as a code.
 *
 * @param {string} text
 * @param {boolean} isIntroduced
 */
const shapeScore = (text, isIntroduced) => {
  const plain = text.replace(/[ \u00a0-]/, '')
  if (/^\d+$/.test(plain)) return plain.length === 6 ? 4 : plain.length === 4 ? 3 : 2
  if (/\d/.test(plain)) return 1
  return isIntroduced && plain === plain.toUpperCase() ? 1 : -Infinity
}

/**
 * @param {string} text The whole text.
 * @param {RegExpExecArray} match A candidate in it.
 */
const score = (text, match) => {
  const [found] = match
  const before = text.slice(Math.max(0, match.index - 60), match.index)
  const after = text.slice(match.index + found.length, match.index + found.length + 45)
  const isIntroduced = introduced.test(before)
  const isAlone = /(?:^|\n)\s*$/.test(before) && /^\s*(?:\n|$)/.test(after)
  return (
    shapeScore(found, isIntroduced) +
    (isIntroduced ? 6 : mentioned.test(before) || mentioned.test(after) ? 4 : 0) +
    (isAlone ? 3 : 0) -
    (/^(?:19|20)\d\d$/.test(found) ? 3 : 0) -
    (unit.test(after) || money.test(before) ? 8 : 0)
  )
}

const enough = 6
/** Codes stand near the top; a longer text is a newsletter or an attack. */
const maxCharacters = 20_000

/**
 * The most likely verification code, without the space or hyphen between its groups. Undefined when nothing is
 * likely.
 *
 * @param {string} subject
 * @param {string} body As text, not as HTML.
 * @returns {string | undefined}
 */
export const findCode = (subject, body) => {
  const text = `${subject}\n\n${body.slice(0, maxCharacters)}`
  let best
  let bestScore = enough - 1
  for (const match of text.matchAll(candidates)) {
    const points = score(text, match)
    if (points <= bestScore) continue
    best = match[0]
    bestScore = points
  }
  return best?.replace(/[ \u00a0-]/, '')
}
