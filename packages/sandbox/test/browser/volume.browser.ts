import { Agent, request } from 'node:http'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { describeInBrowser, visit } from './browser.js'
import { form, iso, mail } from '../client.js'
import type { Sandbox } from '../../src/index.js'
import { createHash, randomUUID } from 'node:crypto'

const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** As an SDK would, but without the time that one takes; nobody checks the signature here. */
const post = ({ endpoint }: Sandbox, subject: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const body = form({ ...mail, Subject: subject })
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-action': 'SingleSendMail',
      'x-acs-version': '2015-11-23',
      'x-acs-date': iso(Date.now()),
      'x-acs-signature-nonce': randomUUID(),
      'x-acs-content-sha256': createHash('sha256').update(body).digest('hex'),
    }
    const names = ['host', ...Object.keys(headers)].sort().join(';')
    const authorization = `ACS3-HMAC-SHA256 Credential=any,SignedHeaders=${names},Signature=any`
    request(endpoint, { method: 'POST', agent, headers: { ...headers, authorization } }, (response) => {
      response.resume()
      response.on('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(String(response.statusCode)))
      })
    })
      .on('error', reject)
      .end(body)
  })

const sendMany = async (sandbox: Sandbox, from: number, to: number): Promise<void> => {
  for (let next = from; next < to; next += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, index) => post(sandbox, `Mail ${next + index}`)))
  }
}

/** Bytes and nodes that the page holds after a collection. */
const holdings = async (page: Page): Promise<{ readonly bytes: number; readonly nodes: number }> => {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { nodes } = await session.send('Memory.getDOMCounters')
  await session.detach()
  return { bytes: usedSize, nodes }
}

const goToOldest = async (page: Page): Promise<void> => {
  await page.getByRole('searchbox').focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('End')
}

const focusedSubject = (page: Page): Promise<unknown> =>
  page.evaluate('document.activeElement.querySelector(".row-subject").textContent')

describeInBrowser('inbox page: volume', () => {
  after(() => agent.destroy())

  it('stays small and quick while 10 000 mails run through a ring of 500', () =>
    visit({ sandbox: {} }, async ({ page, sandbox }) => {
      await page.evaluate(`window.slowest = 0; window.last = performance.now()
        setInterval(() => { const now = performance.now(); slowest = Math.max(slowest, now - last); last = now }, 10)`)
      await sendMany(sandbox, 0, 2000)
      await page.locator('#list .row-subject', { hasText: /^Mail 1999$/ }).waitFor()
      const before = await holdings(page)
      await sendMany(sandbox, 2000, 10_000)
      await page.locator('#list .row', { hasText: 'Mail 9999' }).waitFor()
      expect(sandbox.inbox()).to.have.length(500)
      expect(await page.locator('#mail-count').textContent()).to.equal('500')
      const after = await holdings(page)
      expect(after.bytes).to.be.below(before.bytes * 1.5 + 4_000_000)
      expect(after.bytes).to.be.below(40_000_000)
      expect(after.nodes).to.be.below(8000)
      expect(await page.locator('#list li').count()).to.be.at.most(101)
      // No pause that a reader would take for a hang, while they arrived or now.
      expect(await page.evaluate('window.slowest')).to.be.below(4000)
      const started = Date.now()
      await page.locator('#list .row').first().click()
      await page.locator('#reader iframe').waitFor()
      await page.getByRole('searchbox').fill('Mail 9501')
      await page.locator('#list .row-subject', { hasText: 'Mail 9501' }).waitFor()
      expect(Date.now() - started).to.be.below(10_000)
    })).timeout(180_000)

  it('brings older mails in as the reader scrolls or goes there', () =>
    visit({ sandbox: {} }, async ({ page, sandbox }) => {
      await sendMany(sandbox, 0, 500)
      await page.locator('#mail-count', { hasText: '500' }).waitFor()
      await goToOldest(page)
      expect(await focusedSubject(page)).to.equal(sandbox.inbox()[0]?.subject)
      expect(await page.locator('#list .row').count()).to.equal(500)
    }))

  it('keeps the focus on the oldest mail while a hundred more arrive', () =>
    visit({ sandbox: {} }, async ({ page, sandbox }) => {
      await sendMany(sandbox, 0, 200)
      await page.locator('#mail-count', { hasText: '200' }).waitFor()
      await goToOldest(page)
      await sendMany(sandbox, 200, 300)
      await page.locator('#mail-count', { hasText: '300' }).waitFor()
      expect(await focusedSubject(page)).to.equal(sandbox.inbox()[0]?.subject)
    }))
})
