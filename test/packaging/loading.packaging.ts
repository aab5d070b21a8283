/**
 * What the built library loads, and when. Each case is a process of its own, which has loaded nothing before.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import ts from 'typescript'
import { root } from './pack.js'

const formats = {
  module: {
    load: (name: string) => `await import('${name}')`,
    // The SDK is CommonJS: loaded by `import`, its modules stand in the cache of `require` all the same.
    prelude:
      "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const main = async (f) => f();",
  },
  commonjs: {
    load: (name: string) => `require('${name}')`,
    prelude: 'const main = async (f) => f();',
  },
}

type Format = keyof typeof formats

/** Runs a program in the root of the package and gives back what it returned. */
const run = (format: Format, program: string): unknown =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [
        `--input-type=${format}`,
        '--eval',
        `${formats[format].prelude}
         const loaded = (part) => Object.keys(require.cache).filter((file) => file.includes(part)).length
         main(async () => { ${program} }).then((result) => console.log(JSON.stringify(result)))`,
      ],
      { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
    ),
  )

const config = JSON.stringify({
  accessKeyId: 'an-id',
  accessKeySecret: 'a-secret',
  accountName: 'no-reply@mail.example.com',
  templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({
    usageType,
    subject: 'Your code',
    content: '{{code}}',
  })),
})

for (const format of ['module', 'commonjs'] as const) {
  const { load } = formats[format]

  describe(`the built library, loaded as ${format}`, () => {
    it('does not load the SDK, not even to make a connector and to preview a mail', () => {
      const result = run(
        format,
        `const { createConnector } = ${load('aliyun-dm-connector')}
         const { right: connector } = createConnector(${config})
         const mail = connector.preview({ to: 'ann@example.com', type: 'SignIn', payload: { code: '123456' } })
         return [mail.right.body, loaded('alicloud')]`,
      )
      expect(result).to.deep.equal(['123456', 0])
    })

    it('loads the SDK when it is warmed up', () => {
      const result = run(
        format,
        `const { createConnector } = ${load('aliyun-dm-connector')}
         const { right: connector } = createConnector(${config})
         await connector.warmUp()
         return loaded('@alicloud') > 10`,
      )
      expect(result).to.equal(true)
    })

    it('does not load the SDK for the sandbox', () => {
      const result = run(
        format,
        `const { startSandbox } = ${load('aliyun-dm-sandbox')}
         const { right: sandbox } = await startSandbox()()
         const page = await fetch(sandbox.endpoint)
         await sandbox.stop()
         return [page.status, page.headers.get('content-type'), loaded('alicloud')]`,
      )
      expect(result).to.deep.equal([200, 'text/html;charset=utf-8', 0])
    })
  })
}

interface Door {
  readonly specifier: string
  /** Its declaration files, for `import` and for `require`. */
  readonly types: ReadonlyArray<string>
}

type Exports = Readonly<Record<string, Readonly<Record<string, { readonly types: string }>> | string>>

/** What can be imported from a package, by its package.json. */
const findDoors = (name: string): ReadonlyArray<Door> => {
  const folder = join(root, 'node_modules', name)
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly exports: Exports
  }
  return Object.entries(exports).flatMap(([path, conditions]) =>
    typeof conditions === 'string'
      ? []
      : {
          specifier: `${name}${path.slice(1)}`,
          types: Object.values(conditions).map(({ types }) => join(folder, types)),
        },
  )
}

/** The values that a declaration file says are exported. */
const findDeclaredValues = (file: string): ReadonlyArray<string> => {
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    skipLibCheck: true,
    types: [],
  })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  const isTypeOnly = (declaration: ts.Declaration): boolean =>
    ts.isExportSpecifier(declaration) && (declaration.isTypeOnly || declaration.parent.parent.isTypeOnly)
  const isValue = (symbol: ts.Symbol): boolean => {
    if (symbol.declarations?.some(isTypeOnly)) return false
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return (target.flags & ts.SymbolFlags.Value) !== 0
  }
  const exported = module === undefined ? [] : checker.getExportsOfModule(module)
  return exported
    .filter(isValue)
    .map((symbol) => symbol.name)
    .sort()
}

describe('the built library', () => {
  for (const { specifier, types } of ['aliyun-dm-connector', 'aliyun-dm-sandbox'].flatMap(findDoors))
    it(`exports the same from ${specifier} by import, by require and by its types`, () => {
      const names = (format: Format): unknown =>
        run(
          format,
          `return Object.keys(${formats[format].load(specifier)}).filter((key) => key !== 'default').sort()`,
        )
      expect(names('module')).to.not.deep.equal([])
      expect(names('commonjs')).to.deep.equal(names('module'))
      expect(types).to.have.lengthOf(2)
      for (const file of types) expect(findDeclaredValues(file), file).to.deep.equal(names('module'))
    })

  it('gives its package.json', () => {
    const name = run('commonjs', "return require('aliyun-dm-connector/package.json').name")
    expect(name).to.equal('aliyun-dm-connector')
  })
})
