/**
 * `aliyun-dm check`: what it finds, where it says it is, and how it ends on files that are no config.
 */
import { chmodSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { run } from './support/command.js'
import {
  config,
  createFile,
  createPath,
  golden,
  requiredTemplates,
  secret,
  template,
} from './support/files.js'

interface Found {
  readonly code?: string
  readonly path: string
  readonly message: string
  readonly place: string
  readonly line?: number
  readonly column?: number
}

interface Report {
  readonly valid: boolean
  readonly issues: ReadonlyArray<Found>
  readonly warnings: ReadonlyArray<Found>
}

const checkJson = async (text: string): Promise<Report> => {
  const { stdout } = await run(['check', '-', '--json'], { stdin: text })
  // The command's own promise about --json.
  return JSON.parse(stdout) as Report
}

describe('aliyun-dm check', () => {
  it('says that a config is valid, on standard output only, and exits with 0', async () => {
    const { code, stdout, stderr } = await run(['check', createFile(config())])
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.match(/^\S+ is valid: 4 templates\.\n/)
  })

  it('reads the config from standard input as -', async () => {
    const { code, stdout } = await run(['check', '-'], { stdin: JSON.stringify(config()) })
    expect(code).to.equal(0)
    expect(stdout).to.match(/^<stdin> is valid: 4 templates\.\n/)
  })

  describe('says for which usage types the Generic template stands in', () => {
    const optional = [
      'OrganizationInvitation',
      'UserPermissionValidation',
      'BindNewIdentifier',
      'MfaVerification',
      'BindMfa',
    ]
    const verdictOf = async (more: ReadonlyArray<string>, generic: object = template('Generic')) => {
      const templates = [
        ...requiredTemplates().slice(0, 3),
        generic,
        ...more.map((usageType) => template(usageType, '<p>{{code}}{{link}}</p>')),
      ]
      const { stdout } = await run(['check', '-'], { stdin: JSON.stringify(config({ templates })) })
      return stdout.trim().split('\n')
    }
    const needsCode = 'It needs {{code}}, which an invitation does not have.'

    it('and that it needs a code, which an invitation does not have', async () =>
      expect(await verdictOf(['BindMfa'])).to.deep.equal([
        '<stdin> is valid: 5 templates.',
        'The Generic template stands in for OrganizationInvitation, UserPermissionValidation, BindNewIdentifier, MfaVerification.',
        needsCode,
      ]))

    it('nothing of the code where there is a template for invitations', async () =>
      expect(await verdictOf(['OrganizationInvitation'])).to.deep.equal([
        '<stdin> is valid: 5 templates.',
        'The Generic template stands in for UserPermissionValidation, BindNewIdentifier, MfaVerification, BindMfa.',
      ]))

    it('where its subject alone has the code, too', async () =>
      expect(await verdictOf([], { usageType: 'Generic', subject: '{{code}}', content: 'x' })).to.include(
        needsCode,
      ))

    it('not where it has none', async () =>
      expect(await verdictOf([], template('Generic', '{{link}}'))).to.deep.equal([
        '<stdin> is valid: 4 templates, 1 warning.',
        `The Generic template stands in for ${optional.join(', ')}.`,
      ]))

    it('nothing where there are templates for all', async () =>
      expect(await verdictOf(optional)).to.deep.equal(['<stdin> is valid: 9 templates.']))
  })

  it('shows all issues and warnings with line and column, in the order of the file', async () => {
    const stdin = `{
  "accessKeyId": "LTAItest",
  "accessKeySecret": "${secret} with a space",
  "regionId": "cn-hangzou",
  "accountName": "no-reply@example.com",
  "fromAlias": "Acme",
  "fromAlias": "Acme Shop",
  "repyAddress": "x@example.com",
  "templates": [
    { "usageType": "Sign-In", "subject": "Hi {{code}}", "content": "<p>\\n\\t\\u4f60{{cod}}</p>" },
    { "usageType": "Register", "subject": "Hi", "content": "<a href=\\"http://example.com/x\\">x</a> {code}" },
    { "usageType": "Generic", "subject": "", "content": "{{ applcation.name }}" },
    { "usageType": "Register", "subject": "Hi", "content": "{{code}}" }
  ]
}
`
    const { code, stdout, stderr } = await run(['check', '-'], { stdin })
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    expect(stderr).to.equal(golden('check-many.txt', stderr))
  })

  it('says the same as JSON, with nothing on standard error', async () => {
    const { code, stdout, stderr } = await run(['check', createFile({ templates: [] }), '--json'])
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' })
    const { valid, issues } = JSON.parse(stdout) as Report
    expect(valid).to.equal(false)
    expect(issues.map(({ path }) => path)).to.have.members([
      'accessKeyId',
      'accessKeySecret',
      'accountName',
      'templates',
    ])
    expect(issues.find(({ path }) => path === 'templates')).to.include({ line: 2, column: 16 })
  })

  it('points at the very placeholder in a string with escapes', async () => {
    const text = JSON.stringify(config()).replace('<p>{{code}}</p>', '\\u4f60\\n\\"{{code}}{{coed}}')
    const [warning] = (await checkJson(text)).warnings
    expect(text.slice((warning?.column ?? 0) - 1)).to.match(/^\{\{coed\}\}/)
  })

  describe('with warnings', () => {
    const file = createFile(
      config({ templates: requiredTemplates('<img src="https://example.com/a.png">{{code}}') }),
    )

    it('exits with 0, and under --strict with 1', async () => {
      expect(await run(['check', file])).to.include({ code: 0 })
      const strict = await run(['check', file, '--strict'])
      expect(strict.code).to.equal(1)
      expect(strict.stderr).to.match(/ {2}warning {2}templates\[0\]\.content\n {4}.* \(mail\/no-alt\)\n/)
      expect(strict.stdout).to.include('is valid: 4 templates, 4 warnings.')
    })

    it('leaves out what is ignored', async () => {
      const ignoring = await run([
        'check',
        file,
        '--strict',
        '--ignore',
        'mail/form',
        '--ignore',
        'mail/no-alt',
      ])
      expect(ignoring).to.include({ code: 0, stderr: '' })
    })

    it('refuses a code that it does not know, and names the nearest', async () => {
      const { code, stderr } = await run(['check', file, '--ignore', 'mail/no-atl'])
      expect(code).to.equal(2)
      expect(stderr).to.include('did you mean mail/no-alt?')
    })

    it('gives the code in JSON', async () => {
      const { stdout } = await run(['check', file, '--json'])
      expect((JSON.parse(stdout) as Report).warnings[0]).to.include({ code: 'mail/no-alt' })
    })

    it('shows the first 100 of very many, and says that there are more', async () => {
      const stdin = JSON.stringify(
        config({ templates: requiredTemplates('<form>'.repeat(100) + '{{code}}') }),
      )
      const { stderr } = await run(['check', '-'], { stdin })
      expect(stderr.match(/ {2}warning {2}/g)).to.have.length(100)
      expect(stderr).to.match(/\nand 300 more, which --json shows\n$/)
    })
  })

  describe('on a file that is no config', () => {
    it('says as JSON, too, that it cannot be read', async () => {
      const path = createPath('none.json')
      for (const args of [['check'], ['preview'], ['send', '--to', 'ann@example.com']]) {
        const { code, stdout, stderr } = await run([...args, path, '--json'])
        expect({ code, stderr }).to.deep.equal({ code: 2, stderr: '' })
        expect(JSON.parse(stdout)).to.deep.equal({
          valid: false,
          issues: [{ path: '', message: 'there is no such file', place: path }],
          warnings: [],
        })
      }
    })

    it('ends with 2 if the file cannot be read', async () => {
      const unreadable = createFile(config())
      chmodSync(unreadable, 0)
      const [missing, directory, forbidden] = await Promise.all(
        [createPath('none.json'), createPath(), unreadable].map((path) => run(['check', path])),
      )
      expect(missing).to.include({ code: 2, stdout: '' })
      expect(missing?.stderr).to.match(/none\.json {2}error\n {4}there is no such file\n/)
      expect(directory).to.include({ code: 2, stdout: '' })
      expect(directory?.stderr).to.match(/is a directory\n/)
      // The superuser may read anything.
      if (process.getuid?.() !== 0) expect(forbidden).to.include({ code: 2 })
    })

    it('takes a byte order mark and CRLF', async () => {
      const text = `\ufeff${JSON.stringify(config({ regionId: 'nowhere' }), null, 2).replaceAll('\n', '\r\n')}`
      const { issues } = await checkJson(text)
      const line = text.split('\r\n').findIndex((each) => each.includes('regionId')) + 1
      expect(issues).to.have.length(1)
      expect(issues[0]).to.include({ line, column: 15 })
    })

    it('refuses bytes that are no text, and text in UTF-16', async () => {
      const binary = await run(['check', createFile(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0xff, 0x00]))])
      expect(binary.code).to.equal(1)
      expect(binary.stderr).to.include('not text in UTF-8')
      const utf16 = await run([
        'check',
        createFile(Buffer.from(`\ufeff${JSON.stringify(config())}`, 'utf16le')),
      ])
      expect(utf16.code).to.equal(1)
      expect(utf16.stderr).to.include('save it as UTF-8')
    })

    it('stops reading a file that is far too large', async () => {
      const { code, stderr } = await run(['check', createFile(`"${'x'.repeat(33 * 1024 * 1024)}"`)])
      expect(code).to.equal(1)
      expect(stderr).to.include('more than 32 MiB')
    })
  })

  describe('with a key pair in the environment', () => {
    const id = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAIenv' }
    const pair = { ...id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret }

    it('takes the pair where the file has none, and says so', async () => {
      const rest = config({ accessKeyId: undefined, accessKeySecret: undefined })
      const { code, stdout } = await run(['check', createFile(rest)], { env: pair })
      expect(code).to.equal(0)
      expect(stdout).to.match(/environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET\./)
      expect(stdout).not.to.include(secret)
    })

    it('approves what send would use: a whole pair comes before the file’s, half of one does not', async () => {
      const file = createFile(config({ accessKeyId: 'two words' }))
      expect(await run(['check', file], { env: pair })).to.include({ code: 0 })
      const half = await run(['check', file], { env: id })
      expect(half.code).to.equal(1)
      expect(half.stderr).to.include('accessKeyId')
    })
  })

  it('shows the secret nowhere, wherever in the file it stands by mistake', async () => {
    const keys = [...Object.keys(config()), 'regionId', 'tagName', 'fromAlias', 'securityToken', '__proto__']
    const places = fc.record({
      key: fc.constantFrom(...keys, secret),
      value: fc.constantFrom<unknown>(secret, ` ${secret}`, [secret], { [secret]: secret }, [
        { usageType: secret, [secret]: 1 },
      ]),
      indent: fc.constantFrom(0, 1),
      cut: fc.option(fc.nat(60)),
      flags: fc.constantFrom([], ['--json']),
    })
    await fc.assert(
      fc.asyncProperty(places, async ({ key, value, indent, cut, flags }) => {
        const text = JSON.stringify(config({ [key]: value }), null, indent)
        const stdin = cut === null ? text : text.slice(0, text.indexOf(secret) + cut)
        const { code, stdout, stderr } = await run(['check', '-', ...flags], { stdin })
        expect(code).to.be.oneOf([0, 1])
        expect(stdout + stderr).not.to.include(secret)
      }),
      { numRuns: 300 },
    )
  })
})
