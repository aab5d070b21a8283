import { expect } from 'chai'
import { toEml } from '../src/eml.js'
import type { ReceivedMail } from '../src/mail.js'
import { receivedMail } from './received-mail.js'

const mail: ReceivedMail = {
  ...receivedMail,
  toAddress: 'a@b.co,c@d.co, é@f.co',
  subject: 'Hi',
  textBody: 'x'.repeat(58),
}

/** A text in a header. */
const word = (text: string): string => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`

describe('sandbox/eml', () => {
  it('is a plain text with no more headers than it needs, and lines of 76 characters', () => {
    expect(toEml(mail).split('\r\n')).to.deep.equal([
      'Date: Fri, 02 Jan 2026 03:04:05 +0000',
      'From: noreply@example.com',
      'To: a@b.co,',
      ' c@d.co,',
      ' ?@f.co',
      `Subject: ${word('Hi')}`,
      'Message-ID: <600000123456789012@aliyun-dm-sandbox>',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      '',
      'eHh4'.repeat(19),
      'eA==',
      '',
    ])
  })

  it('has HTML, names and a reply address, eleven characters a word', () => {
    const subject = '您的验证码是四八二九一三，请勿泄露'
    const lines = toEml({
      ...mail,
      subject,
      htmlBody: '<p>页</p>',
      fromAlias: 'Acmé',
      replyAddress: 'help@example.com',
      replyAddressAlias: '帮助',
    }).split('\r\n')
    expect(lines.slice(1, 3)).to.deep.equal([
      `From: ${word('Acmé')} <noreply@example.com>`,
      `Reply-To: ${word('帮助')} <help@example.com>`,
    ])
    expect(lines.slice(6, 8)).to.deep.equal([
      `Subject: ${word('您的验证码是四八二九一')}`,
      ` ${word('三，请勿泄露')}`,
    ])
    expect(lines).to.include('Content-Type: text/html; charset=utf-8')
    expect(lines.slice(-2)).to.deep.equal([Buffer.from('<p>页</p>').toString('base64'), ''])
    expect(toEml({ ...mail, replyAddress: 'help@example.com' })).to.include('Reply-To: help@example.com\r\n')
  })

  it('is empty where there is no body', () => {
    const { textBody, ...empty } = mail
    expect(toEml(empty)).to.match(/base64\r\n\r\n\r\n$/)
  })

  it('breaks no line that is full', () => {
    expect(
      toEml({ ...mail, textBody: 'x'.repeat(57) })
        .split('\r\n')
        .slice(-3),
    ).to.deep.equal(['', 'eHh4'.repeat(19), ''])
  })
})
