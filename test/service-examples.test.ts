/**
 * The examples that are functions of somebody's program, called as that program calls them.
 */
import { readFileSync } from 'node:fs'
import { startSandbox, type Sandbox } from 'aliyun-dm-sandbox/promises'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { startSignIn, type StoreError } from '../examples/service.js'
import { createConnector } from '../lib/index.js'
import connectorConfig from '../examples/connector.json' with { type: 'json' }
import { right } from './support/either.js'

const to = 'ann@example.com'
const variable = 'ALIYUN_DM_ENDPOINT'

describe('examples', () => {
  let sandbox: Sandbox
  const token = 'a-token-of-the-role'
  before(async () => {
    sandbox = await startSandbox({
      accessKeys: { [connectorConfig.accessKeyId]: connectorConfig.accessKeySecret, role: 'secret' },
    })
    process.env[variable] = sandbox.endpoint
  })
  beforeEach(() => sandbox.clear())
  after(async () => {
    Reflect.deleteProperty(process.env, variable)
    await sandbox.stop()
  })

  describe('service.ts', () => {
    const connect = () => right(createConnector(connectorConfig, { endpoint: sandbox.endpoint }))

    it('stores the code that it sends', async () => {
      const stored: Array<string> = []
      const codes = { store: (_: string, code: string) => TE.fromIO(() => void stored.push(code)) }
      right(await startSignIn(to)({ codes, connector: connect() })())
      expect(sandbox.inbox().map(({ code }) => code)).to.deep.equal(stored)
    })

    it('sends nothing that it could not store', async () => {
      const failure: StoreError = { _tag: 'StoreError' }
      const result = await startSignIn(to)({
        codes: { store: () => TE.left(failure) },
        connector: connect(),
      })()
      expect(result).to.deep.equal(E.left(failure))
      expect(sandbox.inbox()).to.deep.equal([])
    })
  })

  describe('next-route.ts', () => {
    const post = async (body: string): Promise<{ readonly status: number; readonly body: unknown }> => {
      const { POST } = await import('../examples/next-route.js')
      const response = await POST(new Request('http://localhost/api/codes', { method: 'POST', body }))
      return { status: response.status, body: await response.json() }
    }

    it('sends a code', async () => {
      const { status, body } = await post(JSON.stringify({ email: to }))
      expect(status).to.equal(202)
      expect(body).to.deep.equal({ envId: sandbox.inbox()[0]?.envId })
    })

    it('refuses what is no address', async () => {
      for (const body of ['not JSON', '{}', '{"email": "a@b.co,c@d.co"}'])
        expect((await post(body)).status).to.equal(400)
    })

    it('says whether a mail may be out where it failed', async () => {
      for (const statusCode of [400, 503]) {
        sandbox.failNext(
          {
            kind: 'error',
            code: statusCode === 400 ? 'InvalidMailAddress.NotFound' : 'ServiceUnavailable',
            statusCode,
          },
          statusCode === 400 ? 1 : 3,
        )
        expect(await post(JSON.stringify({ email: to }))).to.deep.equal({
          status: 503,
          body: { mayHaveBeenSent: statusCode === 503 },
        })
      }
    })
  })

  describe('function-compute.ts', () => {
    it('sends with the credentials of the call', async () => {
      const { handler, initialize } = await import('../examples/function-compute.js')
      const context = {
        credentials: { accessKeyId: 'role', accessKeySecret: 'secret', securityToken: token },
      }
      await initialize(context)
      const answer = await handler(JSON.stringify({ to, code: '407312' }), context)
      expect(JSON.parse(answer)).to.have.property('envId', sandbox.inbox()[0]?.envId)
      expect(sandbox.inbox()[0]?.signature).to.include({ accessKeyId: 'role', verified: true })
    })
  })

  for (const page of ['bombing.md', 'bombing.zh-CN.md'])
    it(`docs/${page} shows parts of express.ts`, () => {
      const program = readFileSync('examples/express.ts', 'utf8').replace(/\s+/g, ' ')
      const blocks = [...readFileSync(`docs/${page}`, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(
        ([, code = '']) => code,
      )
      expect(blocks).to.have.length(2)
      for (const block of blocks) expect(program).to.include(block.trim().replace(/\s+/g, ' '))
    })
})
