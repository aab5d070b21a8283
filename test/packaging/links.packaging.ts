/**
 * Links in what people read: within the repository, and within each tarball, where a page stands without the rest of
 * the repository.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect } from 'chai'
import { packages, root } from './pack.js'

/** As GitHub makes them: lower case, no punctuation, a hyphen for each space. */
const makeAnchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replace(/ /g, '-')

const withoutCode = (text: string): string => text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '')

const findAnchors = (file: string): ReadonlyArray<string> =>
  [
    ...readFileSync(file, 'utf8')
      .replace(/^```.*?^```$/gms, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading = '']) => makeAnchor(heading))

/** Markdown's links and images, and HTML's; none that leads to another host. */
const findLinks = (file: string): ReadonlyArray<string> =>
  [...withoutCode(readFileSync(file, 'utf8')).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)]
    .map(([, markdown, html]) => markdown ?? html ?? '')
    .filter((link) => !/^[a-z]+:/.test(link))

/** The links of a page that lead to none of the files, to no folder of theirs and to no heading. */
const findBroken = (folder: string, page: string, files: ReadonlyArray<string>): ReadonlyArray<string> =>
  findLinks(join(folder, page))
    .filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : relative(folder, resolve(folder, dirname(page), path))
      if (!files.some((file) => file === target || file.startsWith(`${target}/`))) return true
      return anchor !== undefined && !findAnchors(join(folder, target)).includes(decodeURIComponent(anchor))
    })
    .map((link) => `${page}: ${link}`)

const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
}).split('\0')

describe('links', () => {
  it('of every page in the repository lead to something that is there', () => {
    const pages = tracked.filter((path) => path.endsWith('.md'))
    expect(pages).to.include('docs/config.zh-CN.md')
    expect(pages.flatMap((page) => findBroken(root, page, tracked))).to.deep.equal([])
  })

  for (const { name, folder, files } of packages)
    it(`of the pages in the tarball of ${name} lead to something in it`, () => {
      const pages = files.filter((path) => path.endsWith('.md') && !path.startsWith('packages/'))
      expect(pages.flatMap((page) => findBroken(folder, page, files))).to.deep.equal([])
    })
})
