/** Parts that the whole page uses: copying, announcements, questions, facts, long texts, and how numbers are read. */
import { render, type ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { words } from './words.js'

const clock = new Intl.DateTimeFormat(words.locale, { hour: '2-digit', minute: '2-digit', hour12: false })
const day = new Intl.DateTimeFormat(words.locale, { month: 'short', day: 'numeric' })
const full = new Intl.DateTimeFormat(words.locale, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hour12: false,
})
const number = new Intl.NumberFormat(words.locale, { maximumFractionDigits: 1 })

/** The time of day if it was today, else the day. */
export const formatShortTime = (iso: string): string => {
  const date = new Date(iso)
  return (date.toDateString() === new Date().toDateString() ? clock : day).format(date)
}
export const formatTime = (iso: string): string => full.format(new Date(iso))

export const formatBytes = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${number.format(bytes / 1000)} kB`
  return `${number.format(bytes / 1_000_000)} MB`
}

/** `Alias <address>`, or the address alone. */
export const formatSender = (alias: string | undefined, address: string): string =>
  alias ? `${alias} <${address}>` : address

/** Screen readers miss a text that is replaced at once. */
const quietMs = 800
let nextAt = 0
let waiting: ReturnType<typeof setTimeout> | undefined

/** Tells screen readers, or after a moment of quiet the last of what there was to tell. */
export const announce = (text: string): void => {
  clearTimeout(waiting)
  const tell = (): void => {
    const place = document.getElementById('announcement')
    if (place !== null) place.textContent = text
    nextAt = Date.now() + quietMs
  }
  waiting = setTimeout(tell, Math.max(0, nextAt - Date.now()))
}

/** Whether the reader agrees. Escape and a click beside the dialog say no. Unlike `window.confirm` it blocks nothing. */
export const confirm = (question: string, answer: string): Promise<boolean> =>
  new Promise((resolve) => {
    const place = document.body.appendChild(document.createElement('div'))
    const finish = ({ currentTarget }: { readonly currentTarget: HTMLDialogElement }): void => {
      resolve(currentTarget.returnValue === 'agreed')
      render(null, place)
      place.remove()
    }
    const close = (value?: string) => () => place.querySelector('dialog')?.close(value)
    render(
      <dialog
        aria-labelledby="question"
        onClose={finish}
        onClick={({ target, currentTarget }) => target === currentTarget && currentTarget.close()}
      >
        <p id="question">{question}</p>
        <div class="actions">
          <button type="button" class="button" onClick={close()}>
            {words.cancel}
          </button>
          <button type="button" class="button danger-solid" onClick={close('agreed')}>
            {answer}
          </button>
        </div>
      </dialog>,
      place,
    )
    place.querySelector('dialog')?.showModal()
    place.querySelector<HTMLElement>('.danger-solid')?.focus()
  })

/** Where the page is not a secure context (neither loopback nor https) browsers have no clipboard API. */
const copyBySelection = (text: string): boolean => {
  const area = document.createElement('textarea')
  area.className = 'offscreen'
  area.value = text
  const focused = document.activeElement
  document.body.append(area)
  area.select()
  // Deprecated, and the only way there is.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const isDone = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return isDone
}

const copy = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

interface CopyProps {
  readonly text: string
  readonly label?: string
  readonly class?: string
  readonly title?: string
  readonly tabIndex?: number
  readonly children?: ComponentChildren
}

/** A button that copies, and says so for a moment when it is done. */
export const CopyButton = ({
  text,
  label,
  children = words.copy,
  class: name = 'button',
  ...rest
}: CopyProps) => {
  const [note, setNote] = useState('')
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (note === '') return
    const timer = setTimeout(() => setNote(''), 1500)
    return () => clearTimeout(timer)
  }, [note])
  const press = async (): Promise<void> => {
    // The button keeps its width, so that nothing jumps.
    if (button.current !== null) button.current.style.minWidth = `${button.current.offsetWidth}px`
    const result = (await copy(text)) ? words.copied : words.copyFailed
    setNote(result)
    announce(result)
  }
  return (
    <button type="button" class={name} aria-label={label} ref={button} onClick={() => void press()} {...rest}>
      {note || children}
    </button>
  )
}

/** A term and its value; nothing where there is no value. */
export const Fact = ({ term, value }: { readonly term: string; readonly value: ComponentChildren }) =>
  value === undefined || value === '' ? null : (
    <div class="fact">
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  )

const pieceCharacters = 16 * 1024
/** More of a parameter's value than this is shown only when asked for. */
export const shortCharacters = 2048

/** Cuts after a line where it can, and never within a character. */
const cut = (text: string, first: number): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  for (let start = 0, size = first; start < text.length; size = pieceCharacters) {
    let piece = text.slice(start, start + size)
    if (start + size < text.length) {
      const line = piece.lastIndexOf('\n') + 1
      piece = line > 0 ? piece.slice(0, line) : piece.replace(/[\ud800-\udbff]$/, '')
    }
    pieces.push(piece)
    start += piece.length
  }
  return pieces
}

const measure = (text: string): string => formatBytes(new Blob([text]).size)

/**
 * Text of any length that does not freeze the page: the beginning at once, the rest when asked for, some pieces at a
 * time. The browser lays out only the pieces that are in sight (see `.piece` in page.css).
 */
export const LongText = ({ text, isShort }: { readonly text: string; readonly isShort?: boolean }) => {
  const [isWanted, setWanted] = useState(false)
  const [count, setCount] = useState(isShort ? 1 : 4)
  const [{ pieces, size, firstSize }] = useState(() => {
    const cuts = cut(text, isShort ? shortCharacters : pieceCharacters)
    return {
      // The line break at the end of a piece is the block's own.
      pieces: cuts.map((piece) => piece.replace(/\n$/, '') || ' '),
      size: measure(text),
      firstSize: measure(cuts.slice(0, count).join('')),
    }
  })
  const isBusy = isWanted && count < pieces.length
  useEffect(() => {
    if (!isBusy) return
    const timer = setTimeout(() => setCount(count + 16))
    return () => clearTimeout(timer)
  }, [isBusy, count])
  const isCut = !isWanted && count < pieces.length
  return (
    <div class="long">
      <div class="bar" aria-busy={isBusy || undefined}>
        <span role="status">
          {isWanted && size}
          {isCut && words.truncated(firstSize, size)}
        </span>
        {isCut && (
          <button type="button" class="button" onClick={() => setWanted(true)}>
            {words.showAll}
          </button>
        )}
        <CopyButton text={text} />
      </div>
      <pre class="long-text">
        {pieces.slice(0, count).map((piece, index) => (
          <span class="piece" key={index}>
            {piece}
          </span>
        ))}
      </pre>
    </div>
  )
}
