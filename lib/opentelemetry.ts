/**
 * Telemetry of sends, by the API of OpenTelemetry: a span for each, and metrics of all. What it tells is what happened and
 * how long it took; never the recipient, the subject or the code.
 *
 * @module aliyun-dm-connector/opentelemetry
 */
import {
  type Attributes,
  context,
  type Meter,
  type MeterProvider,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type TracerProvider,
} from '@opentelemetry/api'
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { UsageType } from './config/config.js'
import { readProperties } from './config/decode.js'
import type { Connector } from './connector.js'
import { observation, type SendEvent } from './delivery/send-event.js'
import type { Receipt } from './directmail/answer.js'
import type { SendError } from './errors/send-error.js'

/**
 * Where the telemetry goes.
 *
 * @category model
 * @since 0.1.0
 */
export interface TelemetryOptions {
  /** The global one unless given. */
  readonly tracerProvider?: TracerProvider | undefined
  /** The global one unless given. */
  readonly meterProvider?: MeterProvider | undefined
}

/**
 * A connector, of whatever messages.
 *
 * @category model
 * @since 0.1.0
 */
export interface Sender {
  readonly sendMessage: (...args: never) => TE.TaskEither<SendError, Receipt>
}

/** In OpenTelemetry, the name of who measures. */
const scope = 'aliyun-dm-connector'

// ------------------------------------------------------------------------------------------------------------
// Metrics
// ------------------------------------------------------------------------------------------------------------

const createInstruments = (meter: Meter) => ({
  duration: meter.createHistogram('aliyun_dm.send.duration', {
    unit: 's',
    description: 'From the call until the mail was accepted or given up, its wait in the queue included.',
    advice: { explicitBucketBoundaries: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] },
  }),
  queueWait: meter.createHistogram('aliyun_dm.send.queue_wait', {
    unit: 's',
    description: 'From the call until the first request.',
    advice: { explicitBucketBoundaries: [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60] },
  }),
  attempts: meter.createHistogram('aliyun_dm.send.attempts', {
    unit: '{attempt}',
    description: 'Requests for one message.',
    advice: { explicitBucketBoundaries: [0, 1, 2, 3, 5, 10] },
  }),
  throttles: meter.createCounter('aliyun_dm.throttles', {
    unit: '{request}',
    description: 'Requests that DirectMail refused because there were too many.',
  }),
  active: meter.createUpDownCounter('aliyun_dm.sends.active', {
    unit: '{send}',
    description: 'Messages that wait or are under way.',
  }),
})

type Instruments = ReturnType<typeof createInstruments>

/** Metrics must not grow with what callers name: a usage type that the library does not know is one of the others. */
const boundUsageType = (usageType: unknown): string => (UsageType.is(usageType) ? usageType : '_OTHER')

// ------------------------------------------------------------------------------------------------------------
// Spans
// ------------------------------------------------------------------------------------------------------------

/**
 * By the semantic conventions for calls of remote procedures.
 * https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/
 */
const call: Attributes = { 'rpc.system.name': 'aliyun', 'rpc.method': 'Dm/SingleSendMail' }

const describeHost = (host: string): Attributes => {
  const [, address = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? []
  return { 'server.address': address, 'server.port': Number(port ?? 443) }
}

/** Few enough for metrics: of DirectMail's codes nobody knows how many there are. */
const classify = (error: SendError): Attributes => ({
  'error.type': error._tag,
  'aliyun_dm.delivered': error.delivered,
})

const describeError = (error: SendError): Attributes => ({
  ...classify(error),
  ...('code' in error && typeof error.code === 'string' ? { 'rpc.response.status_code': error.code } : {}),
})

const describeResult = (span: Span, result: E.Either<SendError, Receipt>): void => {
  if (E.isRight(result))
    span.setAttributes({
      'aliyun_dm.env_id': result.right.envId,
      'aliyun_dm.request_id': result.right.requestId,
    })
  else {
    const { left: error } = result
    span.setAttributes(describeError(error))
    if ('requestId' in error) span.setAttribute('aliyun_dm.request_id', error.requestId)
    // The message of an error names fields and codes, and no value.
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
  }
}

// ------------------------------------------------------------------------------------------------------------
// The connector
// ------------------------------------------------------------------------------------------------------------

/** Puts what happens to a message into its span and into the metrics. */
const record = (
  span: Span,
  instruments: Instruments,
  attributes: Attributes,
): ((event: SendEvent) => void) => {
  let retried = 0
  return (event) => {
    switch (event._tag) {
      case 'AttemptStarted':
        if (event.attempt === 1) instruments.queueWait.record(event.waitedMs / 1000, attributes)
        else span.setAttribute('http.request.resend_count', event.attempt - 1)
        return
      case 'Retried':
        retried = event.attempt
        if (event.error._tag === 'Throttled') instruments.throttles.add(1, attributes)
        span.addEvent('retry', {
          ...describeError(event.error),
          'aliyun_dm.attempt': event.attempt,
          'aliyun_dm.delay_ms': event.delayMs,
        })
        return
      case 'Failed':
        // One that waited for another attempt until its deadline was counted before.
        if (event.error._tag === 'Throttled' && event.attempts > retried)
          instruments.throttles.add(1, attributes)
        instruments.attempts.record(event.attempts, attributes)
        return
      case 'Delivered':
        instruments.attempts.record(event.attempts, attributes)
    }
  }
}

/**
 * Gives a connector whose sends are told to OpenTelemetry; its other functions stay as they are. Each send is a span of the
 * kind `client` under the span that is active at the call; requests of the SDK, where they are traced, are its
 * children, and retries are its events. A connector that is a stub has spans, too.
 *
 * @example
 * import * as E from 'fp-ts/lib/Either.js'
 * import { pipe } from 'fp-ts/lib/function.js'
 * import { createConnector } from 'aliyun-dm-connector'
 * import { withTelemetry } from 'aliyun-dm-connector/opentelemetry'
 *
 * const template = { subject: 'Your code', content: '<p>{{code}}</p>' }
 * const config = {
 *   accessKeyId: 'an-id',
 *   accessKeySecret: 'a-secret',
 *   accountName: 'no-reply@mail.example.com',
 *   templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({ usageType, ...template })),
 * }
 *
 * const connector = pipe(createConnector(config), E.map(withTelemetry()))
 *
 * @category constructors
 * @since 0.1.0
 */
export const withTelemetry = (options: TelemetryOptions = {}): (<C extends Sender>(connector: C) => C) => {
  const tracer = (options.tracerProvider ?? trace.getTracerProvider()).getTracer(scope)
  const instruments = createInstruments((options.meterProvider ?? metrics.getMeterProvider()).getMeter(scope))
  const observe =
    (sendMessage: Connector<unknown>['sendMessage']): Connector<unknown>['sendMessage'] =>
    (...args) =>
    async () => {
      const usageType = boundUsageType(readProperties(args[0], ['type'])?.['type'])
      const attributes: Attributes = { 'aliyun_dm.usage_type': usageType }
      const began = performance.now()
      const span = tracer.startSpan('Dm/SingleSendMail', {
        kind: SpanKind.CLIENT,
        attributes: { ...call, ...attributes },
      })
      const observer = {
        sendingTo: (host: string) => span.setAttributes(describeHost(host)),
        emit: record(span, instruments, attributes),
      }
      instruments.active.add(1, attributes)
      const end = (outcome: Attributes): void => {
        span.end()
        instruments.active.add(-1, attributes)
        const seconds = (performance.now() - began) / 1000
        instruments.duration.record(seconds, { ...attributes, ...outcome })
      }
      try {
        const result = await context.with(trace.setSpan(context.active(), span), () =>
          observation.run(observer, () => sendMessage(...args)()),
        )
        describeResult(span, result)
        end(E.isRight(result) ? {} : classify(result.left))
        return result
      } catch (error) {
        // A stub may throw.
        span.setStatus({ code: SpanStatusCode.ERROR })
        end({ 'error.type': '_OTHER' })
        throw error
      }
    }
  // What goes in comes out: the function only passes on what it is called with.
  return <C extends Sender>(connector: C): C => ({
    ...connector,
    sendMessage: observe(connector.sendMessage as Connector<unknown>['sendMessage']),
  })
}
