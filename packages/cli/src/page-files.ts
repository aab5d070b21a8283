/**
 * Pages as files in a directory that may hold other things. Only a page of ours is ever replaced, and only a regular
 * file is ever looked into: a symbolic link would lead elsewhere, and a pipe would wait for its other end.
 */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { findErrorCode } from './error-code.js'
import { isGenerated, type Page } from './pages.js'

export interface WrittenPages {
  readonly files: ReadonlyArray<string>
  /** Pages of an earlier run that have no mail any more. */
  readonly removed: ReadonlyArray<string>
}

export interface PagesNotWritten {
  readonly files: readonly []
  readonly error: string
}

/** Writes all pages, or none if one of them would take the place of somebody else's file. */
export const writePages = async (
  directory: string,
  pages: ReadonlyArray<Page>,
): Promise<E.Either<PagesNotWritten, WrittenPages>> => {
  const files = pages.map(({ name, html }) => ({ path: join(directory, name), html }))
  try {
    await mkdir(directory, { recursive: true })
    for (const { path } of files)
      if ((await findOwner(path)) === 'somebody else')
        return notWritten(
          `${path} was not written by this command, and is kept. Choose another directory for --out.`,
        )
    for (const { path, html } of files) await replaceFile(path, html)
    return E.right({
      files: files.map(({ path }) => path),
      removed: await removeOthers(directory, new Set(pages.map(({ name }) => name))),
    })
  } catch (error) {
    const code = findErrorCode(error) ?? 'unknown reason'
    return notWritten(
      code === 'EEXIST' || code === 'ENOTDIR'
        ? `${directory} is not a directory.`
        : `${directory} cannot be written to (${code}).`,
    )
  }
}

const notWritten = (error: string): E.Either<PagesNotWritten, never> => E.left({ files: [], error })

type Owner = 'nobody' | 'us' | 'somebody else'

const findOwner = async (path: string): Promise<Owner> => {
  let file: FileHandle
  try {
    // NOFOLLOW refuses a symbolic link, and NONBLOCK does not wait for a pipe's other end.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    return findErrorCode(error) === 'ENOENT' ? 'nobody' : 'somebody else'
  }
  try {
    if (!(await file.stat()).isFile()) return 'somebody else'
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1000), 0, 1000, 0)
    return isGenerated(buffer.toString('utf8', 0, bytesRead)) ? 'us' : 'somebody else'
  } finally {
    await file.close()
  }
}

/**
 * Writes beside the file and renames, so that nobody sees half a page, and whatever has come to stand there meanwhile
 * is not written through.
 */
const replaceFile = async (path: string, html: string): Promise<void> => {
  const beside = `${path}.${randomUUID()}.tmp`
  const file = await open(beside, 'wx')
  try {
    await file.writeFile(html)
    await file.close()
    await rename(beside, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(beside, { force: true })
    throw error
  }
}

const removeOthers = async (directory: string, kept: ReadonlySet<string>): Promise<ReadonlyArray<string>> => {
  const removed: Array<string> = []
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    if (!name.endsWith('.html') || kept.has(name) || (await findOwner(path)) !== 'us') continue
    await rm(path)
    removed.push(path)
  }
  return removed
}
