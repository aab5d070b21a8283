/**
 * `aliyun-dm preview` mails as text, as JSON and as inert HTML files.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
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

const templates = (...others: ReadonlyArray<object>): object =>
  config({
    fromAlias: 'Acme',
    templates: [
      template('SignIn', '<h1>Hello</h1><p>Your code for {{application.name}} is <b>{{code}}</b>.</p>'),
      template('Generic', 'Code: {{code}}\n<b>not HTML</b>', { contentType: 'text/plain' }),
      template('Register'),
      template('ForgotPassword'),
      ...others,
    ],
  })

describe('aliyun-dm preview of several languages', () => {
  const translated = config({
    templates: [
      ...['Register', 'ForgotPassword'].map((usageType) => template(usageType)),
      ...['SignIn', 'Generic'].flatMap((usageType) => [
        template(usageType, '<p>English {{code}}</p>', { locale: 'en' }),
        template(usageType, '<p>中文 {{code}}</p>', { locale: 'zh-CN' }),
      ]),
    ],
  })
  const titles = (text: string) => [...text.matchAll(/^── (.*?) ─/gm)].map(([, title]) => title)

  it('shows each, and for a type without a template those of Generic', async () => {
    const all = await run(['preview', createFile(translated), '--var', 'code=1'])
    expect(titles(all.stdout)).to.deep.equal([
      ...['Register', 'ForgotPassword', 'SignIn (en)', 'SignIn (zh-CN)', 'Generic (en)', 'Generic (zh-CN)'],
    ])
    expect(all.stdout).to.include('English 1').and.to.include('中文 1')
    const standIn = await run(['preview', createFile(translated), '--var', 'code=1', '--type', 'BindMfa'])
    expect(titles(standIn.stdout)).to.deep.equal(['BindMfa (en)', 'BindMfa (zh-CN)'])
  })

  it('shows with --locale what a recipient gets', async () => {
    const args = ['preview', createFile(translated), '--var', 'code=1', '--type', 'SignIn', '--locale']
    const [chinese, french, wrong] = await Promise.all(
      ['zh-Hans', 'fr', 'zh_CN'].map((locale) => run([...args, locale])),
    )
    expect(chinese?.stdout).to.include('中文 1').and.to.not.include('English')
    expect(french?.stdout).to.include('English 1')
    expect(wrong?.code).to.equal(2)
    expect(wrong?.stderr).to.include('expected a language tag')
  })

  it('lists them side by side on the index, each with a page', async () => {
    const out = createPath('preview')
    await run(['preview', createFile(translated), '--var', 'code=1', '--out', out])
    expect(readdirSync(out)).to.include.members(['SignIn.en.html', 'SignIn.zh-CN.html', 'Register.html'])
    const index = readFileSync(join(out, 'index.html'), 'utf8')
    expect(index).to.match(/<li>.*SignIn\.en\.html.*SignIn\.zh-CN\.html.*<\/li>/)
  })

  it('tells programs the language of each', async () => {
    const { stdout } = await run(['preview', createFile(translated), '--type', 'SignIn', '--json'])
    const { previews } = JSON.parse(stdout) as {
      readonly previews: ReadonlyArray<{ readonly locale: string }>
    }
    expect(previews.map(({ locale }) => locale)).to.deep.equal(['en', 'zh-CN'])
  })
})

describe('aliyun-dm preview', () => {
  it('shows every mail as text', async () => {
    const { code, stdout, stderr } = await run([
      'preview',
      createFile(templates()),
      ...['--var', 'code=123456', '--var', 'application.name=Acme & Co'],
    ])
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.equal(golden('preview.txt', stdout))
  })

  it('shows one mail with --type, and for a type without a template the Generic one', async () => {
    const [own, fallback] = await Promise.all(
      ['Register', 'BindMfa'].map((type) =>
        run(['preview', createFile(templates()), '--type', type, '--var', 'code=1']),
      ),
    )
    expect(own?.stdout).to.match(/^── Register ─/)
    expect(own?.stdout).not.to.match(/SignIn/)
    expect(fallback?.stdout).to.match(/^── BindMfa ─/)
    expect(fallback?.stdout).to.include('<b>not HTML</b>')
  })

  it('leaves placeholders without a value as written, and says how to give one', async () => {
    const { code, stdout, stderr } = await run(['preview', createFile(templates()), '--type', 'SignIn'])
    expect(code).to.equal(0)
    expect(stdout).to.include('Your code for {{application.name}} is {{code}}.')
    expect(stderr).to.equal(
      'note: {{application.name}}, {{code}} have no value and stay as written. Give values with --var application.name=VALUE --var code=123456\n',
    )
  })

  it('says so of a single one', async () => {
    const { stderr } = await run(['preview', createFile(templates()), '--type', 'Register'])
    expect(stderr).to.equal(
      'note: {{code}} has no value and stays as written. Give values with --var code=123456\n',
    )
  })

  describe('where a mail cannot be rendered', () => {
    const file = createFile(templates(template('BindMfa', 'x', { subject: 's'.repeat(257) })))

    it('says why, shows the others, and ends with 1', async () => {
      const { code, stdout, stderr } = await run([
        'preview',
        file,
        '--var',
        'code=1',
        '--var',
        'application.name=A',
      ])
      expect(code).to.equal(1)
      expect(stdout.match(/^── /gm)).to.have.length(4)
      expect(stderr).to.match(/^error: BindMfa: .*256/)
    })

    it('says so as JSON', async () => {
      const { code, stdout, stderr } = await run(['preview', file, '--json'])
      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' })
      const { previews, errors, ...rest } = JSON.parse(stdout) as {
        readonly previews: ReadonlyArray<object>
        readonly errors: ReadonlyArray<object>
      }
      expect(previews).to.have.length(4)
      expect(errors).to.have.length(1)
      expect(errors[0]).to.include({ usageType: 'BindMfa', _tag: 'InvalidMessage', delivered: 'no' })
      expect(rest).to.deep.equal({})
    })
  })

  it('fits the terminal, and has titles and headers in another style', async () => {
    const wide = config({ templates: requiredTemplates(`<p>${'word '.repeat(30)}{{code}}</p>`) })
    const { stdout } = await run(['preview', createFile(wide), '--type', 'Register', '--var', 'code=1'], {
      terminal: { columns: 50, colours: true },
    })
    const lines = stdout.replaceAll('\u001b', '␛').split('\n')
    expect(lines[0]).to.match(/^␛\[1m── Register ─{66}␛\[22m$/)
    expect(lines[1]).to.equal('␛[2mFrom:    ␛[22m no-reply@mail.example.com')
    expect(Math.max(...lines.slice(4).map(({ length }) => length))).to.equal(49)
  })

  it('ends a plain text where its words end', async () => {
    const text = config({
      templates: requiredTemplates('  one\r\ntwo\n\n \n', { contentType: 'text/plain' }),
    })
    const { stdout } = await run(['preview', createFile(text), '--type', 'Register'])
    expect(stdout).to.match(/\n\n {2}one\ntwo\n$/)
  })

  it('prints the mails as JSON', async () => {
    const { stdout } = await run(['preview', createFile(templates()), '--type', 'Register', '--json'])
    expect(JSON.parse(stdout)).to.deep.equal({
      previews: [
        {
          usageType: 'Register',
          accountName: 'no-reply@mail.example.com',
          replyToAddress: false,
          fromAlias: 'Acme',
          subject: 'Your code',
          contentType: 'text/html',
          body: '<p>{{code}}</p>',
          missing: ['code'],
        },
      ],
      errors: [],
    })
  })

  it('needs no key pair', async () => {
    const rest = config({ accessKeyId: undefined, accessKeySecret: undefined })
    expect(await run(['preview', createFile(rest), '--type', 'Register', '--var', 'code=1'])).to.include({
      code: 0,
    })
  })

  it('shows what is wrong with a config that is not valid', async () => {
    const { code, stdout, stderr } = await run(['preview', '-'], { stdin: '{"templates": 1}' })
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    expect(stderr).to.match(/^<stdin>:1:15 {2}error {2}templates$/m)
  })

  it('shows the control characters of a hostile template instead of obeying them', async () => {
    const file = createFile(
      templates(template('BindMfa', 'x\u001b]0;title\u0007\u202ey', { subject: 'a\u009bb' })),
    )
    const { stdout } = await run(['preview', file, '--type', 'BindMfa'])
    expect(stdout).to.include('x\\u001b]0;title\\u0007\\u202ey')
    // eslint-disable-next-line no-control-regex -- they must not be there
    expect(stdout).not.to.match(/[\u001b\u0007\u009b\u202e]/)
  })

  it('cannot be made to print a line of ours by the name of a placeholder', async () => {
    const stdin = JSON.stringify(templates(template('BindMfa', 'x {{a\nerror: forged}}')))
    const { stderr } = await run(['preview', '-', '--type', 'BindMfa'], { stdin })
    expect(stderr).to.include('{{a\\u000aerror: forged}}')
    expect(stderr).not.to.match(/^error/m)
  })

  it('shows as much of a very long mail as Gmail does, and says how much is left out', async () => {
    const stdin = JSON.stringify(templates(template('BindMfa', '<b>x'.repeat(250_000))))
    const { code, stdout } = await run(['preview', '-', '--type', 'BindMfa'], { stdin })
    expect(code).to.equal(0)
    expect(stdout).to.match(/\n\[898000 more characters of HTML are not shown here\]\n$/)
  })

  describe('--out', () => {
    it('writes a file for each mail and an index', async () => {
      const out = createPath('a/b')
      const { code, stdout } = await run([
        'preview',
        createFile(templates()),
        '--var',
        'code=1',
        '--out',
        out,
      ])
      expect(code).to.equal(0)
      expect(stdout).to.equal(`Wrote 4 mails and an index. Open in a browser:\n  ${out}/index.html\n`)
      expect(readdirSync(out).sort()).to.deep.equal([
        'ForgotPassword.html',
        'Generic.html',
        'Register.html',
        'SignIn.html',
        'index.html',
      ])
      expect(readFileSync(join(out, 'index.html'), 'utf8')).to.include('<a href="SignIn.html">SignIn</a>')
    })

    it('names the files in JSON, or why there are none', async () => {
      const out = createPath('site')
      const args = ['preview', createFile(templates()), '--type', 'Register', '--out', out, '--json']
      const written = await run(args)
      expect(written).to.include({ code: 0, stderr: '' })
      const files = [`${out}/Register.html`, `${out}/index.html`]
      expect(JSON.parse(written.stdout)).to.deep.include({ files, removed: [] })
      writeFileSync(join(out, 'Register.html'), 'precious')
      const refused = await run(args)
      expect(refused).to.include({ code: 1, stderr: '' })
      expect(JSON.parse(refused.stdout))
        .to.deep.include({ files: [] })
        .and.to.have.property('error')
        .that.includes('Register.html was not written by this command')
    })

    it('keeps a hostile mail within its frame, and the frame without rights', async () => {
      const out = createPath('out')
      const hostile = `"></iframe><script>alert(1)</script><img src=x onerror=alert(1)>`
      const file = createFile(templates(template('BindMfa', hostile, { subject: '<script>2</script>' })))
      await run(['preview', file, '--type', 'BindMfa', '--out', out])
      const page = readFileSync(join(out, 'BindMfa.html'), 'utf8')
      expect(page).to.match(/<iframe sandbox title="[^"]*" srcdoc="&quot;&gt;&lt;\/iframe&gt;/)
      expect(page).to.match(/Content-Security-Policy" content="default-src 'none';/)
      expect(page).not.to.match(/<script|<img/)
      expect(readFileSync(join(out, 'index.html'), 'utf8')).not.to.match(/<script/)
    })

    it('writes over its own files, removes those of an earlier run, and touches nobody else’s', async () => {
      const out = createPath('site')
      const file = createFile(templates())
      expect(await run(['preview', file, '--out', out])).to.include({ code: 0 })
      const second = await run(['preview', file, '--type', 'Register', '--out', out])
      expect(second.stdout).to.include(`Removed ${out}/SignIn.html, which is of an earlier run.\n`)
      writeFileSync(join(out, 'Register.html'), 'precious')
      const third = await run(['preview', file, '--type', 'Register', '--out', out])
      expect(third.code).to.equal(1)
      expect(third.stderr).to.include('Register.html was not written by this command, and is kept')
      expect(readFileSync(join(out, 'Register.html'), 'utf8')).to.equal('precious')
    })
  })

  it('never shows the secret', async () => {
    const runs = await Promise.all([
      run(['preview', createFile(templates())]),
      run(['preview', createFile(templates()), '--json']),
      run(['preview', createFile(config({ accountName: 1 }))]),
    ])
    expect(runs.map(({ stdout, stderr }) => stdout + stderr).join('')).not.to.include(secret)
  })
})
