import { generateKeyPairSync } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import sinon from 'sinon'
import { download, makeFindKey } from '../../lib/events/certificate.js'
import { certificate, certificateUrl, expiredCertificate, signedAt } from './eventbridge.js'

const hour = 3_600_000

const reasonOf = async (
  task: () => Promise<E.Either<{ readonly reason: string }, unknown>>,
): Promise<string> => {
  const result = await task()
  return E.isLeft(result) ? result.left.reason : 'found'
}

describe('makeFindKey', () => {
  it('finds the key of a certificate', async () => {
    const found = await makeFindKey(() => Promise.resolve(certificate))(certificateUrl, signedAt)()
    expect(found).to.have.nested.property('right.asymmetricKeyType', 'rsa')
  })

  it('asks once an hour for each URL', async () => {
    const fetchCertificate = sinon.fake.resolves(certificate)
    const findKey = makeFindKey(fetchCertificate)
    for (const at of [0, 1, hour - 1]) await findKey(certificateUrl, signedAt + at)()
    expect(fetchCertificate.args).to.deep.equal([[certificateUrl]])
    await findKey(certificateUrl, signedAt + hour)()
    expect(fetchCertificate.callCount).to.equal(2)
    await findKey(`${certificateUrl}.new`, signedAt + hour)()
    expect(fetchCertificate.callCount).to.equal(3)
  })

  it('asks once for all who ask at the same time', async () => {
    const fetchCertificate = sinon.fake.resolves(certificate)
    const findKey = makeFindKey(fetchCertificate)
    const found = await Promise.all(Array.from({ length: 50 }, () => findKey(certificateUrl, signedAt)()))
    expect(found.every(E.isRight)).to.equal(true)
    expect(fetchCertificate.callCount).to.equal(1)
  })

  it('remembers no failure', async () => {
    const fetchCertificate = sinon
      .stub<[string], Promise<string>>()
      .rejects(new Error('no'))
      .onSecondCall()
      .resolves(certificate)
    const findKey = makeFindKey(fetchCertificate)
    expect(await reasonOf(findKey(certificateUrl, signedAt))).to.equal('fetch')
    expect(await reasonOf(findKey(certificateUrl, signedAt))).to.equal('found')
  })

  it('names the code of what went wrong, as fetch and Node give it', async () => {
    const failing = (error: unknown) => makeFindKey(sinon.fake.rejects(error))(certificateUrl, signedAt)()
    const coded = Object.assign(new Error('x'), { code: 'ENOTFOUND' })
    expect(await failing(coded)).to.have.nested.property('left.code', 'ENOTFOUND')
    expect(await failing(new TypeError('fetch failed', { cause: coded }))).to.have.nested.property(
      'left.code',
      'ENOTFOUND',
    )
    for (const code of ['a secret', 'xENOTFOUND', 'ENOTFOUND: a secret', 17])
      expect(await failing(Object.assign(new Error('x'), { code }))).not.to.have.nested.property('left.code')
  })

  it('uses a certificate only while it is valid, kept or not', async () => {
    const begin = Date.parse('2024-02-01T00:00:00Z')
    const end = Date.parse('2024-03-01T00:00:00Z')
    const fetchCertificate = sinon.fake.resolves(expiredCertificate)
    const findKey = makeFindKey(fetchCertificate)
    expect(await reasonOf(findKey(certificateUrl, begin - 1))).to.equal('expired')
    expect(await reasonOf(makeFindKey(fetchCertificate)(certificateUrl, begin))).to.equal('found')
    expect(await reasonOf(findKey(certificateUrl, end - 1))).to.equal('found')
    expect(await reasonOf(findKey(certificateUrl, end))).to.equal('expired')
    expect(fetchCertificate.callCount).to.equal(4)
  })

  it('takes a bare public key of RSA, and nothing else for a certificate', async () => {
    const spki = (type: 'rsa' | 'ed25519'): string =>
      (type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519')
      ).publicKey.export({ type: 'spki', format: 'pem' }) as string
    const given = (pem: unknown) =>
      reasonOf(makeFindKey(() => Promise.resolve(pem as string))(certificateUrl, signedAt))
    expect(await given(spki('rsa'))).to.equal('found')
    for (const other of [spki('ed25519'), '', 'x', '<html>', null, undefined, {}])
      expect(await given(other)).to.equal('malformed')
  })

  it('takes a fetch that throws or gives no promise as it comes', async () => {
    const throwing = makeFindKey(() => {
      throw new Error('no')
    })
    expect(await reasonOf(throwing(certificateUrl, signedAt))).to.equal('fetch')
    expect(await reasonOf(makeFindKey((() => certificate) as never)(certificateUrl, signedAt))).to.equal(
      'found',
    )
  })

  it('waits 5 seconds for a certificate and no longer', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const waiting = reasonOf(makeFindKey(() => new Promise(() => undefined))(certificateUrl, signedAt))
      await clock.tickAsync(5_000)
      expect(await waiting).to.equal('timeout')
      expect(clock.countTimers()).to.equal(0)
    } finally {
      clock.restore()
    }
  })

  it('waits for nothing once it has come', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const findKey = makeFindKey(() => Promise.resolve(certificate))
      expect(await reasonOf(findKey(certificateUrl, signedAt))).to.equal('found')
      expect(clock.countTimers()).to.equal(0)
    } finally {
      clock.restore()
    }
  })

  it('fetches at most 8 at once, so that made-up paths do not make a flood', async () => {
    let resolve: (pem: string) => void = () => undefined
    const promise = new Promise<string>((resolved) => {
      resolve = resolved
    })
    const fetchCertificate = sinon.fake.returns(promise)
    const findKey = makeFindKey(fetchCertificate)
    const asked = Array.from({ length: 20 }, (_, path) =>
      reasonOf(findKey(`${certificateUrl}.${path}`, signedAt)),
    )
    resolve(certificate)
    expect(await Promise.all(asked)).to.deep.equal([
      ...Array<string>(8).fill('found'),
      ...Array<string>(12).fill('busy'),
    ])
    expect(await reasonOf(findKey(`${certificateUrl}.19`, signedAt))).to.equal('found')
  })

  it('keeps at most 16, the latest', async () => {
    const fetchCertificate = sinon.fake.resolves(certificate)
    const findKey = makeFindKey(fetchCertificate)
    for (let path = 0; path < 17; path++) await findKey(`${certificateUrl}.${path}`, signedAt)()
    for (let path = 1; path < 17; path++) await findKey(`${certificateUrl}.${path}`, signedAt)()
    expect(fetchCertificate.callCount).to.equal(17)
    await findKey(`${certificateUrl}.0`, signedAt)()
    expect(fetchCertificate.callCount).to.equal(18)
  })
})

describe('download', () => {
  const withServer = async <A>(listener: RequestListener, use: (url: string) => Promise<A>): Promise<A> => {
    const server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // A server that listens on a port has an address of this kind.
    const { port } = server.address() as AddressInfo
    try {
      return await use(`http://127.0.0.1:${port}/certificate.pem`)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }
  const attempt = (url: string): Promise<string> =>
    download(url).then(
      () => 'fetched',
      () => 'refused',
    )

  it('gives what is there', () =>
    withServer(
      (_, answer) => answer.end(certificate),
      async (url) => expect(await download(url)).to.equal(certificate),
    ))

  it('follows no redirect', async () => {
    const paths: Array<string | undefined> = []
    await withServer(
      (request, answer) => {
        paths.push(request.url)
        answer.writeHead(302, { location: '/elsewhere' }).end()
      },
      async (url) => expect(await attempt(url)).to.equal('refused'),
    )
    expect(paths).to.deep.equal(['/certificate.pem'])
  })

  it('takes no error page for a certificate', () =>
    withServer(
      (_, answer) => answer.writeHead(404).end(certificate),
      async (url) => expect(await attempt(url)).to.equal('refused'),
    ))

  it('takes no more than 64 KiB', async () => {
    for (const [size, expected] of [
      [65_536, 'fetched'],
      [65_537, 'refused'],
      [10_000_000, 'refused'],
    ] as const)
      await withServer(
        (_, answer) => answer.end(Buffer.alloc(size)),
        async (url) => expect(await attempt(url)).to.equal(expected),
      )
  })
})
