import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { decodeConfig } from '../lib/config.js'
import { type FormItem, metadata } from '../lib/metadata.js'
import { regionIds } from './arbitraries.js'

const root = new URL('../', import.meta.url)

const item = (key: string): FormItem | undefined =>
  metadata.formItems.find((candidate) => candidate.key === key)

const texts = [
  metadata.name,
  metadata.description,
  ...metadata.formItems.flatMap((field) => [field.label, ...(field.description ? [field.description] : [])]),
  ...metadata.formItems.flatMap((field) =>
    field.kind === 'select' ? field.selectItems.map(({ title }) => title) : [],
  ),
]

/** What a form is worth that was filled in as its placeholders and defaults show. */
const filledIn = Object.fromEntries(
  metadata.formItems.map((field) => [
    field.key,
    field.key === 'accessKeyId'
      ? 'LTAItest'
      : field.kind === 'text' || field.kind === 'secret'
        ? field.placeholder
        : field.defaultValue,
  ]),
)

describe('metadata', () => {
  it('has the id and the target by which platforms know the connector', () =>
    expect(metadata).to.include({ id: 'aliyun-direct-mail', target: 'aliyun-dm', platform: null }))

  it('says everything in English and in Chinese', () => {
    for (const text of texts) {
      expect(text.en).to.match(/\S/)
      expect(text['zh-CN']).to.match(/\S/)
    }
  })

  it('has name and description in the same languages', () =>
    expect(Object.keys(metadata.name)).to.deep.equal(Object.keys(metadata.description)))

  it('has language tags that a browser takes', () => {
    for (const text of texts)
      expect(Intl.getCanonicalLocales(Object.keys(text))).to.deep.equal(Object.keys(text))
  })

  it('has a logo that is an SVG without scripts or anything from elsewhere', () => {
    const svg = readFileSync(new URL(metadata.logo, root), 'utf8')
    expect(svg).to.match(/^<svg [^]*<\/svg>\s*$/)
    expect(svg).not.to.match(/<script|href=|onload|url\(http/i)
  })

  it('has a logo that is published with the package', () => {
    const { files } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
      files: Array<string>
    }
    expect(files).to.include(metadata.logo.replace('./', ''))
  })

  describe('the form', () => {
    it('has each field once', () => {
      const keys = metadata.formItems.map(({ key }) => key)
      expect(new Set(keys).size).to.equal(keys.length)
    })

    it('makes a valid config when it is filled in as shown', () => {
      const decoded = decodeConfig({ ...filledIn, accessKeySecret: 'secret' })
      expect(E.isLeft(decoded) ? decoded.left.issues : []).to.deep.equal([])
    })

    it('shows a secret that nobody can take for one', () =>
      expect(item('accessKeySecret')).to.include({ placeholder: '<access-key-secret>' }))

    it('hides the secret while it is typed', () => expect(item('accessKeySecret')?.kind).to.equal('secret'))

    it('hides nothing else', () =>
      expect(metadata.formItems.filter(({ kind }) => kind === 'secret').map(({ key }) => key)).to.deep.equal([
        'accessKeySecret',
      ]))

    it('requires what the config requires, and nothing else', () => {
      const decoded = decodeConfig({})
      expect(metadata.formItems.filter(({ required }) => required).map(({ key }) => key)).to.have.members(
        E.isLeft(decoded) ? decoded.left.issues.map(({ path }) => path) : [],
      )
    })

    it('offers each region, and Hangzhou unless chosen', () => {
      const field = item('regionId')
      expect(field?.kind === 'select' && field.selectItems.map(({ value }) => value)).to.deep.equal([
        ...regionIds,
      ])
      expect(field?.kind === 'select' && field.defaultValue).to.equal('cn-hangzhou')
    })

    it('begins with a template for each required usage type, each with its code', () => {
      const field = item('templates')
      const templates = (field?.kind === 'json' ? field.defaultValue : []) as ReadonlyArray<
        Record<string, string>
      >
      expect(templates.map(({ usageType }) => usageType)).to.deep.equal([
        'Register',
        'SignIn',
        'ForgotPassword',
        'Generic',
      ])
      for (const { content } of templates) expect(content).to.contain('{{code}}')
    })
  })
})
