import { startSandbox, type Sandbox } from 'aliyun-dm-sandbox/promises'
import { expect } from 'chai'
import sinon from 'sinon'
import type * as Example from './auth.js'

const variable = 'ALIYUN_DM_ENDPOINT'

describe('Better Auth', () => {
  let sandbox: Sandbox
  let auth: typeof Example.auth
  let close: typeof Example.close

  before(async () => {
    sandbox = await startSandbox()
    process.env[variable] = sandbox.endpoint
    ;({ auth, close } = await import('./auth.js'))
  })
  beforeEach(() => sandbox.clear())
  after(async () => {
    await close()
    Reflect.deleteProperty(process.env, variable)
    await sandbox.stop()
  })

  const post = (path: string, body: object, cookie = ''): Promise<Response> =>
    auth.handler(
      new Request(`http://localhost:3000/api/auth${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: 'http://localhost:3000', cookie },
        body: JSON.stringify(body),
      }),
    )

  const ask = (email: string, type: string): Promise<Response> =>
    post('/email-otp/send-verification-otp', { email, type })

  const receiveCode = async (to: string): Promise<string> => {
    const { code } = await sandbox.waitForMail({ to })
    return code ?? expect.fail('expected a code')
  }

  const signIn = async (email: string): Promise<Response> => {
    await ask(email, 'sign-in')
    const response = await post('/sign-in/email-otp', { email, otp: await receiveCode(email) })
    sandbox.clear()
    return response
  }

  it('signs in with the code that arrived, and with no other', async () => {
    const email = 'ann@example.com'
    expect((await ask(email, 'sign-in')).status).to.equal(200)
    const otp = await receiveCode(email)
    expect(sandbox.inbox()[0]?.subject).to.include('登录')
    const wrong = otp === '000000' ? '111111' : '000000'
    expect((await post('/sign-in/email-otp', { email, otp: wrong })).status).to.equal(400)
    const response = await post('/sign-in/email-otp', { email, otp })
    expect(response.status).to.equal(200)
    expect(response.headers.get('set-cookie')).to.include('session_token')
    expect((await post('/sign-in/email-otp', { email, otp })).status).to.equal(400)
  })

  it('sends a new password’s code to who has an account, and answers the same to who has none', async () => {
    const email = 'bob@example.com'
    await signIn(email)
    const known = await ask(email, 'forget-password')
    await receiveCode(email)
    expect(sandbox.inbox()[0]?.subject).to.include('重置密码')
    const unknown = await ask('nobody@example.com', 'forget-password')
    expect([known.status, await known.json()]).to.deep.equal([unknown.status, await unknown.json()])
    expect(sandbox.inbox()).to.have.length(1)
  })

  it('verifies an address', async () => {
    const email = 'eve@example.com'
    await post('/sign-up/email', { email, name: 'Eve', password: 'a long password' })
    await ask(email, 'email-verification')
    const otp = await receiveCode(email)
    expect(sandbox.inbox()[0]?.subject).to.include('注册')
    const response = await post('/email-otp/verify-email', { email, otp })
    expect(await response.json()).to.have.nested.property('user.emailVerified', true)
  })

  it('answers at once, and logs a mail that failed without saying whose it was', async () => {
    sandbox.failNext({ kind: 'error', code: 'InvalidMailAddress.NotFound', statusCode: 404 })
    const log = sinon.stub(console, 'error')
    try {
      expect((await ask('ann@example.com', 'sign-in')).status).to.equal(200)
      while (log.notCalled) await new Promise((resolve) => setTimeout(resolve, 10))
    } finally {
      log.restore()
    }
    const logged = log.args
      .flat()
      .map((part) => (part instanceof Error ? JSON.stringify(part) : String(part)))
    expect(logged.join(' ')).to.include('InvalidMailAddress.NotFound').and.not.include('ann@example.com')
  })
})
