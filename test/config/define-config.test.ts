/**
 * What compiles and what does not is what these tests are about: `npm run typecheck` fails where a
 * `@ts-expect-error` has nothing to expect.
 */
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import ts from 'typescript'
import {
  type Connector,
  createConnector,
  decodeConfig,
  defineConfig,
  type Message,
  sendMessage,
} from '../../lib/index.js'
import { right } from '../support/either.js'

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
    const { preview } = right(createConnector(config))

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

  it('asks a message that brings its own template for nothing', () => {
    const { preview } = right(createConnector(config))
    const template = { subject: 'x', content: '{{code}}' }
    expect(right(preview({ to, type: 'SignIn', payload: { code: '7' }, template })).body).to.equal('7')
    // @ts-expect-error It still carries a code.
    expect(preview({ to, type: 'SignIn', payload: {}, template })._tag).to.equal('Left')
  })

  it('makes a connector that may stand where any connector is asked for', async () => {
    const typed = right(
      createConnector(config, { client: { singleSendMailWithOptions: () => Promise.resolve({}) } }),
    )
    const connector: Connector = typed
    const message: Message = { to, type: 'SignIn', payload: { code: '1' } }
    const results = [await sendMessage(message)({ connector: typed })(), connector.preview(message)]
    expect(results.map((result) => E.isLeft(result) && result.left._tag)).to.deep.equal([
      'MissingVariables',
      'MissingVariables',
    ])
  })

  it('asks for nothing where a text is known only at run time', () => {
    const content: string = ['<p>', '{{code}}', '</p>'].join('')
    const fromFile = defineConfig({
      ...key,
      templates: [
        { usageType: 'Register', subject: 'Welcome', content },
        { usageType: 'SignIn', subject: '{{application.name}}', content },
        { usageType: 'ForgotPassword', subject: 'Code', content },
        { usageType: 'Generic', subject: 'Code', content },
      ],
    })
    const { preview } = right(createConnector(fromFile))
    expect(right(preview({ to, type: 'Register', payload: { code: '1' } })).body).to.equal('<p>1</p>')
    expect(preview({ to, type: 'SignIn', payload: { code: '1' } })._tag).to.equal('Left')
  })

  it('knows usage types of the user’s own, from a list', () => {
    const own = { usageTypes: ['OrderShipped'] } as const
    const shop = defineConfig(
      {
        ...key,
        templates: [...config.templates, { usageType: 'OrderShipped', subject: '{{order}}', content: 'x' }],
      },
      own,
    )
    const typed = right(createConnector(shop, own))
    const connector: Connector = typed
    expect(connector.preview({ to, type: 'SignIn', payload: { code: '1' } })._tag).to.equal('Left')
    expect(right(typed.preview({ to, type: 'OrderShipped', payload: { order: 7 } })).subject).to.equal('7')
    // @ts-expect-error `order` is missing.
    expect(typed.preview({ to, type: 'OrderShipped', payload: {} })._tag).to.equal('Left')
    // @ts-expect-error There is no such usage type.
    expect(typed.preview({ to, type: 'OrderSent', payload: { order: 7 } })._tag).to.equal('Left')
    // Not asked for at run time, not accepted at run time.
    expect(createConnector(shop)._tag).to.equal('Left')
  })

  it('takes no key pair where options.credentials gives it', () => {
    const { templates } = config
    const keyless = defineConfig({ accountName: key.accountName, templates })
    const credentials = () => Promise.reject(new Error('not asked here'))
    expect(createConnector(keyless, { credentials })._tag).to.equal('Right')
    expect(createConnector(keyless)._tag).to.equal('Left')
    expect(createConnector(config, { credentials })._tag).to.equal('Left')
  })

  it('takes undefined for what is optional', () => {
    const undefineds = defineConfig({
      ...config,
      fromAlias: undefined,
      securityToken: undefined,
      tagName: undefined,
    })
    expect(createConnector(undefineds)._tag).to.equal('Right')
  })

  it('leaves a config whose texts the compiler does not know to any message', () => {
    const fromDecoded: E.Either<unknown, Connector> = createConnector(right(decodeConfig(config)))
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
