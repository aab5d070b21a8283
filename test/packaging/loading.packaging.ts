/**
 * What the built library loads, and when. Each case is a process of its own, which has loaded nothing before.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const root = fileURLToPath(new URL('../..', import.meta.url))

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

describe('the built library', () => {
  for (const name of ['aliyun-dm-connector', 'aliyun-dm-sandbox']) {
    it(`exports the same from ${name} by import and by require`, () => {
      const names = (format: Format): unknown =>
        run(
          format,
          `return Object.keys(${formats[format].load(name)}).filter((key) => key !== 'default').sort()`,
        )
      expect(names('module')).to.deep.equal(names('commonjs'))
    })
  }

  it('gives its package.json', () => {
    const name = run('commonjs', "return require('aliyun-dm-connector/package.json').name")
    expect(name).to.equal('aliyun-dm-connector')
  })
})
