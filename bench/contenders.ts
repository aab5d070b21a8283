/**
 * Who is measured, and how each sends one mail: the library as it is built, the bare SDK, and Logto's own
 * connector. Nothing is imported until a contender is opened, so that a fresh process can time that too.
 */
import { randomUUID } from 'node:crypto'
import { register } from 'node:module'
import type * as Library from '../lib/index.js'
import type { ConnectorOptions, DirectMailClient } from '../lib/index.js'
import { code, configOf, message, rendered, subject, timeouts, to } from './fixtures.js'

/**
 * `sdk-nonce` is the bare SDK with the one header that the library adds, a nonce of its own. `told` is the library through a stub
 * with spans and metrics, which nobody exports.
 */
export type Name = 'library' | 'sdk' | 'sdk-nonce' | 'logto' | 'stubbed' | 'told' | 'stub'

/** Sends one mail, and says why it was not accepted; undefined if it was. The bare SDK sends it to whom it is told. */
export type Send = (recipient?: string) => Promise<string | undefined>

/** The built package. `BENCH_LIBRARY` names another build, to compare a change with what it changes. */
const libraryUrl = process.env['BENCH_LIBRARY'] ?? new URL('../../dist/index.js', import.meta.url).href

// The package is built from this source; its address is only known when the benchmark runs.
export const importLibrary = () => import(libraryUrl) as Promise<typeof Library>

export const importLogto = () => import('@logto/connector-aliyun-dm')

// ------------------------------------------------------------------------------------------------------------
// The library
// ------------------------------------------------------------------------------------------------------------

export const openLibrary = async (
  port: number,
  bytes: number,
  options: ConnectorOptions = {},
  wrap: (connector: Library.Connector) => Library.Connector = (connector) => connector,
): Promise<Send> => {
  const { createConnector } = await importLibrary()
  const connector = createConnector(configOf(bytes), {
    endpoint: `http://127.0.0.1:${port}`,
    ...timeouts,
    ...options,
  })
  if (connector._tag === 'Left') throw new Error(connector.left.message)
  const { sendMessage } = wrap(connector.right)
  return async () => {
    const result = await sendMessage(message)()
    return result._tag === 'Left' ? result.left._tag : undefined
  }
}

/** The code of an error of Node's, or the name of another's. */
const reasonOf = (error: unknown): string =>
  error instanceof Error ? ('code' in error ? String(error.code) : error.name) : 'no error'

// ------------------------------------------------------------------------------------------------------------
// The bare SDK
// ------------------------------------------------------------------------------------------------------------

const openSdk = async (
  port: number,
  bytes: number,
  { stub, nonce = false }: { readonly stub?: DirectMailClient; readonly nonce?: boolean } = {},
): Promise<Send> => {
  const [dm, openApi, teaUtil] = await Promise.all([
    import('@alicloud/dm20151123'),
    import('@alicloud/openapi-client'),
    import('@alicloud/tea-util'),
  ])
  // Its constructor asks for a Config of @alicloud/openapi-core, and works with the one of openapi-client.
  const Client = dm.default.default as new (config: object) => DirectMailClient
  const client =
    stub ??
    new Client(
      new openApi.Config({
        accessKeyId: 'bench-access-key-id',
        accessKeySecret: 'bench-access-key-secret',
        endpoint: `127.0.0.1:${port}`,
        protocol: 'http',
        userAgent: 'bare-sdk',
      }),
    )
  const htmlBody = rendered(bytes)
  return async (toAddress = to) => {
    try {
      const answer = await client.singleSendMailWithOptions(
        new dm.SingleSendMailRequest({
          accountName: 'no-reply@mail.example.com',
          addressType: 1,
          toAddress,
          subject,
          replyToAddress: false,
          htmlBody,
          fromAlias: 'Example',
        }),
        new teaUtil.RuntimeOptions({
          autoretry: false,
          connectTimeout: timeouts.connectTimeoutMs,
          readTimeout: timeouts.readTimeoutMs,
          ...(nonce
            ? {
                extendsParameters: new teaUtil.ExtendsParameters({
                  headers: { 'x-acs-signature-nonce': randomUUID() },
                }),
              }
            : {}),
        }),
      )
      return typeof answer.body?.envId === 'string' ? undefined : 'no EnvId'
    } catch (error) {
      return reasonOf(error)
    }
  }
}

// ------------------------------------------------------------------------------------------------------------
// Logto's connector
// ------------------------------------------------------------------------------------------------------------

/**
 * Its endpoint cannot be set. A load hook replaces the text "https://dm.aliyuncs.com/" in its source, while it is
 * being loaded, by the server's address. Everything else stays as published: its dependencies, and the HTTP
 * client's settings for connections.
 */
const redirectLogto = (port: number): void => {
  const hooks = `
    export const load = async (url, context, nextLoad) => {
      const loaded = await nextLoad(url, context)
      return url.includes('/@logto/connector-aliyun-dm/lib/index.js')
        ? { ...loaded, source: String(loaded.source).replaceAll('https://dm.aliyuncs.com/', 'http://127.0.0.1:${port}/') }
        : loaded
    }`
  register(`data:text/javascript,${encodeURIComponent(hooks)}`)
}

const openLogto = async (port: number, bytes: number): Promise<Send> => {
  redirectLogto(port)
  const { default: create } = await importLogto()
  const { TemplateType } = await import('@logto/connector-kit')
  const config = configOf(bytes)
  const connector = await create({ getConfig: () => Promise.resolve(config) })
  const data = { to, type: TemplateType.SignIn, payload: { code } }
  return async () => {
    try {
      await connector.sendMessage(data)
      return undefined
    } catch (error) {
      return reasonOf(error)
    }
  }
}

// ------------------------------------------------------------------------------------------------------------

/** Answers at once, so that what is left is the cost of whoever calls it. */
const stubClient: DirectMailClient = {
  singleSendMailWithOptions: () =>
    Promise.resolve({ statusCode: 200, body: { envId: '600000123456789012', requestId: code } }),
}

/** With OpenTelemetry's SDK: each send is a span that is recorded, and its metrics are added up. */
const openTold = async (port: number, bytes: number): Promise<Send> => {
  const [{ withTelemetry }, { NodeTracerProvider }, { MeterProvider, MetricReader }] = await Promise.all([
    import('aliyun-dm-connector/opentelemetry'),
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/sdk-metrics'),
  ])
  const readers = [
    new (class extends MetricReader {
      protected onShutdown = () => Promise.resolve()
      protected onForceFlush = () => Promise.resolve()
    })(),
  ]
  const tracerProvider = new NodeTracerProvider()
  tracerProvider.register()
  const meterProvider = new MeterProvider({ readers })
  return openLibrary(port, bytes, { client: stubClient }, withTelemetry({ tracerProvider, meterProvider }))
}

const contenders: Readonly<Record<Name, (port: number, bytes: number) => Promise<Send>>> = {
  library: openLibrary,
  sdk: openSdk,
  'sdk-nonce': (port, bytes) => openSdk(port, bytes, { nonce: true }),
  logto: openLogto,
  stubbed: (port, bytes) => openLibrary(port, bytes, { client: stubClient }),
  told: openTold,
  stub: (port, bytes) => openSdk(port, bytes, { stub: stubClient }),
}

export const open = (name: Name, port: number, bytes: number): Promise<Send> => contenders[name](port, bytes)
