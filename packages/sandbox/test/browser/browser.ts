/**
 * Chromium, a sandbox and a connector for each test, and a record of everything that a page must not do.
 */
import { existsSync } from 'node:fs'
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { createConnector, type Connector } from 'aliyun-dm-connector'
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/index.js'

export const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

let browser: Browser | undefined

/** A browser with a profile of its own; one at a time, because a start takes a second. */
const launch = async (more: ReadonlyArray<string>): Promise<Browser> => {
  await browser?.close()
  browser = await chromium.launch({ executablePath, args: [...args, ...more] })
  return browser
}

/** What was seen that no page of ours does. */
export interface Misdeeds {
  readonly foreign: Array<string>
  readonly dialogs: Array<string>
  readonly errors: Array<string>
  readonly navigations: Array<string>
}

export interface Visit {
  readonly sandbox: Sandbox
  readonly context: BrowserContext
  readonly page: Page
  readonly misdeeds: Misdeeds
}

export interface VisitOptions {
  readonly sandbox?: SandboxOptions
  readonly context?: BrowserContextOptions
}

const watch = (context: BrowserContext, page: Page, endpoint: string): Misdeeds => {
  const misdeeds: Misdeeds = { foreign: [], dialogs: [], errors: [], navigations: [] }
  context.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${endpoint}/`) && !url.startsWith('data:')) misdeeds.foreign.push(url)
  })
  context.on('page', (other) => misdeeds.navigations.push(`a new window: ${other.url()}`))
  page.on('dialog', (dialog) => {
    misdeeds.dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    // Looking into a mail with playwright is an attempt to run a script there; the browser says that it failed.
    const isOurs = message.text().startsWith('Blocked script execution in')
    if (message.type() === 'error' && !isOurs) misdeeds.errors.push(message.text())
  })
  page.on('pageerror', (error) => misdeeds.errors.push(error.message))
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame() && !frame.url().startsWith(`${endpoint}/`)) {
      misdeeds.navigations.push(frame.url())
    }
  })
  return misdeeds
}

/** Nothing that was seen is a misdeed. */
export const expectInnocence = (misdeeds: Misdeeds): void => {
  expect(misdeeds).to.deep.equal({ foreign: [], dialogs: [], errors: [], navigations: [] })
}

/**
 * Opens the inbox of a new sandbox in a new context, and closes both after the work, which must have left nothing
 * on the record unless it emptied that itself.
 */
export const visit = async (options: VisitOptions, work: (visit: Visit) => Promise<void>): Promise<void> => {
  const started = await startSandbox(options.sandbox ?? { accessKeys })()
  if (E.isLeft(started)) throw started.left
  const sandbox = started.right
  const context = await (browser ?? (await launch([]))).newContext({
    locale: 'en-US',
    viewport: { width: 1180, height: 720 },
    ...options.context,
  })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    const misdeeds = watch(context, page, sandbox.endpoint)
    await page.goto(`${sandbox.endpoint}/`)
    await page.locator('#status[data-status=live]').waitFor()
    await work({ sandbox, context, page, misdeeds })
    expectInnocence(misdeeds)
  } finally {
    await context.close()
    await sandbox.stop()
  }
}

/**
 * A suite that says why it is skipped where there is no Chromium. `moreArgs` are asked for when it starts.
 */
export const describeInBrowser = (
  title: string,
  body: () => void,
  moreArgs: () => ReadonlyArray<string> | Promise<ReadonlyArray<string>> = () => [],
): void => {
  if (!existsSync(executablePath)) {
    describe.skip(`${title} (skipped: there is no ${executablePath}; set CHROMIUM to one)`, body)
    return
  }
  describe(title, () => {
    before(async () => {
      await launch(await moreArgs())
    })
    after(async () => {
      await browser?.close()
      browser = undefined
    })
    body()
  })
}

export const accessKeys = { LTAItest: 'very-secret' }

const html = `<!doctype html><style>p { width: 321px }</style>
<p>您的验证码是 <b>{{code}}</b>，10 分钟内有效。</p><p>Fish &amp; chips <a href="https://example.com/a?b=1&amp;c=2">Help</a></p>`

const config = (content: string, contentType = 'text/html') => ({
  accessKeyId: 'LTAItest',
  accessKeySecret: 'very-secret',
  accountName: 'noreply@example.com',
  fromAlias: '示例 Shop',
  tagName: 'signin',
  templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({
    usageType,
    subject: `${usageType} {{code}}`,
    content,
    contentType,
  })),
})

/** A connector to the sandbox, with the real SDK behind it. */
const connectorTo = ({ endpoint }: Sandbox, content = html, contentType?: string): Connector => {
  const made = createConnector(config(content, contentType), { endpoint, maxAttempts: 1 })
  if (E.isLeft(made)) throw new Error(made.left.message)
  return made.right
}

export interface Sent {
  readonly to?: string
  readonly type?: 'SignIn' | 'Register'
  readonly code?: string
  /** The template of the body. */
  readonly content?: string
  readonly contentType?: string
}

/** Sends a mail with the real SDK and returns its envId. */
export const sendMail = async (sandbox: Sandbox, sent: Sent = {}): Promise<string> => {
  const { to = 'ada@example.org', type = 'SignIn', code = '482913', content, contentType } = sent
  const answer = await connectorTo(sandbox, content, contentType).sendMessage({
    to,
    type,
    payload: { code },
  })()
  if (E.isLeft(answer)) throw new Error(answer.left.message)
  return answer.right.envId
}
