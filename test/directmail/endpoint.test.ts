import { expect } from 'chai'
import fc from 'fast-check'
import * as O from 'fp-ts/lib/Option.js'
import { findEndpoint, parseEndpoint } from '../../lib/directmail/endpoint.js'
import { anyText, regionIds } from '../support/arbitraries.js'

describe('endpoint', () => {
  describe('of a region', () => {
    it('is Hangzhou where the config names none', () =>
      expect(findEndpoint()).to.deep.equal({ protocol: 'https', host: 'dm.aliyuncs.com' }))

    it('is the host without a region for Hangzhou', () =>
      expect(findEndpoint('cn-hangzhou').host).to.equal('dm.aliyuncs.com'))

    for (const regionId of ['ap-southeast-1', 'ap-southeast-2', 'eu-central-1', 'us-east-1'] as const)
      it(`is the region's own host for ${regionId}`, () =>
        expect(findEndpoint(regionId)).to.deep.equal({
          protocol: 'https',
          host: `dm.${regionId}.aliyuncs.com`,
        }))

    it('reads back as an endpoint in every region', () => {
      for (const regionId of regionIds)
        expect(parseEndpoint(findEndpoint(regionId).host)).to.deep.equal(O.some(findEndpoint(regionId)))
    })
  })

  const taken: Readonly<Record<string, readonly [protocol: string, host: string]>> = {
    'dm.aliyuncs.com': ['https', 'dm.aliyuncs.com'],
    'dm.aliyuncs.com:8443': ['https', 'dm.aliyuncs.com:8443'],
    'https://dm.aliyuncs.com': ['https', 'dm.aliyuncs.com'],
    'https://dm.aliyuncs.com/': ['https', 'dm.aliyuncs.com'],
    'https://dm.aliyuncs.com:443': ['https', 'dm.aliyuncs.com'],
    'HTTPS://DM.aliyuncs.com': ['https', 'dm.aliyuncs.com'],
    'https://127.0.0.1:8443': ['https', '127.0.0.1:8443'],
    'http://127.0.0.1:8025': ['http', '127.0.0.1:8025'],
    'http://127.1.2.3': ['http', '127.1.2.3'],
    'http://127.10.20.30:8025': ['http', '127.10.20.30:8025'],
    'http://127.255.255.254': ['http', '127.255.255.254'],
    'http://localhost:8025': ['http', 'localhost:8025'],
    'http://LOCALHOST': ['http', 'localhost'],
    'http://[::1]:8025': ['http', '[::1]:8025'],
    // The URL standard reads this as 127.0.0.1.
    'http://127.1:8025': ['http', '127.0.0.1:8025'],
  }
  for (const [address, [protocol, host]] of Object.entries(taken))
    it(`takes ${address}`, () => expect(parseEndpoint(address)).to.deep.equal(O.some({ protocol, host })))

  const refused: Readonly<Record<string, ReadonlyArray<string>>> = {
    'plain http to anywhere but loopback': [
      'http://dm.aliyuncs.com',
      'http://10.0.0.1:8025',
      'http://0.0.0.0:8025',
      'http://192.168.1.1',
      'http://[::]:80',
      'http://127.0.0.1.example.com',
      'http://1.127.0.0.1',
      'http://example.127.0.0.1',
      'http://localhost.example.com',
      'http://example.com#127.0.0.1',
      'http://[::ffff:10.0.0.1]',
    ],
    'a user name that looks like the host': [
      'http://127.0.0.1@example.com',
      'https://dm.aliyuncs.com@example.com',
      'https://u:p@dm.aliyuncs.com',
      'https://:p@dm.aliyuncs.com',
    ],
    'a path, a query or a fragment': [
      'https://dm.aliyuncs.com/x',
      'dm.aliyuncs.com/x',
      'https://dm.aliyuncs.com?x=1',
      'https://dm.aliyuncs.com#x',
    ],
    'any other protocol': [
      'ftp://127.0.0.1',
      'file:///etc/passwd',
      'ws://127.0.0.1',
      'javascript://127.0.0.1',
      'data://x',
    ],
    'what is no address': [
      '',
      ' ',
      '://',
      'https://',
      'http://',
      'https://a b',
      'dm.aliyuncs.com:99999',
      'https://[::1',
      ':80',
    ],
  }
  for (const [what, addresses] of Object.entries(refused))
    it(`refuses ${what}`, () => {
      for (const address of addresses) expect(O.isNone(parseEndpoint(address)), address).to.equal(true)
    })

  it('reads any text without throwing, and takes plain http to loopback only', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.webUrl(),
          anyText.map((s) => `http://${s}`),
          fc.domain(),
        ),
        (address) => {
          const endpoint = parseEndpoint(address)
          if (O.isSome(endpoint) && endpoint.value.protocol === 'http')
            expect(endpoint.value.host).to.match(/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/)
        },
      ),
    ))
})
