/**
 * Keeps connectors for as long as their config stays the same. Logto makes a new connector object for nearly every
 * request, so what is expensive (the SDK's client, the compiled templates, the queue) must outlive that object.
 */
import { createHash } from 'node:crypto'
import type { Connector, ConnectorOptions, InvalidConfig } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { prepareConfig, usageTypes } from './config.js'
import { type Environment, toOptions } from './environment.js'

/** A connector, and which of its templates cannot be used because they are empty. */
interface Sender {
  readonly connector: Connector
  readonly isBlank: (usageType: string) => boolean
}

type CreateConnector = (config: unknown, options: ConnectorOptions) => E.Either<InvalidConfig, Connector>

export type Pool = (config: unknown, environment: Environment) => E.Either<InvalidConfig, Sender>

/**
 * Logto's sign-in page gives up after 10 s, its console after 20 s, and then neither shows our message. A service that
 * does not answer is given up in time for that, and early enough for a second attempt.
 */
export const timeLimits = { connectTimeoutMs: 2_000, readTimeoutMs: 3_500, deadlineMs: 8_000 }

const options: ConnectorOptions = {
  ...timeLimits,
  usageTypes,
  // What Logto promises for its templates: a placeholder without a value stays as it was written.
  missingVariables: 'keep',
  // An invitation leads to wherever the application says; in development to http://localhost.
  links: 'any',
}

/**
 * A digest, so that no secret is kept where it could be printed. A config that JSON cannot write was never saved
 * by Logto, and is not kept.
 */
const makeKey = (config: unknown, environment: Environment): string | undefined => {
  try {
    return createHash('sha256')
      .update(JSON.stringify([environment, config]))
      .digest('base64')
  } catch {
    return undefined
  }
}

/** At most `capacity` connectors; the one that was not used for longest goes first. */
export const makePool = (create: CreateConnector, capacity: number): Pool => {
  // A Map keeps the order in which its keys were set.
  const senders = new Map<string, Sender>()

  const keep = (key: string, sender: Sender): void => {
    senders.delete(key)
    senders.set(key, sender)
    for (const oldest of senders.keys()) {
      if (senders.size <= capacity) return
      senders.delete(oldest)
    }
  }

  const make = (config: unknown, environment: Environment): E.Either<InvalidConfig, Sender> => {
    const prepared = prepareConfig(config, environment)
    return pipe(
      create(prepared.config, { ...options, ...toOptions(environment) }),
      E.map((connector) => ({ connector, isBlank: prepared.isBlank })),
    )
  }

  return (config, environment) => {
    const key = makeKey(config, environment)
    const kept = key === undefined ? undefined : senders.get(key)
    return pipe(
      kept === undefined ? make(config, environment) : E.right(kept),
      E.map((sender) => {
        if (key !== undefined) keep(key, sender)
        return sender
      }),
    )
  }
}
