/**
 * Finds the verification code in a mail: the 4 to 8 digits or letters that the reader is asked to type. Words around
 * a candidate speak for it or against it. Without enough in favour there is no code, because to copy a year or an
 * order number is worse than to copy nothing.
 */

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

/** A code of letters alone is written in capitals. Most of a mail ends here, which is what makes reading it fast. */
const isWord = (candidate: string): boolean => candidate !== candidate.toUpperCase() && !/\d/.test(candidate)

/** How much a candidate looks like a code by itself. Letters alone are words unless they are introduced as a code. */
const rateShape = (candidate: string, isIntroduced: boolean): number => {
  const plain = candidate.replace(/[ \u00a0-]/, '')
  if (/^\d+$/.test(plain)) return { 6: 4, 4: 3 }[plain.length] ?? 2
  if (/\d/.test(plain)) return 1
  return isIntroduced ? 1 : -Infinity
}

const rate = (text: string, candidate: string, at: number): number => {
  const before = text.slice(Math.max(0, at - 60), at)
  const after = text.slice(at + candidate.length, at + candidate.length + 45)
  const isIntroduced = introduced.test(before)
  const isAlone = /(?:^|\n)\s*$/.test(before) && /^\s*(?:\n|$)/.test(after)
  let points = rateShape(candidate, isIntroduced)
  if (isIntroduced) points += 6
  else if (mentioned.test(before) || mentioned.test(after)) points += 4
  if (isAlone) points += 3
  if (/^(?:19|20)\d\d$/.test(candidate)) points -= 3
  if (unit.test(after) || money.test(before)) points -= 8
  return points
}

const enough = 6
/** Codes stand near the top; a longer text is a newsletter or an attack. */
const maxCharacters = 20_000

/** The most likely code in a subject and a text, without the space or hyphen between its groups. */
export const findCode = (subject: string, text: string): string | undefined => {
  const whole = `${subject}\n\n${text.slice(0, maxCharacters)}`
  let best: string | undefined
  let bestPoints = enough - 1
  for (const match of whole.matchAll(candidates)) {
    if (isWord(match[0])) continue
    const points = rate(whole, match[0], match.index)
    if (points <= bestPoints) continue
    best = match[0]
    bestPoints = points
  }
  return best?.replace(/[ \u00a0-]/, '')
}
