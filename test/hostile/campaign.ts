/**
 * Sends messages to a hostile server, and holds what the connector said of each against what the server took.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { ConnectorOptions, SendError } from '../../lib/index.js'
import { connect, message } from '../support/sandbox.js'
import { findEnvId, type Ledger, type Plan, startHostileServer } from './server.js'

interface Group {
  /** Its messages share a connector, and with it a queue. */
  readonly ids: ReadonlyArray<number>
  /** So many connectors send each message at once, under one idempotency key. Without, one sends it without a key. */
  readonly senders?: number
}

type Result = E.Either<SendError, { readonly envId: string }>

/** What became of each message, for each that sent it. */
type Results = ReadonlyMap<number, ReadonlyArray<Result>>

/** The messages for which a promise was broken, by the promise. */
interface Violations {
  readonly twice: ReadonlyArray<number>
  readonly falseNo: ReadonlyArray<number>
  readonly falseReceipt: ReadonlyArray<number>
}

export const noViolations: Violations = { twice: [], falseNo: [], falseReceipt: [] }

export interface Outcome {
  readonly ledger: Ledger
  readonly results: Results
  readonly violations: Violations
}

export interface CampaignOptions extends Plan {
  readonly groups: ReadonlyArray<Group>
  /** How many groups are sent at once. */
  readonly atOnce: number
  readonly readTimeoutMs: number
  readonly deadlineMs: number
}

const sendGroup = async (
  endpoint: string,
  options: ConnectorOptions,
  { ids, senders }: Group,
): Promise<Results> => {
  const connectors = Array.from({ length: senders ?? 1 }, () => connect(endpoint, options))
  return new Map(
    await Promise.all(
      ids.map(async (id) => {
        const asked = { ...message, to: `m-${id}@example.com` }
        const sendOptions = senders === undefined ? undefined : { idempotencyKey: String(id) }
        const sent = connectors.map(({ sendMessage }) => sendMessage(asked, sendOptions)())
        return [id, await Promise.all(sent)] as const
      }),
    ),
  )
}

const judge = ({ mails }: Ledger, results: Results): Violations => {
  const find = (isBroken: (taken: number, results: ReadonlyArray<Result>, id: number) => boolean) =>
    [...results].flatMap(([id, ofMessage]) => (isBroken(mails.get(id) ?? 0, ofMessage, id) ? [id] : []))
  return {
    twice: find((taken) => taken > 1),
    falseNo: find(
      (taken, ofMessage) =>
        taken > 0 && ofMessage.every((result) => E.isLeft(result) && result.left.delivered === 'no'),
    ),
    falseReceipt: find((taken, ofMessage, id) =>
      ofMessage.some((result) => E.isRight(result) && (taken === 0 || result.right.envId !== findEnvId(id))),
    ),
  }
}

/** Sends all groups through a server with that plan. */
export const runCampaign = async (campaign: CampaignOptions): Promise<Outcome> => {
  const { groups, atOnce, readTimeoutMs, deadlineMs, ...plan } = campaign
  const server = await startHostileServer(plan)
  const results = new Map<number, ReadonlyArray<Result>>()
  const waiting = groups.values()
  const work = async (): Promise<void> => {
    // All workers take from one iterator.
    for (const group of waiting) {
      const options = { connectTimeoutMs: 2_000, readTimeoutMs, deadlineMs }
      for (const [id, ofMessage] of await sendGroup(server.endpoint, options, group))
        results.set(id, ofMessage)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  await server.stop()
  return { ledger: server.ledger, results, violations: judge(server.ledger, results) }
}
