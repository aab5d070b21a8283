/**
 * Files and standard input: what is read, how it is refused, and where a value stands.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import { placeIssue, placeWarnings, readConfigFile } from '../src/config-file.js'
import { createShell, createSink } from './support/command.js'
import { createFile, createPath } from './support/files.js'

const unchanged = (input: unknown) => ({ input, origins: new Map<string, string>() })

const read = (path: string, stdin: string | Uint8Array = '', isTTY = false) => {
  const err = createSink()
  const shell = createShell(createSink().stream, err.stream)
  const input = Object.assign(Readable.from([Buffer.from(stdin)]), { isTTY })
  return readConfigFile({ ...shell, stdin: input }, path, unchanged).then((file) => ({
    file,
    err: err.text(),
  }))
}

const readRight = async (path: string, stdin?: string) => {
  const { file } = await read(path, stdin)
  if (E.isLeft(file)) throw new Error(JSON.stringify(file.left))
  return file.right
}

describe('readConfigFile', () => {
  it('reads a file', async () => {
    const path = createFile('{"a": 1}')
    expect(await readRight(path)).to.deep.include({
      name: path,
      input: { a: 1 },
      value: { a: 1 },
      bodies: new Map(),
      origins: new Map(),
    })
  })

  it('reads standard input as -, and tells only a person at the keyboard how to end it', async () => {
    const piped = await read('-', '{"a": 1}')
    expect(piped.err).to.equal('')
    expect(piped.file).to.have.nested.property('right.name', '<stdin>')
    const typed = await read('-', '{"a": 1}', true)
    expect(typed.err).to.equal('Reading the config from the keyboard. End it with Ctrl-D.\n')
    const path = createFile('{}')
    expect(await read(path, '', true)).to.include({ err: '' })
  })

  it('lets what is missing be completed', async () => {
    const origins = new Map([['b', 'B']])
    const shell = createShell(createSink().stream, createSink().stream)
    const file = await readConfigFile(shell, createFile('{"a": 1}'), (input) => ({
      input: { ...(input as object), b: 2 },
      origins,
    }))
    expect(file).to.deep.nested.include({
      'right.input': { a: 1, b: 2 },
      'right.value': { a: 1 },
      'right.origins': origins,
    })
  })

  const limit = 32 * 1024 * 1024
  it('reads 32 MiB, and no more', async () => {
    const text = JSON.stringify('x'.repeat(limit - 2))
    expect(E.isRight((await read(createFile(text))).file)).to.equal(true)
    const path = createFile(`${text} `)
    expect((await read(path)).file).to.deep.equal(
      E.left({
        exitCode: 1,
        diagnostics: [
          { severity: 'error', path: '', message: 'more than 32 MiB, which is no config', place: path },
        ],
      }),
    )
  })

  const refused: ReadonlyArray<
    readonly [what: string, bytes: ReadonlyArray<number>, message: string | undefined]
  > = [
    ['UTF-16 of little ends', [0xff, 0xfe, 0x7b, 0], 'encoded as UTF-16; save it as UTF-8'],
    ['UTF-16 of big ends', [0xfe, 0xff, 0, 0x7b], 'encoded as UTF-16; save it as UTF-8'],
    ['one byte of such a mark', [0xff], 'not text in UTF-8, so not JSON'],
    ['the other one', [0xfe, 0xfe], 'not text in UTF-8, so not JSON'],
    ['the first byte with another', [0xff, 0xff], 'not text in UTF-8, so not JSON'],
    ['another with the second', [0x31, 0xfe], 'not text in UTF-8, so not JSON'],
    ['another with the second of the other', [0x31, 0xff], 'not text in UTF-8, so not JSON'],
    ['half a character', [0x22, 0xe4, 0xbd, 0x22], 'not text in UTF-8, so not JSON'],
  ]
  for (const [what, bytes, message] of refused)
    it(`refuses ${what}`, async () =>
      expect((await read('-', new Uint8Array(bytes))).file).to.deep.equal(
        E.left({
          exitCode: 1,
          diagnostics: [{ severity: 'error', path: '', message, place: '<stdin>' }],
        }),
      ))

  it('drops a byte order mark', async () =>
    expect(await readRight('-', '\ufeff{"a": 1}')).to.have.deep.property('value', { a: 1 }))

  it('says where JSON is not JSON', async () =>
    expect((await read('-', '{\n "a": 1 "b"}')).file).to.deep.equal(
      E.left({
        exitCode: 1,
        diagnostics: [
          {
            severity: 'error',
            path: '',
            message: 'not JSON: expected a comma before this',
            place: '<stdin>',
            line: 2,
            column: 9,
          },
        ],
      }),
    ))

  it('says why a file cannot be read', async () => {
    const longName = createPath('n'.repeat(300))
    const cases = [
      [createPath('none.json'), 'there is no such file'],
      [createPath(), 'is a directory'],
      [longName, 'cannot be read (ENAMETOOLONG)'],
      ['a\0b', 'cannot be read (ERR_INVALID_ARG_VALUE)'],
    ] as const
    for (const [place, message] of cases)
      expect((await read(place)).file).to.deep.equal(
        E.left({ exitCode: 2, diagnostics: [{ severity: 'error', path: '', message, place }] }),
      )
  })

  it('says so of a stream that breaks, whatever it breaks with', async () => {
    const { stream } = createSink()
    for (const [error, code] of [
      [Object.assign(new Error('no'), { code: 'EIO' }), 'EIO'],
      [new Error('no'), 'unknown reason'],
    ] as const) {
      const stdin = new Readable({
        read() {
          this.destroy(error)
        },
      })
      const file = await readConfigFile({ ...createShell(stream, stream), stdin }, '-', unchanged)
      expect(file).to.have.nested.property('left.diagnostics[0].message', `cannot be read (${code})`)
    }
  })
})

describe('the files of templates', () => {
  const lay = (templates: ReadonlyArray<unknown>): { readonly path: string; readonly mail: string } => {
    const folder = createPath()
    writeFileSync(join(folder, 'mail.html'), 'one\ntwo')
    writeFileSync(join(folder, 'connector.json'), JSON.stringify({ accessKeyId: 'x', templates }))
    return { path: join(folder, 'connector.json'), mail: join(folder, 'mail.html') }
  }

  it('are read, and known by the path of what they hold', async () => {
    const { path, mail } = lay([
      1,
      { content: 'in the config' },
      { contentFile: 'mail.html' },
      { contentFile: '', content: 'in the config' },
    ])
    const file = await readRight(path)
    expect(file.bodies).to.deep.equal(new Map([['templates[2].content', { name: mail, text: 'one\ntwo' }]]))
    expect(file).to.have.nested.property('value.templates[2].content', 'one\ntwo')
    expect(placeIssue(file, { path: 'templates[2].content', message: 'm' })).to.deep.equal({
      severity: 'error',
      path: 'templates[2].content',
      message: 'm',
      place: mail,
      line: 1,
      column: 1,
    })
    expect(
      placeWarnings(file, [{ code: 'mail/form', path: 'templates[2].content', message: 'm', index: 5 }]),
    ).to.deep.equal([
      {
        severity: 'warning',
        code: 'mail/form',
        path: 'templates[2].content',
        message: 'm',
        place: mail,
        line: 2,
        column: 2,
      },
    ])
  })

  it('are found beside the config, and for standard input in the folder of the process', async () => {
    const { file } = await read('-', JSON.stringify({ templates: [{ contentFile: 'no-such.html' }] }))
    expect(file).to.have.nested.include({
      'left.exitCode': 1,
      'left.diagnostics[0].place': '<stdin>',
      'left.diagnostics[0].path': 'templates[0].contentFile',
      'left.diagnostics[0].line': 1,
      'left.diagnostics[0].column': 30,
    })
    const here = await readRight('-', JSON.stringify({ templates: [{ contentFile: 'package.json' }] }))
    expect([...here.bodies.values()].map(({ name }) => name)).to.deep.equal(['package.json'])
  })

  it('are none where the templates are no list', async () => {
    for (const text of ['[]', '1', 'null', '{"templates": {"contentFile": "mail.html"}}'])
      expect((await readRight('-', text)).bodies).to.deep.equal(new Map())
  })
})

describe('the place of a value', () => {
  it('is the variable that it came from', async () => {
    const file = { ...(await readRight('-', '{"a": 1}')), origins: new Map([['a', 'VARIABLE']]) }
    expect(placeIssue(file, { path: 'a', message: 'm' })).to.deep.equal({
      severity: 'error',
      path: 'a',
      message: 'm',
      place: 'VARIABLE',
    })
  })

  it('is that of a key, or of a character', async () => {
    const file = await readRight('-', '{"a": {"keey": 1,\n "text": "xyz"}}')
    expect(
      placeWarnings(file, [
        { code: 'key/unknown', path: 'a', message: 'm', key: 'keey' },
        { code: 'placeholder/braces', path: 'a.text', message: 'm', index: 2 },
      ]),
    ).to.deep.equal([
      {
        severity: 'warning',
        code: 'key/unknown',
        path: 'a',
        message: 'm',
        place: '<stdin>',
        line: 1,
        column: 8,
      },
      {
        severity: 'warning',
        code: 'placeholder/braces',
        path: 'a.text',
        message: 'm',
        place: '<stdin>',
        line: 2,
        column: 13,
      },
    ])
  })
})
