/**
 * The packed package through Logto's own installer and loader, in a process of its own, into the sandbox.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ConnectorType, type SendMessageData, TemplateType } from '@logto/connector-kit'
import { expect } from 'chai'
import { credentialsVariable } from '../src/environment.js'
import { installedKit, pack, packageName, type Report, root, run, useLogto } from './logto.js'
import { config, useSandbox, withVariables } from './support.js'

const makeMail = (type: TemplateType): SendMessageData => ({
  to: 'ann@example.com',
  type,
  payload: { code: '407312', link: 'https://example.com/join' },
})

const signIn = makeMail(TemplateType.SignIn)

describe('the packed package in Logto', function () {
  this.timeout(120_000)
  const sandbox = useSandbox()
  let directory = ''
  let tarball = ''
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'packed-'))
    tarball = await pack(directory)
  })
  after(() => rm(directory, { recursive: true, force: true }))

  describe('added by Logto’s own command', () => {
    const logto = useLogto()
    const installed = () => path.join(logto().connectors, packageName)
    const add = () => {
      const { connectors, handle } = logto()
      return handle({ connectors, add: [tarball], calls: [] })
    }
    let report: Report | undefined
    before(async () => {
      report = await add()
    })

    it('has the bundle, what its metadata names, its documentation and the licences', async () => {
      expect(await readdir(installed())).to.have.members([
        'LICENSE',
        'README.md',
        'README.zh-CN.md',
        'docs',
        'lib',
        'logo.svg',
        'package.json',
      ])
      const lib = await readdir(path.join(installed(), 'lib'))
      expect(lib).to.include.members(['index.js', 'THIRD-PARTY-LICENSES.txt'])
    })

    it('is found under its own name and loaded as an e-mail connector, with its logo and readme', async () => {
      const { packages, factories, node } = report ?? expect.fail()
      console.log(`        (Logto's loader ran on Node ${node}; Logto's packages ask for 22)`)
      expect(packages).to.deep.equal([{ name: packageName, path: installed() }])
      expect(factories).to.have.length(1)
      const [{ type, metadata } = expect.fail()] = factories
      expect(type).to.equal(ConnectorType.Email)
      expect(metadata.id).to.equal('aliyun-direct-mail')
      expect(metadata.logo).to.match(/^data:image\/svg\+xml;base64,/)
      expect(metadata.readme).to.equal(await readFile(path.join(root, 'packages/logto/README.md'), 'utf8'))
    })

    it('is replaced when it is added again, with nothing left of the older one', async () => {
      const remnant = path.join(installed(), 'lib', 'older.js')
      await writeFile(remnant, '')
      const { packages } = await add()
      expect(packages).to.have.length(1)
      expect(await readdir(path.dirname(remnant))).to.not.include('older.js')
      expect(await readdir(logto().connectors)).to.deep.equal([packageName])
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
      const { results } = await logto().handle({
        connectors: logto().connectors,
        calls: types.map((type) => ({ config: saved, data: makeMail(type) })),
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

    it('sends with the credentials of the machine', async () => {
      const { accessKeyId, accessKeySecret, ...keyless } = config
      const variables = {
        [credentialsVariable]: 'default',
        ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
      }
      const { results } = await withVariables(variables, () =>
        logto().handle({
          connectors: logto().connectors,
          calls: [{ config: keyless, data: signIn }],
        }),
      )
      expect(results).to.have.nested.property('[0].valid', true)
      expect(results).to.have.nested.property('[0].answer.EnvId', sandbox().inbox()[0]?.envId)
    })

    it('sends with a changed config at the next call', async () => {
      const changed = { ...config, accountName: 'changed@mail.example.com' }
      await logto().handle({
        connectors: logto().connectors,
        calls: [config, changed, config].map((saved) => ({ config: saved, data: signIn })),
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
    const loaded = `import(${JSON.stringify(packageName)}).then(({ default: create }) => console.log(typeof create))`
    const printed = await run(process.execPath, ['--input-type=module', '--eval', loaded], { cwd: project })
    expect(printed.trim()).to.equal('function')
  })

  // All that npm has of the range in package.json. The newest is the one that this repository is built with.
  const kits = ['4.7.0', '5.0.0', '5.0.1', '5.1.0', '5.1.1']
  it('is tried with the newest kit', () => expect(kits.at(-1)).to.equal(installedKit))

  for (const version of kits)
    describe(`beside version ${version} of the kit`, () => {
      const logto = useLogto(version)
      before(async () => {
        const place = path.join(logto().connectors, packageName)
        await mkdir(place)
        await run('tar', ['-xzf', tarball, '--strip-components', '1', '-C', place])
      })

      it('is loaded, sends, and fails with errors that Logto knows', async () => {
        // Played on the first request.
        sandbox().failNext({ kind: 'error', code: 'InvalidSendMail.Spam' })()
        const { kit, factories, results } = await logto().handle({
          connectors: logto().connectors,
          calls: [
            { config, data: signIn },
            { config, data: signIn },
            { config: { ...config, accountName: 'nobody' }, isTest: true, data: signIn },
            { config: { ...config, accessKeySecret: 'wrong' }, data: signIn },
          ],
        })
        expect(kit).to.equal(version)
        expect(factories).to.have.length(1)
        expect(results.map(({ valid }) => valid)).to.deep.equal([true, true, false, true])
        const [usedUp, sent, invalid, refused] = results
        expect(usedUp).to.have.nested.property('error.data.errorDescription', 'The e-mail could not be sent.')
        // Before 5.1.1, the only code for a limit was one that reads "try again later".
        expect(usedUp).to.have.nested.property(
          'error.code',
          version === '5.1.1' ? 'usage_limit_exceeded' : 'general',
        )
        expect(sent).to.have.nested.property('answer.EnvId', sandbox().inbox()[0]?.envId)
        expect(invalid).to.have.nested.property('error.code', 'invalid_config')
        expect(invalid).to.have.nested.property('error.data.issues[0].path[0]', 'accountName')
        expect(refused).to.have.nested.property('error.data.code', 'SignatureDoesNotMatch')
      })
    })
})
