/** The inbox page's files. They are read from disk each time, so that whoever edits them need only reload. */
import { readFile } from 'node:fs/promises'

/** A file of the page. */
export interface PageFile {
  readonly contentType: string
  readonly content: Buffer
}

const contentTypes: ReadonlyMap<string, string> = new Map([
  ['html', 'text/html;charset=utf-8'],
  ['css', 'text/css;charset=utf-8'],
  ['js', 'text/javascript;charset=utf-8'],
  ['svg', 'image/svg+xml'],
])

/** The same from a module of the source and from one of the build. */
const folder = new URL('../dist/page/', import.meta.url)

/** No slash, one dot: a name in the folder, nothing above it. */
const fileName = /^[a-z\d][a-z\d-]*\.([a-z]+)$/

/**
 * Reads the file for a path such as `/inbox.css`; `/` is `index.html`. Undefined when there is no such file.
 */
export const readPage = async (path: string): Promise<PageFile | undefined> => {
  const name = path === '/' ? 'index.html' : path.slice(1)
  const contentType = contentTypes.get(fileName.exec(name)?.[1] ?? '')
  if (contentType === undefined) return undefined
  const content = await readFile(new URL(name, folder)).catch(() => undefined)
  return content && { contentType, content }
}
