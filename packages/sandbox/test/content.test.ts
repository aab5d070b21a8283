import { expect } from 'chai'
import fc from 'fast-check'
import { readContent } from '../src/content.js'
import { form, mail, sendV3, start } from './client.js'

const ofHtml = (htmlBody: string) => readContent({ subject: '', htmlBody })
const ofText = (textBody: string) => readContent({ subject: '', textBody })

describe('sandbox/content', () => {
  it('is the text of an HTML mail, a line for each block, with its entities resolved', () => {
    expect(
      ofHtml(`<!doctype html><title>no</title><style>p { color: red }</style><p>您的验证码是 <b>482913</b>。</p>
        <script>no()</script><p>Fish &amp; chips&nbsp;for   2<br>people</p><table><tr><td>a<td>b</table>`),
    ).to.deep.equal({ text: '您的验证码是 482913。\n\nFish & chips for 2\npeople\n\na b', code: '482913' })
  })

  it('has a line for each block, at its beginning and its end, and a space for each cell', () => {
    const blocks =
      'address article blockquote body center dd div dl dt figure footer form h1 h2 h3 h4 h5 h6 header html li main ol p pre section table tr ul'
    for (const name of blocks.split(' '))
      expect(ofHtml(`<i>a<${name}>b</${name}>c</i>`).text, name).to.match(/^a\n+b\n+c$/)
    for (const name of ['br', 'hr']) expect(ofHtml(`a<${name}>b`).text, name).to.equal('a\nb')
    for (const name of ['td', 'th'])
      expect(ofHtml(`<${name}>a</${name}><${name}>b</${name}>`).text, name).to.equal('a b')
  })

  it('leaves out what is no text for a reader', () => {
    for (const name of 'script style title template noscript iframe svg textarea select'.split(' '))
      expect(ofHtml(`a<${name}>no</${name}>b`).text, name).to.equal('ab')
  })

  it('has no runs of spaces, and at most one empty line', () =>
    expect(ofHtml('<p>  a   b \n\t c </p>\n  <p> </p><p></p>  <p>d</p>').text).to.equal('a b c\n\nd'))

  it('takes only links for links, without spaces around them', () =>
    expect(
      ofHtml(
        '<link href="https://a.example"><a>x</a><area href="https://b.example"><a href=" https://c.example ">x</a>',
      ).links,
    ).to.deep.equal(['https://c.example']))

  it('takes only addresses of the web for links', () =>
    expect(ofHtml('<a href="xhttps://a.example">x</a><a href="ahttp://b.example">x</a>')).to.deep.equal({
      text: 'xx',
    }))

  it('has no link where only punctuation is left', () =>
    expect(ofText('https://... and http://?!').links).to.equal(undefined))

  it('looks for links in the first 128 Ki characters of a text', () =>
    expect(ofText(`${'x '.repeat(64 * 1024)}https://a.example`)).to.not.have.property('links'))

  it('is the text body as it was sent', () => {
    expect(ofText('  Code:\r\n482913 <b>&amp;')).to.deep.equal({
      text: '  Code:\r\n482913 <b>&amp;',
      code: '482913',
    })
  })

  it('finds a code in the subject', () => {
    expect(readContent({ subject: 'Your code is 111222', textBody: 'Welcome' }).code).to.equal('111222')
  })

  it('has no field for what is not there', () => {
    expect(ofHtml('<p> </p><a href="javascript:alert(1)"></a>')).to.deep.equal({})
  })

  it('lists the web addresses that an HTML mail links to, each once, and no other scheme', () => {
    const html = [
      'https://a.example/?b=1&amp;c=2',
      'HTTP://b.example',
      'javascript:alert(1)',
      'mailto:a@b.c',
      'https://[',
    ]
      .map((href) => `<a href="${href}">x</a><a href=' ${href} '>x</a>`)
      .join('')
    expect(ofHtml(html).links).to.deep.equal(['https://a.example/?b=1&c=2', 'HTTP://b.example'])
  })

  it('lists at most 50 links', () => {
    const html = Array.from({ length: 60 }, (_, index) => `<a href="http://a.example/${index}">x</a>`).join(
      '',
    )
    expect(ofHtml(html).links).to.have.length(50)
  })

  for (const [text, link] of [
    ['看 https://a.example/b?c=1&d=2，请', 'https://a.example/b?c=1&d=2'],
    ['(see https://a.example/x_(y)).', 'https://a.example/x_(y)'],
    ['(see https://a.example/x).', 'https://a.example/x'],
    ['http://localhost:3000/verify?t=1#x。', 'http://localhost:3000/verify?t=1#x'],
    ['<https://a.example/b>', 'https://a.example/b'],
  ] as const) {
    it(`finds the address in ${text}`, () => expect(ofText(text).links).to.deep.equal([link]))
  }

  it('looks at the first 128 Ki characters of the HTML', () => {
    const html = `${'x'.repeat(128 * 1024 - 4)}<p>y<a href="http://a.example">z</a>`
    expect(ofHtml(html)).to.deep.equal({ text: `${'x'.repeat(128 * 1024 - 4)}\ny` })
  })

  it('is there for any mail', () => {
    const markup = fc.array(
      fc.oneof(
        fc.constantFrom('<', '>', '/', '<b>', '</p>', '<!--', '<svg>', '&', '"', "'", '=', 'http://'),
        fc.string(),
      ),
    )
    fc.assert(
      fc.property(markup, (parts) => {
        ofHtml(parts.join(''))
        ofText(parts.join(''))
      }),
    )
  })

  const units = [
    '<b>x',
    '<div>',
    '<td> ',
    '<p>',
    '</p>',
    '<a href=http://a.b>',
    '<',
    '&',
    '<a "',
    `<b title='>`,
    '<!--',
  ]
  const hostile = [
    ...units.map((unit) => unit.repeat(1_000_000 / unit.length)),
    // A closing tag is looked for among all open ones.
    '<b>'.repeat(22_000) + '</i>'.repeat(16_000),
  ]
  for (const html of hostile) {
    it(`takes no longer for ten times as much ${html.slice(0, 20)}`, () => {
      const measure = (length: number): number => {
        const started = process.cpuUsage().user
        ofHtml(html.slice(0, length))
        return process.cpuUsage().user - started
      }
      measure(1000)
      // Beyond the limit nothing is read; the allowance is for a collection in between.
      expect(measure(1_000_000)).to.be.below(4 * measure(128 * 1024) + 100_000)
    })
  }

  for (const text of [
    'http://a.b/',
    'https://',
    'http://a.b/(',
    'http://a.b/)',
    'code 1234 ',
    '((((',
    '1 ',
  ]) {
    it(`takes time in proportion for a text of ${text}`, () => {
      const measure = (length: number): number => {
        const started = process.cpuUsage().user
        ofText(text.repeat(length / text.length))
        return process.cpuUsage().user - started
      }
      measure(1000)
      expect(measure(128 * 1024)).to.be.below(64 * measure(16 * 1024) + 100_000)
    })
  }

  it('is served with the mail, and the code in the list too when the body is left out', async () => {
    const sandbox = await start()
    await sendV3(sandbox, {
      body: form({ ...mail, HtmlBody: `<p>Your code is <b>482913</b></p>${'x'.repeat(20_000)}` }),
    })
    const [received] = sandbox.inbox()
    const [listed] = (await (await fetch(`${sandbox.endpoint}/api/mails`)).json()) as ReadonlyArray<object>
    await sandbox.stop()
    expect(received?.text).to.match(/^Your code is 482913\n/)
    expect(listed).to.include({ code: '482913', bodyOmitted: true }).and.not.have.property('text')
  })
})
