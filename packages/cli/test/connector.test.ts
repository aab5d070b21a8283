/**
 * Where a connector gets its credentials and its endpoint, and how its failures are shown.
 */
import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import type { SendError } from 'aliyun-dm-connector'
import { startSandbox } from 'aliyun-dm-sandbox/promises'
import { readConfigFile } from '../src/config-file.js'
import { type ConnectionOptions, explain, openConnector } from '../src/connector.js'
import { createShell, createSink, withEnvironment } from './support/command.js'
import { config, createFile } from './support/files.js'

const keyPair = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAIenv', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secretOfEnv' }

describe('openConnector', () => {
  const open = async (
    options: ConnectionOptions,
    { env = {}, rest = {} }: { readonly env?: Readonly<Record<string, string>>; readonly rest?: object } = {},
  ) => {
    const [out, err] = [createSink(), createSink()]
    const shell = createShell(out.stream, err.stream, { env })
    const file = await readConfigFile(shell, createFile(config(rest)), (input) => ({
      input,
      origins: new Map(),
    }))
    if (E.isLeft(file)) throw new Error('not read')
    return { opened: openConnector(shell, file.right, options), printed: () => [out.text(), err.text()] }
  }

  const sendTo = async (options: ConnectionOptions, rest?: object) => {
    const sandbox = await startSandbox({ accessKeys: { LTAIenv: 'secretOfEnv' } })
    const { opened, printed } = await open(
      { endpoint: sandbox.endpoint, ...options },
      rest === undefined ? {} : { rest },
    )
    if (E.isLeft(opened)) throw new Error(JSON.stringify(opened.left))
    const sent = await opened.right.sendMessage({
      to: 'ann@example.com',
      type: 'Generic',
      payload: { code: '1' },
    })()
    await sandbox.stop()
    return { isSent: E.isRight(sent), mails: sandbox.inbox().length, printed: printed() }
  }

  it('takes the credentials of the machine where it is told to, and says which unless JSON is wanted', async () => {
    await withEnvironment(keyPair, async () => {
      const told = 'credentials are taken from env\n'
      for (const [options, err] of [
        [{}, told],
        [{ json: false }, told],
        [{ json: true }, ''],
      ] as const)
        expect(await sendTo({ credentials: 'default', ...options })).to.deep.equal({
          isSent: true,
          mails: 1,
          printed: ['', err],
        })
    })
  })

  it('takes the key pair of the file otherwise', async () => {
    await withEnvironment(keyPair, async () => {
      expect(await sendTo({})).to.deep.equal({ isSent: false, mails: 0, printed: ['', ''] })
      expect(await sendTo({}, { accessKeyId: 'LTAIenv', accessKeySecret: 'secretOfEnv' })).to.include({
        isSent: true,
      })
    })
  })

  it('needs no key pair in the file beside the credentials of the machine', async () => {
    const rest = { accessKeyId: undefined, accessKeySecret: undefined }
    const of = async (options: ConnectionOptions) => E.isRight((await open(options, { rest })).opened)
    expect(await of({ credentials: 'default' })).to.equal(true)
    expect(await of({})).to.equal(false)
  })

  it('says where a config or an endpoint is wrong', async () => {
    const env = { ALIYUN_DM_ENDPOINT: 'ftp://example.com' }
    const wrongEndpoint = await open({}, { env })
    expect(wrongEndpoint.opened).to.have.deep.nested.property('left.exitCode', 1)
    expect(wrongEndpoint.opened)
      .to.have.nested.property('left.diagnostics[0]')
      .that.includes({ severity: 'error', path: '', place: 'ALIYUN_DM_ENDPOINT' })
    const wrongConfig = await open({}, { rest: { accountName: 'nobody' } })
    expect(wrongConfig.opened)
      .to.have.nested.property('left.diagnostics[0]')
      .that.includes({ path: 'accountName', line: 4 })
  })

  it('prefers an endpoint that it is given', async () => {
    const env = { ALIYUN_DM_ENDPOINT: 'ftp://example.com' }
    const { opened } = await open({ endpoint: 'http://127.0.0.1:1' }, { env })
    expect(E.isRight(opened)).to.equal(true)
  })
})

describe('explain', () => {
  const shown = (error: SendError): string => {
    const [out, err] = [createSink(), createSink()]
    explain(createShell(out.stream, err.stream), error)
    expect(out.text()).to.equal('')
    return err.text()
  }
  const rejected: SendError = {
    _tag: 'Rejected',
    message: 'No.',
    delivered: 'no',
    code: 'C',
    statusCode: 400,
    requestId: 'R-1',
  }

  it('shows the request ID, and where to read more, as far as there are such', () => {
    expect(shown(rejected)).to.equal('error: No.\n  RequestId  R-1\n')
    expect(shown({ ...rejected, recommend: 'https://example.com/why' })).to.equal(
      'error: No.\n  RequestId  R-1\n  See        https://example.com/why\n',
    )
    expect(shown({ ...rejected, requestId: '' })).to.equal('error: No.\n')
    expect(shown({ _tag: 'Timeout', phase: 'read', message: 'No.', delivered: 'unknown' })).to.equal(
      'error: No.\n',
    )
  })

  it('says how to give the values that are missing', () =>
    expect(
      shown({
        _tag: 'MissingVariables',
        message: 'No.',
        delivered: 'no',
        usageType: 'Generic',
        names: ['code'],
      }),
    ).to.equal('error: No.\n  Give values with --var code=123456\n'))
})
