/**
 * A server that hands out temporary keys, as those behind `ALIBABA_CLOUD_CREDENTIALS_URI` do.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'

export interface KeyServer {
  readonly uri: string
  /** When each of its keys ends; ms since the epoch. */
  readonly endings: ReadonlyMap<string, number>
  /** What it does from now on. */
  readonly control: { requests: number; statusCode: number; lifeMs: number }
  readonly stop: () => Promise<void>
}

export const keySecret = 'hunter2hunter2'

/** Hands out STS.1, STS.2 and so on, each for so long. */
export const serveKeys = async (lifeMs: number): Promise<KeyServer> => {
  const control = { requests: 0, statusCode: 200, lifeMs }
  const endings = new Map<string, number>()
  const server = http.createServer((_, response) => {
    const accessKeyId = `STS.${(control.requests += 1)}`
    const endsAt = Date.now() + control.lifeMs
    endings.set(accessKeyId, endsAt)
    response.writeHead(control.statusCode).end(
      JSON.stringify({
        AccessKeyId: accessKeyId,
        AccessKeySecret: keySecret,
        SecurityToken: 't0ken',
        Expiration: new Date(endsAt).toISOString(),
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    control,
    endings,
    // A TCP server that listens has an address with a port.
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** Leaves nothing to the default chain but this URI: no profile of this machine's, no metadata server. */
export const leaveOnlyUri = (uri: string): (() => void) => {
  const before = { ...process.env }
  const restore = (): void => {
    for (const name of Object.keys(process.env))
      if (!(name in before)) Reflect.deleteProperty(process.env, name)
    Object.assign(process.env, before)
  }
  for (const name of Object.keys(process.env))
    if (name.startsWith('ALIBABA_CLOUD_')) Reflect.deleteProperty(process.env, name)
  Object.assign(process.env, {
    HOME: tmpdir(),
    ALIBABA_CLOUD_CREDENTIALS_FILE: '/nowhere',
    ALIBABA_CLOUD_CLI_PROFILE_DISABLED: 'true',
    ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true',
    ALIBABA_CLOUD_CREDENTIALS_URI: uri,
  })
  return restore
}
