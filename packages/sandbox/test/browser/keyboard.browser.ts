import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { describeInBrowser, sendMail, visit, type Visit } from './browser.js'

const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(`(() => {
    const at = document.activeElement
    return at.getAttribute('aria-label') || at.querySelector('.row-subject')?.textContent ||
      (at.matches('[role=tabpanel]') ? at.id : at.textContent)
  })()`)

const press = async (page: Page, ...keys: ReadonlyArray<string>): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key)
}

const fill = async ({ page, sandbox }: Visit): Promise<void> => {
  for (const code of ['111111', '222222', '333333']) await sendMail(sandbox, { code })
  await page.locator('#list .row').nth(2).waitFor()
}

describeInBrowser('inbox page: keyboard', () => {
  it('reaches everything with Tab, the list and the tabs as one stop each', () =>
    visit({}, async (seen) => {
      const { page } = seen
      await fill(seen)
      await page.locator('#list .row').first().click()
      await page.locator('#reader iframe').waitFor()
      await page.locator('h1').click()
      const stops: Array<string> = []
      for (let index = 0; index < 12; index += 1) {
        await press(page, 'Tab')
        stops.push(await focused(page))
      }
      expect(stops.slice(1)).to.deep.equal([
        'Delete all',
        'Search mails',
        stops[3],
        'SignIn 333333',
        'Copy code 333333',
        'Delete',
        'HTML',
        'panel-html',
        'Phone width',
        stops[10],
        'Links (1)',
      ])
      expect(stops[0]).to.equal(seen.sandbox.endpoint)
    }))

  it('moves through the list with arrows and with J and K, and opens what it comes to rest on', () =>
    visit({}, async (seen) => {
      const { page } = seen
      await fill(seen)
      await page.getByRole('searchbox').focus()
      await press(page, 'ArrowDown')
      expect(await focused(page)).to.equal('SignIn 333333')
      await press(page, 'ArrowDown', 'j')
      expect(await focused(page)).to.equal('SignIn 111111')
      await page.getByRole('heading', { name: 'SignIn 111111' }).waitFor()
      await press(page, 'k')
      expect(await focused(page)).to.equal('SignIn 222222')
      await press(page, 'Home')
      expect(await focused(page)).to.equal('SignIn 333333')
      await press(page, 'End', 'Enter')
      await page.getByRole('heading', { name: 'SignIn 111111' }).waitFor()
      expect(await page.locator('[aria-current=true] .row-subject').textContent()).to.equal('SignIn 111111')
    }))

  it('shows where the focus is', () =>
    visit({}, async (seen) => {
      const { page } = seen
      await fill(seen)
      await page.getByRole('searchbox').focus()
      await press(page, 'ArrowDown')
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
      expect(outline).to.equal('solid')
    }))

  it('goes from tab to tab with arrows', () =>
    visit({}, async (seen) => {
      const { page } = seen
      await fill(seen)
      await page.locator('#list .row').first().click()
      await page.getByRole('tab', { name: 'HTML' }).focus()
      await press(page, 'ArrowRight', 'ArrowRight')
      expect(await focused(page)).to.equal('Source')
      expect(await page.getByRole('tabpanel').getAttribute('id')).to.equal('panel-source')
      await press(page, 'End')
      expect(await focused(page)).to.equal('Request')
      await press(page, 'ArrowRight')
      expect(await focused(page)).to.equal('HTML')
    }))

  it('copies a code, finds, and deletes, and keeps its place', () =>
    visit({ context: { permissions: ['clipboard-read', 'clipboard-write'] } }, async (seen) => {
      const { page, sandbox } = seen
      await fill(seen)
      await page.getByRole('searchbox').focus()
      await press(page, 'ArrowDown', 'ArrowDown', 'c')
      await page.locator('#announcement', { hasText: 'Copied' }).waitFor({ state: 'attached' })
      expect(await page.evaluate('navigator.clipboard.readText()')).to.equal('222222')
      await press(page, 'Delete')
      await page.getByRole('dialog').waitFor()
      await press(page, 'Escape')
      expect(await focused(page)).to.equal('SignIn 222222')
      await press(page, 'Delete')
      await page.getByRole('dialog').waitFor()
      await press(page, 'Enter')
      await page.locator('#list .row').nth(2).waitFor({ state: 'detached' })
      expect(sandbox.inbox().map(({ subject }) => subject)).to.deep.equal(['SignIn 111111', 'SignIn 333333'])
      expect(await focused(page)).to.equal('SignIn 111111')
      await press(page, '/')
      expect(await focused(page)).to.equal('Search mails')
    }))

  it('keeps its place when a new mail arrives', () =>
    visit({}, async (seen) => {
      const { page, sandbox } = seen
      await fill(seen)
      await page.getByRole('searchbox').focus()
      await press(page, 'ArrowDown', 'ArrowDown')
      await sendMail(sandbox, { code: '444444' })
      await page.locator('#list .row').nth(3).waitFor()
      expect(await focused(page)).to.equal('SignIn 222222')
    }))
})

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

describeInBrowser('inbox page: accessibility', () => {
  // The page's policy forbids the checker's script as it forbids any other.
  const check = async (page: Page): Promise<ReadonlyArray<string>> => {
    await page.evaluate(axeSource)
    return page.evaluate<Array<string>>(
      `axe.run(document, { iframes: false }).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html + ' ' + node.failureSummary)))`,
    )
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [name, width] of [
      ['wide', 1180],
      ['narrow', 360],
    ] as const) {
      it(`finds nothing to complain of, ${colorScheme} and ${name}`, () =>
        visit(
          { context: { colorScheme, bypassCSP: true, viewport: { width, height: 700 } } },
          async (seen) => {
            const { page, sandbox } = seen
            const expectClean = async (): Promise<void> => {
              await page.waitForTimeout(300)
              expect(await check(page)).to.deep.equal([])
            }
            await expectClean()
            sandbox.failNext({ kind: 'error', code: 'Throttling.User' })()
            await sendMail(sandbox).catch(String)
            await fill(seen)
            await expectClean()
            await page.locator('#list .row.refused').click()
            await expectClean()
            await page.keyboard.press('Escape')
            await page.locator('#list .row.mail').first().click()
            for (const tab of ['HTML', 'Text', 'Source', 'Request']) {
              await page.getByRole('tab', { name: tab }).click()
              await expectClean()
            }
            await page.getByRole('button', { name: 'Delete', exact: true }).click()
            await expectClean()
          },
        ))
    }
  }
})
