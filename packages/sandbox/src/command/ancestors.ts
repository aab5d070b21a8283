/**
 * Who started the command, and whether they are still there. A sandbox that nobody can stop any more would keep its
 * port.
 */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'

/** What is asked of this process. */
export type Child = Pick<NodeJS.Process, 'ppid' | 'env'>

/** The parent of a process, where the system tells it as Linux does. */
const findParent = (pid: number): number | undefined =>
  E.toUnion(
    E.tryCatch(
      () => Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]),
      () => undefined,
    ),
  )

/** Who started this process: its parent, and under npm and npx the parent's parent, because npm puts a shell between. */
export const findAncestors = ({ ppid, env }: Child): string =>
  [ppid, env['npm_command'] === undefined ? 0 : findParent(ppid)].join()

/** Resolves when one of the ancestors is gone. Never, where the parent was the system itself. */
export const untilOrphaned = (child: Child, ancestors: string, ended: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (ancestors.startsWith('1,')) return
    const timer = setInterval(() => {
      if (findAncestors(child) !== ancestors) resolve()
    }, 250)
    ended.addEventListener('abort', () => clearInterval(timer))
  })
