/**
 * Which placeholder stands where in a template's HTML, and what a mail program makes of it.
 */
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import { parseJson } from '../../src/json.js'
import { findWarnings } from '../../src/warnings/find-warnings.js'
import { readHtml } from '../../src/warnings/html.js'
import { config, template } from '../support/files.js'

describe('readHtml', () => {
  const read = (html: string) => readHtml(html, html)
  it('finds elements and their attributes, in small letters, with their values as a browser reads them', () => {
    expect(
      read('<!doctype html>a<P ID=x Title="&amp; y"><br/><a HREF>x</a><i a=\' z\''),
    ).to.have.deep.property('elements', [
      {
        name: 'p',
        start: 16,
        attributes: [
          { name: 'id', value: 'x', start: 22 },
          { name: 'title', value: '& y', start: 31 },
        ],
      },
      { name: 'br', start: 40, attributes: [] },
      { name: 'a', start: 45, attributes: [{ name: 'href', value: '', start: 52 }] },
    ])
    expect(read("<i a=' z'>").elements[0]?.attributes).to.deep.equal([{ name: 'a', value: 'z', start: 7 }])
  })

  it('knows what stands where', () => {
    const tags = (html: string, ...at: ReadonlyArray<number>) =>
      read(html)
        .locate(at)
        .map(({ _tag }) => _tag)
    expect(tags('a<b>c</b>d', 0, 1, 3, 4, 5, 9, 10)).to.deep.equal([
      ...['Text', 'Tag', 'Tag', 'Text', 'Tag', 'Text', 'Tag'],
    ])
    expect(tags('<style>a</style>b', 6, 7, 8, 16)).to.deep.equal(['Tag', 'Style', 'Tag', 'Text'])
    expect(tags('<script>a</script>b', 7, 8, 9, 18)).to.deep.equal(['Tag', 'Script', 'Tag', 'Text'])
    expect(tags('<!--a-->b', 3, 4, 7, 8)).to.deep.equal(['Tag', 'Comment', 'Tag', 'Text'])
    expect(tags('<i a="bc" d>', 5, 6, 7, 8, 10)).to.deep.equal(['Tag', 'Value', 'Value', 'Tag', 'Tag'])
    expect(tags('<![CDATA[a]]>b', 9, 13)).to.deep.equal(['Comment', 'Text'])
    expect(tags('<!--[if mso]>a<![endif]-->', 13)).to.deep.equal(['Text'])
    expect(tags('<!-- [if mso]>a-->', 14)).to.deep.equal(['Comment'])
  })

  it('knows of which attribute a value is, and whether it has quotes', () => {
    const [quoted, bare] = read('<i a="b" c=d>').locate([6, 11])
    expect(quoted).to.deep.equal({
      _tag: 'Value',
      element: 'i',
      attribute: { name: 'a', value: 'b', start: 6 },
      isQuoted: true,
    })
    expect(bare).to.deep.include({ isQuoted: false, attribute: { name: 'c', value: 'd', start: 11 } })
  })
})

/** The codes of the warnings about a template for an own usage type, which needs no code. */
const warn = (content: string, rest: object = {}): ReadonlyArray<string> => {
  const input = config({ templates: [template('Own', content, rest)] })
  const source = parseJson(JSON.stringify(input))
  if (E.isLeft(source)) throw new Error(source.left.message)
  return findWarnings(input, source.right).map(({ code, index }) =>
    index === undefined ? code : `${code} at ${content.slice(index, index + 8)}`,
  )
}

type Case = readonly [content: string, ...warnings: ReadonlyArray<string>]

const expectWarnings = (cases: ReadonlyArray<Case>): void => {
  for (const [content, ...warnings] of cases)
    it(content, () => {
      expect(warn(content)).to.deep.equal(warnings)
    })
}

describe('a placeholder', () => {
  describe('is safe in text and in quoted attributes', () => {
    expectWarnings([
      ['{{x}}'],
      ['<p title="{{x}}">{{ x }}</p>'],
      ["<p title='a {{x}}'>"],
      ['<a href="https://example.com/{{x}}?y={{y}}">'],
      ['<title>{{x}}</title><textarea>{{x}}</textarea>'],
      ['1 < {{x}}'],
      ['</p {{x}}'],
      ['<!--[if mso]><p>{{x}}</p><![endif]-->'],
      ['<script></script>{{x}}<style></style>{{x}}'],
    ])
  })

  describe('is not safe elsewhere', () => {
    expectWarnings([
      ['<p title={{ x }}>', 'placeholder/unquoted at {{ x }}>'],
      ['<a href={{x}}>', 'placeholder/unquoted at {{x}}>'],
      ['<p onclick="f(\'{{x}}\')">', 'placeholder/handler at {{x}}\')"'],
      ['<script>let x = "{{x}}"</script>', 'placeholder/script at {{x}}"</'],
      ['<style>p { color: {{x}} }</style>', 'placeholder/style at {{x}} }<'],
      ['<!-- {{x}} -->', 'placeholder/comment at {{x}} --'],
      ['<p {{x}}>', 'placeholder/tag at {{x}}>'],
      ['<{{x}}>a', 'placeholder/tag at {{x}}>a'],
      ['<p {{x}}="y">', 'placeholder/tag at {{x}}="y'],
      ['<!DOCTYPE {{x}}>', 'placeholder/tag at {{x}}>'],
      ['<p title="{{x}}', 'placeholder/tag at {{x}}'],
    ])
  })

  describe('decides where a link leads, if the address begins with it', () => {
    expectWarnings([
      ['<a href="{{x}}">', 'placeholder/address at {{x}}">'],
      ["<a HREF=' {{x}}/y'>", "placeholder/address at {{x}}/y'"],
      ['<img alt="" src="{{x}}">', 'placeholder/address at {{x}}">'],
      ['<a title="{{x}}" href="https://{{x}}/">'],
    ])
  })
})

describe('a mail program', () => {
  expectWarnings([
    [
      '<html lang="en"><img alt="" src="https://example.com/"><a href="mailto:a@example.com">a</a><a href="#b">b</a>',
    ],
    ['<html>x', 'mail/no-lang at <html>x'],
    ['<IMG src="https://example.com/">', 'mail/no-alt at <IMG src'],
    ['<a href="/join">', 'mail/relative-link at /join">'],
    ['<img alt="" src="//example.com/a.png">', 'mail/relative-link at //exampl'],
    ['<a href="&#104;ttps://example.com/">'],
    ['<form action="https://example.com/">', 'mail/form at <form ac'],
    ['<link rel="stylesheet" href="/a.css">', 'mail/external-css at <link re'],
    ['<style>@import url(a.css)</style> @import', 'mail/external-css at @import '],
    ['<a href="http://example.com/">', 'mail/plain-http at http://e'],
    ['see http://example.com/', 'mail/plain-http at http://e'],
    ['<svg xmlns="http://www.w3.org/2000/svg"><!-- http://example.com/ -->'],
  ])

  const messages: ReadonlyArray<readonly [content: string, message: string]> = [
    ['<html>', 'has no lang: say which language it is in, for screen readers and translation'],
    ['<img>', 'has no alt, and most mail programs show no pictures before they are asked to'],
    ['<form>', 'a form, which most mail programs take out'],
    ['<link rel="a StyleSheet">', 'a style sheet from elsewhere, which mail programs do not load'],
    ['<style>@IMPORT x</style>', 'a style sheet from elsewhere, which mail programs do not load'],
    ['<a href="x">', 'leads nowhere from within a mail: write the whole address, with https://'],
    ['x'.repeat(102_001), 'longer than 102 kB, where Gmail cuts a mail off'],
    [
      '{{a}} <a href={{x}}>',
      '{{x}} stands in an attribute without quotes, where a space ends the value; put quotes around it',
    ],
    ['<p onx="{{x}}">', '{{x}} stands in a script of an attribute, where escaping does not make it safe'],
    ['<script>{{x}}</script>', '{{x}} stands in a script, where escaping does not make it safe'],
    ['<style>{{x}}</style>', '{{x}} stands in a style sheet, where escaping does not make it safe'],
    ['<!-- {{x}} -->', '{{x}} stands in a comment, where nobody sees it'],
    ['<p {{x}}>', '{{x}} stands in a tag, where escaping does not make it safe; put it into a quoted value'],
    [
      '<a href="{{x}}">',
      '{{x}} begins an address, so its value decides where the link leads: make sure that it is an https or mailto address',
    ],
  ]
  for (const [content, message] of messages)
    it(`is said of ${content.slice(0, 30)}`, () => {
      const input = config({ templates: [template('Own', content)] })
      const source = parseJson(JSON.stringify(input))
      if (E.isLeft(source)) throw new Error(source.left.message)
      expect(findWarnings(input, source.right).map((warning) => warning.message)).to.deep.equal([message])
    })

  describe('is said nothing of', () => {
    expectWarnings([
      ['<link rel="icon">'],
      ['<a rel="stylesheet">'],
      ['<link>'],
      ['<a href="">'],
      ['<a href="{{x}}y">', 'placeholder/address at {{x}}y">'],
      ['<p lang="">@import'],
      ['<p xmlns:x="http://example.com/">'],
      ['<p title="HTTP://example.com/">', 'mail/plain-http at HTTP://e'],
      ['<p axmlns="http://example.com/">', 'mail/plain-http at http://e'],
      ['<img alt="">'],
      ['<a href="tel:1"><a href="x-y+z.1:2"><a href="1a:2">', 'mail/relative-link at 1a:2">'],
      ['<a href="a#b">', 'mail/relative-link at a#b">'],
      ['<a href="a{{x}}">', 'mail/relative-link at a{{x}}">'],
      ['<a href="a:b/{{x}}">'],
      ['<p title="{{ a > b }}">{{y}}</p><img alt="{{z}}">'],
      ['<p title="{{ a > b }}"{{y}}>', 'placeholder/tag at {{y}}>'],
      ['<br/><p {{x}} />', 'placeholder/tag at {{x}} />'],
      ['<p a={{x}} b="{{y}}">', 'placeholder/unquoted at {{x}} b='],
      ["<p a b='{{x}}'>"],
      ['<![CDATA[ {{x}} ]]>', 'placeholder/comment at {{x}} ]]'],
      ['<p title="a" {{x}}>{{y}}', 'placeholder/tag at {{x}}>{{'],
      ['<p href="&#32;x">', 'mail/relative-link at &#32;x">'],
    ])
  })

  it('cuts off a long mail', () => {
    expect(warn('x'.repeat(102_000))).to.deep.equal([])
    expect(warn('一'.repeat(34_001))).to.deep.equal(['mail/too-long'])
  })

  it('shows 100 characters of a subject, and maybe no emoji in a name', () => {
    expect(warn('x', { subject: `${'x'.repeat(100)}{{x}}`, fromAlias: 'Acme ® 1' })).to.deep.equal([])
    expect(warn('x', { subject: 'x'.repeat(101), fromAlias: 'Acme 🎉' })).to.deep.equal([
      'mail/long-subject',
      'mail/alias-emoji',
    ])
  })

  it('takes a plain text for what it is', () => {
    const text = '<form><a href={{x}}><script>{{x}}</script> http://example.com/'
    expect(warn(text, { contentType: 'text/plain' })).to.deep.equal(['mail/plain-http at http://e'])
  })
})
