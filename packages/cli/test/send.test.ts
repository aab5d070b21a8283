/**
 * `aliyun-dm send`, against a sandbox.
 */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import { type Sandbox, startSandbox } from 'aliyun-dm-sandbox'
import { run, runBuilt, start, withEnvironment } from './support/command.js'
import { config, createFile, createPath, requiredTemplates, secret, template } from './support/files.js'

describe('aliyun-dm send', () => {
  let sandbox: Sandbox

  before(async () => {
    const started = await startSandbox({ accessKeys: { LTAItest: secret, LTAIenv: 'fromTheEnvironment' } })()
    if (E.isLeft(started)) throw started.left
    sandbox = started.right
  })
  after(() => sandbox.stop())
  beforeEach(() => {
    sandbox.clear()
    sandbox.clearFaults()
  })

  const args = (...more: ReadonlyArray<string>): ReadonlyArray<string> => [
    ...['send', '-', '--to', 'ann@example.com', '--endpoint', sandbox.endpoint],
    ...more,
  ]
  const stdin = JSON.stringify(config())

  it('sends the mail and prints the receipt', async () => {
    const { code, stdout, stderr } = await run(args('--type', 'SignIn', '--var', 'code=123456'), { stdin })
    const [mail] = sandbox.inbox()
    expect(mail).to.include({ toAddress: 'ann@example.com', htmlBody: '<p>123456</p>' })
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.equal(
      `DirectMail accepted the SignIn mail to ann@example.com.\n  EnvId      ${mail?.envId ?? ''}\n  RequestId  ${mail?.requestId ?? ''}\n`,
    )
  })

  it('prints the receipt as JSON', async () => {
    const { stdout } = await run(args('--var', 'code=1', '--json'), { stdin })
    const [mail] = sandbox.inbox()
    expect(JSON.parse(stdout)).to.deep.equal({
      sent: true,
      receipt: { envId: mail?.envId, requestId: mail?.requestId },
    })
  })

  it('takes the credentials of the machine where it is told to, and says which', async () => {
    const env = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAIenv',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'fromTheEnvironment',
    }
    const { code, stderr } = await runBuilt(args('--var', 'code=1', '--credentials', 'default'), {
      stdin,
      env,
    })
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: 'credentials are taken from env\n' })
    expect(sandbox.inbox()[0]?.signature).to.include({ accessKeyId: 'LTAIenv', verified: true })
  })

  it('says where it sends to a person who waits, and to nobody else', async () => {
    const terminal = { columns: 80, colours: true }
    const shown = await run(args('--var', 'code=1'), { stdin, terminal })
    expect(shown.stderr).to.equal('Sending the Generic mail to ann@example.com …\n')
    expect(shown.stdout).to.match(
      /^.\[32mDirectMail accepted the Generic mail to ann@example\.com\..\[39m\n {2}EnvId/,
    )
    const json = await run(args('--var', 'code=1', '--json'), { stdin, terminal })
    expect(json.stderr).to.equal('')
  })

  it('says nothing beside its JSON', async () => {
    const env = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAIenv',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'fromTheEnvironment',
    }
    sandbox.failNext({ kind: 'error', code: 'Throttling.User', retryAfterMs: 10 })()
    const { code, stderr } = await run(args('--var', 'code=1', '--json'), { stdin, env })
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
  })

  it('leaves the key pair of the file aside for the credentials of the machine', async () => {
    const wrong = JSON.stringify(config({ accessKeyId: 'two words' }))
    const env = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAIenv',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'fromTheEnvironment',
    }
    const { code, stderr } = await withEnvironment(env, () =>
      run(args('--var', 'code=1', '--credentials', 'default'), { stdin: wrong }),
    )
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: 'credentials are taken from env\n' })
  })

  it('ends with 2 where the file cannot be read, and says so as JSON, too', async () => {
    const path = createPath('none.json')
    const more = ['send', path, '--to', 'ann@example.com', '--var', 'code=1']
    expect(await run(more)).to.deep.equal({
      code: 2,
      stdout: '',
      stderr: `${path}  error\n    there is no such file\n1 error\n`,
    })
    const json = await run([...more, '--json'])
    expect(json).to.include({ code: 2, stderr: '' })
    expect(JSON.parse(json.stdout)).to.deep.nested.include({ 'issues[0].message': 'there is no such file' })
  })

  it('says that the machine has none', async () => {
    const env = { HOME: '/nonexistent', ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' }
    const { code, stderr } = await runBuilt(args('--var', 'code=1', '--credentials', 'default'), {
      stdin,
      env,
    })
    expect(code).to.equal(1)
    expect(stderr).to.match(/No credentials could be had/)
    expect(sandbox.inbox()).to.deep.equal([])
  })

  it('prefers the key pair of the environment', async () => {
    const env = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAIenv',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'fromTheEnvironment',
    }
    const { code, stdout, stderr } = await run(args('--var', 'code=1'), { stdin, env })
    expect(code).to.equal(0)
    expect(sandbox.inbox()[0]?.signature).to.include({ accessKeyId: 'LTAIenv', verified: true })
    expect(stdout + stderr).not.to.include('fromTheEnvironment')
  })

  it('shows the error and its cure, without the secret', async () => {
    const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAItest', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrongSecret' }
    const { code, stdout, stderr } = await run(args('--var', 'code=1'), { stdin, env })
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    expect(stderr).to.match(
      /^error: DirectMail refused the mail with SignatureDoesNotMatch \(HTTP 400\)\. Check accessKeySecret/m,
    )
    expect(stderr).to.match(/^ {2}RequestId {2}[\dA-F-]{36}$/m)
    expect(stderr).not.to.match(new RegExp(`wrongSecret|${secret}`))
  })

  it('says that the key pair is from the environment', async () => {
    const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAItest', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrongSecret' }
    const { stderr } = await run(args('--var', 'code=1'), { stdin, env })
    expect(stderr).to.match(/^accessKeyId is taken from ALIBABA_CLOUD_ACCESS_KEY_ID$/m)
  })

  it("leaves the file's key pair alone where the environment has half of another", async () => {
    const env = { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrongSecret' }
    const { code, stderr } = await run(args('--var', 'code=1'), { stdin, env })
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
  })

  it("never pairs a security token of the environment with the file's key pair", async () => {
    const env = { ALIBABA_CLOUD_SECURITY_TOKEN: 'aTokenOfAnotherPair' }
    expect(await run(args('--var', 'code=1'), { stdin, env })).to.include({ code: 0, stderr: '' })
    expect(sandbox.inbox()[0]?.parameters).not.to.have.property('SecurityToken')
  })

  it('takes a URL as a value as it is', async () => {
    const link = 'https://example.com/join?token=a=b&next=%2F#top'
    const templates = requiredTemplates('{{link}}', { contentType: 'text/plain' })
    const { code } = await run(args('--var', `link=${link}`), {
      stdin: JSON.stringify(config({ templates })),
    })
    expect(code).to.equal(0)
    expect(sandbox.inbox()[0]?.textBody).to.equal(link)
  })

  it('says what it does about a failed attempt', async () => {
    sandbox.failNext({ kind: 'error', code: 'Throttling.User', retryAfterMs: 10 })()
    const { code, stderr } = await run(args('--var', 'code=1'), { stdin })
    expect(code).to.equal(0)
    expect(stderr).to.match(/^Attempt 1 failed \(Throttled\), the next one is in \d+ ms\.\n$/)
  })

  describe('interrupted', () => {
    it('says that the mail may be out, and exits with 130', async () => {
      sandbox.failNext({ kind: 'delay', ms: 60_000 })()
      const child = start([
        'send',
        '-',
        '--to',
        'ann@example.com',
        '--var',
        'code=1',
        '--endpoint',
        sandbox.endpoint,
      ])
      child.stdin?.end(stdin)
      let stderr = ''
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
      const before = sandbox.requests()
      while (sandbox.requests() === before) await setTimeout(10)
      child.kill('SIGINT')
      expect(await once(child, 'close')).to.deep.equal([130, null])
      expect(stderr).to.match(/^error: The message was cancelled\. .*may have/)
    })

    it('says so as JSON', async () => {
      sandbox.failNext({ kind: 'delay', ms: 60_000 })()
      const before = sandbox.requests()
      const untilInterrupted = async (): Promise<void> => {
        while (sandbox.requests() === before) await setTimeout(10)
      }
      const { code, stdout } = await run(args('--var', 'code=1', '--json'), { stdin, untilInterrupted })
      expect(code).to.equal(130)
      expect(JSON.parse(stdout)).to.have.nested.include({ sent: false, 'error.delivered': 'unknown' })
    })
  })

  it('sends nothing where it is interrupted before, and says so', async () => {
    const { code, stdout } = await run(args('--var', 'code=1', '--json'), {
      stdin,
      untilInterrupted: () => Promise.resolve(),
    })
    expect(code).to.equal(130)
    expect(JSON.parse(stdout)).to.have.nested.include({ 'error._tag': 'Cancelled', 'error.delivered': 'no' })
    expect(sandbox.inbox()).to.deep.equal([])
  })

  it('names the variable where the endpoint of the environment is at fault', async () => {
    const env = { ALIYUN_DM_ENDPOINT: 'https://user:hunter2@example.com' }
    const { code, stderr } = await run(['send', '-', '--to', 'ann@example.com'], { stdin, env })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^ALIYUN_DM_ENDPOINT {2}error\n {4}expected https:\/\/HOST/)
    expect(stderr).not.to.match(/hunter2|<stdin>/)
  })

  it('sends to the endpoint of the environment where it is given no other', async () => {
    const env = { ALIYUN_DM_ENDPOINT: sandbox.endpoint }
    const { code } = await run(['send', '-', '--to', 'ann@example.com', '--var', 'code=1'], { stdin, env })
    expect(code).to.equal(0)
    expect(sandbox.inbox()).to.have.length(1)
  })

  it('gives an error as JSON on standard output', async () => {
    sandbox.failNext({ kind: 'error', code: 'InvalidToAddress.Spam' })()
    const { code, stdout, stderr } = await run(args('--var', 'code=1', '--json'), { stdin })
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' })
    expect(JSON.parse(stdout)).to.have.nested.include({
      sent: false,
      'error.code': 'InvalidToAddress.Spam',
      'error.delivered': 'no',
    })
  })

  it('says which values are missing, and how to give them', async () => {
    const content = '<a href="{{link}}">Join {{organization.name}}</a>'
    const templates = [...requiredTemplates(), template('OrganizationInvitation', content)]
    const invitation = JSON.stringify(config({ templates }))
    const { code, stderr } = await run(args('--type', 'OrganizationInvitation'), { stdin: invitation })
    expect(code).to.equal(1)
    expect(stderr).to.include('--var link=https://example.com/ --var organization.name=VALUE')
    expect(sandbox.inbox()).to.deep.equal([])
  })

  it('nests the parts of a name, and takes __proto__ for a name', async () => {
    const content = '{{code}}|{{a.b}}|{{a.c}}|{{__proto__}}|{{x}}'
    const templates = requiredTemplates(content)
    const vars = ['code=1=2', 'a.b=B', 'a.c=', '__proto__=P', 'x={{code}}']
    const { code } = await run(args(...vars.flatMap((each) => ['--var', each])), {
      stdin: JSON.stringify(config({ templates })),
    })
    expect(code).to.equal(0)
    expect(sandbox.inbox()[0]?.htmlBody).to.equal('1=2|B||P|{{code}}')
  })

  it('names the variable where the environment is at fault', async () => {
    const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAItest', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'has a space' }
    const { code, stderr } = await run(args('--var', 'code=1'), { stdin, env })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^ALIBABA_CLOUD_ACCESS_KEY_SECRET {2}error {2}accessKeySecret$/m)
    expect(stderr).not.to.include('has a space')
  })

  it('refuses arguments that cannot be used with 2, and sends nothing', async () => {
    const before = sandbox.requests()
    const file = createFile(config())
    const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, message: RegExp]> = [
      [['--to', 'a@example.com,b@example.com'], /exactly one e-mail address/],
      [['--to', 'a@example.com', '--type', 'signin'], /did you mean "SignIn"\?/],
      [['--to', 'a@example.com', '--endpoint', 'http://example.com'], /plain http to this machine only/],
      [
        ['--to', 'a@example.com', '--endpoint', "https://user:hunter2@x'y/' is"],
        /'--endpoint <url>': expected/,
      ],
      [['--to', 'a@example.com', '--password=hunter2'], /unknown option '--password'/],
      [['--to', 'a@example.com', '--var', 'hunter2'], /NAME=VALUE/],
      [['--to', 'a@example.com', '--var', '=1'], /name before "="/],
      [['--to', 'a@example.com', '--var', 'a..b=1'], /name before "="/],
      [['--to', 'a@example.com', '--var', 'a=1', '--var', 'a.b=1'], /at the same time/],
    ]
    for (const [more, message] of cases) {
      const { code, stdout, stderr } = await run(['send', file, ...more])
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
      expect(stderr).to.match(message)
      expect(stderr).not.to.include('hunter2')
    }
    expect(sandbox.requests()).to.equal(before)
  })
})
