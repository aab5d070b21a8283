/**
 * What the built-in connector's own unit tests expect of it, as facts. One of them cannot hold: their config has a
 * bare name for the sender address, and DirectMail has no such senders.
 *
 * Source: packages/connectors/connector-aliyun-dm/src/*.test.ts of logto-io/logto. Its test of the signature is about a
 * scheme that this connector does not use.
 */
import dns from 'node:dns'
import { TemplateType } from '@logto/connector-kit'
import { expect } from 'chai'
import sinon from 'sinon'
import { configGuard } from '../src/config.js'
import { endpointVariable } from '../src/environment.js'
import { config, makeConnector, rejection, useSandbox } from './support.js'

const makeTemplate = (usageType: string, purpose: string, subject = 'subject') => ({
  usageType,
  subject,
  content: `Your ${purpose} code is {{code}}, {{code}} is your code`,
})

const saved = {
  ...config,
  templates: [
    makeTemplate('SignIn', 'sign-in', 'Sign-in code {{code}}'),
    makeTemplate('Register', 'register'),
    makeTemplate('ForgotPassword', 'forgot password'),
    makeTemplate('Generic', 'generic'),
    {
      usageType: 'OrganizationInvitation',
      subject: 'Organization invitation',
      content: 'Your link is {{link}}',
    },
  ],
}

const to = 'to@email.com'

describe('what the built-in connector’s own tests expect', () => {
  const sandbox = useSandbox()

  it('holds for a code in subject and body', async () => {
    const { sendMessage } = await makeConnector(saved)
    await sendMessage({ to, type: TemplateType.SignIn, payload: { code: '1234' } })
    expect(sandbox().inbox()[0]).to.include({
      subject: 'Sign-in code 1234',
      htmlBody: 'Your sign-in code is 1234, 1234 is your code',
    })
  })

  it('holds for the link of an invitation', async () => {
    const { sendMessage } = await makeConnector(saved)
    const payload = { code: '1234', link: 'https://example.com' }
    await sendMessage({ to, type: TemplateType.OrganizationInvitation, payload })
    expect(sandbox().inbox()[0]).to.include({
      subject: 'Organization invitation',
      htmlBody: 'Your link is https://example.com',
    })
  })

  it('holds for a template of Logto’s, but for a reply address that is none', async () => {
    const warn = sinon.stub(console, 'warn')
    try {
      const { sendMessage } = await makeConnector(saved, () =>
        Promise.resolve({
          subject: 'Generic email',
          content: 'Verification code is {{code}}',
          replyTo: 'Reply-to {{to}}',
          sendFrom: 'Foo {{applicationName}}',
        }),
      )
      const payload = { code: '1234', applicationName: 'bar' }
      await sendMessage({ to, type: TemplateType.Generic, payload })
    } finally {
      warn.restore()
    }
    expect(sandbox().inbox()[0]).to.include({
      subject: 'Generic email',
      htmlBody: 'Verification code is 1234',
      fromAlias: 'Foo bar',
    })
    expect(sandbox().inbox()[0]?.replyAddress).to.equal(undefined)
  })

  const hosts: ReadonlyArray<readonly [string | undefined, string]> = [
    [undefined, 'dm.aliyuncs.com'],
    ['ap-southeast-1', 'dm.ap-southeast-1.aliyuncs.com'],
  ]
  for (const [regionId, host] of hosts)
    it(`holds for the endpoint of ${regionId ?? 'no region'}`, async () => {
      const kept = process.env[endpointVariable]
      process.env[endpointVariable] = ''
      const notFound = Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
      const lookup = sinon.stub(dns, 'lookup').yieldsRight(notFound)
      try {
        const { sendMessage } = await makeConnector({ ...saved, regionId })
        await rejection(sendMessage({ to, type: TemplateType.SignIn, payload: { code: '1234' } }))
        expect(new Set(lookup.args.map(([asked]) => asked))).to.deep.equal(new Set([host]))
      } finally {
        lookup.restore()
        process.env[endpointVariable] = kept
      }
    })

  const isValid = (change: object): boolean => configGuard.safeParse({ ...saved, ...change }).success

  it('holds for configs: required templates, known regions', () => {
    expect(isValid({})).to.equal(true)
    expect(isValid({ templates: saved.templates.slice(0, 1) })).to.equal(false)
    expect(isValid({ regionId: 'ap-southeast-1' })).to.equal(true)
    expect(isValid({ regionId: 'cn-shanghai' })).to.equal(false)
  })

  it('does not hold for a bare name in place of the sender address', () => {
    expect(isValid({ accountName: 'accountName' })).to.equal(false)
  })
})
