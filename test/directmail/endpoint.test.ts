import { expect } from 'chai'
import fc from 'fast-check'
import * as O from 'fp-ts/lib/Option.js'
import { addressOf, findEndpoint, parseEndpoint } from '../../lib/directmail/endpoint.js'
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

    it('is the one inside the VPC, with the region in its name, if that is asked for', () => {
      for (const regionId of regionIds)
        expect(findEndpoint(regionId, 'vpc')).to.deep.equal({
          protocol: 'https',
          host: `dm-vpc.${regionId}.aliyuncs.com`,
        })
      expect(findEndpoint(undefined, 'vpc').host).to.equal('dm-vpc.cn-hangzhou.aliyuncs.com')
    })

    it('reads back as an endpoint in every region and network', () => {
      for (const regionId of regionIds)
        for (const network of ['public', 'vpc'] as const) {
          const endpoint = findEndpoint(regionId, network)
          expect(parseEndpoint(endpoint.host)).to.deep.equal(O.some(endpoint))
        }
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

  it('is at an address and a port, which is that of its protocol where it names none', () => {
    for (const [text, address, port] of [
      ['dm.aliyuncs.com', 'dm.aliyuncs.com', 443],
      ['https://[::1]', '::1', 443],
      ['https://proxy.example.com:8443', 'proxy.example.com', 8443],
      ['http://127.0.0.1', '127.0.0.1', 80],
      ['http://[::1]:8025', '::1', 8025],
    ] as const)
      expect(O.map(addressOf)(parseEndpoint(text)), text).to.deep.equal(O.some({ address, port }))
  })

  describe('in the clear', () => {
    for (const address of [
      'http://sandbox:8025',
      'http://my_sandbox:8025',
      'http://SANDBOX',
      'http://host.docker.internal:8025',
      'http://sandbox.testing.svc:8025',
      'http://sandbox.testing.svc.cluster.local',
      'http://nas.local',
      'http://dm.test',
      'http://nas.home.arpa',
      'http://10.0.0.1:8025',
      'http://172.16.0.1',
      'http://172.31.255.254',
      'http://192.168.1.1',
      'http://169.254.1.1',
      'http://[fd12:3456::1]:8025',
      'http://[fe80::1]',
      'http://[::ffff:10.0.0.1]',
    ])
      it(`goes to ${address} only if it is allowed`, () => {
        expect(O.isNone(parseEndpoint(address))).to.equal(true)
        const { host } = new URL(address)
        expect(parseEndpoint(address, true)).to.deep.equal(O.some({ protocol: 'http', host }))
      })

    for (const address of [
      'http://dm.aliyuncs.com',
      'http://dm-vpc.cn-hangzhou.aliyuncs.com',
      'http://internal.example.com',
      'http://sandbox.internal.example.com',
      'http://svc.cluster.example',
      'http://sandbox.localdomain.example',
      'http://8.8.8.8',
      'http://172.15.0.1',
      'http://172.32.0.1',
      'http://192.169.0.1',
      'http://0.0.0.0',
      'http://100.100.100.200',
      'http://[2001:db8::1]',
      'http://[::]',
      'http://10.0.0.1.example.com',
      'http://user@sandbox',
      'http://sandbox/path',
      'ftp://sandbox',
    ])
      it(`never goes to ${address}`, () => expect(O.isNone(parseEndpoint(address, true))).to.equal(true))

    it('asks for a whole name', () => {
      for (const host of ['!a.internal', 'a.internal!', 'a.localhost.', '!a', '1.127.0.0.1'])
        expect(parseEndpoint(`http://${host}`, true), host).to.equal(O.none)
    })

    it('goes to loopback, allowed or not', () => {
      for (const allowInsecure of [true, false])
        for (const host of ['127.0.0.1:8025', 'localhost', '[::1]:8025'])
          expect(parseEndpoint(`http://${host}`, allowInsecure)).to.deep.equal(
            O.some({ protocol: 'http', host }),
          )
    })
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
