import { expect } from 'chai'
import fc from 'fast-check'
import { compile, findPlaceholders } from '../../lib/rendering/placeholders.js'
import { anyText } from '../support/arbitraries.js'

describe('placeholders', () => {
  it('are taken out of the text around them, with what they were written as', () =>
    expect(compile('Hi {{ user.name }}, {{code}}{{code}}!')).to.deep.equal([
      'Hi ',
      { name: 'user.name', path: ['user', 'name'], source: '{{ user.name }}' },
      ', ',
      { name: 'code', path: ['code'], source: '{{code}}' },
      { name: 'code', path: ['code'], source: '{{code}}' },
      '!',
    ]))

  it('may be all there is, or not there at all', () => {
    expect(compile('{{a}}')).to.deep.equal([{ name: 'a', path: ['a'], source: '{{a}}' }])
    expect(compile('{a} {{}} {{ }}')).to.deep.equal(['{a} {{}} {{ }}'])
    expect(compile('')).to.deep.equal([])
  })

  it('put together again with what stands around them give the text', () =>
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyText, fc.constantFrom('{{a}}', '{{', '}}', '{{ b.c }}'))),
        (pieces) => {
          const text = pieces.join('')
          const parts = compile(text).map((part) => (typeof part === 'string' ? part : part.source))
          expect(parts.join('')).to.equal(text.toWellFormed())
          expect(parts).to.not.include('')
        },
      ),
    ))

  it('are listed once each, in order', () => {
    expect(findPlaceholders('{{b}} {{ a.x }} {{b}} {{}} {{a}}')).to.deep.equal(['b', 'a.x', 'a'])
    expect(findPlaceholders('{code}')).to.be.empty
  })
})
