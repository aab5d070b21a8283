/**
 * What becomes of mails, and EventBridge: where the sandbox has a target for events, it tells it of each mail's fate as
 * EventBridge does, signed with a key of its own, and again if the target does not take it.
 *
 * Sources: the help page "Signature algorithm for HTTP/HTTPS event targets"
 * (https://www.alibabacloud.com/help/en/eventbridge/user-guide/signature-algorithm), and for the shape of an event
 * https://www.alibabacloud.com/help/en/direct-mail/product-overview/events
 */
import { setMaxListeners } from 'node:events'
import { generateKeyPair, type KeyObject, randomUUID, sign } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Inbox } from './inbox.js'
import type { MailOutcome, Push, ReceivedMail } from './mail.js'
import { decideFate, type Fate, splitRecipients } from './simulator.js'

/** Tells of fates, until it is stopped. */
export interface Pusher {
  /** For each recipient of a mail, by now (ms since the epoch). */
  readonly outcomes: (mail: ReceivedMail, now: number) => ReadonlyArray<MailOutcome>
  /** What its signatures are checked with, as PEM. Undefined: it pushes nothing. */
  readonly publicKey: string | undefined
  readonly stop: () => void
}

const names: Readonly<Record<Fate['status'], MailOutcome['outcome']>> = {
  0: 'delivered',
  2: 'invalidAddress',
  3: 'spam',
  4: 'failed',
}

/** How long it waits after each failure; then it gives up. */
const retryMs = [500, 1_000, 2_000, 4_000]
const timeoutMs = 5_000
/** Events that wait for their turn, or for another attempt; further ones are not pushed. */
const maxWaiting = 10_000
const maxAtOnce = 16

/** What DirectMail's events say of time: China's, without a zone. */
const formatTime = (ms: number): string => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19)

const describe = (mail: ReceivedMail, to: string, fate: Fate, at: number): string => {
  const isDelivered = fate.status === 0
  return JSON.stringify({
    id: randomUUID(),
    source: 'acs.dm',
    specversion: '1.0',
    subject: 'acs:dm:cn-hangzhou:1234567890123456:*',
    type: isDelivered ? 'dm:Deliver:Succeed' : 'dm:Deliver:Fail',
    time: `${formatTime(at)}+08:00`,
    datacontenttype: 'application/json;charset=utf-8',
    aliyunaccountid: '1234567890123456',
    aliyunregionid: 'cn-hangzhou',
    aliyunpublishtime: new Date(at).toISOString(),
    data: {
      account: mail.accountName,
      from: mail.accountName,
      rcpt: to,
      env_id: mail.envId,
      msg_id: `<${mail.requestId}@sandbox>`,
      send_time: formatTime(Date.parse(mail.receivedAt)),
      deliver_time: formatTime(at),
      status: String(fate.status),
      ...(isDelivered
        ? {}
        : {
            err_code: fate.message.slice(0, 3),
            err_msg: fate.message,
            failed_type: fate.errorClassification,
          }),
      tag: mail.tagName ?? '',
      region: 'cn-hangzhou',
    },
  })
}

/**
 * Receivers take certificates from EventBridge's own hosts only, so this names one, under which there is nothing; a
 * receiver that is tested fetches the sandbox's key in its place.
 */
const certificateUrl =
  'https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/x509_public_certificate_sandbox.pem'

const signRequest = (url: string, body: string, key: KeyObject): Readonly<Record<string, string>> => {
  const headers = {
    'x-eventbridge-signature-timestamp': String(Date.now()),
    'x-eventbridge-hash-method': 'SHA256',
    'x-eventbridge-signature-version': '1.0',
    'x-eventbridge-signature-url': certificateUrl,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const text = [url, ...lines, body, ''].join('\n')
  return {
    ...headers,
    'x-eventbridge-signature-v2': sign('RSA-SHA256', Buffer.from(text), key).toString('base64'),
  }
}

/** One attempt to tell the target of one event. */
type Job = (signal: AbortSignal) => Promise<void>

const timedOut = new DOMException('The target did not answer in time.', 'TimeoutError')

/** `ECONNREFUSED` or the like, where the system says why; `TimeoutError` has a code too, which is a number. */
const nameReason = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return 'failed'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
}

const createKeyPair = promisify(generateKeyPair)

/** Pushes to `target`, or to nobody if it is undefined, what becomes of the mails of an inbox. */
export const startPusher = async (inbox: Inbox, target: string | undefined): Promise<Pusher> => {
  const told =
    target === undefined
      ? undefined
      : { url: target, ...(await createKeyPair('rsa', { modulusLength: 2048 })) }
  const pushes = new Map<string, Map<string, Array<Push>>>()
  const stopped = new AbortController()
  // One for each that waits.
  setMaxListeners(0, stopped.signal)
  const queue: Array<Job> = []
  const underWay = new Set<AbortController>()
  let waiting = 0

  const note = (envId: string, to: string, push: Push): void => {
    // The mail may have been deleted meanwhile; what was told of it goes with it.
    pushes.get(envId)?.get(to)?.push(push)
  }

  /** Whether the target took it. Signed anew each time: a signature is good for a minute. */
  const post = async (url: string, key: KeyObject, body: string, signal: AbortSignal): Promise<Push> => {
    const at = new Date().toISOString()
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/json;charset=utf-8', ...signRequest(url, body, key) },
        body,
        signal,
      })
      await response.body?.cancel()
      return { at, statusCode: response.status }
    } catch (error) {
      return { at, error: nameReason(error) }
    }
  }

  const isTaken = ({ statusCode = 0 }: Push): boolean => statusCode >= 200 && statusCode < 300

  const runNext = (): void => {
    const job = underWay.size < maxAtOnce ? queue.shift() : undefined
    if (job === undefined) return
    // Node 20 forgets the timeout of an AbortSignal.any: https://github.com/nodejs/node/issues/57736
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(timedOut), timeoutMs)
    underWay.add(controller)
    void job(controller.signal).finally(() => {
      clearTimeout(timer)
      underWay.delete(controller)
      runNext()
    })
  }

  const enqueue = (job: Job): void => {
    queue.push(job)
    runNext()
  }

  const after = (ms: number, job: () => void): void =>
    void sleep(ms, undefined, { signal: stopped.signal, ref: false }).then(job, () => undefined)

  const push = (url: string, key: KeyObject, mail: ReceivedMail, to: string, fate: Fate): void => {
    if (waiting >= maxWaiting) return
    waiting += 1
    const body = describe(mail, to, fate, Date.parse(mail.receivedAt) + fate.afterMs)
    const attempt = (failures: number) => async (signal: AbortSignal) => {
      const result = await post(url, key, body, signal)
      if (stopped.signal.aborted) return
      note(mail.envId, to, result)
      const pauseMs = retryMs[failures]
      if (isTaken(result) || pauseMs === undefined) waiting -= 1
      else after(pauseMs, () => enqueue(attempt(failures + 1)))
    }
    after(fate.afterMs, () => enqueue(attempt(0)))
  }

  const unsubscribe = inbox.subscribe((event) => {
    if (event.type === 'deleted') pushes.delete(event.envId)
    if (event.type === 'cleared') pushes.clear()
    if (event.type !== 'mail' || told === undefined) return
    const { mail } = event
    const recipients = [...new Set(splitRecipients(mail))]
    pushes.set(mail.envId, new Map(recipients.map((to) => [to, []])))
    for (const to of recipients) push(told.url, told.privateKey, mail, to, decideFate(to))
  })

  return {
    publicKey: told?.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    outcomes: (mail, now) =>
      [...new Set(splitRecipients(mail))].map((to) => {
        const fate = decideFate(to)
        const isKnown = Date.parse(mail.receivedAt) + fate.afterMs <= now
        return {
          to,
          outcome: isKnown ? names[fate.status] : 'pending',
          ...(isKnown ? { message: fate.message } : {}),
          pushes: [...(pushes.get(mail.envId)?.get(to) ?? [])],
        }
      }),
    stop: () => {
      unsubscribe()
      stopped.abort()
      queue.length = 0
      for (const controller of underWay) controller.abort()
    },
  }
}
