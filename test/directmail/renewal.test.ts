/**
 * Keys that end every few seconds, while 2 000 mails are sent with them.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { decodeConfig } from '../../lib/config/config.js'
import type { CredentialsProvider } from '../../lib/directmail/credentials.js'
import { defaultCredentials } from '../../lib/directmail/default-credentials.js'
import { makeDirectMail } from '../../lib/directmail/directmail.js'
import { parseEndpoint } from '../../lib/directmail/endpoint.js'
import type { Mail } from '../../lib/rendering/render.js'
import { right } from '../support/either.js'
import { config, withSandbox } from '../support/sandbox.js'
import { keySecret, leaveOnlyUri, serveKeys } from './key-server.js'

const lifeMs = 3_000
const batches = 80
const batchSize = 25
const pauseMs = 25

const limits = { connectTimeoutMs: 5_000, readTimeoutMs: 10_000, budgetMs: 30_000 }

const mail: Mail = {
  usageType: 'SignIn',
  to: 'ann@example.com',
  accountName: 'no-reply@mail.example.com',
  subject: 'Your code',
  contentType: 'text/html',
  body: '<p>739182</p>',
  replyToAddress: false,
}

const accessKeys = Object.fromEntries(
  Array.from({ length: 50 }, (_, index) => [`STS.${index + 1}`, keySecret]),
)

describe('renewal', function () {
  this.timeout(60_000)

  const providers: Readonly<Record<string, (uri: string) => CredentialsProvider>> = {
    'a function': (uri) => async () => {
      const given = (await (await fetch(uri)).json()) as Record<string, string>
      const { AccessKeyId = '', AccessKeySecret = '', SecurityToken, Expiration } = given
      return {
        accessKeyId: AccessKeyId,
        accessKeySecret: AccessKeySecret,
        securityToken: SecurityToken,
        expiration: Expiration,
      }
    },
    'the default chain': () => defaultCredentials(),
  }

  for (const [name, makeProvider] of Object.entries(providers))
    it(`of the keys of ${name} fails no mail, uses none after its end, and fetches each once`, () =>
      withSandbox(
        async (sandbox) => {
          const keys = await serveKeys(lifeMs)
          const restoreEnvironment = leaveOnlyUri(keys.uri)
          try {
            const endpoint = right(E.fromOption(() => 'none')(parseEndpoint(sandbox.endpoint)))
            const credentials = makeProvider(keys.uri)
            const { attempt } = makeDirectMail(right(decodeConfig(config)), { endpoint, credentials })
            for (let batch = 0; batch < batches; batch++) {
              const sending = Array.from({ length: batchSize }, () =>
                attempt({ ...mail }, randomUUID(), limits)(),
              )
              for (const result of await Promise.all(sending)) right(result)
              await setTimeout(pauseMs)
            }
            const received = sandbox.inbox()
            expect(received).to.have.length(batches * batchSize)
            expect(sandbox.refused()).to.deep.equal([])
            const late = received.filter(
              ({ signature, receivedAt }) =>
                Date.parse(receivedAt) >= (keys.endings.get(signature.accessKeyId) ?? 0),
            )
            expect(late).to.deep.equal([])
            // Each key that was handed out was used, until its last third.
            const used = [...new Set(received.map(({ signature }) => signature.accessKeyId))]
            expect(used.length).to.be.greaterThan(1)
            expect(keys.control.requests - used.length).to.be.within(0, 1)
          } finally {
            restoreEnvironment()
            await keys.stop()
          }
        },
        { accessKeys, capacity: batches * batchSize },
      ))
})
