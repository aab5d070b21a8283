/**
 * A sign-in service as a program of fp-ts: what it needs is asked for by its type, and every failure is a value of it.
 */
import { randomInt } from 'node:crypto'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { type Connector, type Receipt, type SendError, sendMessage } from 'aliyun-dm-connector'

export interface Codes {
  /** Stores a code for an address, or says that it cannot. */
  readonly store: (email: string, code: string) => TE.TaskEither<StoreError, void>
}

export interface StoreError {
  readonly _tag: 'StoreError'
}

interface Environment {
  readonly codes: Codes
  readonly connector: Connector
}

const makeCode = (): string => String(randomInt(1_000_000)).padStart(6, '0')

const storeCode = (email: string, code: string): RTE.ReaderTaskEither<Environment, StoreError, void> =>
  RTE.asksReaderTaskEither(({ codes }) => RTE.fromTaskEither(codes.store(email, code)))

/** Stores a code and sends it. What is not stored is not sent. */
export const startSignIn = (
  email: string,
  locale?: string,
): RTE.ReaderTaskEither<Environment, StoreError | SendError, Receipt> =>
  pipe(
    RTE.fromIO<string, Environment, StoreError | SendError>(makeCode),
    RTE.chainFirstW((code) => storeCode(email, code)),
    RTE.chainW((code) => sendMessage({ to: email, type: 'SignIn', payload: { code }, locale })),
  )
