import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { startSandbox } from '../../src/index.js'
import { accessKeys, describeInBrowser, sendMail, visit } from './browser.js'

const row = '#list .row'

describeInBrowser('inbox page', () => {
  it('says how to point an SDK at the endpoint while it is empty', () =>
    visit({}, async ({ page, sandbox }) => {
      await page.getByRole('heading', { name: 'No mail yet' }).waitFor()
      const text = await page.locator('#empty').innerText()
      expect(text).to.contain(`createConnector(config, { endpoint: '${sandbox.endpoint}' })`)
      expect(text).to.contain(`endpoint: '${sandbox.endpoint.slice('http://'.length)}'`)
    }))

  it('shows a mail of the real SDK without a reload, newest first', () =>
    visit({}, async ({ page, sandbox }) => {
      await sendMail(sandbox)
      await page.locator(row).first().waitFor()
      await sendMail(sandbox, { to: 'lin@example.cn', type: 'Register' })
      await page.locator(row, { hasText: 'Register' }).waitFor()
      const [newest, oldest] = await page.locator(row).allInnerTexts()
      expect(newest).to.contain('Register 482913').and.to.contain('lin@example.cn')
      expect(newest)
        .to.contain('示例 Shop <noreply@example.com>')
        .and.to.match(/\d\d:\d\d/)
      expect(newest).to.match(/\d+ B/)
      expect(oldest).to.contain('SignIn 482913').and.to.contain('ada@example.org')
      await page
        .locator('#announcement', { hasText: 'New mail: Register 482913, to lin@example.cn' })
        .waitFor({
          state: 'attached',
        })
      expect(await page.title()).to.equal('(2) Inbox · DirectMail sandbox')
    }))

  it('shows the HTML as a reader sees it, with links that lead nowhere but are listed', () =>
    visit({}, async ({ page, sandbox }) => {
      await sendMail(sandbox)
      await page.locator(row).click()
      const mail = page.frameLocator('iframe.mail-frame')
      await mail.getByText('您的验证码是 482913').waitFor()
      // Its own style is in force.
      expect((await mail.locator('p').first().boundingBox())?.width).to.equal(321)
      expect(await page.locator('iframe').getAttribute('sandbox')).to.equal('')
      await page.getByText('Links (1)').click()
      expect(await page.locator('.links a').getAttribute('href')).to.equal('https://example.com/a?b=1&c=2')
      await mail.getByRole('link', { name: 'Help' }).click()
      await mail.getByText('您的验证码是 482913').waitFor()
    }))

  it('shows the text, the source and the request', () =>
    visit({}, async ({ page, sandbox }) => {
      const envId = await sendMail(sandbox)
      await page.locator(row).click()
      await page.getByRole('tab', { name: 'Text' }).click()
      const text = page.getByRole('tabpanel', { name: 'Text' })
      expect(await text.locator('pre').innerText()).to.equal(
        '您的验证码是 482913，10 分钟内有效。\n\nFish & chips Help',
      )
      await page.getByRole('tab', { name: 'Source' }).click()
      const source = page.getByRole('tabpanel', { name: 'Source' })
      expect(await source.locator('pre').textContent()).to.equal(sandbox.inbox()[0]?.htmlBody)
      await page.getByRole('tab', { name: 'Request' }).click()
      const request = await page.getByRole('tabpanel', { name: 'Request' }).innerText()
      const [mail] = sandbox.inbox()
      for (const expected of [
        envId,
        mail?.requestId,
        mail?.signature.nonce,
        'LTAItest',
        'ACS3-HMAC-SHA256 verified',
      ]) {
        expect(request).to.contain(expected)
      }
      for (const [name, value] of Object.entries(mail?.parameters ?? {})) {
        expect(request).to.contain(name).and.to.contain(value)
      }
    }))

  it('shows a mail that is plain text', () =>
    visit({}, async ({ page, sandbox }) => {
      await sendMail(sandbox, { content: 'Code: {{code}}\n<b>not bold</b>', contentType: 'text/plain' })
      await page.locator(row).click()
      const text = page.getByRole('tabpanel', { name: 'Text' })
      expect(await text.locator('pre').textContent()).to.equal('Code: 482913\n<b>not bold</b>')
      await page.getByRole('tab', { name: 'HTML' }).click()
      await page.getByText('This mail has no HTML.').waitFor()
    }))

  it('says that no signature was checked where there are no keys', () =>
    visit({ sandbox: {} }, async ({ page, sandbox }) => {
      await sendMail(sandbox)
      await page.locator(row).click()
      await page.getByRole('tab', { name: 'Request' }).click()
      await page.getByText('not checked: the sandbox has no access keys').waitFor()
    }))

  it('shows the mail at the width of a phone', () =>
    visit({}, async ({ page, sandbox }) => {
      await sendMail(sandbox)
      await page.locator(row).click()
      const frame = page.locator('iframe.mail-frame')
      expect((await frame.boundingBox())?.width).to.be.above(700)
      const toggle = page.getByRole('button', { name: 'Phone width' })
      await toggle.click()
      expect((await frame.boundingBox())?.width).to.equal(375)
      expect(await toggle.getAttribute('aria-pressed')).to.equal('true')
    }))

  it('copies the code with one click, from the list and from the mail', () =>
    visit({ context: { permissions: ['clipboard-read', 'clipboard-write'] } }, async ({ page, sandbox }) => {
      await sendMail(sandbox, { code: '111222' })
      await sendMail(sandbox, { code: '333444' })
      await page.locator(row).nth(1).waitFor()
      /** Copying goes on after the click; a code that never gets there ends in mocha's time limit. */
      const clipboardHolds = async (code: string): Promise<void> => {
        while ((await page.evaluate('navigator.clipboard.readText()')) !== code) await page.waitForTimeout(20)
      }
      await page.locator('#list').getByRole('button', { name: 'Copy code 111222' }).click()
      await clipboardHolds('111222')
      await page.locator(row).first().click()
      await page.locator('#reader').getByRole('button', { name: 'Copy code 333444' }).click()
      await clipboardHolds('333444')
    }))

  it('finds mails by what they show and say', () =>
    visit({}, async ({ page, sandbox }) => {
      await sendMail(sandbox, { code: '111222' })
      await sendMail(sandbox, { code: '333444', to: 'lin@example.cn' })
      await page.locator(row).nth(1).waitFor()
      const search = page.getByRole('searchbox', { name: 'Search mails' })
      const shown = async (query: string): Promise<string> => {
        await search.fill(query)
        return (await page.locator('#list .row-to').allTextContents()).join()
      }
      expect(await shown('LIN@')).to.equal('lin@example.cn')
      expect(await shown('111222')).to.equal('ada@example.org')
      expect(await shown('chips')).to.equal('lin@example.cn,ada@example.org')
      expect(await shown('chips 333444')).to.equal('lin@example.cn')
      expect(await shown('nobody')).to.equal('')
      await page.getByText('Nothing matches.').waitFor()
    }))

  it('deletes one mail, after a question', () =>
    visit({}, async ({ page, sandbox }) => {
      await sendMail(sandbox, { code: '111222' })
      await sendMail(sandbox, { code: '333444' })
      await page.locator(row).nth(1).waitFor()
      await page.locator(row, { hasText: '111222' }).click()
      const remove = page.locator('#reader').getByRole('button', { name: 'Delete' })
      await remove.click()
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
      expect(sandbox.inbox()).to.have.length(2)
      await remove.click()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
      await page.getByText('Choose a mail to read it.').waitFor()
      expect(await page.locator('#list .row-subject').allTextContents()).to.deep.equal(['SignIn 333444'])
      expect(sandbox.inbox().map(({ subject }) => subject)).to.deep.equal(['SignIn 333444'])
    }))

  it('deletes all mails and refused requests, and follows when somebody else does', () =>
    visit({}, async ({ page, sandbox }) => {
      await sendMail(sandbox)
      await page.locator(row).click()
      await page.getByRole('button', { name: 'Delete all' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete all' }).click()
      await page.getByRole('heading', { name: 'No mail yet' }).waitFor()
      expect(sandbox.inbox()).to.have.length(0)
      await sendMail(sandbox)
      await page.locator(row).waitFor()
      sandbox.clear()
      await page.getByRole('heading', { name: 'No mail yet' }).waitFor()
    }))

  it('lists a refused request with the error that its client got', () =>
    visit({ sandbox: { accessKeys: { LTAItest: 'another-secret' } } }, async ({ page, sandbox }) => {
      const refusal = await sendMail(sandbox).catch(String)
      expect(refusal).to.contain('SignatureDoesNotMatch')
      await page.locator(row, { hasText: 'SignatureDoesNotMatch' }).click()
      const pane = await page.locator('#reader').innerText()
      const [refused] = sandbox.refused()
      for (const expected of [
        refused?.message,
        refused?.requestId,
        '400',
        'LTAItest',
        'ada@example.org',
        'SignIn 482913',
      ]) {
        expect(pane).to.contain(expected)
      }
      await page.locator('.filter label', { hasText: 'Mails' }).click()
      expect(await page.locator(row).count()).to.equal(0)
      await page.locator('.filter label', { hasText: 'Refused' }).click()
      expect(await page.locator(row).count()).to.equal(1)
    }))

  it('says when a fault was played', () =>
    visit({}, async ({ page, sandbox }) => {
      sandbox.failNext({ kind: 'reset', at: 'headers' })()
      await sendMail(sandbox).catch(String)
      await page.locator(row).click()
      await page.getByText('“reset” was played by order.').waitFor()
    }))

  it('goes on by itself when the sandbox is started anew', () =>
    visit({}, async ({ page, sandbox, misdeeds }) => {
      await sendMail(sandbox, { code: '111222' })
      await page.locator(row).waitFor()
      await sandbox.stop()
      await page.getByText('Not connected. Trying again…').waitFor()
      const again = await startSandbox({ accessKeys, port: Number(new URL(sandbox.endpoint).port) })()
      if (E.isLeft(again)) throw again.left
      await sendMail(again.right, { code: '333444' })
      await page.getByText('Live').waitFor()
      await page.locator(row, { hasText: '333444' }).waitFor()
      expect(await page.locator('#list .row-subject').allTextContents()).to.deep.equal(['SignIn 333444'])
      await again.right.stop()
      // The browser itself writes down that nobody answered.
      misdeeds.errors.length = 0
    }))

  it('opens the mail that its address names', () =>
    visit({}, async ({ page, sandbox }) => {
      const envId = await sendMail(sandbox)
      await page.goto(`${sandbox.endpoint}/#mail/${envId}`)
      await page.reload()
      await page.getByRole('heading', { name: 'SignIn 482913' }).waitFor()
    }))

  it('shows what became of a mail, and what the receiver of its event answered', async () => {
    const receiver = createServer((_, response) => response.writeHead(503).end()).listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    // A server that listens on a port has an address of this kind.
    const { port } = receiver.address() as AddressInfo
    await visit({ sandbox: { events: `http://127.0.0.1:${port}/` } }, async ({ page, sandbox }) => {
      await sendMail(sandbox, { to: 'bounce@simulator.test' })
      await page.locator(row).click()
      await page
        .getByText('bounced (554 5.0.0 The mail was not taken) · event pushed, answered 503')
        .waitFor()
    })
    await visit({}, async ({ page, sandbox }) => {
      await sendMail(sandbox)
      await page.locator(row).click()
      await page.getByText('delivered (250 Send Mail OK)', { exact: true }).waitFor()
    })
    receiver.close()
  })
})
