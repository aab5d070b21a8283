/**
 * Pages in a directory that also holds what others wrote.
 */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import { writePages } from '../src/page-files.js'
import { renderPages } from '../src/pages.js'
import { createPath } from './support/files.js'

const pages = renderPages([
  {
    usageType: 'SignIn',
    locale: undefined,
    missing: [],
    mail: {
      ...{ usageType: 'SignIn', to: 'a@example.com', accountName: 'b@example.com', replyToAddress: false },
      ...{ subject: 'Hi', contentType: 'text/html', body: '<p>Hi</p>' },
    },
  },
])
const page = pages[0]!.html

const createFolder = (): string => {
  const folder = createPath('out')
  mkdirSync(folder)
  return folder
}

describe('writePages', () => {
  it('makes the directory, and writes a file for each page', async () => {
    const folder = createPath('a/b')
    const written = await writePages(folder, pages)
    expect(written).to.deep.equal(
      E.right({ files: [join(folder, 'SignIn.html'), join(folder, 'index.html')], removed: [] }),
    )
    expect(readdirSync(folder).sort()).to.deep.equal(['SignIn.html', 'index.html'])
  })

  describe('writes nothing at all where a page would take the place of', () => {
    const cases: ReadonlyArray<readonly [name: string, occupy: (path: string, folder: string) => void]> = [
      ['a file that somebody wrote', (path) => writeFileSync(path, 'precious')],
      ['an empty file', (path) => writeFileSync(path, '')],
      ['a directory', (path) => mkdirSync(path)],
      ['a symbolic link to nothing', (path, folder) => symlinkSync(join(folder, 'target'), path)],
      [
        'a symbolic link to a page of ours',
        (path, folder) => {
          writeFileSync(join(folder, 'target'), page)
          symlinkSync(join(folder, 'target'), path)
        },
      ],
      ['a pipe', (path) => void execFileSync('bash', ['-c', 'mkfifo "$0"', path])],
    ]
    for (const [name, occupy] of cases)
      it(name, async () => {
        const folder = createFolder()
        occupy(join(folder, 'index.html'), folder)
        const before = readdirSync(folder)
        const written = await writePages(folder, pages)
        expect(written).to.have.nested.property('left.error').that.includes('index.html was not written by')
        expect(readdirSync(folder)).to.deep.equal(before)
      })
  })

  it('replaces a page instead of writing into it, whoever else has that file under another name', async () => {
    const folder = createFolder()
    const [index, elsewhere] = [join(folder, 'index.html'), join(folder, 'mine.txt')]
    writeFileSync(index, `${page}<!-- an earlier run -->`)
    linkSync(index, elsewhere)
    expect(E.isRight(await writePages(folder, pages))).to.equal(true)
    expect(readFileSync(index, 'utf8')).to.equal(pages[1]?.html)
    expect(readFileSync(elsewhere, 'utf8')).to.include('an earlier run')
  })

  it('removes the pages of an earlier run that have no mail any more, and nothing else', async () => {
    const folder = createFolder()
    writeFileSync(join(folder, 'Old.html'), page)
    writeFileSync(join(folder, 'theirs.html'), '<p>theirs</p>')
    writeFileSync(join(folder, 'page.txt'), page)
    symlinkSync(join(folder, 'page.txt'), join(folder, 'linked.html'))
    expect(await writePages(folder, pages))
      .to.have.nested.property('right.removed')
      .that.deep.equals([join(folder, 'Old.html')])
    expect(existsSync(join(folder, 'Old.html'))).to.equal(false)
    expect(existsSync(join(folder, 'theirs.html'))).to.equal(true)
    expect(lstatSync(join(folder, 'linked.html')).isSymbolicLink()).to.equal(true)
  })

  it('leaves nothing behind where a page cannot be written', async () => {
    const folder = createFolder()
    const broken = [{ name: 'index.html', html: 1 as unknown as string }]
    expect(await writePages(folder, broken)).to.deep.equal(
      E.left({ files: [], error: `${folder} cannot be written to (ERR_INVALID_ARG_TYPE).` }),
    )
    expect(readdirSync(folder)).to.deep.equal([])
  })

  it('fails where there is a file in the place of the directory, or of one above it', async () => {
    const file = createPath('file')
    writeFileSync(file, '')
    for (const path of [file, join(file, 'below')])
      expect(await writePages(path, pages)).to.deep.equal(
        E.left({ files: [], error: `${path} is not a directory.` }),
      )
  })

  it('says why a directory cannot be had', async () => {
    const path = createPath('n'.repeat(300))
    expect(await writePages(path, pages)).to.have.nested.property(
      'left.error',
      `${path} cannot be written to (ENAMETOOLONG).`,
    )
  })
})
