/** The reading pane: one mail in four views, or one refused request with the error that its client got. */
import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { MailOutcome, ReceivedMail, RefusedRequest } from '../src/mail.js'
import { deleteOne, getJson, goBack, isTitleWanted, opened } from './inbox.js'
import {
  CopyButton,
  Fact,
  formatBytes,
  formatSender,
  formatTime,
  LongText,
  shortCharacters,
} from './parts.jsx'
import { writeCurl } from './curl.js'
import { words } from './words.js'

interface MailProps {
  readonly mail: ReceivedMail
}

const isPhoneWidth = signal(false)
/** More HTML than this is laid out only if the reader insists. */
const largeBytes = 1_000_000

/**
 * The mail as its reader sees it: the sandbox serves its HTML inert and under a policy of its own, and the frame that
 * it is shown in may do nothing: no script, no form, no other address, no window. Its links are listed below it.
 */
const HtmlView = ({ mail: { envId, subject, size, htmlBody, links } }: MailProps) => {
  const [isShown, setShown] = useState(size <= largeBytes)
  if (htmlBody === undefined) return <p class="notice">{words.noHtml}</p>
  return (
    <div class="html-view">
      <div class="bar">
        <button
          type="button"
          class="button phone-toggle"
          aria-pressed={isPhoneWidth.value}
          onClick={() => (isPhoneWidth.value = !isPhoneWidth.value)}
        >
          {words.phone}
        </button>
      </div>
      <div class={isPhoneWidth.value ? 'stage phone' : 'stage'}>
        {isShown ? (
          <iframe
            class="mail-frame"
            title={words.frameTitle(subject)}
            sandbox=""
            referrerpolicy="no-referrer"
            src={`/api/mails/${envId}/html`}
          />
        ) : (
          <div class="notice">
            <p>{words.large(formatBytes(size))}</p>
            <button type="button" class="button" onClick={() => setShown(true)}>
              {words.showAnyway}
            </button>
          </div>
        )}
      </div>
      {links && (
        <details class="links">
          <summary>{words.links(links.length)}</summary>
          <ul>
            {links.map((href) => (
              <li key={href}>
                <a href={href} target="_blank" rel="noopener noreferrer">
                  {href}
                </a>
                <CopyButton text={href} class="button small" label={`${words.copy}: ${href}`} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

const TextView = ({ mail: { text = '', textBody } }: MailProps) => (
  <>
    {textBody === undefined && <p class="hint">{words.textOfHtml}</p>}
    <LongText text={text} />
  </>
)

const SourceView = ({ mail: { envId, htmlBody, textBody = '' } }: MailProps) => (
  <>
    <a class="button" href={`/api/mails/${envId}/eml`} download={`${envId}.eml`}>
      {words.download}
    </a>
    <LongText text={htmlBody ?? textBody} />
  </>
)

const Id = ({ name, id }: { readonly name: string; readonly id: string }) => (
  <>
    <code>{id}</code>
    <CopyButton text={id} class="button small" label={`${words.copy}: ${name}`} />
  </>
)

/** More than this is too long for a command line. */
const maxCurlCharacters = 50_000

const CurlCommand = ({ mail }: MailProps) => {
  const command = writeCurl(mail, location.origin, new Date())
  if (command.length > maxCurlCharacters) return null
  return (
    <details class="curl">
      <summary>{words.curl}</summary>
      <p class="hint">{words.curlHint}</p>
      <CopyButton text={command} class="button small" label={`${words.copy}: curl`} />
      <pre class="long-text">{command}</pre>
    </details>
  )
}

/** Who signed the request and whether that was checked, what it was accepted as, and every parameter as it was sent. */
const RequestView = ({ mail }: MailProps) => {
  const { envId, requestId, receivedAt, signature, parameters } = mail
  return (
    <>
      <dl class="facts">
        <Fact term="EnvId" value={<Id name="EnvId" id={envId} />} />
        <Fact term="RequestId" value={<Id name="RequestId" id={requestId} />} />
        <Fact term={words.time} value={formatTime(receivedAt)} />
        <Fact
          term={words.signature}
          value={
            <>
              {`${signature.scheme} `}
              <span class={signature.verified ? 'verdict good' : 'verdict'}>
                {signature.verified ? words.verified : words.unverified}
              </span>
            </>
          }
        />
        <Fact term={words.accessKeyId} value={signature.accessKeyId} />
        <Fact term={words.nonce} value={signature.nonce} />
      </dl>
      <table class="parameters">
        <caption>{words.parameters}</caption>
        <thead>
          <tr>
            <th scope="col">{words.name}</th>
            <th scope="col">{words.value}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(parameters)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value.length > shortCharacters ? <LongText text={value} isShort /> : value}</td>
              </tr>
            ))}
        </tbody>
      </table>
      <CurlCommand mail={mail} />
    </>
  )
}

const views = { html: HtmlView, text: TextView, source: SourceView, request: RequestView }
type Tab = keyof typeof views
// In the order in which they stand above.
const tabs = Object.keys(views) as ReadonlyArray<Tab>
const chosenTab = signal<Tab | undefined>(undefined)

/** Tabs as screen readers and keyboards expect them: one stop for Tab, arrows between the tabs. */
const Tabs = ({ selected, onSelect }: { readonly selected: Tab; readonly onSelect: (tab: Tab) => void }) => {
  const press = (event: KeyboardEvent): void => {
    const index = tabs.indexOf(selected)
    const targets: Readonly<Record<string, number>> = {
      ArrowRight: index + 1,
      ArrowLeft: index - 1,
      Home: 0,
      End: -1,
    }
    const target = tabs.at((targets[event.key] ?? NaN) % tabs.length)
    if (targets[event.key] === undefined || target === undefined) return
    event.preventDefault()
    document.getElementById(`tab-${target}`)?.focus()
    onSelect(target)
  }
  return (
    <div role="tablist" class="tabs" aria-label={words.tabs} onKeyDown={press}>
      {tabs.map((tab) => (
        <button
          type="button"
          role="tab"
          key={tab}
          id={`tab-${tab}`}
          class="tab"
          aria-controls={`panel-${tab}`}
          aria-selected={tab === selected}
          tabIndex={tab === selected ? 0 : -1}
          onClick={() => onSelect(tab)}
        >
          {words[tab]}
        </button>
      ))}
    </div>
  )
}

const BackButton = () => (
  <button type="button" class="button back" aria-label={words.back} onClick={goBack}>
    ‹
  </button>
)

const Head = ({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) => {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (isTitleWanted.value) heading.current?.focus()
    isTitleWanted.value = false
  }, [])
  return (
    <div class="title-line">
      <BackButton />
      <h2 id="reader-title" tabIndex={-1} ref={heading}>
        {title}
      </h2>
      {children}
    </div>
  )
}

const outcomePollMs = 1000
/** The slowest outcome comes after 10 s, and the last attempt to push it 8 s later. */
const outcomePolls = 20

/** Whether nothing more will be known of it. */
const isSettled = ({ outcome, pushes }: MailOutcome): boolean =>
  outcome !== 'pending' && pushes.some(({ statusCode = 0 }) => statusCode >= 200 && statusCode < 300)

const describeOutcome = ({ to, outcome, message, pushes }: MailOutcome, isOnly: boolean): string =>
  [
    `${isOnly ? '' : `${to}: `}${words.outcomes[outcome]}${message === undefined ? '' : ` (${message})`}`,
    ...(pushes.length === 0
      ? []
      : [words.pushed(pushes.map(({ statusCode, error }) => statusCode ?? error).join(', '))]),
  ].join(' · ')

/** What became of the mail, and what the target of events answered. */
const Outcomes = ({ envId }: { readonly envId: string }) => {
  const [outcomes, setOutcomes] = useState<ReadonlyArray<MailOutcome>>([])
  useEffect(() => {
    let polls = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    let isGone = false
    const look = async (): Promise<void> => {
      try {
        const found = await getJson<ReadonlyArray<MailOutcome>>(`/api/mails/${envId}/outcomes`)
        if (isGone) return
        setOutcomes(found)
        polls += 1
        if (polls < outcomePolls && !found.every(isSettled))
          timer = setTimeout(() => void look(), outcomePollMs)
      } catch {
        // The mail was deleted, or the sandbox is gone: what is known stays.
      }
    }
    void look()
    return () => {
      isGone = true
      clearTimeout(timer)
    }
  }, [envId])
  return (
    <>
      {outcomes.map((outcome) => (
        <Fact key={outcome.to} term={words.outcome} value={describeOutcome(outcome, outcomes.length === 1)} />
      ))}
    </>
  )
}

const MailView = ({ mail }: MailProps) => {
  const [selected, select] = useState<Tab>(chosenTab.value ?? (mail.htmlBody === undefined ? 'text' : 'html'))
  // A panel is filled when it is first shown, and then keeps what the reader did in it.
  const [visited] = useState(() => new Set<Tab>())
  visited.add(selected)
  return (
    <>
      <div class="reader-head">
        <Head title={mail.subject || words.noSubject}>
          <div class="actions">
            {mail.code !== undefined && (
              <CopyButton text={mail.code} class="button primary copy-code" label={words.copyCode(mail.code)}>
                {words.code} <strong>{mail.code}</strong>
              </CopyButton>
            )}
            <button type="button" class="button danger" onClick={() => void deleteOne(`mail/${mail.envId}`)}>
              {words.deleteOne}
            </button>
          </div>
        </Head>
        <dl class="facts inline">
          <Fact term={words.from} value={formatSender(mail.fromAlias, mail.accountName)} />
          <Fact term={words.to} value={mail.toAddress.replace(/,\s*/g, ', ')} />
          <Fact
            term={words.reply}
            value={mail.replyAddress && formatSender(mail.replyAddressAlias, mail.replyAddress)}
          />
          <Fact term={words.tag} value={mail.tagName} />
          <Fact term={words.time} value={formatTime(mail.receivedAt)} />
          <Fact term={words.size} value={formatBytes(mail.size)} />
          <Outcomes envId={mail.envId} />
        </dl>
        <Tabs
          selected={selected}
          onSelect={(tab) => {
            chosenTab.value = tab
            select(tab)
          }}
        />
      </div>
      <div class="panels">
        {tabs.map((tab) => {
          const View = views[tab]
          return (
            <div
              role="tabpanel"
              key={tab}
              id={`panel-${tab}`}
              class={`panel panel-${tab}`}
              aria-labelledby={`tab-${tab}`}
              tabIndex={0}
              hidden={tab !== selected}
            >
              {visited.has(tab) && <View mail={mail} />}
            </div>
          )
        })}
      </div>
    </>
  )
}

const RefusedView = ({ refused }: { readonly refused: RefusedRequest }) => (
  <>
    <div class="reader-head">
      <Head title={words.refusedTitle} />
    </div>
    <div class="refused-view">
      <div class="error-card">
        <p class="hint">{words.clientGot}</p>
        <p class="error-code">
          <code>{refused.code}</code>
        </p>
        <p>{refused.message}</p>
        {refused.fault !== undefined && (
          <p class="hint">
            {refused.fault === 'error' ? words.faultError : words.faultPlayed(refused.fault)}
          </p>
        )}
      </div>
      <dl class="facts">
        <Fact term={words.status} value={refused.statusCode} />
        <Fact term="RequestId" value={refused.requestId} />
        <Fact term={words.time} value={formatTime(refused.receivedAt)} />
        <Fact term={words.action} value={refused.action} />
        <Fact term={words.accessKeyId} value={refused.accessKeyId} />
        <Fact term={words.from} value={refused.accountName} />
        <Fact term={words.to} value={refused.toAddress} />
        <Fact term={words.subject} value={refused.subject} />
        <Fact term={words.fault} value={refused.fault} />
      </dl>
    </div>
  </>
)

/** The whole mail, or what to say in its place. */
const load = async (envId: string, signal: AbortSignal): Promise<ReceivedMail | string> => {
  const response = await fetch(`/api/mails/${envId}`, { signal })
  if (response.status === 404) return words.gone
  // As the sandbox that serves this page has it.
  return response.json() as Promise<ReceivedMail>
}

const MailPane = () => {
  const entry = opened.value
  const [content, setContent] = useState<ReceivedMail | string>()
  useEffect(() => {
    if (entry?.kind !== 'mail') return
    const abort = new AbortController()
    // Loopback answers at once; only a slow answer is worth a word. Until then the last mail stays.
    const slow = setTimeout(() => setContent(words.loading), 300)
    const show = (next: ReceivedMail | string): void => {
      clearTimeout(slow)
      if (!abort.signal.aborted) setContent(next)
    }
    load(entry.mail.envId, abort.signal).then(show, () => show(words.failed))
    return () => {
      clearTimeout(slow)
      abort.abort()
    }
  }, [entry])
  if (content === undefined) return null
  if (typeof content !== 'string') return <MailView key={content.envId} mail={content} />
  return (
    <>
      <div class="title-line">
        <BackButton />
      </div>
      <p class="notice" role="status">
        {content}
      </p>
    </>
  )
}

const Content = () => {
  const entry = opened.value
  if (entry?.kind === 'mail') return <MailPane />
  if (entry?.kind === 'refused') return <RefusedView key={entry.id} refused={entry.refused} />
  return (
    <div class="blank">
      <p class="notice" role="status">
        {words.nothingOpen}
      </p>
      <p class="keys">{words.keys}</p>
    </div>
  )
}

export const Reader = () => (
  <section
    id="reader"
    aria-label={words.reader}
    onKeyDown={({ key }) => {
      if (key === 'Escape' && opened.value !== undefined) goBack()
    }}
  >
    <Content />
  </section>
)
