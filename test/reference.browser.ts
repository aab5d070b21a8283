/**
 * The API reference as `npm run docs` left it, in Chromium: every page opens without an error, and every link leads to a
 * page, or a place in it, that is there.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { type Browser, chromium, type Page } from 'playwright-core'

const home = new URL('../docs/api/index.html', import.meta.url)
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

const withoutHash = (url: string): string => url.replace(/#.*$/, '')

interface Crawled {
  /** Where each page may be entered: its ids, and '' for its top. */
  readonly places: ReadonlyMap<string, ReadonlySet<string>>
  readonly links: ReadonlyArray<readonly [page: string, link: string]>
  readonly errors: ReadonlyArray<string>
}

interface Read {
  readonly ids: ReadonlyArray<string>
  readonly links: ReadonlyArray<string>
}

const readPage = (page: Page): Promise<Read> =>
  page.evaluate<Read>(`({
    ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
    links: [...document.querySelectorAll('a[href]')].map(({ href }) => href),
  })`)

/** Opens every page of the reference that can be reached from its first one. */
const crawl = async (page: Page): Promise<Crawled> => {
  const places = new Map<string, ReadonlySet<string>>()
  const links: Array<readonly [string, string]> = []
  const errors: Array<string> = []
  page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`))
  const waiting = [home.href]
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (places.has(url)) continue
    await page.goto(url)
    const read = await readPage(page)
    places.set(url, new Set(['', ...read.ids]))
    for (const link of read.links.filter((link) => link.startsWith('file:'))) {
      links.push([url, link])
      const target = withoutHash(link)
      if (target.endsWith('.html') && existsSync(fileURLToPath(target))) waiting.push(target)
    }
  }
  return { places, links, errors }
}

describe('the API reference', function () {
  this.timeout(180_000)
  let browser: Browser | undefined
  let page: Page | undefined
  const currentPage = (): Page => page ?? expect.fail('There is no page')
  before(async function () {
    if (!existsSync(executablePath)) {
      console.log('      skipped: there is no Chromium (Debian: chromium)')
      this.skip()
    }
    browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
    page = await browser.newPage()
  })
  after(() => browser?.close())

  it('opens on every page, and has no link that leads nowhere', async () => {
    const { places, links, errors } = await crawl(currentPage())
    expect(errors).to.deep.equal([])
    const dead = links.filter(([, link]) => {
      const target = withoutHash(link)
      const place = decodeURIComponent(link.slice(target.length + 1))
      return target.endsWith('.html') ? !places.get(target)?.has(place) : !existsSync(fileURLToPath(target))
    })
    expect(dead.map(([from, link]) => `${from} → ${link}`)).to.deep.equal([])
    const pages = [...places.keys()].map((url) => url.slice(new URL('.', home).href.length))
    expect(pages).to.include.members([
      'variables/aliyun-dm-connector.createConnector.html',
      'modules/aliyun-dm-connector_events.html',
      'documents/docs_errors.html',
      'documents/packages_cli_README.html',
    ])
  })

  it('finds a name by its search', async () => {
    await currentPage().goto(home.href)
    await currentPage().click('#tsd-search-trigger')
    await currentPage().keyboard.type('findOutcomes')
    await currentPage().waitForSelector('#tsd-search-results a')
    const found = await currentPage().locator('#tsd-search-results').innerText()
    expect(found).to.include('findOutcomes')
  })

  it('shows the examples, with the code in colour', async () => {
    await currentPage().goto(
      pathToFileURL(fileURLToPath(new URL('variables/aliyun-dm-connector.createConnector.html', home))).href,
    )
    const example = await currentPage().locator('pre code.ts').first().innerText()
    expect(example).to.include('createConnector(config')
    expect(await currentPage().locator('pre code.ts span[class]').count()).to.be.greaterThan(20)
  })
})
