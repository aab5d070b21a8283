import { IncomingMessage, type IncomingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import { expect } from 'chai'
import { findDenial, formatEndpoint } from '../src/access.js'

const request = (headers: IncomingHttpHeaders, url = '/'): IncomingMessage =>
  Object.assign(new IncomingMessage(new Socket()), { headers, url })

/** The status that a request is turned away with, or `in`. */
const statusOf = (headers: IncomingHttpHeaders, url = '/', host = '127.0.0.1', port = 4000): number | 'in' =>
  findDenial(request(headers, url), { host, port, allowedHosts: new Set(['mail.test']) })?.statusCode ?? 'in'

const own = { host: '127.0.0.1:4000' }

describe('sandbox/access', () => {
  describe('by Host', () => {
    const cases: ReadonlyArray<readonly [listensOn: string, header: string, status: number | 'in']> = [
      ['127.0.0.1', '127.0.0.1:4000', 'in'],
      ['127.0.0.1', 'localhost:4000', 'in'],
      ['127.0.0.1', 'LocalHost:4000', 'in'],
      ['127.0.0.1', '127.255.255.255:4000', 'in'],
      ['127.0.0.1', '[::1]:4000', 'in'],
      ['127.0.0.1', 'Mail.Test:4000', 'in'],
      ['127.0.0.1', 'mail.test:80', 'in'],
      ['127.0.0.1', 'mail.test.evil.example:4000', 421],
      ['0.0.0.0', 'localhost:9000', 'in'],
      ['127.0.0.1', '', 421],
      ['127.0.0.1', '127.0.0.1', 421],
      ['127.0.0.1', '127.0.0.1:', 421],
      ['127.0.0.1', '127.0.0.1:4001', 421],
      ['127.0.0.1', '127.0.0.1:004000', 421],
      ['127.0.0.1', '127.0.0.1:4000x', 421],
      ['127.0.0.1', '127.0.0.1:4000:4000', 421],
      ['127.0.0.1', '127.0.0:4000', 421],
      ['127.0.0.1', '127.0.0.1.1:4000', 421],
      ['127.0.0.1', '127.0.0.1234:4000', 421],
      ['127.0.0.1', '1127.0.0.1:4000', 421],
      ['127.0.0.1', '127x0x0x1:4000', 421],
      ['127.0.0.1', '127.a.b.c:4000', 421],
      ['127.0.0.1', '[::1:4000', 421],
      ['127.0.0.1', '::1:4000', 421],
      ['127.0.0.1', '[::2]:4000', 421],
      ['127.0.0.1', '[localhost]:4000', 421],
      ['127.0.0.1', 'user@localhost:4000', 421],
      ['127.0.0.1', 'http://localhost:4000', 421],
      ['127.0.0.1', 'evil.example:4000', 421],
      ['127.0.0.1', 'localhost.evil.example:4000', 421],
      ['127.0.0.1', '10.1.2.3:4000', 421],
      ['127.0.0.1', '0.0.0.0:4000', 421],
      ['My-Machine.local', 'my-machine.LOCAL:4000', 'in'],
      ['My-Machine.local', 'other.local:4000', 421],
      ['My-Machine.local', '10.1.2.3:4000', 421],
      ['fe80::1', '[FE80::1]:4000', 'in'],
      ['::ffff:10.1.2.3', '[::ffff:10.1.2.3]:4000', 'in'],
      ['0.0.0.0', '10.1.2.3:4000', 'in'],
      ['0.0.0.0', '[2001:db8::1]:4000', 'in'],
      ['0.0.0.0', 'evil.example:4000', 421],
      ['::', '10.1.2.3:4000', 'in'],
      ['::', '[2001:DB8::1]:4000', 'in'],
      ['::', 'evil.example:4000', 421],
    ]
    for (const [listensOn, host, status] of cases) {
      it(`${JSON.stringify(host)} is answered ${String(status)} by a sandbox on ${listensOn}`, () =>
        expect(statusOf({ host }, '/', listensOn)).to.equal(status))
    }

    it('refuses a request without one', () => expect(statusOf({})).to.equal(421))

    it('needs no port when it is 80', () => {
      expect(statusOf({ host: '127.0.0.1' }, '/', '127.0.0.1', 80)).to.equal('in')
      expect(statusOf({ host: '127.0.0.1:80' }, '/', '127.0.0.1', 80)).to.equal('in')
      expect(statusOf({ host: '127.0.0.1:81' }, '/', '127.0.0.1', 80)).to.equal(421)
    })
  })

  it('by Origin: of pages, its own only, whatever the case', () => {
    for (const [host, origin, status] of [
      ['127.0.0.1:4000', 'http://127.0.0.1:4000', 'in'],
      ['LOCALHOST:4000', 'HTTP://LocalHost:4000', 'in'],
      ['127.0.0.1:4000', 'https://127.0.0.1:4000', 403],
      ['127.0.0.1:4000', 'http://127.0.0.1:4001', 403],
      ['127.0.0.1:4000', 'http://localhost:4000', 403],
      ['127.0.0.1:4000', 'null', 403],
      ['127.0.0.1:4000', '', 403],
    ] as const) {
      expect(statusOf({ host, origin }), `${host} ${origin}`).to.equal(status)
    }
  })

  describe('by Sec-Fetch-Site', () => {
    const link = { ...own, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    for (const site of ['cross-site', 'same-site']) {
      it(`lets a ${site} link through to the page, and to nothing with parameters`, () => {
        const followed = { ...link, 'sec-fetch-site': site }
        expect(statusOf(followed)).to.equal('in')
        expect(statusOf(followed, '/?Action=SingleSendMail')).to.equal(403)
        expect(statusOf({ ...followed, 'x-acs-action': 'SingleSendMail' })).to.equal(403)
      })

      it(`refuses a ${site} frame, image, script or form`, () => {
        for (const more of [
          { 'sec-fetch-dest': 'iframe' },
          { 'sec-fetch-mode': 'no-cors' },
          { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
        ]) {
          expect(statusOf({ ...link, 'sec-fetch-site': site, ...more })).to.equal(403)
        }
      })
    }

    it('lets in what the sandbox itself, its user or no browser asks for', () => {
      for (const site of ['same-origin', 'none', undefined]) {
        const headers = { ...own, ...(site === undefined ? {} : { 'sec-fetch-site': site }) }
        expect(statusOf(headers, '/?Action=SingleSendMail')).to.equal('in')
      }
    })
  })

  it('says why', () => {
    const address = { host: '127.0.0.1', port: 4000, allowedHosts: new Set<string>() }
    expect(findDenial(request({ host: 'evil.example' }), address)).to.deep.equal({
      statusCode: 421,
      message: 'This host name is not served here. Start the sandbox with --allow-host NAME to serve it.',
    })
    expect(findDenial(request({ ...own, origin: 'null' }), address)).to.deep.equal({
      statusCode: 403,
      message: 'Requests from other origins are refused.',
    })
    expect(findDenial(request({ ...own, 'sec-fetch-site': 'cross-site' }), address)).to.deep.equal({
      statusCode: 403,
      message: 'Requests from other sites are refused.',
    })
  })

  it('gives an endpoint that a client on this machine can reach', () => {
    for (const [host, endpoint] of [
      ['127.0.0.1', 'http://127.0.0.1:4000'],
      ['localhost', 'http://localhost:4000'],
      ['10.1.2.3', 'http://10.1.2.3:4000'],
      ['0.0.0.0', 'http://127.0.0.1:4000'],
      ['::', 'http://[::1]:4000'],
      ['fe80::1', 'http://[fe80::1]:4000'],
    ] as const) {
      expect(formatEndpoint({ host, port: 4000 })).to.equal(endpoint)
    }
  })
})
