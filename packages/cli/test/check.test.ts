/**
 * `aliyun-dm check` as a process: what it finds, where it says it is, and how it ends on files that are no config.
 */
import { chmodSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { config, fileOf, freshPath, golden, run, runAll, secret, template } from './command.js'

interface Found {
  readonly path: string
  readonly message: string
  readonly line?: number
  readonly column?: number
}

interface Report {
  readonly valid: boolean
  readonly issues: ReadonlyArray<Found>
  readonly warnings: ReadonlyArray<Found>
}

// The command's own promise about --json.
const reportOf = (stdout: string): Report => JSON.parse(stdout) as Report

const checkJson = async (content: unknown): Promise<Report> =>
  reportOf((await run(['check', fileOf(content), '--json'])).stdout)

describe('aliyun-dm check', function () {
  // Every test starts processes, and a busy machine takes its time.
  this.timeout(60_000)

  it('says that a config is valid, on standard output only, and exits with 0', async () => {
    const { code, stdout, stderr } = await run(['check', fileOf(config())])
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.match(/^\S+ is valid: 9 templates\.\n$/)
  })

  it('reads the config from standard input as -', async () => {
    const { code, stdout } = await run(['check', '-'], { stdin: JSON.stringify(config()) })
    expect(code).to.equal(0)
    expect(stdout).to.equal('<stdin> is valid: 9 templates.\n')
  })

  it('shows all issues and warnings with line and column, in the order of the file', async () => {
    const stdin = `{
  "accessKeyId": "LTAItest",
  "accessKeySecret": "${secret} with a space",
  "regionId": "cn-hangzou",
  "accountName": "no-reply@example.com",
  "fromAlias": "Thirteen char",
  "fromAlias": "Fourteen chars",
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
    const { code, stdout, stderr } = await run(['check', fileOf({ templates: [] }), '--json'])
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' })
    const { valid, issues } = reportOf(stdout)
    expect(valid).to.equal(false)
    expect(issues.map(({ path }) => path)).to.deep.equal([
      'accessKeyId',
      'accessKeySecret',
      'accountName',
      'templates',
    ])
    expect(issues[3]).to.include({ line: 2, column: 16 })
  })

  it('points at the very placeholder in a string with escapes', async () => {
    const text = JSON.stringify(config()).replace('<p>{{code}}</p>', '\\u4f60\\n\\"{{code}}{{coed}}')
    const [warning] = (await checkJson(text)).warnings
    expect(text.slice((warning?.column ?? 0) - 1)).to.match(/^\{\{coed\}\}/)
  })

  describe('on hostile input', () => {
    it('ends with 2 if the file cannot be read', async () => {
      const unreadable = fileOf(config())
      chmodSync(unreadable, 0)
      const [missing, directory, forbidden] = await runAll([
        [['check', freshPath('none.json')]],
        [['check', freshPath()]],
        [['check', unreadable]],
      ])
      expect(missing).to.include({ code: 2, stdout: '' })
      expect(missing?.stderr).to.match(/^error: There is no file .*none\.json\.\n$/)
      expect(directory).to.include({ code: 2, stdout: '' })
      expect(directory?.stderr).to.match(/is a directory\.\n$/)
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
      const [binary, utf16] = await runAll([
        [['check', fileOf(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0xff, 0x00]))]],
        [['check', fileOf(Buffer.from(`\ufeff${JSON.stringify(config())}`, 'utf16le'))]],
      ])
      expect(binary?.code).to.equal(1)
      expect(binary?.stderr).to.match(/not text in UTF-8/)
      expect(utf16?.code).to.equal(1)
      expect(utf16?.stderr).to.match(/save it as UTF-8/)
    })

    it('stops reading a file that is far too large', async () => {
      const { code, stderr } = await run(['check', fileOf(`"${'x'.repeat(33 * 1024 * 1024)}"`)])
      expect(code).to.equal(1)
      expect(stderr).to.match(/more than 32 MiB/)
    })

    it('reads a config of 10 000 templates and 9 MB', async () => {
      const templates = Array.from({ length: 10_000 }, () =>
        template('Generic', `{{code}}${'<p>'.repeat(300)}`),
      )
      const { code, stderr } = await run(['check', fileOf(config({ templates }))])
      expect(code).to.equal(1)
      expect(stderr).to.match(/missing the templates for Register, SignIn, ForgotPassword/)
    })

    it('refuses what is nested too deeply', async () => {
      const { code, stderr } = await run(['check', '-'], { stdin: '['.repeat(1_000_000) })
      expect(code).to.equal(1)
      expect(stderr).to.match(/nested too deeply/)
    })

    it('is not steered by control characters in a file name', async () => {
      const { stderr } = await run(['check', 'a\u001b[31mb'])
      expect(stderr).to.equal('error: There is no file a\\u001b[31mb.\n')
    })
  })

  it('takes a key pair that is not in the file from the environment, and says so', async () => {
    const rest = config({ accessKeyId: undefined, accessKeySecret: undefined })
    const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAIenv', ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret }
    const { code, stdout } = await run(['check', fileOf(rest)], { env })
    expect(code).to.equal(0)
    expect(stdout).to.match(/environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET\./)
    expect(stdout).not.to.include(secret)
  })

  it('does not let the environment hide a fault of the file', async () => {
    const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAIenv' }
    const { code, stderr } = await run(['check', fileOf(config({ accessKeyId: 'two words' }))], { env })
    expect(code).to.equal(1)
    expect(stderr).to.match(/accessKeyId/)
  })

  it('shows the secret nowhere, wherever in the file it stands by mistake', async () => {
    const places = fc.record({
      key: fc.constantFrom(
        ...Object.keys(config()),
        'regionId',
        'tagName',
        'fromAlias',
        'securityToken',
        '__proto__',
      ),
      value: fc.constantFrom<unknown>(secret, ` ${secret}`, [secret], { [secret]: secret }, [
        { usageType: secret },
      ]),
      cut: fc.nat(60),
    })
    const samples = fc.sample(places, { numRuns: 12, seed: 20260101 })
    const runs = await runAll(
      samples.map(({ key, value, cut }, index) => {
        const text = JSON.stringify(config({ [key]: value }), null, index % 2)
        const stdin = index % 3 === 0 ? text.slice(0, text.indexOf(secret) + cut) : text
        return [['check', '-', ...(index % 5 === 0 ? ['--json'] : [])], { stdin }]
      }),
    )
    for (const { code, stdout, stderr } of runs) {
      expect(code).to.be.oneOf([0, 1])
      expect(stdout + stderr).not.to.include(secret)
    }
  })
})
