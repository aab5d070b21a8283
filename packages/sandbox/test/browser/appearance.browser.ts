import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { describeInBrowser, sendMail, visit } from './browser.js'

const background = async (page: Page, selector: string): Promise<string> => {
  await page.locator(selector).waitFor()
  return page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).backgroundColor`)
}

/** Of three colour values from 0 to 255. */
const brightness = (colour: string): number =>
  (colour.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, value) => sum + Number(value) / 3, 0)

describeInBrowser('inbox page: appearance', () => {
  it('is light or dark as the system is, and shows a mail on white in both', () =>
    visit({ context: { colorScheme: 'dark' } }, async ({ page, sandbox }) => {
      await sendMail(sandbox)
      await page.locator('#list .row').click()
      expect(brightness(await background(page, 'body'))).to.be.below(60)
      expect(await background(page, 'iframe')).to.equal('rgb(255, 255, 255)')
      await page.emulateMedia({ colorScheme: 'light' })
      expect(brightness(await background(page, 'body'))).to.be.above(230)
      expect(await background(page, 'iframe')).to.equal('rgb(255, 255, 255)')
    }))

  it('speaks Chinese to a Chinese browser, English to others', async () => {
    await visit({ context: { locale: 'zh-CN' } }, async ({ page, sandbox }) => {
      await page.getByRole('heading', { name: '还没有邮件' }).waitFor()
      await sendMail(sandbox)
      await page.locator('#list .row').click()
      await page.getByRole('tab', { name: '源码' }).waitFor()
      await page.getByRole('button', { name: '复制验证码 482913' }).first().waitFor()
      expect(await page.locator('html').getAttribute('lang')).to.equal('zh-CN')
      expect(await page.title()).to.equal('收件箱 · 邮件推送沙箱')
      const page1 = (await page.locator('body').innerText()).replace(
        /HTML|Shop|SignIn|http\S+|<?\S+@\S+/g,
        '',
      )
      expect(page1).not.to.match(/Delete|Search|Text|Source|Request|Refused|From/)
    })
    await visit({ context: { locale: 'fr-FR' } }, async ({ page }) => {
      await page.getByRole('heading', { name: 'No mail yet' }).waitFor()
    })
  })

  it('works at a width of 360 pixels: list, mail, back', () =>
    visit({ context: { viewport: { width: 360, height: 640 } } }, async ({ page, sandbox }) => {
      const expectNoOverflow = async (): Promise<void> => {
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(360)
      }
      await expectNoOverflow()
      await sendMail(sandbox, { type: 'Register', content: `<p>{{code}}</p><p>${'long'.repeat(200)}</p>` })
      await sendMail(sandbox)
      await page.locator('#list .row').nth(1).waitFor()
      await expectNoOverflow()
      await page.locator('#list .row').nth(1).click()
      await page.getByRole('heading', { name: 'Register 482913' }).waitFor()
      expect(await page.locator('#list').isVisible()).to.equal(false)
      for (const tab of ['HTML', 'Text', 'Source', 'Request']) {
        await page.getByRole('tab', { name: tab }).click()
        await expectNoOverflow()
      }
      const panel = await page.locator('#panel-request').boundingBox()
      expect(panel?.height).to.be.above(300)
      await page.goBack()
      expect(await page.locator('#list').isVisible()).to.equal(true)
      await page.locator('#list .row').first().click()
      await page.getByRole('button', { name: 'Back to the list' }).click()
      expect(await page.locator('#list').isVisible()).to.equal(true)
      expect(await page.evaluate('location.hash')).to.equal('')
    }))
})
