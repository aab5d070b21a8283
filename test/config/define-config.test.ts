/**
 * What compiles and what does not is what these tests are about: `npm run typecheck` fails where a
 * `@ts-expect-error` has nothing to expect.
 */
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import ts from 'typescript'
import { type Connector, createConnector, decodeConfig, defineConfig, type Message } from '../../lib/index.js'

const key = {
  accessKeyId: 'an-id',
  accessKeySecret: 'a-secret',
  accountName: 'no-reply@mail.example.com',
} as const

const config = defineConfig({
  ...key,
  templates: [
    {
      usageType: 'Register',
      subject: 'Welcome',
      content: 'Hello {{ user.name }} of {{user.company.name}}: {{code}}',
    },
    { usageType: 'SignIn', subject: '{{application.name}}', content: '<p>{{code}}</p>' },
    { usageType: 'SignIn', subject: 'never chosen', content: '{{ignored}}' },
    { usageType: 'ForgotPassword', subject: 'Nothing to fill in', content: '{{}} { {x} } {{ }} }} {{' },
    { usageType: 'Generic', subject: 'Code', content: '{{验证码}}', fromAlias: '{{team}}' },
  ],
})

const to = 'ann@example.com'

describe('defineConfig', () => {
  it('gives the very config back', () => {
    const plain = { ...key, templates: [] }
    expect(defineConfig(plain)).to.equal(plain)
  })

  it('makes the placeholders of a template the keys of its payload', () => {
    const connector = createConnector(config)
    if (E.isLeft(connector)) throw new Error(connector.left.message)
    const { preview } = connector.right

    const good = [
      preview({ to, type: 'Register', payload: { code: 1, user: { name: 'Ann', company: { name: 'A' } } } }),
      preview({ to, type: 'SignIn', payload: { code: '1', application: { name: 'Acme' } } }),
      preview({ to, type: 'ForgotPassword', payload: {} }),
      preview({ to, type: 'Generic', payload: { 验证码: '1', team: 'A' } }),
      // A usage type without a template of its own takes the Generic one's placeholders.
      preview({ to, type: 'BindMfa', payload: { 验证码: '1', team: 'A' } }),
    ]
    expect(good.map((mail) => mail._tag)).to.deep.equal(['Right', 'Right', 'Right', 'Right', 'Right'])

    const bad = [
      // @ts-expect-error `code` is missing.
      preview({ to, type: 'SignIn', payload: { application: { name: 'Acme' } } }),
      // @ts-expect-error `application.name` is missing.
      preview({ to, type: 'SignIn', payload: { code: '1', application: {} } }),
      // @ts-expect-error `application` is missing.
      preview({ to, type: 'SignIn', payload: { code: '1' } }),
      // @ts-expect-error `coed` is mistyped.
      preview({ to, type: 'SignIn', payload: { coed: '1', application: { name: 'Acme' } } }),
      // @ts-expect-error An object cannot become text.
      preview({ to, type: 'SignIn', payload: { code: {}, application: { name: 'Acme' } } }),
      // @ts-expect-error `user.company.name` is missing.
      preview({ to, type: 'Register', payload: { code: '1', user: { name: 'Ann', company: {} } } }),
      // @ts-expect-error The Generic template has no `code`.
      preview({ to, type: 'BindMfa', payload: { code: '1' } }),
      // @ts-expect-error There is no such usage type.
      preview({ to, type: 'Signin', payload: { code: '1', application: { name: 'Acme' } } }),
    ]
    expect(bad).to.have.length(8)
  })

  it('does not compile with a mistyped usage type', () => {
    // @ts-expect-error There is no such usage type.
    defineConfig({ ...key, templates: [{ usageType: 'Signin', subject: 'x', content: 'x' }] })
  })

  it('leaves a config whose texts the compiler does not know to any message', () => {
    const decoded = decodeConfig(config)
    if (E.isLeft(decoded)) throw new Error(decoded.left.message)
    const fromDecoded: E.Either<unknown, Connector> = createConnector(decoded.right)
    const fromUnknown: E.Either<unknown, Connector> = createConnector(config as unknown)
    const message: Message = { to, type: 'SignIn', payload: { code: '1', anything: {} } }
    for (const connector of [fromDecoded, fromUnknown])
      if (E.isRight(connector)) expect(connector.right.preview(message)._tag).to.equal('Left')
  })

  it('type-checks a config of 100 templates with a few thousand type instantiations each', () => {
    const templates = Array.from(
      { length: 100 },
      (_, index) =>
        `{ usageType: '${index === 99 ? 'BindMfa' : 'Generic'}', subject: 'S {{a${index}}}', content: '${'text '.repeat(20)}{{code}} {{user.name}}' },`,
    ).join('\n')
    const source = `
      import { createConnector, defineConfig } from '../../lib/index.js'
      const config = defineConfig({ accessKeyId: '', accessKeySecret: '', accountName: '', templates: [${templates}] })
      const connector = createConnector(config)
      if (connector._tag === 'Right')
        connector.right.preview({ to: '', type: 'BindMfa', payload: { a99: 1, code: '', user: { name: '' } } })
    `
    const name = new URL('hundred-templates.ts', import.meta.url).pathname
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2024.d.ts'],
      module: ts.ModuleKind.NodeNext,
      types: ['node'],
    }
    const host = ts.createCompilerHost(options)
    const withSource: ts.CompilerHost = {
      ...host,
      getSourceFile: (file, ...rest) =>
        file === name
          ? ts.createSourceFile(file, source, {
              languageVersion: ts.ScriptTarget.ES2023,
              impliedNodeFormat: ts.ModuleKind.ESNext,
            })
          : host.getSourceFile(file, ...rest),
      fileExists: (file) => file === name || host.fileExists(file),
      readFile: (file) => (file === name ? source : host.readFile(file)),
    }
    const program = ts.createProgram([name], options, withSource)
    const file = program.getSourceFile(name)
    // All of the library first, so that what is counted is the config alone.
    for (const other of program.getSourceFiles()) if (other !== file) program.getSemanticDiagnostics(other)
    const before = program.getInstantiationCount()
    expect(program.getSemanticDiagnostics(file).map(({ messageText }) => messageText)).to.deep.equal([])
    // A second of checking is some millions of instantiations; a count is the same on every machine.
    expect(program.getInstantiationCount() - before).to.be.lessThan(500_000)
  }).timeout(60_000)
})
