/** The JSON API as it is documented: every answer is held against the OpenAPI description that the sandbox serves. */
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import fc from 'fast-check'
import PostalMime from 'postal-mime'
import { toEml } from '../src/eml.js'
import type { ReceivedMail, Sandbox } from '../src/index.js'
import { openApi } from '../src/openapi.js'
import { form, mail, send, sendV3, start } from './client.js'

const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema(openApi, 'api')

const check = (name: keyof typeof openApi.components.schemas, value: unknown): void => {
  const isValid = ajv.validate({ $ref: `api#/components/schemas/${name}` }, value)
  expect(isValid, ajv.errorsText()).to.equal(true)
}

describe('sandbox/api', () => {
  let sandbox: Sandbox
  beforeEach(async () => {
    sandbox = await start()
  })
  afterEach(() => sandbox.stop())

  const getJson = async (path: string): Promise<unknown> => JSON.parse((await send(sandbox, { path })).text)
  const sendTo = (ToAddress: string, more: Readonly<Record<string, string>> = {}) =>
    sendV3(sandbox, { body: form({ ...mail, ToAddress, ...more }) })
  const list = async (query: string): Promise<ReadonlyArray<string>> =>
    ((await getJson(`/api/mails?${query}`)) as ReadonlyArray<ReceivedMail>).map(({ toAddress }) => toAddress)

  it('describes itself', async () => {
    expect(await getJson('/api')).to.deep.equal(openApi)
  })

  it('has every operation that is described, and answers as described', async () => {
    for (const [path, operations] of Object.entries(openApi.paths)) {
      for (const method of Object.keys(operations).filter((name) => name !== 'parameters')) {
        if (path === '/api/events') continue
        const { statusCode } = await send(sandbox, {
          method: method.toUpperCase(),
          path: path.replace('{envId}', '1'),
        })
        const responses = Object.entries(operations).find(([name]) => name === method)?.[1] as {
          readonly responses: object
        }
        expect(responses.responses, `${method} ${path}`).to.have.property(String(statusCode))
      }
    }
  })

  it('gives mails, refused requests and faults as described', async () => {
    await sendTo('a@b.co', { FromAlias: 'me', TagName: 't', ReplyAddress: 'r@b.co', ReplyAddressAlias: 'r' })
    await sendTo('a@b.co', { HtmlBody: 'x'.repeat(20_000) })
    sandbox.failNext({ kind: 'delay', ms: 0 })()
    await sendTo('nobody')
    for (const listed of (await getJson('/api/mails')) as ReadonlyArray<ReceivedMail>) {
      check('ListedMail', listed)
      check('Mail', await getJson(`/api/mails/${listed.envId}`))
    }
    for (const refused of (await getJson('/api/refused')) as ReadonlyArray<unknown>) check('Refused', refused)
    const order = { fault: { kind: 'answer', statusCode: 200, headers: { a: 'b' } }, times: 2 }
    check('FaultOrder', order)
    const reply = await send(sandbox, { method: 'POST', path: '/api/faults', body: JSON.stringify(order) })
    check('FaultOrder', JSON.parse(reply.text))
  })

  it('lists the mails to one address, in capitals or not, and those since another', async () => {
    for (const to of ['a@b.co', 'c@d.co', 'x@y.co, a@b.co']) await sendTo(to)
    expect(await list('to=A@b.co')).to.deep.equal(['x@y.co, a@b.co', 'a@b.co'])
    expect(await list(`since=${sandbox.inbox()[0]?.envId ?? ''}`)).to.deep.equal(['x@y.co, a@b.co', 'c@d.co'])
    expect(await list('to=nobody@b.co')).to.deep.equal([])
  })

  it('waits for the next mail that matches', async () => {
    const waiting = list('to=a@b.co&wait=10')
    await sendTo('c@d.co')
    await sendTo('a@b.co')
    expect(await waiting).to.deep.equal(['a@b.co'])
    expect(await list('to=a@b.co&wait=10')).to.deep.equal(['a@b.co'])
    expect(await list('to=a@b.co&wait=300')).to.deep.equal(['a@b.co'])
  })

  it('gives an empty list when none comes', async () => {
    expect(await list('to=a@b.co&wait=0.01')).to.deep.equal([])
  })

  for (const [query, error] of [
    ['wait=x', 'wait: expected seconds from 0 to 300'],
    ['wait=301', 'wait: expected seconds from 0 to 300'],
    ['wait=1.2345', 'wait: expected seconds from 0 to 300'],
    ['wait=x1', 'wait: expected seconds from 0 to 300'],
    ['wait=-1', 'wait: expected seconds from 0 to 300'],
    ['since=x', 'since: expected an envId'],
  ] as const) {
    it(`says what is wrong with ${query}`, async () => {
      expect(await getJson(`/api/mails?${query}`)).to.deep.equal({ error })
    })
  }

  it('gives a mail as a file that mail programs read', async () => {
    await sendTo('a@b.co, c@d.co', {
      FromAlias: '小红',
      Subject: `${'验证码 '.repeat(20)}!`,
      ReplyAddress: 'r@b.co',
    })
    const { envId = '' } = sandbox.inbox()[0] ?? {}
    const reply = await send(sandbox, { path: `/api/mails/${envId}/eml` })
    expect(reply.headers).to.include({
      'content-type': 'message/rfc822',
      'content-disposition': `attachment; filename="${envId}.eml"`,
    })
    for (const line of reply.text.split('\r\n')) expect(line).to.match(/^[\x20-\x7e]{0,76}$/)
    const read = await PostalMime.parse(reply.text)
    expect(read).to.deep.include({
      from: { address: 'noreply@example.com', name: '小红' },
      to: [
        { address: 'a@b.co', name: '' },
        { address: 'c@d.co', name: '' },
      ],
      replyTo: [{ address: 'r@b.co', name: '' }],
      subject: `${'验证码 '.repeat(20)}!`,
      html: mail['HtmlBody'],
    })
  })

  it('lets no mail write a header of its own', async () => {
    await sendTo('a@b.co')
    const [received] = sandbox.inbox()
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), async (text, body) => {
        const wild = { fromAlias: text, subject: text, accountName: text, replyAddress: text, textBody: body }
        if (received === undefined) return
        const { htmlBody, ...plain } = received
        const { headers } = await PostalMime.parse(toEml({ ...plain, ...wild }))
        expect(headers).to.have.length(9)
      }),
    )
  })
})

describe('docs/sandbox-api.md', () => {
  const operations = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== 'parameters')
      .map((method) => `\`${method.toUpperCase()} ${path}\``),
  )
  const parameters = openApi.paths['/api/mails'].get.parameters.map(({ name }) => `\`${name}\``)

  for (const page of ['sandbox-api.md', 'sandbox-api.zh-CN.md'])
    it(`has every request in ${page}, and no other`, () => {
      const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8')
      const rows = [...text.matchAll(/^\| (`[A-Z]+ [^`]+`)/gm)].map(([, request]) => request)
      expect(rows).to.have.members(operations)
      for (const name of parameters) expect(text).to.include(name)
    })
})
