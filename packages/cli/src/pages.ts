/**
 * Previews as HTML files: one page a mail and an index. A template is somebody's HTML, so its mail stands in a
 * sandboxed frame under a policy by which nothing runs and nothing is loaded from outside.
 */
import { escapeUTF8 } from 'entities'
import { listHeaders, type Preview } from './previews.js'

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
  ...previews.map((preview) => ({ name: toFileName(preview.usageType), html: renderMail(preview) })),
  { name: 'index.html', html: renderIndex(previews) },
]

/** Usage types are names already; whatever else one may be some day, its file stays in its folder. */
const toFileName = (usageType: string): string => `${usageType.replace(/[^A-Za-z0-9-]/g, '_')}.html`

// The frame inherits this policy. Styles are the only thing a mail cannot be shown without.
const policy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; base-uri 'none'`

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
  h1 { font-size: 1.25rem }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem }
  dt { opacity: .7 }
  dd { margin: 0; overflow-wrap: anywhere }
  iframe { width: 100%; height: 36rem; border: 1px solid #8888; border-radius: .5rem; background: #fff }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #8888; border-radius: .5rem; padding: 1rem }
  li { margin: .75rem 0 }
  small { display: block; opacity: .7 }`

const renderPage = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
${generator}
<title>${escapeUTF8(title)}</title>
<style>${style}
</style>
</head>
<body>
${body}
</body>
</html>
`

const renderMail = ({ usageType, mail }: Preview): string =>
  renderPage(
    `${usageType} – preview`,
    `<p><a href="index.html">All mails</a></p>
<h1>${escapeUTF8(usageType)}</h1>
<dl>
${listHeaders(mail)
  .map(([name, value]) => `<dt>${escapeUTF8(name)}</dt><dd>${escapeUTF8(value)}</dd>`)
  .join('\n')}
</dl>
${
  mail.contentType === 'text/html'
    ? `<iframe sandbox title="The mail" srcdoc="${escapeUTF8(mail.body)}"></iframe>
<p><small>No script runs here, and pictures from other servers are not loaded.</small></p>`
    : `<pre>${escapeUTF8(mail.body)}</pre>`
}`,
  )

const renderIndex = (previews: ReadonlyArray<Preview>): string =>
  renderPage(
    'Preview of all mails',
    `<h1>Preview of all mails</h1>
<ul>
${previews
  .map(
    ({ usageType, mail }) =>
      `<li><a href="${toFileName(usageType)}">${escapeUTF8(usageType)}</a><small>${escapeUTF8(mail.subject)}</small></li>`,
  )
  .join('\n')}
</ul>`,
  )
