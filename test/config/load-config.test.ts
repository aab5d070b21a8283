import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { createConnector } from '../../lib/connector.js'
import { loadConfig, readTemplateFiles } from '../../lib/config/load-config.js'
import { SendFailure } from '../../lib/errors/send-failure.js'
import { loadConfig as loadConfigPromise } from '../../lib/promises.js'
import { left, right } from '../support/either.js'

const required = ['Register', 'SignIn', 'ForgotPassword', 'Generic']

const config = (template: object = {}) => ({
  accessKeyId: 'an-id',
  accessKeySecret: 'TheSecret',
  accountName: 'no-reply@mail.example.com',
  templates: required.map((usageType) => ({
    usageType,
    subject: 'Your code',
    content: '{{code}}',
    ...template,
  })),
})

/** The template of SignIn has this in the place of a content. */
const withFile = (contentFile: unknown, more: object = {}) => {
  const { templates, ...rest } = config()
  return {
    ...rest,
    templates: templates.map((template) =>
      template.usageType === 'SignIn' ? { ...template, content: undefined, contentFile, ...more } : template,
    ),
  }
}

describe('loadConfig', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'load-config-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const write = (name: string, content: string | Buffer): string => {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    return file
  }
  const load = (input: unknown) =>
    loadConfig(write('app/connector.json', typeof input === 'string' ? input : JSON.stringify(input)))()
  const issuesOf = async (input: unknown) => left(await load(input)).issues
  const issueOf = async (contentFile: unknown): Promise<string> => {
    const issues = await issuesOf(withFile(contentFile))
    expect(issues.map(({ path }) => path)).to.deep.equal(['templates[1].contentFile'])
    return issues[0]?.message ?? ''
  }

  it('reads JSON, with comments and a byte order mark', async () => {
    const text = JSON.stringify(config(), undefined, 2).replace('{', '{ // the config of "tests"\n/* {{ */')
    const loaded = right(await load(`\ufeff${text}`))
    expect(loaded.accountName).to.equal('no-reply@mail.example.com')
    expect(E.isRight(createConnector(loaded))).to.equal(true)
  })

  it('keeps what looks like a comment within a text', async () => {
    const loaded = right(await load(config({ content: '<a href="https://example.com">/* {{code}} */</a>' })))
    expect(loaded.templates[0]?.content).to.equal('<a href="https://example.com">/* {{code}} */</a>')
  })

  it('reads the files that templates name, beside it and below, as they are', async () => {
    write('app/mails/sign-in.html', '<p>登录 {{code}}</p>\r\n')
    const loaded = right(await load(withFile('mails/sign-in.html')))
    expect(loaded.templates[1]).to.deep.include({ usageType: 'SignIn', content: '<p>登录 {{code}}</p>\r\n' })
    expect(loaded.templates[1]).to.not.have.property('contentFile')
    expect(loaded.templates[0]?.content).to.equal('{{code}}')
  })

  it('reads usage types of your own', async () => {
    const { templates, ...rest } = config()
    const own = {
      ...rest,
      templates: [...templates, { usageType: 'Newsletter', subject: 's', content: 'c' }],
    }
    const file = write('app/own.json', JSON.stringify(own))
    expect(E.isLeft(await loadConfig(file)())).to.equal(true)
    expect(E.isRight(await loadConfig(file, { usageTypes: ['Newsletter'] })())).to.equal(true)
  })

  it('takes exactly one of content and contentFile', async () => {
    write('app/sign-in.html', 'x')
    const both = await issuesOf(withFile('sign-in.html', { content: 'x' }))
    expect(both).to.deep.equal([
      { path: 'templates[1].contentFile', message: 'expected either content or contentFile, not both' },
    ])
    const none = await issuesOf(withFile(undefined))
    expect(none.map(({ path }) => path)).to.deep.equal(['templates[1].content'])
  })

  it('names every file that is not there', async () => {
    const issues = await issuesOf(config({ content: undefined, contentFile: 'nowhere.html' }))
    expect(issues.map(({ path }) => path)).to.deep.equal(
      [0, 1, 2, 3].map((n) => `templates[${n}].contentFile`),
    )
    expect(issues[0]?.message).to.equal('there is no such file')
  })

  const outside = ['../outside.html', 'mails/../../outside.html', '/etc/hostname', '..', 'a\0b']
  for (const path of outside)
    it(`reads nothing outside of its folder: ${JSON.stringify(path)}`, async () => {
      write('outside.html', 'OutsideText')
      expect(await issueOf(path)).to.equal('expected the path of a file in the folder of the config')
    })

  it('takes no absolute path, not even into its folder', async () =>
    expect(await issueOf(write('app/inside.html', 'x'))).to.equal(
      'expected the path of a file in the folder of the config',
    ))

  it('says why a file cannot be read', async () => {
    write('app/file.html', 'x')
    symlinkSync('loop.html', join(folder, 'app/loop.html'))
    expect(await issueOf('file.html/x')).to.equal('it cannot be read (ENOTDIR)')
    expect(await issueOf('loop.html')).to.equal('a symbolic link leads back to itself')
    write('app/binary.html', Buffer.from([0xff]))
    expect(await issueOf('binary.html')).to.equal('it is not text in UTF-8')
  })

  it('reads 32 MiB and no more', async () => {
    const file = write('app/large.html', '')
    truncateSync(file, 32 * 1024 * 1024)
    const read = await readTemplateFiles(dirname(file))({ templates: [{ contentFile: 'large.html' }] })()
    expect(E.isRight(read)).to.equal(true)
    truncateSync(file, 32 * 1024 * 1024 + 1)
    expect(await issueOf('large.html')).to.equal('it has more than 32 MiB')
  })

  it('takes a contentFile that is empty for none', async () => {
    for (const contentFile of ['', null, undefined]) right(await load(config({ contentFile })))
  })

  it('reads nothing outside of its folder by a link', async () => {
    write('outside.html', 'OutsideText')
    write('app/inside.html', 'InsideText')
    symlinkSync('../outside.html', join(folder, 'app/link.html'))
    symlinkSync('..', join(folder, 'app/up'))
    symlinkSync('inside.html', join(folder, 'app/good.html'))
    expect(await issueOf('link.html')).to.equal('expected the path of a file in the folder of the config')
    expect(await issueOf('up/outside.html')).to.equal(
      'expected the path of a file in the folder of the config',
    )
    expect(right(await load(withFile('good.html'))).templates[1]?.content).to.equal('InsideText')
  })

  it('may be found by a link to its own folder', async () => {
    write('app/sign-in.html', 'Linked')
    write('app/connector.json', JSON.stringify(withFile('sign-in.html')))
    symlinkSync('app', join(folder, 'app-link'))
    expect(right(await loadConfig(join(folder, 'app-link/connector.json'))()).templates[1]?.content).to.equal(
      'Linked',
    )
  })

  const wrongFiles: ReadonlyArray<readonly [string, unknown, string]> = [
    ['a folder', 'mails', 'it is not a file'],
    ['a number', 7, 'expected the path of a file in the folder of the config, got a number'],
    ['no text', 'binary.html', 'it is not text in UTF-8'],
  ]
  for (const [what, path, message] of wrongFiles)
    it(`refuses ${what}`, async () => {
      write('app/mails/x.html', 'x')
      write('app/binary.html', Buffer.from([0xff, 0xfe, 0x00]))
      expect(await issueOf(path)).to.equal(message)
    })

  it('tells the issues of the decoder with their paths', async () => {
    const issues = await issuesOf({ ...config(), regionId: 'cn-hangzou' })
    expect(issues.map(({ path }) => path)).to.deep.equal(['regionId'])
  })

  it('quotes nothing of a file that is not JSON', async () => {
    const error = left(await load('{ "accessKeySecret": TheSecret }'))
    expect(error.issues[0]?.message).to.include('it is not JSON')
    expect(JSON.stringify(error)).to.not.include('TheSecret')
  })

  it('says why a config cannot be read, and never rejects', async () => {
    const reasonOf = async (file: unknown): Promise<string | undefined> =>
      // As a caller without types.
      left(await loadConfig(file as string)()).issues[0]?.message
    expect(await reasonOf(join(folder, 'none.json'))).to.equal(
      'the file of the config: there is no such file',
    )
    expect(await reasonOf(folder)).to.equal('the file of the config: it is not a file')
    expect(left(await loadConfig(folder)()).issues.map(({ path }) => path)).to.deep.equal([''])
    for (const file of [undefined, null, 7, {}])
      expect(await reasonOf(file)).to.include('expected the path of a file')
  })

  it('rejects with a SendFailure for programs of promises', async () => {
    expect(await loadConfigPromise(write('app/connector.json', JSON.stringify(config())))).to.have.property(
      'templates',
    )
    const failed = await loadConfigPromise(join(folder, 'none.json')).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failed).to.be.instanceOf(SendFailure).and.to.have.property('tag', 'InvalidConfig')
  })
})

describe('readTemplateFiles', () => {
  it('leaves what is no config for others to refuse', async () => {
    for (const input of [undefined, null, 7, 'x', [], {}, { templates: 7 }, { templates: [7, null] }])
      expect(right(await readTemplateFiles('.')(input)())).to.deep.equal(input)
  })
})
