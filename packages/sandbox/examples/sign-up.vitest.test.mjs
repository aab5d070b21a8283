// A test with vitest, by promises: one sandbox for the file.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createConnector } from 'aliyun-dm-connector/promises'
import { startSandbox } from 'aliyun-dm-sandbox/promises'

const template = { subject: 'Your code', content: '<p>Your code is {{code}}.</p>' }
const config = {
  accessKeyId: 'an-id',
  accessKeySecret: 'a-secret',
  accountName: 'noreply@example.com',
  templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({
    usageType,
    ...template,
  })),
}

let sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ accessKeys: { 'an-id': 'a-secret' } })
})
afterAll(() => sandbox.stop())

it('sends a code that can be typed in', async () => {
  const connector = createConnector(config, { endpoint: sandbox.endpoint })
  await connector.sendMessage({ to: 'ada@example.org', type: 'Register', payload: { code: '482913' } })
  const mail = await sandbox.waitForMail({ to: 'ada@example.org' })
  expect(mail.code).toBe('482913')
})
