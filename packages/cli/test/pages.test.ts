/**
 * Previews as HTML, character by character: what is escaped, and what a page is allowed to do.
 */
import { expect } from 'chai'
import { isGenerated, renderLivePage, renderPages } from '../src/pages.js'
import type { Preview } from '../src/previews.js'
import { golden } from './support/files.js'

const preview = (
  usageType: string,
  rest: Partial<Preview> & { readonly mail?: Partial<Preview['mail']> },
): Preview => ({
  usageType,
  locale: undefined,
  missing: [],
  ...rest,
  mail: {
    usageType: 'Generic',
    to: 'ann@example.com',
    accountName: 'no-reply@mail.example.com',
    replyToAddress: false,
    subject: 'Your code',
    contentType: 'text/html',
    body: '<p>{{code}}</p>',
    ...rest.mail,
  },
})

const previews = [
  preview('SignIn', {
    locale: 'en',
    missing: ['code', '<b>'],
    mail: {
      fromAlias: 'Acme & Co',
      replyAddress: 'help@example.com',
      subject: '<i>Hi</i>',
    } as Preview['mail'],
  }),
  preview('Generic', { mail: { contentType: 'text/plain', body: 'a < b\n' } as Preview['mail'] }),
  preview('SignIn', { locale: 'zh-CN', mail: { body: '<p>验证码</p>' } as Preview['mail'] }),
]

const show = (name: string, html: string): void => {
  expect(html).to.equal(golden(name, html))
}

describe('renderPages', () => {
  it('gives one page for each mail, and the index last', () => {
    const pages = renderPages(previews)
    expect(pages.map(({ name }) => name)).to.deep.equal([
      'SignIn.en.html',
      'Generic.html',
      'SignIn.zh-CN.html',
      'index.html',
    ])
    show('page-html.html', pages[0]!.html)
    show('page-text.html', pages[1]!.html)
    show('page-index.html', pages[3]!.html)
  })

  it('keeps files in their folder, whatever the usage type', () => {
    const names = renderPages([preview('../a/b c', {}), preview('验', {})]).map(({ name }) => name)
    expect(names).to.deep.equal(['.._a_b_c.html', '_.html', 'index.html'])
  })
})

describe('renderLivePage', () => {
  it('shows what could not be rendered first, and all mails', () => {
    const page = renderLivePage({
      rendered: previews,
      failed: [
        {
          usageType: 'BindMfa',
          locale: 'fr',
          error: {
            _tag: 'TemplateNotFound',
            message: 'no <template>',
            delivered: 'no',
            usageType: 'BindMfa',
          },
        },
      ],
    })
    show('page-live.html', page)
  })

  it('shows what is wrong with the config', () => {
    const wrong = { severity: 'error', path: 'a', message: 'expected <b>', place: 'x.json' } as const
    show(
      'page-problems.html',
      renderLivePage([wrong, { ...wrong, line: 2 }, { ...wrong, line: 2, column: 3 }]),
    )
  })
})

describe('isGenerated', () => {
  const generator = '<meta name="generator" content="aliyun-dm preview">'

  it('knows a page of ours', () => {
    for (const { html } of renderPages(previews)) expect(isGenerated(html)).to.equal(true)
    expect(isGenerated('')).to.equal(false)
  })

  it('looks into the beginning only', () => {
    const begin = 1000 - generator.length
    expect(isGenerated(' '.repeat(begin) + generator)).to.equal(true)
    expect(isGenerated(' '.repeat(begin + 1) + generator)).to.equal(false)
  })
})
