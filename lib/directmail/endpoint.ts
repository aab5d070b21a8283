/**
 * Where requests go: the hosts of DirectMail's regions, and which addresses a connector may be pointed at. The SDK sends
 * every region's requests to Hangzhou unless it is told the host, so the hosts are ours (source: the endpoint list of
 * DirectMail's API documentation).
 */
import { BlockList, isIP } from 'node:net'
import * as O from 'fp-ts/lib/Option.js'
import type { RegionId } from '../config/config.js'

export interface Endpoint {
  readonly protocol: 'http' | 'https'
  /** Host name, with a port where it is not the protocol's own. */
  readonly host: string
}

/** The server of an endpoint, its port always named. */
export interface Address {
  readonly address: string
  readonly port: number
}

export const addressOf = ({ protocol, host }: Endpoint): Address => {
  const { hostname, port } = new URL(`${protocol}://${host}`)
  const ownPort = protocol === 'https' ? 443 : 80
  return { address: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? ownPort : Number(port) }
}

/** Which of a region's two hosts: that of the internet, or that of a VPC in the same region. */
export type Network = 'public' | 'vpc'

const publicHosts: Readonly<Record<RegionId, string>> = {
  'cn-hangzhou': 'dm.aliyuncs.com',
  'ap-southeast-1': 'dm.ap-southeast-1.aliyuncs.com',
  'ap-southeast-2': 'dm.ap-southeast-2.aliyuncs.com',
  'eu-central-1': 'dm.eu-central-1.aliyuncs.com',
  'us-east-1': 'dm.us-east-1.aliyuncs.com',
}

/** The endpoint of a region's service. */
export const findEndpoint = (regionId: RegionId = 'cn-hangzhou', network: Network = 'public'): Endpoint => ({
  protocol: 'https',
  host: network === 'vpc' ? `dm-vpc.${regionId}.aliyuncs.com` : publicHosts[regionId],
})

/** Hosts on which plain http never leaves the machine. */
const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)

/** Addresses that no router of the internet carries: RFC 1918, RFC 4193, link-local. */
const privateAddresses = new BlockList()
for (const [address, prefix, family] of [
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
] as const)
  privateAddresses.addSubnet(address, prefix, family)

/**
 * A service name, as Docker and Kubernetes give them (`sandbox`, `sandbox.test.svc`), or a name under a domain that is
 * kept for private use (RFC 2606, RFC 6761, RFC 6762, ICANN's .internal).
 */
const privateName = /^[\w-]+(\.[\w-]+)*\.(internal|local|localhost|svc|test|home\.arpa)$|^[\w-]+$/

const isPrivate = (hostname: string): boolean => {
  const address = hostname.replace(/^\[|\]$/g, '')
  const version = isIP(address)
  return version === 0
    ? privateName.test(address)
    : privateAddresses.check(address, version === 6 ? 'ipv6' : 'ipv4')
}

/**
 * Reads `dm.aliyuncs.com`, `https://dm.aliyuncs.com` or `http://127.0.0.1:8025`. Over plain http the mail and its code
 * could be read on the way, so it is taken for loopback only; with `allowInsecure` also for private addresses and names,
 * but never for a host of the internet.
 */
export const parseEndpoint = (text: string, allowInsecure = false): O.Option<Endpoint> => {
  const address = text.includes('://') ? text : `https://${text}`
  if (!URL.canParse(address)) return O.none
  const { protocol, hostname, host, username, password, pathname, search, hash } = new URL(address)
  const hostOnly = username + password + search + hash === '' && pathname === '/'
  if (!hostOnly) return O.none
  if (protocol === 'https:') return O.some({ protocol: 'https', host })
  const isTaken = isLoopback(hostname) || (allowInsecure && isPrivate(hostname))
  return protocol === 'http:' && isTaken ? O.some({ protocol: 'http', host }) : O.none
}
