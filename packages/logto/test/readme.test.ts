/**
 * Logto's console shows README.md in a column of a few hundred pixels beside the form, as plain Markdown.
 */
import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import manifest from '../package.json' with { type: 'json' }
import { credentialsVariable, endpointVariable, insecureVariable } from '../src/environment.js'
import { makeMetadata } from '../src/metadata.js'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

for (const file of ['README.md', 'README.zh-CN.md'])
  describe(file, () => {
    const text = read(file)
    const codes = [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

    it('has no block and no table, which the console would not wrap', () => {
      expect(text).to.not.match(/^ *(```|~~~|\|)/m)
      expect(text).to.not.match(/^ {4}/m)
    })

    it('has no code without a place to wrap for more than 40 characters', () => {
      const pieces = codes.flatMap((code) => code.split(/[\s/]|(?<=-)/))
      for (const piece of pieces) expect(piece.length, piece).to.be.at.most(40)
    })

    it('links to complete addresses only, and has no HTML, which the console shows as text', () => {
      for (const [, target] of text.matchAll(/\]\(([^)]*)\)/g)) expect(target).to.match(/^https:\/\//)
      expect(text.replace(/`[^`]*`/g, '')).to.not.match(/<[a-z!/]/i)
    })

    it('names files that the package has', () => {
      for (const code of codes.filter((code) => code.startsWith('docs/')))
        expect(existsSync(new URL(`../${code}`, import.meta.url)), code).to.equal(true)
    })

    it('names the tarball of this version, and every field of the form', () => {
      expect(codes.join('\n')).to.include(`${manifest.name}-${manifest.version}.tgz`)
      expect(codes).to.include.members([
        endpointVariable,
        insecureVariable,
        credentialsVariable,
        ...(makeMetadata().formItems ?? []).map(({ key }) => key),
      ])
    })
  })
