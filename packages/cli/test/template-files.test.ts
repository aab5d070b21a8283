/**
 * Templates whose bodies stand in files of their own.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { startSandbox } from 'aliyun-dm-sandbox/promises'
import { run } from './support/command.js'
import { config, createPath, secret } from './support/files.js'

const types = ['Register', 'SignIn', 'ForgotPassword', 'Generic']

/** A folder with a config whose templates all have their body in mail.html. */
const lay = (html: string, rest: object = {}): { readonly file: string; readonly mail: string } => {
  const folder = createPath()
  const mail = join(folder, 'mail.html')
  const file = join(folder, 'connector.json')
  const templates = types.map((usageType) => ({ usageType, subject: 'Your code', contentFile: 'mail.html' }))
  writeFileSync(mail, html)
  writeFileSync(file, `// A comment\n${JSON.stringify(config({ templates, ...rest }), undefined, 2)}`)
  return { file, mail }
}

describe('a template in a file', () => {
  it('is checked, with its own line and column', async () => {
    const { file, mail } = lay('<p>{{code}}</p>\n\n  <img src="https://example.com/a.png">')
    const { code, stderr, stdout } = await run(['check', file])
    expect(code, stderr).to.equal(0)
    expect(stderr).to.include(`${mail}:3:3  warning  templates[0].content`)
    expect(stdout).to.include('connector.json is valid: 4 templates')
    const { stdout: json } = await run(['check', file, '--json'])
    const { warnings } = JSON.parse(json) as { readonly warnings: ReadonlyArray<object> }
    expect(warnings[0]).to.deep.include({ place: mail, line: 3, column: 3, code: 'mail/no-alt' })
  })

  it('is at its beginning what an issue of the whole is about', async () => {
    const { file, mail } = lay(' ')
    const { code, stderr } = await run(['check', file])
    expect(code).to.equal(1)
    expect(stderr).to.include(`${mail}:1:1  error  templates[0].content`)
  })

  it('is named where it is not there, with the place of its name', async () => {
    const { file } = lay('x')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('mail.html', '../mail.html'))
    const { code, stderr } = await run(['check', file])
    expect(code).to.equal(1)
    expect(stderr).to.match(/connector\.json:\d+:\d+ {2}error {2}templates\[0\]\.contentFile/)
    expect(stderr).to.include('expected the path of a file in the folder of the config')
  })

  it('is previewed and sent', async () => {
    const { file } = lay('<p>From a file: {{code}}</p>')
    const { stdout } = await run(['preview', file, '--var', 'code=1'])
    expect(stdout.match(/From a file: 1/g)).to.have.length(4)
    const sandbox = await startSandbox({ accessKeys: { LTAItest: secret } })
    const sent = await run([
      'send',
      file,
      '--to',
      'ann@example.com',
      '--var',
      'code=2',
      '--endpoint',
      sandbox.endpoint,
    ])
    expect(sent.code, sent.stderr).to.equal(0)
    expect(sandbox.inbox()[0]?.htmlBody).to.equal('<p>From a file: 2</p>')
    await sandbox.stop()
  })
})

describe('languages', () => {
  const translated = (locales: ReadonlyArray<readonly [usageType: string, locale: string | undefined]>) =>
    lay('', {
      templates: locales.map(([usageType, locale]) => ({
        usageType,
        locale,
        subject: 's',
        content: '<p lang="en">{{code}}</p>',
      })),
    }).file
  const warningsOf = async (file: string): Promise<ReadonlyArray<string>> => {
    const { stdout } = await run(['check', file, '--json'])
    const { warnings } = JSON.parse(stdout) as {
      readonly warnings: ReadonlyArray<{
        readonly code: string
        readonly path: string
        readonly message: string
      }>
    }
    return warnings.map(({ code, path, message }) => `${code} ${path} ${message}`)
  }
  const both = (usageType: string) =>
    [
      [usageType, 'en'],
      [usageType, 'zh-CN'],
    ] as const

  it('of one usage type are no duplicates', async () =>
    expect(await warningsOf(translated(types.flatMap(both)))).to.deep.equal([]))

  it('are told where a usage type lacks one, and where one stands twice', async () =>
    expect(
      await warningsOf(
        translated([...types.slice(1).flatMap(both), ['Register', undefined], ['SignIn', 'ZH-cn']]),
      ),
    ).to.deep.equal([
      'template/unused templates[7] never used: templates[1] is for the same usage type and language and comes first',
      'template/no-language templates[6] Register has no template in en, zh-CN, as other usage types have',
    ]))
})

describe('examples/templates', () => {
  const file = fileURLToPath(new URL('../../../examples/templates/connector.json', import.meta.url))

  it('has nothing to be warned of', async () => {
    const { code, stdout, stderr } = await run(['check', file, '--strict'])
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.include('8 templates')
  })

  it('shows each mail in both languages', async () => {
    const values = ['--var', 'code=407312', '--var', 'application.name=Acme']
    const { stdout, stderr } = await run(['preview', file, ...values])
    expect(stderr).to.equal('')
    expect(stdout.match(/^── /gm)).to.have.length(8)
    expect(stdout).to.include('登录 Acme').and.to.include('Sign in to Acme')
  })
})
