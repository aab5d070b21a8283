import { expect } from 'chai'
import { gmailLimitBytes, toPlainText } from '../src/plain-text.js'

describe('toPlainText', () => {
  it('shows headings as they are written, at every level', () => {
    for (const level of [1, 2, 3, 4, 5, 6])
      expect(toPlainText(`<h${level}>Hello</h${level}>`, 80)).to.deep.equal(['Hello'])
  })

  it('shows what a picture stands for, and where links lead', () =>
    expect(
      toPlainText('<img src="https://a.example/x.png" alt="A logo"> <a href="https://b.example">b</a>', 80),
    ).to.deep.equal(['A logo [image: https://a.example/x.png] b [https://b.example]']))

  it('shows a link once that is its own text', () =>
    expect(toPlainText('<a href="https://b.example">https://b.example</a>', 80)).to.deep.equal([
      'https://b.example',
    ]))

  it('fits the columns, and no line has more than 100', () => {
    const words = 'word '.repeat(60)
    const longest = (columns: number): number =>
      Math.max(...toPlainText(words, columns).map((line) => line.length))
    expect(longest(40)).to.equal(39)
    expect(longest(100)).to.equal(99)
    expect(longest(200)).to.equal(99)
  })

  it('has no empty lines at the end', () =>
    expect(toPlainText('<pre>\n  a\n\n\n</pre>', 80)).to.deep.equal(['', '  a']))

  it('says how much of the HTML it leaves out', () => {
    expect(toPlainText(`${'x'.repeat(50)} `.repeat(2000), 80)).to.have.length(2000)
    expect(toPlainText('x'.repeat(gmailLimitBytes), 80)).to.deep.equal(['x'.repeat(gmailLimitBytes)])
    expect(toPlainText('x'.repeat(gmailLimitBytes + 1), 80)).to.deep.equal([
      'x'.repeat(gmailLimitBytes),
      '',
      '[1 more characters of HTML are not shown here]',
    ])
  })
})
