/**
 * Telemetry of sends, by the API of OpenTelemetry: a span for each, and metrics of all. What it tells is what happened and
 * how long it took; never the recipient, the subject or the code.
 *
 * @module aliyun-dm-connector/opentelemetry
 */
import {
  type Attributes,
  type BatchObservableCallback,
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
import { identity } from 'fp-ts/lib/function.js'
import type { IO } from 'fp-ts/lib/IO.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { readProperties } from './config/decode.js'
import { UsageType } from './config/usage-type.js'
import { type Connector, observeSend } from './connector.js'
import type { Observer, Origin } from './delivery/send-event.js'
import type { Receipt } from './directmail/answer.js'
import type { Quota, Verification, VerificationQuestion } from './directmail/verification.js'
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

/** What is the same in all sends of a usage type, and what is counted of them. */
interface Kind {
  readonly attributes: Attributes
  readonly spanAttributes: Attributes
  active: number
  attempts: number
  throttles: number
}

/** Counts are read when metrics are collected, and until then cost an addition. */
const createInstruments = (meter: Meter) => {
  const kinds = new Map<string, Kind>()
  const active = meter.createObservableUpDownCounter('aliyun_dm.sends.active', {
    unit: '{send}',
    description: 'Messages that wait or are under way.',
  })
  const attempts = meter.createObservableCounter('aliyun_dm.attempts', {
    unit: '{request}',
    description: 'Attempts to send, each a request to DirectMail unless there are no credentials.',
  })
  const throttles = meter.createObservableCounter('aliyun_dm.throttles', {
    unit: '{request}',
    description: 'Requests that DirectMail refused because there were too many.',
  })
  const credentials = meter.createObservableGauge('aliyun_dm.credentials.remaining', {
    unit: 's',
    description: 'How long the credentials had still to last at the last send; of temporary ones only.',
  })
  const last: { credentialsRemaining?: number } = {}
  meter.addBatchObservableCallback(
    (result) => {
      kinds.forEach((kind) => {
        result.observe(active, kind.active, kind.attributes)
        result.observe(attempts, kind.attempts, kind.attributes)
        result.observe(throttles, kind.throttles, kind.attributes)
      })
      if (last.credentialsRemaining !== undefined) result.observe(credentials, last.credentialsRemaining)
    },
    [active, attempts, throttles, credentials],
  )
  return {
    kinds,
    last,
    duration: meter.createHistogram('aliyun_dm.send.duration', {
      unit: 's',
      description: 'From the call until the mail was accepted or given up, its wait in the queue included.',
      advice: { explicitBucketBoundaries: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] },
    }),
    queueWait: meter.createHistogram('aliyun_dm.send.queue_wait', {
      unit: 's',
      description: 'From the call until the first attempt.',
      advice: { explicitBucketBoundaries: [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30, 60] },
    }),
  }
}

type Instruments = ReturnType<typeof createInstruments>

/** One set for each meter: of two that observe the same count, a meter keeps only one. */
const instrumentsByMeter = new WeakMap<Meter, Instruments>()

const instrumentsOf = (meter: Meter): Instruments => {
  const instruments = instrumentsByMeter.get(meter) ?? createInstruments(meter)
  instrumentsByMeter.set(meter, instruments)
  return instruments
}

// ------------------------------------------------------------------------------------------------------------
// Spans
// ------------------------------------------------------------------------------------------------------------

/**
 * By the semantic conventions for calls of remote procedures.
 * https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/
 */
const call: Attributes = { 'rpc.system.name': 'aliyun', 'rpc.method': 'Dm/SingleSendMail' }

/** Metrics must not grow with what callers name: a usage type that the library does not know is one of the others. */
const kindOf = (kinds: Map<string, Kind>, message: unknown): Kind => {
  const type = readProperties(message, ['type'])?.['type']
  const usageType = UsageType.is(type) ? type : '_OTHER'
  const known = kinds.get(usageType)
  if (known !== undefined) return known
  const attributes: Attributes = { 'aliyun_dm.usage_type': usageType }
  const kind: Kind = {
    attributes,
    spanAttributes: { ...call, ...attributes },
    active: 0,
    attempts: 0,
    throttles: 0,
  }
  kinds.set(usageType, kind)
  return kind
}

/** Few enough for metrics: of DirectMail's codes nobody knows how many there are. */
const classify = (error: SendError): Attributes => ({
  'error.type': error._tag,
  'aliyun_dm.delivered': error.delivered,
})

const describeError = (error: SendError): Attributes => ({
  ...classify(error),
  // That of a connection is the system's: nobody answered.
  ...('code' in error && error._tag !== 'ConnectionFailed' ? { 'rpc.response.status_code': error.code } : {}),
})

/** Puts the result into the span; what metrics have of it. */
const describeResult = (span: Span, result: E.Either<SendError, Receipt>): Attributes => {
  if (E.isRight(result)) {
    span.setAttributes({
      'aliyun_dm.env_id': result.right.envId,
      'aliyun_dm.request_id': result.right.requestId,
    })
    return {}
  }
  const { left: error } = result
  span.setAttributes(describeError(error))
  if ('requestId' in error) span.setAttribute('aliyun_dm.request_id', error.requestId)
  // The message of an error names fields and codes, and no value.
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
  return classify(error)
}

// ------------------------------------------------------------------------------------------------------------
// The connector
// ------------------------------------------------------------------------------------------------------------

/** Puts what happens to a message into its span and into the metrics. */
const watch = (span: Span, kind: Kind, { queueWait, last }: Instruments): Observer => {
  let retried = 0
  let credentialsEnd: Origin['credentialsEnd'] | undefined
  const readCredentials = (): void => {
    const endsAt = credentialsEnd?.() ?? Infinity
    if (endsAt < Infinity) last.credentialsRemaining = (endsAt - Date.now()) / 1000
  }
  return {
    sendingFrom: (origin) => {
      credentialsEnd = origin.credentialsEnd
      span.setAttributes({
        'server.address': origin.server.address,
        'server.port': origin.server.port,
      })
    },
    emit: (event) => {
      switch (event._tag) {
        case 'AttemptStarted':
          kind.attempts += 1
          if (event.attempt === 1) queueWait.record(event.waitedMs / 1000, kind.attributes)
          else span.setAttribute('http.request.resend_count', event.attempt - 1)
          return
        case 'Retried':
          retried = event.attempt
          if (event.error._tag === 'Throttled') kind.throttles += 1
          span.addEvent('retry', {
            ...describeError(event.error),
            'aliyun_dm.attempt': event.attempt,
            'aliyun_dm.delay_ms': event.delayMs,
          })
          return
        case 'Failed':
          // One that waited for another attempt until its deadline was counted before.
          if (event.error._tag === 'Throttled' && event.attempts > retried) kind.throttles += 1
          readCredentials()
          return
        case 'Delivered':
          readCredentials()
      }
    },
  }
}

/**
 * Gives a connector whose sends are told to OpenTelemetry; its other functions stay as they are. Each send is a span of the
 * kind `client` under the span that is active at the call; requests of the SDK, where they are traced, are its
 * children, and retries are its events. Take the connector of `createConnector` itself: of a stub, or of a `sendMessage`
 * that you wrote around it, only what it returns and how long it took is known.
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
  const instruments = instrumentsOf((options.meterProvider ?? metrics.getMeterProvider()).getMeter(scope))
  /** Takes one promise more than the send itself: under OpenTelemetry each is followed, which costs more than it does. */
  const observe = (sendMessage: Connector<unknown>['sendMessage']): Connector<unknown>['sendMessage'] => {
    const send = observeSend(sendMessage)
    return (message, ...options) => {
      const kind = kindOf(instruments.kinds, message)
      return () => {
        const began = performance.now()
        const span = tracer.startSpan('Dm/SingleSendMail', {
          kind: SpanKind.CLIENT,
          attributes: kind.spanAttributes,
        })
        kind.active += 1
        const end = (outcome: Attributes): void => {
          span.end()
          kind.active -= 1
          instruments.duration.record((performance.now() - began) / 1000, outcome)
        }
        const endAsOther = (): void => {
          span.setStatus({ code: SpanStatusCode.ERROR })
          end({ ...kind.attributes, 'error.type': '_OTHER' })
        }
        const settle = (result: E.Either<SendError, Receipt>): E.Either<SendError, Receipt> => {
          const outcome = E.tryCatch(() => describeResult(span, result), identity)
          if (E.isRight(outcome)) end({ ...kind.attributes, ...outcome.right })
          // A stub may give what is no Either.
          else endAsOther()
          return result
        }
        /** A stub may throw. */
        const fail = (error: unknown): never => {
          endAsOther()
          throw error
        }
        try {
          const task = send(watch(span, kind, instruments))(message, ...options)
          return context.with(trace.setSpan(context.active(), span), task).then(settle, fail)
        } catch (error) {
          return fail(error)
        }
      }
    }
  }
  // What goes in comes out: the function only passes on what it is called with.
  return <C extends Sender>(connector: C): C => ({
    ...connector,
    sendMessage: observe(connector.sendMessage as Connector<unknown>['sendMessage']),
  })
}

// ------------------------------------------------------------------------------------------------------------
// Quota
// ------------------------------------------------------------------------------------------------------------

/** How long an answer is good for. Each costs up to five requests; ms. */
const quotaLifeMs = 3_600_000

const periods: Partial<Record<VerificationQuestion, string>> = { dailyQuota: 'day', monthlyQuota: 'month' }

interface PeriodQuota {
  readonly quota: Quota
  readonly attributes: Attributes
}

const readQuotas = ({ entries }: Verification): ReadonlyArray<PeriodQuota> =>
  entries.flatMap((entry) =>
    'quota' in entry && entry.quota !== undefined
      ? [{ quota: entry.quota, attributes: { 'aliyun_dm.quota.period': periods[entry.question] } }]
      : [],
  )

/**
 * Tells OpenTelemetry how many mails the account may send and how many it has sent, by the count of DirectMail. When metrics
 * are collected and the last answer is an hour old, `verify` is asked in the background. While DirectMail cannot be asked,
 * its last answer stays; where the key may not ask, there is none. Of two accounts in one process only one can be told.
 * Returns what ends it.
 *
 * @example
 * import type { Connector } from 'aliyun-dm-connector'
 * import { observeQuota, withTelemetry } from 'aliyun-dm-connector/opentelemetry'
 *
 * const observed = (connector: Connector) => {
 *   const stop = observeQuota()(connector)
 *   return { ...withTelemetry()(connector), stop }
 * }
 *
 * @category constructors
 * @since 0.1.0
 */
export const observeQuota =
  ({ meterProvider = metrics.getMeterProvider() }: Pick<TelemetryOptions, 'meterProvider'> = {}) =>
  ({ verify }: Pick<Connector, 'verify'>): IO<void> => {
    const meter = meterProvider.getMeter(scope)
    const used = meter.createObservableGauge('aliyun_dm.quota.used', {
      unit: '{mail}',
      description: 'Mails that the account has sent in the period.',
    })
    const limit = meter.createObservableGauge('aliyun_dm.quota.limit', {
      unit: '{mail}',
      description: 'Mails that the account may send in the period.',
    })
    let quotas: ReadonlyArray<PeriodQuota> = []
    let askedAt = -Infinity
    const ask = async (): Promise<void> => {
      askedAt = performance.now()
      try {
        const answer = await verify()
        if (E.isRight(answer)) quotas = readQuotas(answer.right)
      } catch {
        // A stub may throw, or give what is no answer.
      }
    }
    const observe: BatchObservableCallback = (result) => {
      if (performance.now() - askedAt >= quotaLifeMs) void ask()
      for (const { quota, attributes } of quotas) {
        result.observe(used, quota.used, attributes)
        result.observe(limit, quota.limit, attributes)
      }
    }
    meter.addBatchObservableCallback(observe, [used, limit])
    return () => meter.removeBatchObservableCallback(observe, [used, limit])
  }
