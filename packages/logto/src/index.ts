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
import { createConnector as createLibraryConnector, type SendError } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'
import { configGuard } from './config.js'
import { blankTemplate, endpointVariable, toConnectorError } from './errors.js'
import { messageOf, translatedTemplate, withUsableReplyAddress } from './message.js'
import { metadata } from './metadata.js'
import { makePool } from './pool.js'

/** A Logto has one saved config for each tenant, and an unsaved one while somebody tests it. */
const maxConnectors = 64

const pool = makePool(createLibraryConnector, maxConnectors)

/** Read at each call, like the config: nothing is left over from an earlier value. */
const endpoint = (): string | undefined => {
  const value = process.env[endpointVariable]
  return value === '' ? undefined : value
}

const orThrow = <A>(result: E.Either<SendError, A>): A => {
  if (E.isLeft(result)) throw toConnectorError(result.left)
  return result.right
}

const createConnector: CreateConnector<EmailConnector> = ({ getConfig, getI18nEmailTemplate }) => {
  const sendMessage: SendMessageFunction = async (data, inputConfig) => {
    const config = inputConfig ?? (await getConfig(metadata.id))
    const { connector, isBlank } = orThrow(pool(config, endpoint()))
    const template = await translatedTemplate(getI18nEmailTemplate, data)
    if (template === undefined && isBlank(data.type)) throw blankTemplate(data.type)
    const message = withUsableReplyAddress(connector, messageOf(data, template))
    const { envId, requestId } = orThrow(await connector.sendMessage(message)())
    return { EnvId: envId, RequestId: requestId }
  }
  return Promise.resolve({ metadata, type: ConnectorType.Email, configGuard, sendMessage })
}

export default createConnector
