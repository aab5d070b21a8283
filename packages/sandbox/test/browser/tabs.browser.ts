import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { describeInBrowser, sendMail, visit } from './browser.js'

/** Headless Chromium takes every tab for visible. */
const setHidden = (page: Page, isHidden: boolean): Promise<unknown> =>
  page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, value: ${String(isHidden)} })
    document.dispatchEvent(new Event('visibilitychange'))`)

const waitUntilLive = (page: Page): Promise<void> => page.locator('#status[data-status=live]').waitFor()

describeInBrowser('inbox page: many tabs', () => {
  it('are served, however many: those that are hidden hold no connection', () =>
    visit({}, async ({ context, page, sandbox, misdeeds }) => {
      const pages = [page]
      for (let count = 2; count <= 10; count++) {
        await setHidden(pages.at(-1) ?? page, true)
        const next = await context.newPage()
        await next.goto(`${sandbox.endpoint}/`)
        await waitUntilLive(next)
        pages.push(next)
      }
      misdeeds.navigations.length = 0
      expect(pages).to.have.length(10)
    }))

  it('that are seen again show what came meanwhile, as unread, and follow again', () =>
    visit({}, async ({ page, sandbox }) => {
      await setHidden(page, true)
      await sendMail(sandbox, { code: '111111' })
      await page.waitForTimeout(300)
      expect(await page.locator('#list .row').count()).to.equal(0)
      await setHidden(page, false)
      await page.locator('#list .row', { hasText: '111111' }).waitFor()
      expect(await page.title()).to.match(/^\(1\) /)
      await sendMail(sandbox, { code: '222222' })
      await page.locator('#list .row', { hasText: '222222' }).waitFor()
    }))
})
