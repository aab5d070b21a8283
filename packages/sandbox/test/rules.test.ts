import { expect } from 'chai'
import * as O from 'fp-ts/lib/Option.js'
import { checkMail } from '../src/rules.js'
import { mail } from './client.js'

/** The code that the mail is refused with when these parameters are its own, or `none`. */
const codeOf = (more: Readonly<Record<string, string>>, senders?: ReadonlySet<string>): string => {
  const refused = checkMail(senders)(new Map(Object.entries({ ...mail, ...more })))
  return O.isSome(refused) ? refused.value.code : 'none'
}

const labels = (count: number, label = 'a'): string => Array(count).fill(label).join('.')

/** An address of just so many characters, with no part too long. */
const addressOf = (length: number): string => {
  const domain = [63, 63, 63].map((n) => 'd'.repeat(n)).join('.')
  return `${'l'.repeat(length - 1 - domain.length)}@${domain}`
}

describe('sandbox/rules', () => {
  describe('a recipient', () => {
    const good: ReadonlyArray<readonly [what: string, address: string]> = [
      ['plain', 'user@example.org'],
      ['short', 'a@b.c'],
      ['with dots', 'first.middle.last@mail.example.co.uk'],
      ['with a tag', 'user+tag@example.org'],
      ['with every character that a mailbox may have', "aZ09_!#$%&'*+/=?^`{|}~-.!#$%&'*+/=?^`{|}~-_@b-1.c_2"],
      ['with 64 characters before the @', `${'a'.repeat(64)}@example.org`],
      ['with a dot after 64 characters', `${'a'.repeat(64)}.${'b'.repeat(64)}@example.org`],
      ['with 32 parts before the @', `${labels(32)}@example.org`],
      ['with a label of 63 characters', `a@${'b'.repeat(63)}.${'c'.repeat(63)}`],
      ['with 17 labels', `a@${labels(17)}`],
      ['with 254 characters', addressOf(254)],
    ]
    for (const [what, address] of good) {
      it(`may be ${what}`, () => expect(codeOf({ ToAddress: address })).to.equal('none'))
    }

    const bad: ReadonlyArray<readonly [what: string, address: string]> = [
      ['without a mailbox', '@example.org'],
      ['without a domain', 'user@'],
      ['without a top-level domain', 'user@localhost'],
      ['with two @', 'user@example@example.org'],
      ['with a name', 'User <user@example.org>'],
      ['with a space before it', ' user@example.org'],
      ['with a space after it', 'user@example.org '],
      ['with a space in it', 'us er@example.org'],
      ['with letters of another alphabet', 'usér@example.org'],
      ['with a domain of another alphabet', 'user@éxample.org'],
      ['with a top-level domain of another alphabet', 'user@example.örg'],
      ['with a quoted mailbox', '"user"@example.org'],
      ['with a dot in front', '.user@example.org'],
      ['with a dot before the @', 'user.@example.org'],
      ['with two dots in a row', 'us..er@example.org'],
      ['with a letter of another alphabet after a dot', 'us.ér@example.org'],
      ['with a dot after the @', 'user@.example.org'],
      ['with a dot at its end', 'user@example.org.'],
      ['with 65 characters before the @', `${'a'.repeat(65)}@example.org`],
      ['with 65 characters after a dot', `a.${'b'.repeat(65)}@example.org`],
      ['with 33 parts before the @', `${labels(33)}@example.org`],
      ['with a label of 64 characters', `a@${'b'.repeat(64)}.org`],
      ['with a top-level domain of 64 characters', `a@example.${'b'.repeat(64)}`],
      ['with 18 labels', `a@${labels(18)}`],
      ['with 255 characters', addressOf(255)],
    ]
    for (const [what, address] of bad) {
      it(`cannot be ${what}`, () => expect(codeOf({ ToAddress: address })).to.equal('InvalidToAddress'))
    }
  })

  describe('several recipients', () => {
    it('are separated by a comma, and a space or none', () => {
      expect(codeOf({ ToAddress: 'a@b.co,c@d.co, e@f.co' })).to.equal('none')
      for (const separator of [';', ' ', ' ,', ',  ', ',\t', ',,']) {
        expect(codeOf({ ToAddress: `a@b.co${separator}c@d.co` }), separator).to.equal('InvalidToAddress')
      }
    })

    it('may be a hundred', () => {
      expect(codeOf({ ToAddress: Array(100).fill('a@b.co').join() })).to.equal('none')
      expect(codeOf({ ToAddress: Array(101).fill('a@b.co').join() })).to.equal('InvalidToAddress')
    })

    it('are refused when one of them is wrong, whichever', () => {
      for (const list of ['nobody,b@b.co,c@c.co', 'a@b.co,nobody,c@c.co', 'a@b.co,b@b.co,nobody']) {
        expect(codeOf({ ToAddress: list })).to.equal('InvalidToAddress')
      }
    })
  })

  for (const name of ['AccountName', 'AddressType', 'ReplyToAddress', 'ToAddress', 'Subject']) {
    it(`${name} has to be there`, () => expect(codeOf({ [name]: '' })).to.equal(`Missing${name}`))
  }

  const choices: ReadonlyArray<
    readonly [name: string, good: ReadonlyArray<string>, bad: ReadonlyArray<string>]
  > = [
    ['AddressType', ['0', '1'], ['2', '01', 'true']],
    ['ReplyToAddress', ['true', 'false'], ['0', 'True', 'yes']],
    ['ClickTrace', ['0', '1', ''], ['2', 'on']],
  ]
  for (const [name, good, bad] of choices) {
    it(`${name} may be ${good.map((value) => JSON.stringify(value)).join(' or ')}, and nothing else`, () => {
      for (const value of good) expect(codeOf({ [name]: value }), value).to.equal('none')
      for (const value of bad) expect(codeOf({ [name]: value }), value).to.equal(`Invalid${name}`)
    })
  }

  it('counts characters of subject and alias, not their bytes or halves', () => {
    for (const character of ['a', '题', '😀']) {
      expect(codeOf({ Subject: character.repeat(256), FromAlias: character.repeat(14) })).to.equal('none')
      expect(codeOf({ Subject: character.repeat(257) })).to.equal('InvalidSubject.Malformed')
      expect(codeOf({ FromAlias: character.repeat(15) })).to.equal('InvalidFromAlias.Malformed')
    }
  })

  it('takes letters, digits, underscore and minus in a tag, up to 128', () => {
    for (const tag of ['', 'a', 'sign-in_1', 'Z'.repeat(128)]) {
      expect(codeOf({ TagName: tag }), tag).to.equal('none')
    }
    for (const tag of [' a', 'a ', 'a.b', 'é', '验证', 'Z'.repeat(129)]) {
      expect(codeOf({ TagName: tag }), tag).to.equal('InvalidTagName.Malformed')
    }
  })

  describe('the body', () => {
    const tooMuch = 8 * 1024 * 1024 + 1
    const bodies: ReadonlyArray<readonly [what: string, html: string, text: string, code: string]> = [
      ['HTML', '<p>x</p>', '', 'none'],
      ['text', '', 'x', 'none'],
      ['neither', '', '', 'InvalidBody'],
      ['both', '<p>x</p>', 'x', 'InvalidBody'],
      ['8 MiB of text', '', 'x'.repeat(tooMuch - 1), 'none'],
      ['more than 8 MiB of text', '', 'x'.repeat(tooMuch), 'InvalidBody'],
      ['more than 8 MiB in fewer characters', '题'.repeat(tooMuch / 3 + 1), '', 'InvalidBody'],
    ]
    for (const [what, HtmlBody, TextBody, code] of bodies) {
      it(`of ${what}: ${code}`, () => expect(codeOf({ HtmlBody, TextBody })).to.equal(code))
    }
  })

  it('knows senders whatever their case, and any sender when it was told of none', () => {
    const senders = new Set(['noreply@example.com'])
    expect(codeOf({ AccountName: 'NoReply@Example.com' }, senders)).to.equal('none')
    expect(codeOf({ AccountName: 'other@example.com' }, senders)).to.equal('InvalidMailAddress.NotFound')
    expect(codeOf({ AccountName: 'other@example.com' })).to.equal('none')
    expect(codeOf({}, new Set())).to.equal('InvalidMailAddress.NotFound')
  })
})
