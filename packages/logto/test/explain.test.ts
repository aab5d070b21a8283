/**
 * An administrator's test that is refused, at a sandbox whose account really is like that.
 */
import { ConnectorError, TemplateType } from '@logto/connector-kit'
import { expect } from 'chai'
import { showInConsole } from './logto-pages.js'
import { config, makeConnector, rejection, useSandbox } from './support.js'

const signIn = { to: 'ann@example.com', type: TemplateType.SignIn, payload: { code: '407312' } }

/** What the console shows after the administrator pressed Send. */
const test = async (changed: object = {}): Promise<string> => {
  const { sendMessage } = await makeConnector(config)
  const error = await rejection(sendMessage(signIn, { ...config, ...changed }))
  return error instanceof ConnectorError ? showInConsole(error) : expect.fail(String(error))
}

describe('a refused test', () => {
  const accounts = [
    ['a frozen sender address', { frozenSenders: [config.accountName] }, /The account: .*is frozen/],
    ['a domain that is not verified', { unverifiedDomains: ['mail.example.com'] }, /The account: .*SPF/],
    ['a used-up quota', { dailyQuota: 0 }, /The account: All 0 mails of today are used up/],
    ['overdue payments', { userStatus: 2 }, /The account: .*overdue payments/],
  ] as const
  for (const [what, account, named] of accounts)
    describe(`because of ${what}`, () => {
      const sandbox = useSandbox({ account })

      it('names it', async () => {
        expect(await test()).to.match(named)
      })

      it('keeps users from waiting for more than the refusal', async () => {
        const { sendMessage } = await makeConnector(config)
        const before = sandbox().requests()
        const error = await rejection(sendMessage(signIn))
        expect(error).to.be.instanceOf(ConnectorError)
        expect(sandbox().requests()).to.equal(before + 1)
      })
    })

  describe('with a key that may only send', () => {
    useSandbox({ account: { frozenSenders: [config.accountName], sendOnlyKeys: [config.accessKeyId] } })

    it('says what the refusal says', async () => {
      const shown = await test()
      expect(shown).to.include('InvalidMailAddressStatus.Malformed').and.to.not.include('The account:')
    })
  })

  describe('with a wrong secret', () => {
    useSandbox()

    it('says once that the secret is wrong', async () => {
      const shown = await test({ accessKeySecret: 'wrong' })
      expect(shown.match(/accessKeySecret/g)).to.have.length(1)
    })
  })
})
