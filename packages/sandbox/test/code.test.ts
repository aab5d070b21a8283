import { expect } from 'chai'
import { findCode } from '../src/code.js'

const found: ReadonlyArray<readonly [what: string, subject: string, body: string, code: string]> = [
  ['after a Chinese word', '登录', '您的验证码是 482913，10 分钟内有效。', '482913'],
  ['right after a Chinese word', '登录', '【示例】验证码482913，请勿泄露。', '482913'],
  ['after a full-width colon', '登录', '验证码：4829', '4829'],
  ['before its word', 'Sign in', '482913 is your Example verification code', '482913'],
  ['in the subject', 'Your code is 482913', 'Valid for 10 minutes, until 2026.', '482913'],
  ['alone on its line', 'Welcome', 'Please enter\n\n482913\n\nto go on.', '482913'],
  ['in two groups', 'Sign in', 'Your code is 482 913.', '482913'],
  ['with a prefix', 'Sign in', 'G-482913 is your verification code.', '482913'],
  ['of letters and digits', 'Sign in', 'Your verification code: A4K9Q2', 'A4K9Q2'],
  ['of letters only, when introduced', 'Sign in', 'Your code: QKZRTP', 'QKZRTP'],
  ['that looks like a year', 'Sign in', '验证码：2048', '2048'],
  [
    'beside other numbers',
    'Order 20260101',
    'Tel. 400-1234, total ¥123456. Your PIN is 8051. © 2026',
    '8051',
  ],
  ['of eight digits', 'Sign in', 'Your one-time password is 48291305', '48291305'],
  ['in Japanese', 'ログイン', '認証コード：482913', '482913'],
  ['in two groups, away from its word', 'Sign in', 'Use 482 913 as your code.', '482913'],
  ['in capitals', 'SIGN IN', 'YOUR CODE: QKZRTP', 'QKZRTP'],
  ['away from its word in capitals', 'SIGN IN', 'USE 482913 AS YOUR CODE', '482913'],
  ['of letters and digits, alone', 'Sign in', 'Your code is below.\n\nA4K9Q2\n\nBye', 'A4K9Q2'],
  ['that is the whole subject', '482913', 'Hello', '482913'],
  ['on a line of its own', 'Hello', 'Please enter\n482913\nto go on.', '482913'],
  ['on a line with spaces', 'Hello', 'Please enter\n  482913 \nto go on.', '482913'],
  ['at the end', 'Hello', 'Please enter\n482913', '482913'],
  ['that ends like a year', 'Hello', 'Please enter\n482019\nto go on.', '482019'],
  ['that begins like a year', 'Hello', 'Please enter\n201948\nto go on.', '201948'],
  ['that comes first of two', 'Hello', 'Your code is 111222. Your code is 333444.', '111222'],
]

const nothing: ReadonlyArray<readonly [what: string, subject: string, body: string]> = [
  ['an invitation', 'Join us', 'Follow https://example.com/invite/482913?code=123456 to join.'],
  ['a year', 'News', '© 2026 Example'],
  ['a date', 'News', 'On 2026-01-01 and 01/02/2026'],
  ['an amount', 'Your invoice', 'Total: ¥482913, or 4829.13 USD'],
  ['a duration', 'Your code', 'The code is valid for 3600 seconds.'],
  ['an address', 'Hello', 'Write to user123456@example.com'],
  ['a word', 'Your code', 'Your code is below this line'],
  ['a long number', 'Tracking code', 'Your tracking code is 123456789012'],
  ['nothing', '', ''],
  ['a number that nothing speaks for', 'Hello', 'Call 482913 now.'],
  ['a number that begins a line', 'Hello', 'Please\n482913 people\nhave joined.'],
  ['a number that ends a line', 'Hello', 'We are\nnow 482913\npeople.'],
  ['letters and digits away from a word', 'Hello', 'Use A4K9Q2 as your code.'],
  ['digits and letters away from a word', 'Hello', 'Use 4K9Q2A as your code.'],
  ['letters alone, away from a word', 'Hello', 'Your code is below.\n\nQKZRTP\n\nBye'],
  ['a word in capitals', 'Hello', 'WELCOME to Example. Your code follows.'],
  ['a year on a line of its own', 'News', 'Happy\n\n2027\n\nto all'],
  ['a year of the last century', 'News', 'Since\n\n1999\n\nhere'],
  ['what comes very late', 'News', `${'x'.repeat(20_000)}\nYour code: 482913`],
  ...'minute minutes min mins hour hours day days second seconds px pt em USD CNY RMB GMT UTC 分钟 分 秒 小时 天 年 月 元 %'
    .split(' ')
    .map((unit) => [unit, 'Hello', `Your code 3600 ${unit}`] as const),
  ['seconds after two spaces', 'Hello', 'Your code 3600  seconds'],
  ['seconds right after', 'Hello', '验证码3600秒'],
  ...['¥4829', '￥4829', '$4829', '€ 4829', '£  4829'].map(
    (amount) => [amount, 'Hello', `Your code, ${amount}`] as const,
  ),
]

describe('sandbox/code', () => {
  for (const [what, subject, body, code] of found) {
    it(`finds a code ${what}`, () => {
      expect(findCode(subject, body)).to.equal(code)
    })
  }
  for (const [what, subject, body] of nothing) {
    it(`does not take for a code ${what}`, () => {
      expect(findCode(subject, body)).to.equal(undefined)
    })
  }
})
