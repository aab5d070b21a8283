/**
 * Other web pages in the developer's browser. Each tries what a page can try; what it got ends in its title.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { describeInBrowser, sendMail, visit } from './browser.js'

const attempts = (target: string): string => `<!doctype html><title>working</title><script type="module">
const target = ${JSON.stringify(target)}
const got = []
const tell = (what) => (value) => got.push(what + ': ' + value)
const load = (tag, attributes) => new Promise((resolve, reject) => {
  const made = Object.assign(document.createElement(tag), attributes, { onload: () => resolve('loaded'), onerror: reject })
  document.body.append(made)
})
const attempt = (what, work) => work().then(tell(what), () => undefined)
await attempt('fetch', () => fetch(target + '/api/mails').then((response) => response.text()))
await attempt('blind fetch', async () => {
  const response = await fetch(target + '/api/mails', { mode: 'no-cors' })
  const text = await response.text()
  if (text === '') throw new Error('opaque')
  return text
})
await attempt('fetch with a header', () => fetch(target + '/api/mails', { headers: { 'x-a': 'b' } }).then((r) => r.text()))
await attempt('delete', () => fetch(target + '/api/mails', { method: 'DELETE' }).then((r) => r.status))
await attempt('events', () => new Promise((resolve, reject) => {
  const source = new EventSource(target + '/api/events')
  source.onopen = () => resolve('open')
  source.onerror = reject
}))
await attempt('script', () => load('script', { src: target + '/main.js', type: 'module' }))
await attempt('plain script', () => load('script', { src: target + '/api/mails' }))
await attempt('image', () => load('img', { src: target + '/envelope.svg' }))
await attempt('style', () => load('link', { rel: 'stylesheet', href: target + '/page.css' }))
for (const path of ['/', '/api/mails']) {
  await attempt('frame ' + path, async () => {
    const frame = document.createElement('iframe')
    frame.src = target + path
    const done = new Promise((resolve) => (frame.onload = resolve))
    document.body.append(frame)
    await done
    return frame.contentDocument.body.textContent
  })
}
await attempt('form', async () => {
  const sink = Object.assign(document.createElement('iframe'), { name: 'sink' })
  const form = Object.assign(document.createElement('form'), { action: target + '/api/faults', method: 'post', enctype: 'text/plain', target: 'sink' })
  const field = Object.assign(document.createElement('input'), { name: '{"fault":{"kind":"reset","at":"headers"},"x":"', value: '"}' })
  form.append(field)
  document.body.append(sink, form)
  const done = new Promise((resolve) => (sink.onload = resolve))
  form.submit()
  await done
  throw new Error('only what happens to the next request can tell')
})
document.title = JSON.stringify(got)
</script><body>`

let html = ''
const elsewhere: Server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end(html)
})
const portOf = (): number => (elsewhere.address() as AddressInfo).port

const listen = (): Promise<ReadonlyArray<string>> =>
  new Promise((resolve) => {
    elsewhere.listen(0, '127.0.0.1', () => resolve(['--host-resolver-rules=MAP *.test 127.0.0.1']))
  })

const suite = (): void => {
  after(() => {
    elsewhere.close()
  })

  for (const host of ['127.0.0.1', 'localhost', 'evil.test']) {
    it(`a page of ${host} at another port can neither read nor change anything`, () =>
      visit({}, async ({ page, sandbox, misdeeds }) => {
        await sendMail(sandbox)
        html = attempts(sandbox.endpoint)
        await page.goto(`http://${host}:${portOf()}/`)
        await page.waitForFunction('document.title !== "working"')
        expect(await page.title()).to.equal('[]')
        expect(sandbox.inbox()).to.have.length(1)
        // No fault was set: the next mail goes through.
        await sendMail(sandbox)
        misdeeds.foreign.length = misdeeds.errors.length = misdeeds.navigations.length = 0
      }))
  }

  it('a name that is made to point at this machine is not served', () =>
    visit({}, async ({ page, sandbox, misdeeds }) => {
      await sendMail(sandbox)
      const { port } = new URL(sandbox.endpoint)
      for (const path of ['/', '/api/mails', '/main.js']) {
        const response = await page.goto(`http://rebound.test:${port}${path}`)
        expect(response?.status()).to.equal(421)
        expect(await response?.text()).not.to.contain('482913')
      }
      misdeeds.foreign.length = misdeeds.errors.length = misdeeds.navigations.length = 0
    }))
}

describeInBrowser('inbox page: strangers', suite, listen)
