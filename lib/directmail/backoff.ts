/**
 * How long to wait after so many failures: exponential, and jittered, so that requests which failed together do not come
 * back together; ms.
 */
export const backoffMs = (failures: number, random: () => number): number =>
  Math.min(5_000, 200 * 2 ** (failures - 1)) * (0.5 + random() / 2)
