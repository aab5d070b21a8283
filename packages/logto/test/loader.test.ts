/**
 * The packed package through Logto's own loader, in a process of its own, into the sandbox.
 */
import { execFile, type ExecFileOptions } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectorDirectory, coreDirectory } from '@logto/cli/lib/constants.js'
import {
  type ConnectorMetadata,
  ConnectorType,
  type SendMessageData,
  TemplateType,
} from '@logto/connector-kit'
import { expect } from 'chai'
import { config, useSandbox } from './support.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const host = fileURLToPath(new URL('logto-host.js', import.meta.url))

/** The Node that runs Logto: this one, or one given, for the version that Logto asks for. */
const node = process.env['LOGTO_NODE'] ?? process.execPath

const packageName = 'connector-aliyun-direct-mail'

interface Job {
  readonly connectors?: string
  readonly package?: string
  readonly calls: ReadonlyArray<{ readonly config: object; readonly data: SendMessageData }>
}

interface Report {
  readonly node: string
  readonly packages: ReadonlyArray<{ readonly name: string; readonly path: string }>
  readonly factories: ReadonlyArray<{ readonly type: ConnectorType; readonly metadata: ConnectorMetadata }>
  readonly results: ReadonlyArray<{
    readonly valid: boolean
    readonly answer?: unknown
    readonly error?: unknown
  }>
}

const run = (
  file: string,
  args: ReadonlyArray<string>,
  options: ExecFileOptions,
  input = '',
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(file, args, { ...options, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${file} ${args.join(' ')}: ${error.message}\n${stdout}\n${stderr}`))
      else resolve(stdout)
    })
    child.stdin?.end(input)
  })

/** The loader also prints; the report is the last line. */
const inLogto = async (job: Job): Promise<Report> => {
  const printed = await run(node, [host], { cwd: root }, JSON.stringify(job))
  // The host writes nothing else there.
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Report
}

const mailOf = (type: TemplateType): SendMessageData => ({
  to: 'ann@example.com',
  type,
  payload: { code: '407312', link: 'https://example.com/join' },
})

describe('the packed package in Logto', function () {
  this.timeout(120_000)
  const sandbox = useSandbox()
  let directory = ''
  let tarball = ''
  let connectors = ''
  const installed = () => path.join(connectors, packageName)

  /** Packs, and lays out the folders of a Logto: its core has the kit and zod, and the connectors folder in it. */
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'logto-'))
    const printed = await run(
      'npm',
      ['pack', '--workspace', packageName, '--pack-destination', directory, '--silent'],
      { cwd: root },
    )
    tarball = path.join(directory, printed.trim().split('\n').at(-1) ?? '')
    const core = path.join(directory, coreDirectory)
    connectors = path.join(core, connectorDirectory)
    for (const shared of ['@logto/connector-kit', 'zod']) {
      const place = path.join(core, 'node_modules', shared)
      await mkdir(path.dirname(place), { recursive: true })
      await symlink(path.join(root, 'node_modules', shared), place, 'dir')
    }
    await mkdir(installed(), { recursive: true })
    await run('tar', ['-xzf', tarball, '--strip-components', '1', '-C', installed()], {})
  })
  after(() => rm(directory, { recursive: true, force: true }))

  it('holds the bundle, what its metadata names, and the licences', async () => {
    expect(await readdir(installed())).to.have.members([
      'LICENSE',
      'README.md',
      'README.zh-CN.md',
      'lib',
      'logo.svg',
      'package.json',
    ])
    const lib = await readdir(path.join(installed(), 'lib'))
    expect(lib).to.include.members(['index.js', 'THIRD-PARTY-LICENSES.txt'])
  })

  describe('unpacked into its folder', () => {
    it('is found and loaded as an e-mail connector, with its logo and readme', async () => {
      const { packages, factories, node: version } = await inLogto({ connectors, calls: [] })
      console.log(`        (Logto's loader ran on Node ${version}; Logto's packages ask for 22)`)
      expect(packages).to.deep.equal([{ name: packageName, path: installed() }])
      expect(factories).to.have.length(1)
      const [{ type, metadata } = expect.fail()] = factories
      expect(type).to.equal(ConnectorType.Email)
      expect(metadata.id).to.equal('aliyun-direct-mail')
      expect(metadata.logo).to.match(/^data:image\/svg\+xml;base64,/)
      expect(metadata.readme).to.equal(await readFile(path.join(root, 'packages/logto/README.md'), 'utf8'))
    })

    it('sends every type of template over the real SDK', async () => {
      const types = Object.values(TemplateType)
      const saved = {
        ...config,
        templates: types.map((usageType) => ({
          usageType,
          subject: `${usageType} {{code}}`,
          content: '<p>{{code}} {{link}}</p>',
        })),
      }
      const { results } = await inLogto({
        connectors,
        calls: types.map((type) => ({ config: saved, data: mailOf(type) })),
      })
      const inbox = sandbox().inbox()
      expect(results).to.deep.equal(
        inbox.map(({ envId, requestId }) => ({
          valid: true,
          answer: { EnvId: envId, RequestId: requestId },
        })),
      )
      expect(inbox.map(({ subject }) => subject)).to.deep.equal(types.map((type) => `${type} 407312`))
      for (const { htmlBody, signature } of inbox) {
        expect(htmlBody).to.equal('<p>407312 https://example.com/join</p>')
        expect(signature).to.include({ scheme: 'ACS3-HMAC-SHA256', verified: true })
      }
    })

    it("fails with a ConnectorError of Logto's own copy of the kit", async () => {
      const { results } = await inLogto({
        connectors,
        calls: [
          { config: { ...config, accessKeySecret: 'wrong' }, data: mailOf(TemplateType.SignIn) },
          { config: { ...config, accountName: 'nobody' }, data: mailOf(TemplateType.SignIn) },
        ],
      })
      expect(results).to.have.nested.property('[0].error.data.code', 'SignatureDoesNotMatch')
      expect(results).to.have.nested.property('[1].error.code', 'invalid_config')
      expect(results.map(({ valid }) => valid)).to.deep.equal([true, false])
    })

    it('sends with a changed config at the next call', async () => {
      const changed = { ...config, accountName: 'changed@mail.example.com' }
      await inLogto({
        connectors,
        calls: [config, changed, config].map((saved) => ({
          config: saved,
          data: mailOf(TemplateType.SignIn),
        })),
      })
      const senders = sandbox()
        .inbox()
        .map(({ accountName }) => accountName)
      expect(senders).to.deep.equal([config.accountName, changed.accountName, config.accountName])
    })
  })

  it('works too where npm installs it with its dependencies', async () => {
    const project = path.join(directory, 'project')
    await mkdir(project)
    await writeFile(path.join(project, 'package.json'), '{ "private": true }')
    await cp(tarball, path.join(project, 'connector.tgz'))
    const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
    await run('npm', ['install', './connector.tgz', ...options], { cwd: project })
    const { results } = await inLogto({
      package: path.join(project, 'node_modules', packageName),
      calls: [{ config, data: mailOf(TemplateType.SignIn) }],
    })
    expect(results).to.have.nested.property('[0].answer')
    expect(sandbox().inbox()).to.have.length(1)
  })
})
