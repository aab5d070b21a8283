/**
 * Makes the README's pictures of the inbox page: `npx tsx packages/sandbox/test/browser/screenshots.ts`, and then
 * `pngquant --force --ext .png docs/images/*.png packages/sandbox/inbox.png` to make them small. Chinese letters need a
 * font such as Debian's fonts-noto-cjk.
 */
import { copyFileSync, readFileSync } from 'node:fs'
import { chromium, type BrowserContextOptions, type Page } from 'playwright-core'
import * as E from 'fp-ts/lib/Either.js'
import { createConnector } from 'aliyun-dm-connector'
import { startSandbox } from '../../src/index.js'
import { executablePath } from './browser.js'

const signIn = `<div style="font-family:system-ui,sans-serif;max-width:520px;margin:0 auto;padding:32px 24px;color:#222;line-height:1.6">
  <p style="font-weight:700;font-size:18px">Example</p>
  <p>您正在登录 Example，验证码是 / Your sign-in code is</p>
  <p style="font-size:32px;letter-spacing:6px;font-weight:700;background:#f4f4f2;border-radius:10px;padding:14px 0;text-align:center">{{code}}</p>
  <p style="color:#555">10 分钟内有效。如非本人操作，请忽略此邮件。<br>It is valid for 10 minutes. If this was not you, ignore this mail.</p>
  <p><a href="https://example.com/help" style="color:#c2410c">帮助 / Help</a></p></div>`

interface Example {
  readonly templates: ReadonlyArray<{ readonly usageType: string }>
}

const example = JSON.parse(readFileSync('examples/connector.json', 'utf8')) as Example
const config = {
  ...example,
  templates: example.templates.map((template) =>
    template.usageType === 'SignIn' ? { ...template, content: signIn } : template,
  ),
}

const started = await startSandbox({ port: 8025, accessKeys: { LTAI5tExampleKeyId: 'ExampleKeySecret' } })()
if (E.isLeft(started)) throw started.left
const sandbox = started.right
const made = createConnector(config, { endpoint: sandbox.endpoint, maxAttempts: 1 })
if (E.isLeft(made)) throw new Error(made.left.message)

const mails = [
  ['Generic', 'grace@example.net', '730418'],
  ['Register', 'ada@example.org', '118204'],
  ['SignIn', 'zhang.min@example.com', '594037'],
  ['ForgotPassword', 'lin.wei@example.cn', '860251'],
  ['SignIn', 'refused', '000000'],
  ['Generic', 'user+test@example.org', '275960'],
  ['SignIn', 'lin.wei@example.cn', '482913'],
  ['Register', 'zhang.min@example.com', '306715'],
] as const
for (const [type, to, code] of mails) {
  const isRefused = to === 'refused'
  if (isRefused) sandbox.failNext({ kind: 'error', code: 'Throttling.User' })()
  const address = isRefused ? 'grace@example.net' : to
  await made.right.sendMessage({ to: address, type, payload: { code } })()
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
const shoot = async (
  name: string,
  options: BrowserContextOptions,
  prepare: (page: Page) => Promise<void> = () => Promise.resolve(),
): Promise<void> => {
  const context = await browser.newContext({ viewport: { width: 1100, height: 660 }, ...options })
  const page = await context.newPage()
  await page.goto(sandbox.endpoint)
  await page.locator('#list .row').nth(1).click()
  await prepare(page)
  await page.mouse.move(0, 0)
  await page.waitForTimeout(500)
  await page.screenshot({ path: `docs/images/${name}.png` })
  await context.close()
}

await shoot('inbox', { locale: 'en-US' })
await shoot('inbox-dark', { locale: 'zh-CN', colorScheme: 'dark' }, (page) =>
  page.getByRole('tab', { name: '请求' }).click(),
)
await shoot('inbox-phone', { locale: 'zh-CN', viewport: { width: 360, height: 640 } })
await browser.close()
await sandbox.stop()
// The package's own README has it too, and a published package has nothing of docs/.
copyFileSync('docs/images/inbox.png', 'packages/sandbox/inbox.png')
