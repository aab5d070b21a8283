/**
 * What people read of each failure. The failures are real ones of the library, at a sandbox, so that docs/failures.md
 * shows what Logto shows. `UPDATE_GOLDEN=1` writes the page anew.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { createConnector, type ConnectorOptions, type SendError } from 'aliyun-dm-connector'
import type { Sandbox } from 'aliyun-dm-sandbox'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { format } from 'prettier'
import { blankTemplate, toConnectorError } from '../src/errors.js'
import { type Language, showInConsole, showOnSignInPage } from './logto-pages.js'
import { config, useSandbox } from './support.js'

type Fault = Parameters<Sandbox['failNext']>[0]

interface Change {
  readonly config?: object
  readonly options?: ConnectorOptions
  readonly to?: string
  readonly code?: string
  readonly fault?: Fault
}

/** A way to bring about a failure of the library. */
type Provoke = (sandbox: Sandbox) => Promise<SendError>

const send =
  (change: Change): Provoke =>
  async (sandbox) => {
    sandbox.clearFaults()
    if (change.fault) sandbox.failNext(change.fault, 100)()
    const connector = createConnector(
      { ...config, ...change.config },
      { endpoint: sandbox.endpoint, usageTypes: 'any', missingVariables: 'keep', ...change.options },
    )
    if (E.isLeft(connector)) return connector.left
    const result = await connector.right.sendMessage({
      to: change.to ?? 'ann@example.com',
      type: 'SignIn',
      payload: { code: change.code ?? '407312' },
    })()
    sandbox.clearFaults()
    return E.isLeft(result) ? result.left : expect.fail('The mail was sent')
  }

const refuse = (code: string, statusCode = 400): Provoke =>
  send({ fault: { kind: 'error', code, statusCode } })

/** By the failure, what happened to bring it about. */
const failures: Readonly<Record<SendError['_tag'], Readonly<Record<string, Provoke>>>> = {
  InvalidConfig: {
    'a sender address that is none, and a sender name that is too long': send({
      config: { accountName: 'no-reply', fromAlias: 'x'.repeat(15) },
    }),
  },
  InvalidMessage: {
    'two recipients': send({ to: 'ann@example.com,eve@example.com' }),
    'a subject that grows too long': send({ code: '1'.repeat(257) }),
  },
  TemplateNotFound: { 'an empty template': () => Promise.resolve(blankTemplate('SignIn')) },
  // Not in Logto: a placeholder without a value stays as it was written.
  MissingVariables: {},
  Rejected: {
    SignatureDoesNotMatch: send({ config: { accessKeySecret: 'wrong' } }),
    'Forbidden.RAM': refuse('Forbidden.RAM', 403),
    'InvalidMailAddress.NotFound': refuse('InvalidMailAddress.NotFound', 404),
    'InvalidMailAddressStatus.Malformed': refuse('InvalidMailAddressStatus.Malformed'),
    'InvalidToAddress.Spam': refuse('InvalidToAddress.Spam'),
    'InvalidSendMail.Spam, a used-up quota': refuse('InvalidSendMail.Spam'),
  },
  Throttled: {
    'Throttling.User': send({
      fault: { kind: 'error', code: 'Throttling.User' },
      options: { maxAttempts: 1, deadlineMs: 1_000 },
    }),
  },
  Unavailable: { 'status 503': refuse('ServiceUnavailable', 503) },
  Timeout: {
    'no answer': send({
      fault: { kind: 'stall', at: 'headers' },
      options: { readTimeoutMs: 50, maxAttempts: 1 },
    }),
  },
  ConnectionFailed: {
    'a port where nobody listens': send({ options: { endpoint: 'http://127.0.0.1:1', maxAttempts: 1 } }),
  },
  CredentialsUnavailable: {
    'a machine without credentials': send({
      config: { accessKeyId: undefined, accessKeySecret: undefined },
      options: {
        credentials: () => Promise.reject(new Error('no RAM role is attached')),
        maxAttempts: 1,
      },
    }),
  },
  // Not in Logto: it gives neither a signal nor a key.
  Cancelled: {},
  Duplicate: {},
  InvalidResponse: {
    'a page of a proxy': send({ fault: { kind: 'answer', statusCode: 200, body: '<html></html>' } }),
  },
}

interface Row {
  readonly failure: string
  readonly error: SendError
}

const provokeAll = async (sandbox: Sandbox): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const [tag, ways] of Object.entries(failures))
    for (const [what, provoke] of Object.entries(ways)) {
      const error = await provoke(sandbox)
      expect(error._tag).to.equal(tag)
      rows.push({ failure: `\`${tag}\`: ${what}`, error })
    }
  return rows
}

const forAdministrator = (error: SendError) => toConnectorError(error, { _tag: 'Administrator' })
const showUser = (error: SendError, language: Language): string =>
  showOnSignInPage(
    toConnectorError(error, { _tag: 'User', language: language === 'en' ? 'en' : 'zh' }),
    language,
  )

const show = ({ failure, error }: Row): ReadonlyArray<string> => [
  failure,
  showInConsole(forAdministrator(error)),
  showUser(error, 'en'),
  showUser(error, 'zh-CN'),
]

const writeTable = (rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows
    .map(
      (cells) =>
        `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', '<br>')).join(' | ')} |\n`,
    )
    .join('')

const page = new URL('../docs/failures.md', import.meta.url)

describe('what Logto shows', () => {
  const sandbox = useSandbox()
  let rows: ReadonlyArray<Row> = []
  before(async () => {
    rows = await provokeAll(sandbox())
  })

  it('is what docs/failures.md says', async () => {
    const written = await readFile(page, 'utf8')
    const [text = ''] = written.split(/^\| /m)
    const table = writeTable([
      ['failure', 'the console', 'the sign-in page', 'the sign-in page in Chinese'],
      ['---', '---', '---', '---'],
      ...rows.map(show),
    ])
    const current = await format(text + table, { parser: 'markdown' })
    if (process.env['UPDATE_GOLDEN']) await writeFile(page, current)
    else expect(written).to.equal(current)
  })

  it('tells an administrator everything that the library says', () => {
    for (const { failure, error } of rows) {
      const shown = showInConsole(forAdministrator(error))
      const said =
        error._tag === 'InvalidConfig' ? error.issues.map(({ message }) => message) : [error.message]
      for (const text of said) expect(shown, failure).to.include(text)
    }
  })

  it('tells users nothing of keys, settings or DirectMail', () => {
    for (const { failure, error } of rows)
      for (const language of ['en', 'zh-CN'] as const)
        expect(showUser(error, language), failure).to.not.match(
          /accessKey|accountName|fromAlias|DirectMail|template|config|RAM|HTTP|ECONN/i,
        )
  })

  it('asks users to wait where the mail may still come', () => {
    for (const { failure, error } of rows)
      expect(showUser(error, 'en').includes('may not have been sent'), failure).to.equal(
        error.delivered === 'unknown',
      )
  })

  it('keeps all that the library knows in the data, for the audit log', () => {
    for (const { failure, error } of rows) {
      const { _tag, message, ...rest } = error
      const logged: unknown = JSON.parse(
        JSON.stringify(toConnectorError(error, { _tag: 'User', language: 'zh' }).data),
      )
      expect(logged, failure).to.include({ failure: _tag, forAdministrator: message })
      const { issues, ...fields } = { issues: undefined, ...rest }
      expect(logged, failure).to.deep.include(fields)
      expect((issues ?? []).length, failure).to.equal((logged as { issues?: [] }).issues?.length ?? 0)
    }
  })
})
