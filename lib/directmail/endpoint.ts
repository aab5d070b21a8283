/**
 * Where requests go. The SDK sends every region's requests to Hangzhou unless it is told the host, so the table
 * of hosts is ours (source: the endpoint list of DirectMail's API documentation).
 */
import * as O from 'fp-ts/lib/Option.js'
import type { RegionId } from '../config/config.js'

export interface Endpoint {
  readonly protocol: 'http' | 'https'
  /** Host name, with a port where it is not the protocol's own. */
  readonly host: string
}

const hosts: Readonly<Record<RegionId, string>> = {
  'cn-hangzhou': 'dm.aliyuncs.com',
  'ap-southeast-1': 'dm.ap-southeast-1.aliyuncs.com',
  'ap-southeast-2': 'dm.ap-southeast-2.aliyuncs.com',
  'eu-central-1': 'dm.eu-central-1.aliyuncs.com',
  'us-east-1': 'dm.us-east-1.aliyuncs.com',
}

/** The endpoint of a region's service. */
export const endpointOf = (regionId: RegionId = 'cn-hangzhou'): Endpoint => ({
  protocol: 'https',
  host: hosts[regionId],
})

/** Hosts on which plain http never leaves the machine. */
const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)

/**
 * Reads `dm.aliyuncs.com`, `https://dm.aliyuncs.com` or `http://127.0.0.1:8025`. Plain http is taken for loopback
 * only: anywhere else the mail and its code could be read on the way.
 */
export const parseEndpoint = (text: string, allowInsecure = false): O.Option<Endpoint> => {
  const address = text.includes('://') ? text : `https://${text}`
  if (!URL.canParse(address)) return O.none
  const { protocol, hostname, host, username, password, pathname, search, hash } = new URL(address)
  const hostOnly = username + password + search + hash === '' && pathname === '/'
  if (!hostOnly) return O.none
  if (protocol === 'https:') return O.some({ protocol: 'https', host })
  return protocol === 'http:' && (allowInsecure || isLoopback(hostname))
    ? O.some({ protocol: 'http', host })
    : O.none
}
