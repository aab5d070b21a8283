import { expect } from 'chai'
import fc from 'fast-check'
import { compileText, findPlaceholders, locatePlaceholders } from '../../lib/rendering/placeholders.js'
import { anyText } from '../support/arbitraries.js'

describe('placeholders', () => {
  it('are taken out of the text around them, with what they were written as', () =>
    expect(compileText('Hi {{ user.name }}, {{code}}{{code}}!')).to.deep.equal([
      'Hi ',
      { name: 'user.name', path: ['user', 'name'], source: '{{ user.name }}', index: 3 },
      ', ',
      { name: 'code', path: ['code'], source: '{{code}}', index: 20 },
      { name: 'code', path: ['code'], source: '{{code}}', index: 28 },
      '!',
    ]))

  it('may be all there is, or not there at all', () => {
    expect(compileText('{{a}}')).to.deep.equal([{ name: 'a', path: ['a'], source: '{{a}}', index: 0 }])
    expect(compileText('{a} {{}} {{ }}')).to.deep.equal(['{a} {{}} {{ }}'])
    expect(compileText('')).to.deep.equal([])
  })

  it('are located where they stand, each time they do', () =>
    expect(locatePlaceholders('{{}}{{a}} {{ a }}').map(({ index }) => index)).to.deep.equal([4, 10]))

  it('put together again with what stands around them give the text', () =>
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyText, fc.constantFrom('{{a}}', '{{', '}}', '{{ b.c }}'))),
        (pieces) => {
          const text = pieces.join('')
          const parts = compileText(text).map((part) => (typeof part === 'string' ? part : part.source))
          expect(parts.join('')).to.equal(text.toWellFormed())
          expect(parts).to.not.include('')
        },
      ),
    ))

  describe('that begin an address', () => {
    const begins = (text: string, isHtml?: boolean): boolean =>
      compileText(text, isHtml).some((part) => typeof part !== 'string' && part.beginsAddress === true)

    it('stand right behind an attribute that holds one', () => {
      for (const name of [
        'href',
        'src',
        'action',
        'formaction',
        'background',
        'poster',
        'xlink:href',
        'HREF',
      ])
        for (const text of [
          `<a ${name}="{{u}}`,
          `<a\n${name}='{{u}}`,
          `<a title=""${name} = {{u}}`,
          `<a/${name}={{u}}`,
        ])
          expect(begins(text, true), text).to.equal(true)
    })

    it('stand nowhere else', () => {
      for (const text of [
        '<a href="https://a.example/{{u}}',
        '<a title="{{u}}',
        '<a data-href="{{u}}',
        '<p>{{u}}',
        '<a href="{{',
        '{{u}}',
      ])
        expect(begins(text, true), text).to.equal(false)
    })

    it('are those of HTML', () => {
      expect(begins('<a href="{{u}}')).to.equal(false)
      expect(begins('<a href="{{u}}', false)).to.equal(false)
    })

    it('stand within 200 characters of their attribute', () => {
      expect(begins(`<a href=${' '.repeat(194)}{{u}}`, true)).to.equal(true)
      expect(begins(`<a href=${' '.repeat(195)}{{u}}`, true)).to.equal(false)
      expect(begins(`<p>${'x'.repeat(500)}<a href="{{u}}`, true)).to.equal(true)
    })
  })

  it('are listed once each, in order', () => {
    expect(findPlaceholders('{{b}} {{ a.x }} {{b}} {{}} {{a}}')).to.deep.equal(['b', 'a.x', 'a'])
    expect(findPlaceholders('{code}')).to.be.empty
  })
})
