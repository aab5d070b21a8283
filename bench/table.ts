/**
 * The table that `npm run bench` prints: as Markdown, so that it can be put into the README as it is.
 */
import { digits, type Figure } from './statistics.js'

export interface Row {
  readonly what: string
  readonly against: string
  readonly result: string
  /** Between the quartiles, over so many rounds. */
  readonly spread: string
  readonly target: string
  readonly reached: boolean
}

type Form = (value: number) => string

/** A row with a figure, which may have to be at least, or at most, a bound. */
export const measured = (
  what: string,
  against: string,
  measuredFigure: Figure,
  target?: readonly ['≥' | '≤', number],
  form: Form = digits,
): Row => {
  const { median, low, high, rounds } = measuredFigure
  return {
    what,
    against,
    result: form(median),
    spread: `${form(low)} … ${form(high)} of ${rounds}`,
    target:
      target === undefined
        ? '—'
        : target.map((part) => (typeof part === 'number' ? form(part) : part)).join(' '),
    reached: target === undefined || (target[0] === '≥' ? median >= target[1] : median <= target[1]),
  }
}

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(' | ')} |`

export const table = (rows: ReadonlyArray<Row>): string => {
  const head = ['what', 'against', 'result', 'middle half of the rounds', 'to reach', '']
  const body = rows.map(({ what, against, result, spread, target, reached }) => [
    what,
    against,
    result,
    spread,
    target,
    reached ? 'yes' : '**no**',
  ])
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}
