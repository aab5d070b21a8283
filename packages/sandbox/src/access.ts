/**
 * Who may talk to the sandbox. It listens on loopback, but every web page in the developer's browser reaches
 * loopback too: directly (so other origins are refused) and under a name of its own that it lets resolve to
 * 127.0.0.1 (DNS rebinding, so other host names are refused).
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** Where the sandbox listens. */
export interface Address {
  /** As it was asked for, without brackets. */
  readonly host: string
  readonly port: number
  /** Further names, in lower case, under which it may be reached. */
  readonly allowedHosts: ReadonlySet<string>
}

/** Why a request is not let in. */
export interface Denial {
  readonly statusCode: 403 | 421
  readonly message: string
}

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

const isLoopback = (name: string): boolean =>
  name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name)

const isOwnName = (name: string, { host, allowedHosts }: Address): boolean =>
  // A sandbox on every interface has addresses we do not know; rebinding needs a name.
  isLoopback(name) ||
  name === host.toLowerCase() ||
  allowedHosts.has(name) ||
  (isWildcard(host) && isIP(name) !== 0)

const hostPattern = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i

const isOwnHost = (header: string, address: Address): boolean => {
  const [, v6, name, port] = hostPattern.exec(header) ?? []
  const given = (v6 ?? name)?.toLowerCase()
  if (given === undefined || !isOwnName(given, address)) return false
  // A container's port may be another one outside.
  const isMapped = isWildcard(address.host) || address.allowedHosts.has(given)
  return isMapped || Number(port ?? 80) === address.port
}

/** Browsers say where a request comes from even when it carries no Origin, as an image or a script does not. */
const isFromElsewhere = ({ headers, url = '/' }: IncomingMessage): boolean => {
  const site = headers['sec-fetch-site']
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  // A link leads to the page, never to the API, whose parameters may be in the query.
  const isToThePage = isLink && headers['x-acs-action'] === undefined && !url.includes('?')
  return (site === 'cross-site' || site === 'same-site') && !isToThePage
}

/**
 * Decides by `Host`, `Origin` and `Sec-Fetch-Site`; undefined lets the request in. SDKs send only the first.
 */
export const findDenial = (request: IncomingMessage, address: Address): Denial | undefined => {
  const host = request.headers.host ?? ''
  if (!isOwnHost(host, address)) {
    return {
      statusCode: 421,
      message: 'This host name is not served here. Start the sandbox with --allow-host NAME to serve it.',
    }
  }
  const { origin } = request.headers
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return { statusCode: 403, message: 'Requests from other origins are refused.' }
  }
  return isFromElsewhere(request)
    ? { statusCode: 403, message: 'Requests from other sites are refused.' }
    : undefined
}

const loopbackOf: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** The base URL under which a client on this machine reaches the sandbox. */
export const formatEndpoint = ({ host, port }: Pick<Address, 'host' | 'port'>): string => {
  const name = loopbackOf[host] ?? host
  return `http://${isIP(name) === 6 ? `[${name}]` : name}:${String(port)}`
}
