// A test with mocha. With vitest it is the same, but for the import of describe, it, before and after.
import assert from 'node:assert/strict'
import { startSandbox } from 'aliyun-dm-sandbox/promises'
import Dm from '@alicloud/dm20151123'
import openapi from '@alicloud/openapi-client'

describe('sign-up', () => {
  let sandbox
  before(async () => (sandbox = await startSandbox()))
  after(() => sandbox.stop())

  it('sends a code that can be typed in', async () => {
    const { host } = new URL(sandbox.endpoint)
    const config = new openapi.Config({
      accessKeyId: 'any',
      accessKeySecret: 'any',
      endpoint: host,
      protocol: 'HTTP',
    })
    await new Dm.default(config).singleSendMail(
      new Dm.SingleSendMailRequest({
        accountName: 'noreply@example.com',
        addressType: 1,
        replyToAddress: false,
        toAddress: 'ada@example.org',
        subject: 'Sign up',
        textBody: 'Your code is 482913.',
      }),
    )
    const mail = await sandbox.waitForMail({ to: 'ada@example.org' })
    assert.equal(mail.code, '482913')
  })
})
