/**
 * The machine's own credentials, by the real chain of `@alicloud/credentials`: from the environment, and from a URI that
 * a server of the test's answers.
 */
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import * as alicloud from '@alicloud/credentials'
import { type CredentialsProvider, fetchCredentials } from '../../lib/directmail/credentials.js'
import { defaultCredentials } from '../../lib/directmail/default-credentials.js'
import { left, right } from '../support/either.js'

import { type KeyServer, leaveOnlyUri, serveKeys } from './key-server.js'

const minute = 60_000

// Node's ESM and a TypeScript loader put the class at different places.
const Client = (
  'default' in alicloud.default ? alicloud.default.default : alicloud.default
) as typeof alicloud.default.default

describe('default-credentials', () => {
  let keys: KeyServer
  let restoreEnvironment: () => void

  beforeEach(async () => {
    keys = await serveKeys(60 * minute)
    restoreEnvironment = leaveOnlyUri(keys.uri)
  })

  afterEach(async () => {
    restoreEnvironment()
    await keys.stop()
  })

  it('are those of the environment, which is asked first', async () => {
    process.env['ALIBABA_CLOUD_ACCESS_KEY_ID'] = 'LTAI5t'
    process.env['ALIBABA_CLOUD_ACCESS_KEY_SECRET'] = 's3cret'
    const sources: Array<string> = []
    const provider = defaultCredentials({ onSource: (source) => sources.push(source) })
    const { credentials } = right(await fetchCredentials(provider)())
    expect(credentials).to.deep.equal({ accessKeyId: 'LTAI5t', accessKeySecret: 's3cret' })
    await provider.getCredential()
    expect(sources).to.deep.equal(['env'])
    expect(keys.control.requests).to.equal(0)
  })

  it('are those behind a URI, and end when it says', async () => {
    const sources: Array<string> = []
    const provider = defaultCredentials({ onSource: (source) => sources.push(source) })
    const { credentials, expiresAt } = right(await fetchCredentials(provider)())
    expect(credentials).to.include({ accessKeyId: 'STS.1', securityToken: 't0ken' })
    expect(expiresAt).to.be.within(Date.now() + 58 * minute, Date.now() + 60 * minute)
    expect(sources).to.deep.equal(['credential_uri'])
  })

  it('are asked for once by those who ask at once', async () => {
    const provider = defaultCredentials()
    const all = await Promise.all(Array.from({ length: 4 }, () => provider.getCredential()))
    expect(all.map(({ accessKeyId }) => accessKeyId)).to.deep.equal(Array(4).fill('STS.1'))
    expect(keys.control.requests).to.equal(1)
  })

  it('are found after a failure, by whichever of the chain has them by then', async () => {
    keys.control.statusCode = 500
    const provider = defaultCredentials()
    expect(E.isLeft(await fetchCredentials(provider)())).to.equal(true)
    process.env['ALIBABA_CLOUD_ACCESS_KEY_ID'] = 'LTAI5t'
    process.env['ALIBABA_CLOUD_ACCESS_KEY_SECRET'] = 's3cret'
    expect(right(await fetchCredentials(provider)()).credentials.accessKeyId).to.equal('LTAI5t')
  })

  it('say why there are none, without what the URI answered', async () => {
    keys.control.statusCode = 403
    const { reason } = left(await fetchCredentials(defaultCredentials())())
    expect(reason).to.contain('(ALIBABA_CLOUD_ACCESS_KEY_ID)').and.contain('403')
    expect(reason).not.to.contain('hunter2').and.not.contain('t0ken')
  })

  it('that the chain keeps beyond their end are not taken, and the chain is begun anew', async () => {
    keys.control.lifeMs = 200
    const provider = defaultCredentials()
    right(await fetchCredentials(provider)())
    await new Promise((resolve) => setTimeout(resolve, 250))
    keys.control.statusCode = 500
    expect(left(await fetchCredentials(provider)()).reason).to.contain('expired already')
    expect(left(await fetchCredentials(provider)()).reason).to.contain('500')
    keys.control.statusCode = 200
    expect(E.isRight(await fetchCredentials(provider)())).to.equal(true)
  })

  it("of a user's own client of @alicloud/credentials are credentials, too", async () => {
    const provider: CredentialsProvider = new Client()
    const { credentials, expiresAt } = right(await fetchCredentials(provider)())
    expect(credentials.accessKeyId).to.equal('STS.1')
    expect(expiresAt).to.be.lessThan(Date.now() + 60 * minute)
  })

  it('do not mind what is thrown by whoever is told the source', async () => {
    const provider = defaultCredentials({
      onSource: () => {
        throw new Error('no')
      },
    })
    expect(E.isRight(await fetchCredentials(provider)())).to.equal(true)
  })
})
