/**
 * Previews as HTML: one page a mail and an index for files, or one page of all mails for a server. A template is
 * somebody's HTML, so its mail stands in a sandboxed frame under a policy by which nothing runs and nothing is loaded
 * from outside.
 */
import { escapeUTF8 as escape } from 'entities'
import type { Diagnostic } from './diagnostics.js'
import { toPlainText } from './plain-text.js'
import { describeAsked, listHeaders, type Preview, type Previews } from './previews.js'
import { listPlaceholders } from './variables.js'

export interface Page {
  /** A file name without a folder. */
  readonly name: string
  readonly html: string
}

const generator = '<meta name="generator" content="aliyun-dm preview">'

/** Whether a file's text is a page of ours, and may be written over. */
export const isGenerated = (html: string): boolean => html.slice(0, 1000).includes(generator)

/** One page for each mail, and the index last. */
export const renderPages = (previews: ReadonlyArray<Preview>): ReadonlyArray<Page> => [
  ...previews.map((preview) => ({ name: toFileName(preview), html: renderMailPage(preview) })),
  { name: 'index.html', html: renderIndex(previews) },
]

/** Usage types are names already; whatever else one may be some day, its file stays in its folder. */
const toFileName = ({ usageType, locale }: Preview): string =>
  `${[usageType, ...(locale === undefined ? [] : [locale])].join('.').replace(/[^A-Za-z0-9.-]/g, '_')}.html`

/** Frames inherit it. Styles are the only thing without which a mail cannot be shown. */
export const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'`

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
  h1, h2 { font-size: 1.25rem; margin-top: 2.5rem }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem }
  dt { opacity: .7 }
  dd { margin: 0; overflow-wrap: anywhere }
  iframe { width: 100%; height: 36rem; border: 1px solid #8888; border-radius: .5rem; color-scheme: light; background: #fff }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #8888; border-radius: .5rem; padding: 1rem }
  li { margin: .75rem 0 }
  .languages { display: flex; flex-wrap: wrap; gap: .25rem 2rem }
  .languages > * { flex: 1 1 20rem; min-width: 0 }
  body:has(.languages > :nth-child(2)) { max-width: 90rem }
  small { display: block; opacity: .7 }
  header { position: sticky; top: 0; padding: .5rem 0; background: Canvas; display: flex; gap: 2rem }
  fieldset { border: 0; margin: 0; padding: 0 }
  body:has(#phone:checked) iframe { width: 375px }
  body:has(#dark:checked) iframe { color-scheme: dark; background: #121212 }`

const renderPage = (title: string, body: string, head = ''): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${head}
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
${generator}
<title>${escape(title)}</title>
<style>${style}
</style>
</head>
<body>
${body}
</body>
</html>
`

// ------------------------------------------------------------------------------------------------------------
// Files
// ------------------------------------------------------------------------------------------------------------

const policyTag = `<meta http-equiv="Content-Security-Policy" content="${policy}">`

const renderMailPage = (preview: Preview): string =>
  renderPage(
    `${describeAsked(preview)} – preview`,
    `<p><a href="index.html">All mails</a></p>
<h1>${escape(describeAsked(preview))}</h1>
${renderMail(preview)}`,
    policyTag,
  )

/** The previews of each usage type, which differ in their language. */
const groupByType = (previews: ReadonlyArray<Preview>): ReadonlyArray<ReadonlyArray<Preview>> => {
  const groups = new Map<string, Array<Preview>>()
  for (const preview of previews)
    groups.set(preview.usageType, [...(groups.get(preview.usageType) ?? []), preview])
  return [...groups.values()]
}

/** The languages of a usage type stand side by side. */
const renderIndex = (previews: ReadonlyArray<Preview>): string =>
  renderPage(
    'Preview of all mails',
    `<h1>Preview of all mails</h1>
<ul>
${groupByType(previews)
  .map(
    (languages) =>
      `<li><div class="languages">${languages
        .map(
          (preview) =>
            `<span><a href="${toFileName(preview)}">${escape(describeAsked(preview))}</a><small>${escape(preview.mail.subject)}</small></span>`,
        )
        .join('')}</div></li>`,
  )
  .join('\n')}
</ul>`,
    policyTag,
  )

const renderMail = ({ mail, missing }: Preview): string => `<dl>
${listHeaders(mail)
  .map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`)
  .join('\n')}
</dl>
${mail.contentType === 'text/html' ? renderHtml(mail.body) : `<pre>${escape(mail.body)}</pre>`}${
  missing.length === 0 ? '' : `\n<p><small>Without a value: ${escape(listPlaceholders(missing))}</small></p>`
}`

const renderHtml = (
  body: string,
): string => `<iframe sandbox title="The mail" srcdoc="${escape(body)}"></iframe>
<p><small>No script runs here, and pictures from other servers are not loaded.</small></p>
<details><summary>Without HTML</summary>
<pre>${escape(toPlainText(body, 80).join('\n'))}</pre>
</details>`

// ------------------------------------------------------------------------------------------------------------
// Server
// ------------------------------------------------------------------------------------------------------------

/** Where the script of the live page is. */
export const scriptPath = '/live.js'

/** Where the live page is told of changes. */
export const eventsPath = '/events'

/** Puts the new mails into the page and leaves the rest of it, with what is chosen and how far it is scrolled. */
export const script = `
const refresh = async () => {
  const response = await fetch('/')
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  document.querySelector('main').replaceWith(page.querySelector('main'))
}
const events = new EventSource('${eventsPath}')
events.onmessage = refresh
`

const choices = `<header>
<fieldset><legend>Width</legend>
<label><input type="radio" name="width" id="full" checked> as it fits</label>
<label><input type="radio" name="width" id="phone"> phone</label>
</fieldset>
<fieldset><legend>Colours</legend>
<label><input type="radio" name="colours" id="light" checked> light</label>
<label><input type="radio" name="colours" id="dark"> dark</label>
</fieldset>
</header>`

/** All mails on one page, or what is wrong with the config. */
export const renderLivePage = (content: Previews | ReadonlyArray<Diagnostic>): string =>
  renderPage(
    'Preview of all mails',
    `${choices}
<main>
${'rendered' in content ? renderMails(content) : renderProblems(content)}
</main>`,
    `<script type="module" src="${scriptPath}"></script>`,
  )

const renderMails = ({ rendered, failed }: Previews): string =>
  [
    ...failed.map((asked) => `<p><b>${escape(describeAsked(asked))}</b>: ${escape(asked.error.message)}</p>`),
    ...groupByType(rendered).map(
      (languages) =>
        `<div class="languages">${languages
          .map(
            (preview) =>
              `<section><h2>${escape(describeAsked(preview))}</h2>\n${renderMail(preview)}</section>`,
          )
          .join('\n')}</div>`,
    ),
  ].join('\n')

const renderProblems = (diagnostics: ReadonlyArray<Diagnostic>): string =>
  `<h2>The config is not valid</h2>
<ul>
${diagnostics
  .map(({ place, line, column, path, message }) => {
    const where = line === undefined ? place : `${place}:${line}:${column ?? 1}`
    return `<li>${escape(`${where} ${path}`)}<small>${escape(message)}</small></li>`
  })
  .join('\n')}
</ul>`
