/**
 * The e-mail connector that Logto loads. Logto gives a config and a message; the library sends it; what comes back
 * is DirectMail's answer, or a `ConnectorError`.
 */
import {
  ConnectorType,
  type CreateConnector,
  type EmailConnector,
  type SendMessageFunction,
} from '@logto/connector-kit'
import { createConnector as createLibraryConnector } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { configGuard } from './config.js'
import { readEnvironment } from './environment.js'
import { blankTemplate, findReader, toConnectorError } from './errors.js'
import { explain } from './explain.js'
import { findTemplate, fitMessage, toMessage } from './message.js'
import { id, makeMetadata } from './metadata.js'
import { makePool } from './pool.js'

/** A Logto has one saved config for each tenant, and an unsaved one while somebody tests it. */
const maxConnectors = 64

const pool = makePool(createLibraryConnector, maxConnectors)

/** The same template is used for every mail. One line of the log is enough for it. */
const warned = new Set<string>()

const warnOnce = (warning: string): void => {
  if (warned.has(warning)) return
  warned.add(warning)
  console.warn(`[connector-aliyun-direct-mail] ${warning}`)
}

const createConnector: CreateConnector<EmailConnector> = ({ getConfig, getI18nEmailTemplate }) => {
  const sendMessage: SendMessageFunction = async (data, inputConfig) => {
    const reader = findReader(inputConfig, data.payload)
    const config = inputConfig ?? (await getConfig(id))
    const sender = pipe(
      readEnvironment(),
      E.chain((environment) => pool(config, environment)),
    )
    if (E.isLeft(sender)) throw toConnectorError(sender.left, reader)
    const { connector, isBlank } = sender.right

    const template = await findTemplate(getI18nEmailTemplate, data)
    if (template === undefined && isBlank(data.type)) throw toConnectorError(blankTemplate(data.type), reader)

    const { message, warnings } = fitMessage(connector, toMessage(data, template))
    warnings.forEach(warnOnce)
    const receipt = await connector.sendMessage(message)()
    if (E.isLeft(receipt)) throw toConnectorError(await explain(connector, receipt.left, reader), reader)
    return { EnvId: receipt.right.envId, RequestId: receipt.right.requestId }
  }
  return Promise.resolve({ metadata: makeMetadata(), type: ConnectorType.Email, configGuard, sendMessage })
}

export default createConnector
