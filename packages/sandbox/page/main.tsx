/** The inbox page: a bar on top, the list with its search and filter, and the reading pane. */
import { effect } from '@preact/signals'
import { render } from 'preact'
import {
  counts,
  deleteAll,
  entries,
  focusWish,
  follow,
  followAddress,
  isLoaded,
  kind,
  opened,
  query,
  shown,
  status,
} from './inbox.js'
import { List } from './list.jsx'
import { CopyButton } from './parts.jsx'
import { Reader } from './reader.jsx'
import { words } from './words.js'

const Top = () => (
  <header class="top">
    <img src="/envelope.svg" alt="" width="24" height="24" />
    <h1>{words.pageTitle}</h1>
    <CopyButton text={location.origin} class="endpoint" title={words.copyEndpoint}>
      {location.origin}
    </CopyButton>
    <span id="status" role="status" data-status={status.value}>
      {words[status.value]}
    </span>
    <button
      type="button"
      class="button danger"
      disabled={entries.value.length === 0}
      onClick={() => void deleteAll()}
    >
      {words.deleteAll}
    </button>
  </header>
)

const Find = () => (
  <div class="find">
    <input
      id="search"
      type="search"
      autocomplete="off"
      spellcheck={false}
      aria-label={words.search}
      placeholder={words.search}
      onInput={({ currentTarget }) => (query.value = currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowDown' && event.key !== 'Enter') return
        event.preventDefault()
        focusWish.value = shown.value[0]?.id
      }}
    />
    <fieldset class="filter" aria-label={words.filter}>
      {(['all', 'mail', 'refused'] as const).map((value) => (
        <label key={value}>
          <input
            type="radio"
            name="kind"
            checked={kind.value === value}
            onChange={() => (kind.value = value)}
          />
          {value === 'all' && <span>{words.all}</span>}
          {value === 'mail' && (
            <span>
              {words.mails} <span id="mail-count">{counts.value.mails}</span>
            </span>
          )}
          {value === 'refused' && (
            <span>
              {words.refused}{' '}
              <span id="refused-count" class={counts.value.refused > 0 ? 'some' : ''}>
                {counts.value.refused}
              </span>
            </span>
          )}
        </label>
      ))}
    </fieldset>
  </div>
)

const Snippet = ({ title, code }: { readonly title: string; readonly code: string }) => (
  <figure class="snippet">
    <figcaption>
      {title}
      <CopyButton text={code} class="button small" label={`${words.copy}: ${title}`} />
    </figcaption>
    <pre tabIndex={0} role="group" aria-label={title}>
      <code>{code}</code>
    </pre>
  </figure>
)

const sdkSnippet = `import * as $OpenApi from '@alicloud/openapi-client'

new $OpenApi.Config({
  accessKeyId: 'any',
  accessKeySecret: 'any',
  endpoint: '${location.host}',
  protocol: 'HTTP',
})`

/** What the page says before the first mail: how to point an SDK at this sandbox. */
const Empty = () => (
  <section id="empty" aria-label={words.emptyTitle}>
    <img src="/envelope.svg" alt="" width="48" height="48" />
    <h2>{words.emptyTitle}</h2>
    <p>{words.emptyText}</p>
    <Snippet
      title="aliyun-dm-connector"
      code={`createConnector(config, { endpoint: '${location.origin}' })`}
    />
    <Snippet title={words.emptySdk} code={sdkSnippet} />
    <p class="hint">{words.emptyKeys}</p>
  </section>
)

const Panes = () => (
  <main class={opened.value === undefined ? 'list' : 'reading'}>
    <section id="mails" aria-label={words.title}>
      <Find />
      {/* Another search starts at the top. */}
      <List key={`${kind.value} ${query.value}`} />
      <p id="nothing-found" role="status">
        {entries.value.length > 0 && shown.value.length === 0 && words.nothingFound}
      </p>
    </section>
    <Reader />
  </main>
)

const Content = () => {
  if (!isLoaded.value) return <main />
  if (entries.value.length > 0 || opened.value !== undefined) return <Panes />
  return (
    <main class="empty">
      <Empty />
    </main>
  )
}

const App = () => (
  <>
    <Top />
    <Content />
    <div id="announcement" class="offscreen" aria-live="polite" />
  </>
)

document.documentElement.lang = words.locale
effect(() => {
  const unread = entries.value.filter((entry) => entry.unread).length
  document.title = `${unread > 0 ? `(${unread}) ` : ''}${words.title} · ${words.pageTitle}`
})
window.addEventListener('popstate', followAddress)
const app = document.getElementById('app')
if (app !== null) render(<App />, app)
follow()
