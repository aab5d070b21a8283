import { expect } from 'chai'
import type { ReceivedMail } from '../src/mail.js'
import { toListed } from '../src/listing.js'
import { receivedMail } from './received-mail.js'

/** A mail whose body has so many bytes, and whose parameters have so many characters. */
const mailOf = (size: number, characters: number): ReceivedMail => ({
  ...receivedMail,
  fromAlias: 'me',
  htmlBody: 'x',
  tagName: 't',
  replyToAddress: true,
  replyAddress: 'r@e.f',
  replyAddressAlias: 'r',
  size,
  parameters: { HtmlBody: 'x'.repeat(characters - 1), Subject: 's' },
})

describe('sandbox/listing', () => {
  it('lists a mail whole up to 16 KiB of body and 32 Ki characters of parameters', () => {
    const mail = mailOf(16_384, 32_768)
    expect(toListed(mail)).to.deep.equal({ ...mail, bodyOmitted: false })
  })

  for (const [what, mail] of [
    ['the body is', mailOf(16_385, 2)],
    ['the parameters are', mailOf(2, 32_769)],
  ] as const) {
    it(`leaves everything long out when ${what} beyond that`, () => {
      const { htmlBody, parameters, replyAddress, replyAddressAlias, ...rest } = mail
      expect([htmlBody, replyAddress, replyAddressAlias]).to.deep.equal(['x', 'r@e.f', 'r'])
      expect(parameters).to.have.property('HtmlBody')
      expect(toListed(mail)).to.deep.equal({ ...rest, bodyOmitted: true })
    })
  }

  it('has no alias and no tag for a mail without', () => {
    const { fromAlias, tagName, ...plain } = mailOf(16_385, 2)
    expect([fromAlias, tagName]).to.deep.equal(['me', 't'])
    expect(toListed(plain)).not.to.have.any.keys('fromAlias', 'tagName')
  })
})
