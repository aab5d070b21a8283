/**
 * The clients that people have, each unchanged and pointed at the sandbox. Logto's own connector has a test of its own
 * in packages/logto.
 */
import { execFile } from 'node:child_process'
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import type dmModule from '@alicloud/dm20151123'
import type openapiModule from '@alicloud/openapi-client'
import type * as teaUtilModule from '@alicloud/tea-util'
import { expect } from 'chai'
import type { Sandbox } from '../src/index.js'
import { form, iso, keyId, mail, secret, signedV1, start } from './client.js'

// All of them are CommonJS, and `require` gives them without a `default` in between. It gives any.
const load = createRequire(import.meta.url)
const openapi = load('@alicloud/openapi-client') as typeof openapiModule
const teaUtil = load('@alicloud/tea-util') as typeof teaUtilModule

/** The part of pop-core that is used. Its types know no other option than `method`. */
type PopCore = new (config: object) => {
  readonly request: (action: string, parameters: object, options: object) => Promise<unknown>
}

const hostOf = ({ endpoint }: Sandbox): string => endpoint.slice('http://'.length)
const keyPair = { accessKeyId: keyId, accessKeySecret: secret }

const sendWithDm =
  (name: string) =>
  async (sandbox: Sandbox): Promise<unknown> => {
    const dm = load(name) as typeof dmModule
    const client = new dm.default(
      // Two versions of one package: their Config classes are alike, not the same.
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
      new openapi.Config({ ...keyPair, endpoint: hostOf(sandbox), protocol: 'HTTP' }),
    )
    const { body } = await client.singleSendMail(
      new dm.SingleSendMailRequest({
        accountName: mail['AccountName'],
        addressType: 1,
        replyToAddress: false,
        toAddress: mail['ToAddress'],
        subject: mail['Subject'],
        htmlBody: mail['HtmlBody'],
      }),
    )
    return body?.envId
  }

const sendWithPopCore =
  (name: string, method: string, action = 'SingleSendMail') =>
  async (sandbox: Sandbox) => {
    const Client = load(name) as PopCore
    const client = new Client({ ...keyPair, endpoint: sandbox.endpoint, apiVersion: '2015-11-23' })
    const answer = await client.request(action, mail, { method })
    return (answer as { readonly EnvId: unknown }).EnvId
  }

const sendGenerically = (signatureAlgorithm?: string) => async (sandbox: Sandbox) => {
  const client = new openapi.default(
    new openapi.Config({
      ...keyPair,
      endpoint: hostOf(sandbox),
      protocol: 'HTTP',
      ...(signatureAlgorithm !== undefined && { signatureAlgorithm }),
    }),
  )
  const answer = await client.callApi(
    new openapi.Params({
      action: 'SingleSendMail',
      version: '2015-11-23',
      protocol: 'HTTP',
      pathname: '/',
      method: 'POST',
      authType: 'AK',
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    }),
    new openapi.OpenApiRequest({ body: mail }),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- as above
    new teaUtil.RuntimeOptions({}),
  )
  return (answer as { readonly body: { readonly EnvId: unknown } }).body.EnvId
}

const curl = async (...args: ReadonlyArray<string>): Promise<unknown> => {
  const { stdout } = await promisify(execFile)('curl', ['--silent', '--show-error', ...args])
  return (JSON.parse(stdout) as { readonly EnvId: unknown }).EnvId
}

/** By hand, as a shell script would with openssl. */
const sendWithCurlV3 = (sandbox: Sandbox): Promise<unknown> => {
  const body = form(mail)
  const headers = {
    host: hostOf(sandbox),
    'x-acs-action': 'SingleSendMail',
    'x-acs-content-sha256': createHash('sha256').update(body).digest('hex'),
    'x-acs-date': iso(Date.now()),
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-version': '2015-11-23',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`)
  const names = Object.keys(headers).join(';')
  const canonical = ['POST', '/', '', ...lines, '', names, headers['x-acs-content-sha256']].join('\n')
  const signature = createHmac('sha256', secret)
    .update(`ACS3-HMAC-SHA256\n${createHash('sha256').update(canonical).digest('hex')}`)
    .digest('hex')
  return curl(
    ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
    ...[
      '--header',
      `authorization: ACS3-HMAC-SHA256 Credential=${keyId},SignedHeaders=${names},Signature=${signature}`,
    ],
    ...['--data-binary', body, sandbox.endpoint],
  )
}

const sendWithCurlV1 = (sandbox: Sandbox): Promise<unknown> =>
  curl(
    ...Object.entries(signedV1('POST')).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]),
    sandbox.endpoint,
  )

const clients: Readonly<Record<string, (sandbox: Sandbox) => Promise<unknown>>> = {
  '@alicloud/dm20151123 1.0.6': sendWithDm('dm-1-0-6'),
  '@alicloud/dm20151123 1.7.2': sendWithDm('dm-1-7-2'),
  '@alicloud/dm20151123 1.9': sendWithDm('@alicloud/dm20151123'),
  '@alicloud/pop-core 1.7, GET': sendWithPopCore('pop-core-1-7', 'GET'),
  '@alicloud/pop-core 1.7, POST': sendWithPopCore('pop-core-1-7', 'POST'),
  '@alicloud/pop-core 1.8, GET': sendWithPopCore('pop-core-1-8', 'GET'),
  '@alicloud/pop-core 1.8, POST': sendWithPopCore('pop-core-1-8', 'POST'),
  'the generic call of @alicloud/openapi-client': sendGenerically(),
  'the generic call of @alicloud/openapi-client, with the old signature': sendGenerically('v2'),
  'curl, V3': sendWithCurlV3,
  'curl, V1': sendWithCurlV1,
}

describe('sandbox/clients', () => {
  let sandbox: Sandbox
  beforeEach(async () => {
    sandbox = await start()
  })
  afterEach(() => sandbox.stop())

  for (const [name, sendWith] of Object.entries(clients)) {
    it(`takes a mail of ${name}`, async () => {
      const envId = await sendWith(sandbox)
      expect(sandbox.refused()).to.deep.equal([])
      expect(sandbox.inbox()).to.have.length(1)
      const [received] = sandbox.inbox()
      expect(received).to.include({
        envId,
        subject: mail['Subject'],
        htmlBody: mail['HtmlBody'],
        code: '123456',
      })
      expect(received?.signature).to.include({ verified: true, accessKeyId: keyId })
    })
  }

  it('takes 80 KB of mail in the URL, as the service does', async () => {
    const Client = load('pop-core-1-8') as PopCore
    const client = new Client({ ...keyPair, endpoint: sandbox.endpoint, apiVersion: '2015-11-23' })
    await client.request('SingleSendMail', { ...mail, HtmlBody: 'x'.repeat(80_000) }, { method: 'GET' })
    expect(sandbox.inbox()[0]?.size).to.equal(80_000)
  })

  it("answers another action with the service's own error", async () => {
    const failed = sendWithPopCore('pop-core-1-8', 'POST', 'BatchSendMail')(sandbox)
    expect(await failed.catch((error: unknown) => error)).to.include({ code: 'InvalidAction.NotFound' })
  })
})
