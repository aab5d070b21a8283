// A sign-up in a browser, as a user does it: the code comes from the sandbox. Run it around one:
// npx aliyun-dm-sandbox -- node sign-up.playwright.mjs
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import process from 'node:process'
import { chromium } from 'playwright-core'

const endpoint = process.env.ALIYUN_DM_ENDPOINT

// The program under test: it mails a code, and compares what is typed in.
const sendCode = (to) =>
  fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      ...{
        Action: 'SingleSendMail',
        Version: '2015-11-23',
        Format: 'JSON',
        AccessKeyId: 'any',
        Signature: 'any',
      },
      ...{ SignatureMethod: 'HMAC-SHA1', SignatureVersion: '1.0', SignatureNonce: crypto.randomUUID() },
      Timestamp: new Date().toISOString(),
      ...{ AccountName: 'noreply@example.com', AddressType: '1', ReplyToAddress: 'false', ToAddress: to },
      ...{ Subject: 'Sign up', HtmlBody: '<p>Your code is <b>482913</b></p>' },
    }),
  })
const app = createServer(async (request, response) => {
  const { searchParams } = new URL(request.url, 'http://app')
  if (searchParams.has('to')) await sendCode(searchParams.get('to'))
  response.setHeader('content-type', 'text/html')
  response.end(
    searchParams.get('code') === '482913'
      ? '<h1>Welcome</h1>'
      : '<form><label>Address <input name=to></label><button>Send</button></form>' +
          '<form><label>Code <input name=code></label><button>Sign up</button></form>',
  )
})
await new Promise((resolve) => app.listen(0, '127.0.0.1', resolve))

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
const page = await browser.newPage()
await page.goto(`http://127.0.0.1:${app.address().port}/`)
await page.getByLabel('Address').fill('ada@example.org')
await page.getByRole('button', { name: 'Send' }).click()
const [mail] = await (await fetch(`${endpoint}/api/mails?to=ada@example.org&wait=10`)).json()
await page.getByLabel('Code').fill(mail.code)
await page.getByRole('button', { name: 'Sign up' }).click()
await page.getByRole('heading', { name: 'Welcome' }).waitFor()
assert.equal(mail.subject, 'Sign up')
await browser.close()
app.close()
console.log('signed up')
