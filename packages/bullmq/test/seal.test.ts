import { expect } from 'chai'
import { makeSealer } from '../src/seal.js'

const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64')

describe('a seal', () => {
  const { seal, open } = makeSealer({ key: keyOf(1) })

  it('opens what it sealed, whatever it says', () => {
    for (const text of ['', '407312', '验证码 🔒']) expect(open(seal(text))).to.equal(text)
  })

  it('is another one each time, and tells nothing but the id of its key', () => {
    const [first, second] = [seal('407312'), seal('407312')]
    expect(first).not.to.equal(second)
    const parts = first.split('.')
    expect(parts.map(({ length }) => length)).to.deep.equal([8, 16, 22, 8])
    expect(parts[0]).to.equal(second.split('.')[0])
    expect(first).to.match(/^[\w.-]+$/)
  })

  it('opens what older keys sealed, and seals with the new one', () => {
    const changed = makeSealer({ key: keyOf(2), oldKeys: [keyOf(1), keyOf(3)] })
    expect(changed.open(seal('old'))).to.equal('old')
    expect(open(changed.seal('new'))).to.equal(undefined)
    expect(makeSealer({ key: keyOf(2) }).open(seal('old'))).to.equal(undefined)
  })

  it('opens nothing that was changed or cut', () => {
    const [id = '', iv = '', tag = '', body = ''] = seal('407312').split('.')
    const other = seal('999999').split('.')
    const swapped = (at: number): string => [id, iv, tag, body].with(at, other[at] ?? '').join('.')
    for (const sealed of [
      '',
      id,
      `${id}.${iv}`,
      `${id}.${iv}.${tag}`,
      `${id}.${iv}.${tag.slice(0, 16)}.${body}`,
      `x.${iv}.${tag}.${body}`,
      swapped(1),
      swapped(2),
      swapped(3),
    ])
      expect(open(sealed), sealed).to.equal(undefined)
  })

  it('needs keys of 32 bytes', () => {
    const expected = /^seal: expected keys of 32 bytes in base64$/
    for (const key of [
      '',
      'short',
      Buffer.alloc(31).toString('base64'),
      Buffer.alloc(33).toString('base64'),
    ]) {
      expect(() => makeSealer({ key })).to.throw(TypeError, expected)
      expect(() => makeSealer({ key: keyOf(1), oldKeys: [key] })).to.throw(TypeError, expected)
    }
  })
})
