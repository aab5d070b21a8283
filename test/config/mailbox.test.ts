import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import sinon from 'sinon'
import validator from 'validator/lib/isEmail.js'
import { isMailbox, Mailbox } from '../../lib/config/mailbox.js'
import { anyText, hostileValues, mailbox } from '../support/arbitraries.js'

const accepts = (...addresses: ReadonlyArray<string>): void => {
  for (const address of addresses) expect(isMailbox(address), JSON.stringify(address)).to.equal(true)
}

const refuses = (...addresses: ReadonlyArray<string>): void => {
  for (const address of addresses) expect(isMailbox(address), JSON.stringify(address)).to.equal(false)
}

describe('mailbox', () => {
  it('takes ordinary addresses', () =>
    accepts('ann@example.com', 'a@b.co', 'first.last@mail.example.org', "o'brien@example.com"))

  it('takes tags, dots and the other signs that an unquoted local part may have', () =>
    accepts(
      'ann+login@example.com',
      'a_b-c@example.com',
      'a!b@example.com',
      'a%b@example.com',
      '1@example.com',
    ))

  it('takes the short way with what nearly every address looks like', () => {
    const longWay = sinon.spy(String.prototype, 'normalize')
    try {
      accepts(
        'ann@example.com',
        'a.b.last@x.mail.example.org',
        `${'a'.repeat(64)}@${'d'.repeat(63)}.example.com`,
      )
      expect(longWay.called).to.equal(false)
      accepts('é@example.com')
      expect(longWay.called).to.equal(true)
    } finally {
      longWay.restore()
    }
  })

  it('takes addresses in any script', () =>
    accepts('用户@例子.中国', 'ann@例え.jp', 'почта@пример.рф', 'é@example.com', 'ann@xn--fsq.com'))

  it('takes whatever has the form of an address', () =>
    fc.assert(fc.property(mailbox, (address) => isMailbox(address))))

  it('refuses a list, whatever separates it', () =>
    refuses(
      'victim@a.com,attacker@b.com',
      'victim@a.com, attacker@b.com',
      'victim@a.com;attacker@b.com',
      'victim@a.com attacker@b.com',
      'victim@a.com\nattacker@b.com',
      'victim@a.com，attacker@b.com',
      'victim@a.com；attacker@b.com',
      'victim@a.com、attacker@b.com',
      'victim@a.com,',
      ',victim@a.com',
      'victim@a.com|attacker@b.com',
    ))

  it('refuses every two addresses joined by anything', () =>
    fc.assert(
      fc.property(mailbox, anyText, mailbox, (one, between, other) => !isMailbox(`${one}${between}${other}`)),
    ))

  it('refuses a quoted local part, in which a list could hide', () =>
    refuses(
      '"ann"@example.com',
      '"victim@a.com,attacker"@b.com',
      '"a,b"@example.com',
      '"a;b"@example.com',
      '"a b"@example.com',
      '"<victim@a.com>"@b.com',
      '"\\""@example.com',
    ))

  it('refuses address-list syntax inside a local part', () =>
    refuses(
      'a,b@example.com',
      'a.,@example.com',
      'a;b@example.com',
      'a(b)@example.com',
      'a<b@example.com',
      'a[b]@example.com',
      'a\\b@example.com',
    ))

  it('refuses a local part in which a character stands for a comma in another width', () =>
    refuses('victim，attacker@example.com', 'victim﹐attacker@example.com', 'victim；attacker@example.com'))

  it('refuses a local part in which a character stands for a quote or bracket in another width', () =>
    refuses(
      '＂ann＂@example.com',
      'a＜b＞@example.com',
      'a（b）@example.com',
      'a［b］@example.com',
      'a＼b@example.com',
    ))

  it('refuses an at sign in another width', () =>
    refuses('ann＠example.com', 'ann＠a.com@b.com', 'ann﹫a.com@b.com'))

  it('refuses a display name', () =>
    refuses('Ann <ann@example.com>', '<ann@example.com>', '"Ann" <ann@example.com>', 'ann@example.com (Ann)'))

  it('refuses group syntax and URLs', () => refuses('team:ann@example.com;', 'mailto:ann@example.com'))

  it('refuses control characters, so that no header line is added', () =>
    refuses(
      'ann@example.com\r\nBcc: eve@example.com',
      'ann\0@example.com',
      'ann@exam\tple.com',
      'ann@example.com\n',
      '\u0085ann@example.com',
    ))

  it('refuses bidirectional marks, which show an address as another', () =>
    refuses(
      'ann\u202e@example.com',
      '\u202aann@example.com',
      'ann@exam\u2066ple.com',
      'ann\u200f@example.com',
    ))

  it('refuses zero-width characters', () =>
    refuses(
      'a\u200bnn@example.com',
      'a\u200cnn@example.com',
      'a\u200dnn@example.com',
      '\ufeffann@example.com',
      'a\u2060nn@example.com',
      'a\u00adnn@example.com',
    ))

  it('refuses the invisible characters that count as letters and marks', () =>
    refuses(
      'a\u3164nn@example.com',
      'a\u115fnn@example.com',
      'a\u034fnn@example.com',
      'a\ufe0fnn@example.com',
      'ann@ex\u034fample.com',
    ))

  it('refuses every invisible character at every place', () =>
    fc.assert(
      fc.property(
        mailbox,
        fc.constantFrom(
          '\u200b',
          '\u200e',
          '\u202e',
          '\u2066',
          '\u00a0',
          '\u3000',
          '\u2028',
          '\ufeff',
          '\0',
          '\n',
          '\ud800',
        ),
        fc.nat(),
        (address, char, place) => {
          const at = place % (address.length + 1)
          return !isMailbox(address.slice(0, at) + char + address.slice(at))
        },
      ),
    ))

  it('refuses letters that become words with spaces in another form', () =>
    refuses('a\ufdfab@example.com', 'ann@ex\ufdfaample.com', 'ann@example.com\ufdfb'))

  it('takes no ordinary address that validator refuses', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'B', '9', '.', '-', '_', '+', '@', 'com', 'x'.repeat(62)), {
          maxLength: 12,
        }),
        (pieces) => {
          const address = pieces.join('')
          expect(isMailbox(address)).to.equal(address.length <= 254 && validator.default(address))
        },
      ),
      {
        numRuns: 2_000,
        examples: [[['a@b-.com']], [['a@-b.com']], [['a@b--c.com']], [['a@b.c']], [['a.@b.com']]],
      },
    ))

  it('refuses spaces around an address', () =>
    refuses(' ann@example.com', 'ann@example.com ', 'ann@example.com\u3000'))

  it('refuses lone surrogates', () => refuses('ann\ud83d@example.com', 'ann@\ude00example.com'))

  it('refuses what has no host name with a dot', () =>
    refuses(
      'ann@localhost',
      'ann@127.0.0.1',
      'ann@[127.0.0.1]',
      'ann@',
      '@example.com',
      'ann',
      '',
      '@',
      'ann@.com',
      'ann@example.',
    ))

  it('refuses dots at the edges of the local part or in a row', () =>
    refuses('.ann@example.com', 'ann.@example.com', 'a..n@example.com'))

  it('refuses two at signs', () => refuses('ann@eve@example.com', 'ann@@example.com'))

  it('takes a local part of 64 bytes and refuses one of 65', () => {
    accepts(`${'a'.repeat(64)}@example.com`, `${'é'.repeat(32)}@example.com`)
    refuses(`${'a'.repeat(65)}@example.com`, `${'é'.repeat(33)}@example.com`)
  })

  it('takes 254 characters and refuses 255', () => {
    const labels = (length: number): string => `${`${'d'.repeat(49)}.`.repeat(5)}${'c'.repeat(length)}`
    const ofLength = (n: number): string => `a@${labels(n - 2 - 250)}`
    expect(ofLength(254)).to.have.length(254)
    accepts(ofLength(254))
    refuses(ofLength(255))
  })

  it('counts local part and host name together', () => {
    const ofLength = (n: number): string =>
      `${'a'.repeat(64)}@${`${'d'.repeat(49)}.`.repeat(3)}${'c'.repeat(n - 215)}`
    expect(ofLength(254)).to.have.length(254)
    accepts(ofLength(254))
    refuses(ofLength(255))
  })

  it('refuses 5 MB without looking through them', () =>
    refuses('a'.repeat(5_000_000), `${'a@'.repeat(2_500_000)}b.com`, `ann@${'a.'.repeat(2_500_000)}com`))

  it('refuses whatever is no text', () => {
    for (const [name, make] of Object.entries(hostileValues))
      expect(E.isLeft(Mailbox.decode(make())), name).to.equal(true)
  })

  it('gives back the very text it was given', () =>
    fc.assert(
      fc.property(mailbox, (address) => {
        expect(Mailbox.decode(address)).to.deep.equal(E.right(address))
      }),
    ))

  it('refuses an encoded word, in which an address can hide', () =>
    expect(isMailbox('=?utf-8?q?eve=40evil.com=2C?=ann@example.com')).to.equal(false))

  it('says what it is and what it expects', () => {
    const decoded = Mailbox.decode('ann')
    expect(Mailbox.name).to.equal('Mailbox')
    expect(E.isLeft(decoded) && decoded.left.map(({ message }) => message)).to.deep.equal([
      'expected exactly one e-mail address, as in name@example.com',
    ])
  })

  it('refuses characters that stand for others, of which there are thousands', () => {
    refuses(
      '\ufdfa@example.com',
      'a@b\u{1f101}c.com',
      '\u2474a@b.com',
      'ann@b\u2488example.com',
      'a\u00bdb@example.com',
    )
    refuses('\uff41nn@example.com', 'ann@\uff45xample.com', '\u212aate@example.com', '\u017fam@example.com')
  })

  it('takes letters that are written as one character or as two', () =>
    accepts('caf\u00e9@example.com', 'cafe\u0301@example.com'))

  it('refuses every character that NFKC turns into ASCII', () => {
    for (let code = 0x80; code <= 0x2ffff; code++) {
      const char = String.fromCodePoint(code)
      if (/[\0-\x7f]/.test(char.normalize('NFKC'))) refuses(`a${char}b@example.com`, `ab@exa${char}mple.com`)
    }
  })
})
