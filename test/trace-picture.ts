/**
 * Makes the picture of docs/operations.md, of real spans: a route asks for a code, and its mail is throttled once.
 * `npx tsx test/trace-picture.ts`, and then `pngquant --force --ext .png docs/images/trace.png` to make it small.
 */
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node'
import { startSandbox } from 'aliyun-dm-sandbox'
import { chromium } from 'playwright-core'
import config from '../examples/connector.json' with { type: 'json' }
import { createConnector } from '../lib/index.js'
import { withTelemetry } from '../lib/opentelemetry.js'
import { executablePath } from '../packages/sandbox/test/browser/browser.js'
import { right } from './support/either.js'

// ------------------------------------------------------------------------------------------------------------
// The spans
// ------------------------------------------------------------------------------------------------------------

const exporter = new InMemorySpanExporter()
const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
tracerProvider.register()
const http = new HttpInstrumentation({ ignoreIncomingRequestHook: () => true })
http.setTracerProvider(tracerProvider)
http.enable()
// It takes hold when the module is asked for the next time.
createRequire(import.meta.url)('node:http')

const sandbox = right(await startSandbox({ latencyMs: 40 })())
const connector = withTelemetry({ tracerProvider })(
  right(createConnector(config, { endpoint: sandbox.endpoint })),
)
right(await connector.warmUp())
right(sandbox.failNext({ kind: 'error', code: 'Throttling.User', statusCode: 400 }, 1)())
await tracerProvider.getTracer('shop').startActiveSpan('POST /codes', async (span) => {
  // The code is stored.
  await sleep(12)
  await connector.sendMessage({ to: 'ann@example.com', type: 'SignIn', payload: { code: '407312' } })()
  span.end()
})
await sandbox.stop()

// ------------------------------------------------------------------------------------------------------------
// The picture
// ------------------------------------------------------------------------------------------------------------

const milliseconds = ([seconds, nanoseconds]: readonly [number, number]): number =>
  seconds * 1_000 + nanoseconds / 1_000_000

const spans = exporter
  .getFinishedSpans()
  .toSorted((a, b) => milliseconds(a.startTime) - milliseconds(b.startTime))
const [root] = spans
if (root === undefined) throw new Error('expected spans')
const begin = milliseconds(root.startTime)
const whole = milliseconds(root.duration)
const share = (ms: number): string => `${((100 * ms) / whole).toFixed(2)}%`

const depthOf = (span: ReadableSpan): number => {
  const parent = spans.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId)
  return parent === undefined ? 0 : depthOf(parent) + 1
}

const shown = [
  'aliyun_dm.usage_type',
  'aliyun_dm.env_id',
  'http.request.resend_count',
  'http.response.status_code',
  'http.status_code',
]
const describeSpan = ({ attributes, events }: ReadableSpan): string =>
  [
    ...shown.flatMap((name) => (name in attributes ? [`${name}=${String(attributes[name])}`] : [])),
    ...events.map(({ name, attributes: told }) => `${name}: ${String(told?.['rpc.response.status_code'])}`),
  ].join('  ')

const row = (span: ReadableSpan): string => {
  const start = milliseconds(span.startTime) - begin
  const marks = span.events.map(
    ({ time }) => `<i style="left:${share(milliseconds(time) - begin)}" title="retry"></i>`,
  )
  return `<tr><th style="padding-left:${12 + 20 * depthOf(span)}px">${span.name}</th>
    <td><div><b class="depth${depthOf(span)}" style="left:${share(start)};width:${share(milliseconds(span.duration))}"></b>${marks.join('')}
    <span>${describeSpan(span)}</span></div></td><td class="ms">${milliseconds(span.duration).toFixed(1)} ms</td></tr>`
}

const page = `<!doctype html><meta charset="utf-8"><style>
  body { margin: 16px; font: 14px system-ui, sans-serif; color: #222; width: 1168px }
  table { border-collapse: collapse; width: 100% }
  tr { border-bottom: 1px solid #eee }
  th { text-align: left; font-weight: 600; white-space: nowrap; width: 180px }
  td { padding: 0; height: 52px }
  td.ms { width: 80px; text-align: right; color: #555 }
  div { position: relative; height: 52px; border-left: 1px solid #ddd; border-right: 1px solid #ddd }
  b { position: absolute; top: 9px; height: 14px; border-radius: 3px; min-width: 3px; background: #94a3b8 }
  b.depth1 { background: #c2410c } b.depth2 { background: #2563eb }
  i { position: absolute; top: 6px; width: 2px; height: 20px; background: #111 }
  span { position: absolute; left: 6px; top: 29px; font: 11.5px ui-monospace, monospace; color: #555; white-space: pre }
</style><table>${spans.map(row).join('')}</table>`

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
const tab = await browser.newPage({ viewport: { width: 1200, height: 100 } })
await tab.setContent(page)
await tab.screenshot({ path: 'docs/images/trace.png', fullPage: true })
await browser.close()
