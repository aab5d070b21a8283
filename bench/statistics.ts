/**
 * Figures that survive a noisy machine: the median of several rounds, and the quartiles as their spread. A ratio
 * is taken within each round, between two measurements a moment apart, and only then the median of the ratios:
 * what else the machine does meanwhile slows both alike.
 */

/** What several rounds gave. */
export interface Figure {
  readonly median: number
  readonly low: number
  readonly high: number
  readonly rounds: number
}

const quantile = (sorted: ReadonlyArray<number>, q: number): number => {
  const position = (sorted.length - 1) * q
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (above - below) * (position - Math.floor(position))
}

export const figure = (values: ReadonlyArray<number>): Figure => {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    rounds: values.length,
  }
}

/** `f` of two series, round by round. */
export const paired = (
  ours: ReadonlyArray<number>,
  theirs: ReadonlyArray<number>,
  f: (our: number, their: number) => number,
): Figure => figure(ours.map((our, round) => f(our, theirs[round] ?? Number.NaN)))

export const ratio = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): Figure =>
  paired(ours, theirs, (our, their) => our / their)

/** The slope of the line of least squares through points. */
export const slope = (points: ReadonlyArray<readonly [x: number, y: number]>): number => {
  const mean = (values: ReadonlyArray<number>): number => values.reduce((a, b) => a + b, 0) / values.length
  const meanX = mean(points.map(([x]) => x))
  const meanY = mean(points.map(([, y]) => y))
  const covariance = mean(points.map(([x, y]) => (x - meanX) * (y - meanY)))
  return covariance / mean(points.map(([x]) => (x - meanX) ** 2))
}

/** Three significant digits or so, without an exponent. */
export const digits = (value: number): string =>
  Number.isNaN(value)
    ? '?'
    : value.toLocaleString('en', {
        useGrouping: false,
        maximumFractionDigits:
          value !== 0 && Math.abs(value) < 1 ? 3 : Math.abs(value) < 20 ? 2 : Math.abs(value) < 100 ? 1 : 0,
      })
