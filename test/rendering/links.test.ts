/**
 * A value that begins an address decides where a link leads.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { createConnector } from '../../lib/connector.js'
import type { Template } from '../../lib/config/template.js'
import { addressAttributes } from '../../lib/rendering/placeholders.js'
import { render, type RenderOptions } from '../../lib/rendering/render.js'
import { configSaying, validConfig, validMessage } from '../support/arbitraries.js'
import { left, right } from '../support/either.js'

const fill = (content: string, link: unknown, template: Partial<Template> = {}, options?: RenderOptions) =>
  render(configSaying({ content, ...template }), options)(validMessage({ payload: { link, code: '1' } }))

const refusal = {
  path: 'payload.link',
  message: 'begins a link: expected an https: or mailto: address',
}

const isRefused = (content: string, link: unknown): boolean => {
  const mail = fill(content, link)
  if (E.isRight(mail)) return false
  expect(mail.left).to.deep.include({ _tag: 'InvalidMessage', issues: [refusal] })
  return true
}

describe('a value that begins a link', () => {
  const link = '<p><a href="{{link}}">here</a></p>'

  for (const address of ['https://example.com/a?b=1&c', 'HTTPS://EXAMPLE.COM', 'mailto:help@example.com'])
    it(`may be ${address}`, () => expect(right(fill(link, address)).body).to.include('href="'))

  const unsafe: ReadonlyArray<unknown> = [
    'javascript:alert(1)',
    ' https://example.com',
    '\nhttps://example.com',
    '\u0000javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'http://example.com',
    '//example.com',
    '/path',
    'https:example.com',
    '',
    7,
    true,
  ]
  for (const address of unsafe)
    it(`may not be ${JSON.stringify(address)}`, () => expect(isRefused(link, address)).to.equal(true))

  it('is not repeated in the error', () =>
    expect(JSON.stringify(left(fill(link, 'javascript:secret')))).to.not.include('secret'))

  for (const attribute of addressAttributes)
    it(`is one at ${attribute}, however it is written`, () => {
      for (const before of [
        `${attribute}="`,
        `${attribute}='`,
        `${attribute}=`,
        `${attribute.toUpperCase()} =\n "`,
      ])
        expect(
          isRefused(`<p>{{code}}<a class="b" ${before}{{ link }}">x</a>`, 'javascript:x'),
          before,
        ).to.equal(true)
    })

  const harmless = [
    '<a href="https://example.com/{{link}}">',
    '<a href="#{{link}}">',
    '<a title="{{link}}">',
    '<a data-href="{{link}}">',
    '<p>{{link}}</p>',
    '<p>href {{link}}</p>',
  ]
  for (const content of harmless)
    it(`is none in ${content}`, () => expect(isRefused(content, 'javascript:x')).to.equal(false))

  it('is none in text, in a subject or a name', () => {
    expect(E.isRight(fill('<a href="{{link}}">', 'x', { contentType: 'text/plain' }))).to.equal(true)
    expect(E.isRight(fill('c', 'x', { subject: 'href="{{link}}' }))).to.equal(true)
  })

  it('may be anything where the option says so', () => {
    expect(right(fill(link, 'tel:1', {}, { links: 'any' })).body).to.include('href="tel:1"')
    const { preview } = right(createConnector(validConfig(), { links: 'any' }))
    const message = validMessage({ payload: { code: '1', link: 'tel:1' } })
    const mail = right(preview({ ...message, template: { subject: 's', content: link } }))
    expect(mail.body).to.include('tel:1')
  })

  it('is looked at in a template of the message, too', () => {
    const { preview } = right(createConnector(validConfig()))
    const message = validMessage({ payload: { code: '1', link: 'javascript:x' } })
    const result = preview({ ...message, template: { subject: 's', content: link } })
    expect(left(result)).to.have.property('_tag', 'InvalidMessage')
  })

  it('never makes a link to anything else, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom('javascript:x', 'mailto:a@b.c')),
        (value) => {
          const mail = fill('<a href="{{link}}">', value)
          if (E.isLeft(mail)) return
          expect(mail.right.body).to.match(/^<a href="(?:https:\/\/|mailto:)/i)
        },
      ),
    )
  })
})
