/**
 * `aliyun-dm check --online`, against sandboxes whose accounts have something wrong with them.
 */
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import { type AccountOptions, type Sandbox, startSandbox } from 'aliyun-dm-sandbox'
import { run, runBuilt, withEnvironment } from './support/command.js'
import { config, secret } from './support/files.js'

const sender = 'no-reply@mail.example.com'
const stdin = JSON.stringify(config())

describe('aliyun-dm check --online', () => {
  const sandboxes: Array<Sandbox> = []
  afterEach(() => Promise.all(sandboxes.splice(0).map(({ stop }) => stop())))

  const start = async (account: AccountOptions = {}, senders = [sender]): Promise<Sandbox> => {
    const started = await startSandbox({ accessKeys: { LTAItest: secret }, senders, account })()
    if (E.isLeft(started)) throw started.left
    sandboxes.push(started.right)
    return started.right
  }
  const check = async (account?: AccountOptions, ...more: ReadonlyArray<string>) => {
    const { endpoint } = await start(account)
    return run(['check', '-', '--online', '--endpoint', endpoint, ...more], { stdin })
  }

  it('ticks what is right, sends nothing, and exits with 0', async () => {
    const sandbox = await start()
    const { code, stdout, stderr } = await run(['check', '-', '--online', '--endpoint', sandbox.endpoint], {
      stdin,
    })
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.match(/^<stdin> is valid: 4 templates\.\n/)
    expect(stdout).to.include('\n  ✓ key pair: Key and secret are right\n')
    expect(stdout).to.match(/\nDirectMail found no problem\.\n$/)
    expect(stdout).not.to.match(/✗|–/)
    expect(sandbox.inbox()).to.deep.equal([])
  })

  it('is meant where an endpoint or credentials are given', async () => {
    const { endpoint } = await start()
    const { code, stdout } = await run(['check', '-', '--endpoint', endpoint], { stdin })
    expect(code).to.equal(0)
    expect(stdout).to.match(/\nDirectMail found no problem\.\n$/)
    const env = { ALIYUN_DM_ENDPOINT: 'http://127.0.0.1:1' }
    const unanswered = await run(['check', '-', '--credentials', 'default'], { stdin, env })
    expect(unanswered.code).to.equal(1)
    expect(unanswered.stderr).to.match(/^error: /m)
  })

  it('leaves the key pair of the file aside for the credentials of the machine', async () => {
    const { endpoint } = await start()
    const keyPair = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAItest', ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret }
    const { code, stdout } = await withEnvironment(keyPair, () =>
      run(['check', '-', '--credentials', 'default', '--endpoint', endpoint], {
        stdin: JSON.stringify(config({ accessKeyId: 'two words' })),
      }),
    )
    expect(code).to.equal(0)
    expect(stdout).to.include('✓ key pair')
  })

  const problems: ReadonlyArray<readonly [name: string, account: AccountOptions, shown: RegExp]> = [
    [
      'a frozen sender',
      { frozenSenders: [sender] },
      /\n {2}✗ status of the sender address: It is frozen\n {6}See the notices/,
    ],
    [
      'a used-up quota',
      { dailyQuota: 0, monthQuota: 100 },
      /\n {2}✗ today's quota: All 0 mails of today are used up\n {6}Wait until tomorrow/,
    ],
    [
      'records that are missing, with what is wanted and what is found',
      { unverifiedDomains: ['mail.example.com'] },
      /\n {2}✗ SPF: [^\n]*\n {6}[^\n]*\n {6}TXT mail\.example\.com\n {8}wanted {2}v=spf1 include[^\n]*\n {8}found {3}v=spf1 -all\n/,
    ],
  ]
  for (const [name, account, shown] of problems)
    it(`shows ${name}, says what to do, and exits with 1`, async () => {
      const { code, stdout, stderr } = await check(account)
      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' })
      expect(stdout).to.match(shown)
      expect(stdout).to.match(/\nDirectMail found \d+ problems?\.\n$/)
    })

  it('takes a key that may only send for a good one, and names the permissions once', async () => {
    const { code, stdout } = await check({ sendOnlyKeys: ['LTAItest'] })
    expect(code).to.equal(0)
    expect(stdout).to.include('  ✓ key pair: ')
    expect(stdout).to.match(
      /\n {2}– account, today's quota, this month's quota: .* dm:DescAccountSummary\n {2}– sender address, .*ByParam\n {2}– domain, SPF, .*\n/,
    )
    expect(stdout).to.match(/\n– is not checked\. A key that may only send is a good key\.\n$/)
  })

  it('says that the secret is wrong, without it', async () => {
    const { endpoint } = await start()
    const wrong = JSON.stringify(config({ accessKeySecret: 'wrongSecret' }))
    const { code, stdout, stderr } = await run(['check', '-', '--online', '--endpoint', endpoint], {
      stdin: wrong,
    })
    expect(code).to.equal(1)
    expect(stdout).to.match(/ ✗ key pair: .*SignatureDoesNotMatch.*\n {6}Check accessKeySecret/)
    expect(stdout + stderr).not.to.include('wrongSecret')
  })

  it('gives the answers as JSON beside what it found in the file', async () => {
    const { code, stdout, stderr } = await check({ frozenSenders: [sender] }, '--json')
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' })
    const report = JSON.parse(stdout) as { readonly online: { readonly entries: ReadonlyArray<object> } }
    expect(report).to.have.nested.include({ valid: true, 'online.passed': false })
    expect(report.online.entries).to.deep.include({
      _tag: 'Ok',
      question: 'sender',
      message: `${sender} exists`,
    })
  })

  it('says that DirectMail cannot be reached', async () => {
    const sandbox = await start()
    await sandbox.stop()
    const args = ['check', '-', '--online', '--endpoint', sandbox.endpoint]
    const { code, stderr } = await run(args, { stdin })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^error: .*ECONNREFUSED/)
    const { stdout } = await run([...args, '--json'], { stdin })
    expect(JSON.parse(stdout)).to.have.nested.include({ 'online.error._tag': 'ConnectionFailed' })
  })

  it('asks nobody about a config that is not valid', async () => {
    const sandbox = await start()
    const { code, stdout } = await run(['check', '-', '--online', '--json', '--endpoint', sandbox.endpoint], {
      stdin: '{}',
    })
    expect(code).to.equal(1)
    expect(JSON.parse(stdout)).to.include({ valid: false }).and.not.to.have.property('online')
    expect(sandbox.requests()).to.equal(0)
  })

  it('names the variable where the endpoint of the environment is at fault', async () => {
    const env = { ALIYUN_DM_ENDPOINT: 'https://user:hunter2@example.com' }
    const { code, stderr } = await run(['check', '-', '--online'], { stdin, env })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^ALIYUN_DM_ENDPOINT {2}error\n/)
    expect(stderr).not.to.include('hunter2')
  })

  it('takes the credentials of the machine, without --online too, and ends', async () => {
    const { endpoint } = await start()
    const env = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAItest', ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret }
    const { code, stdout, stderr } = await runBuilt(
      ['check', '-', '--credentials', 'default', '--endpoint', endpoint],
      { stdin: JSON.stringify(config({ accessKeyId: undefined, accessKeySecret: undefined })), env },
    )
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: 'credentials are taken from env\n' })
    expect(stdout).to.include('✓ key pair')
  })

  it('is what send points to when the quota is used up', async () => {
    const { endpoint } = await start({ dailyQuota: 0 })
    const { code, stderr } = await run(
      ['send', '-', '--to', 'ann@example.com', '--var', 'code=1', '--endpoint', endpoint],
      { stdin },
    )
    expect(code).to.equal(1)
    expect(stderr).to.match(/InvalidSendMail\.Spam[^]*aliyun-dm check --online/)
  })
})
