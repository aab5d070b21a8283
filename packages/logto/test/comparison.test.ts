import type { ClientRequest } from 'node:http'
import https from 'node:https'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import builtIn from '@logto/connector-aliyun-dm'
import {
  ConnectorError,
  TemplateType,
  type CreateConnector,
  type EmailConnector,
  type EmailTemplateDetails,
  type SendMessageData,
} from '@logto/connector-kit'
import type { Sandbox } from 'aliyun-dm-sandbox'
import { expect } from 'chai'
import ours from '../src/index.js'
import { agreedDifferences, listedDifferences } from './differences.js'
import { config as shortConfig, secret, useSandbox } from './support.js'

/** A config as Logto saves it for the built-in connector, with all nine templates. */
const config = {
  ...shortConfig,
  fromAlias: '测试商店',
  regionId: 'cn-hangzhou',
  templates: Object.values(TemplateType).map((usageType) => ({
    usageType,
    subject: `【商店】${usageType} {{code}}`,
    content:
      usageType === TemplateType.OrganizationInvitation
        ? '<p>Join us: <a href="{{link}}">{{link}}</a></p>'
        : `<p>${usageType}: 您的验证码是 <b>{{code}}</b> ☂️ – {{ application.name }}</p>`,
  })),
}

const to = 'ann@example.com'
const data: SendMessageData = {
  to,
  type: TemplateType.SignIn,
  payload: { code: '407312', application: { name: 'Shop' } },
}

type Fault = Parameters<Sandbox['failNext']>[0]

interface Call {
  readonly name: string
  readonly config?: object
  /** Logto may add types to those that this kit knows. */
  readonly data?: Partial<Omit<SendMessageData, 'type'>> & { readonly type?: string }
  readonly template?: () => Promise<EmailTemplateDetails | undefined>
  /** Played on the first request, or on so many. */
  readonly fault?: Fault
  readonly times?: number
  /** The differences that are meant: by the parameter of the mail, or the outcome, its id in docs/differences.md. */
  readonly differences?: Readonly<Record<string, string>>
}

const withTemplate = (change: object): object => ({
  ...config,
  templates: config.templates.map((template) =>
    template.usageType === TemplateType.SignIn ? { ...template, ...change } : template,
  ),
})

const translated = (change: Partial<EmailTemplateDetails>) => () =>
  Promise.resolve({ subject: 'Hi', content: '<i>{{code}}</i>', ...change })

const serviceError = (code: string, statusCode = 400): Fault => ({ kind: 'error', code, statusCode })

const calls: ReadonlyArray<Call> = [
  ...Object.values(TemplateType).map((type) => ({
    name: `the ${type} template`,
    data: { type, payload: { ...data.payload, link: 'https://example.com/join' } },
  })),
  { name: 'a saved config with keys that nobody knows', config: { ...config, note: 'ours', list: [1] } },
  { name: 'no alias, no region', config: { ...config, fromAlias: undefined, regionId: undefined } },
  {
    name: 'a type without a template',
    config: { ...config, templates: shortConfig.templates },
    data: { type: TemplateType.BindMfa },
  },
  {
    name: 'a custom usage type',
    config: {
      ...config,
      templates: [...config.templates, { usageType: 'News', subject: 'N', content: 'n' }],
    },
    data: { type: 'News' },
  },
  {
    name: 'two templates of one type',
    config: {
      ...config,
      templates: [...config.templates, ...config.templates.map((t) => ({ ...t, subject: 'x' }))],
    },
  },
  {
    name: 'placeholders of all kinds',
    config: withTemplate({
      subject: '{{code}}{{ code }}{{  application.name}} {{missing}} {{ missing.leaf }}',
      content: '{{application.missing}} {{application.name.length}} {{{code}}} {{}} {{ }} {{code}} }} {{',
    }),
  },
  {
    name: 'values of all simple kinds',
    config: withTemplate({ content: '{{number}} {{yes}} {{nothing}} {{zero}} {{empty}} {{like}}' }),
    data: {
      payload: { number: 1.5, yes: true, nothing: null, zero: 0, empty: '', like: '{{code}}', code: '1' },
    },
  },
  { name: "Logto's own template", template: translated({}) },
  {
    name: "Logto's own template with a sender",
    template: translated({ sendFrom: '{{application.name}}' }),
  },
  {
    name: 'a sender’s name with a placeholder that has no value',
    template: translated({ sendFrom: '{{application.name}} {{x}}' }),
    differences: { FromAlias: 'sender-name' },
  },
  { name: "Logto's own template with an HTML type", template: translated({ contentType: 'text/html' }) },
  { name: 'no template of Logto’s', template: () => Promise.resolve(undefined) },
  { name: 'a failure to get Logto’s template', template: () => Promise.reject(new Error('database')) },
  {
    name: 'any Unicode',
    data: { payload: { code: '👩‍👩‍👧 ﷺ \u200b é e\u0301 𝒳', application: { name: '+ %2B = ~' } } },
  },
  {
    name: 'markup in a value',
    data: { payload: { code: '1', application: { name: '<a href="//evil.example">R&D</a>' } } },
    differences: { HtmlBody: 'html-escaping' },
  },
  {
    name: 'a link with two parameters',
    data: {
      type: TemplateType.OrganizationInvitation,
      payload: { code: '1', link: 'https://example.com/?a=1&b=2' },
    },
    differences: { HtmlBody: 'html-escaping' },
  },
  {
    name: 'a template for text',
    template: translated({ content: '{{code}} & more', contentType: 'text/plain' }),
    differences: { HtmlBody: 'content-type', TextBody: 'content-type' },
  },
  {
    name: 'a reply address',
    template: translated({ replyTo: 'help@{{application.name}}.example.com' }),
    differences: { ReplyAddress: 'reply-address' },
  },
  {
    name: 'a reply address that is none',
    template: translated({ replyTo: 'ask {{application.name}}' }),
  },
  {
    name: 'options that the built-in connector does not have',
    config: { ...config, tagName: 'codes', clickTrace: true, replyAddress: 'help@example.com' },
    differences: { TagName: 'own-options', ClickTrace: 'own-options', ReplyAddress: 'own-options' },
  },
  {
    name: 'a placeholder named like a method of every object',
    config: withTemplate({ content: '{{constructor}} {{toString}}' }),
    differences: { HtmlBody: 'own-properties' },
  },
  {
    name: 'a placeholder whose name has a hyphen',
    config: withTemplate({ content: '{{first-name}}' }),
    data: { payload: { 'first-name': 'Ann' } },
    differences: { HtmlBody: 'placeholder-names' },
  },
  {
    name: 'objects and lists as values',
    config: withTemplate({ content: '{{application}} {{list}}' }),
    data: { payload: { application: { name: 'Shop' }, list: [1, 2] } },
    differences: { HtmlBody: 'object-values' },
  },
  {
    name: 'a line break in the subject',
    data: { payload: { code: '1\r\nBcc: eve@example.com', application: {} } },
    differences: { Subject: 'one-line' },
  },
  {
    name: 'keys with blanks around them',
    config: { ...config, accessKeyId: `${config.accessKeyId} `, accessKeySecret: `${secret}\n` },
    differences: { outcome: 'trimmed-keys' },
  },
  {
    name: 'two recipients',
    data: { to: `${to},eve@example.com` },
    differences: { outcome: 'one-recipient' },
  },
  {
    name: 'a template without a subject',
    config: withTemplate({ subject: '' }),
  },
  {
    name: "Logto's template without content",
    template: translated({ content: '' }),
    differences: { outcome: 'empty-template' },
  },
  {
    name: 'a subject that grows too long',
    data: { payload: { code: '1'.repeat(257), application: {} } },
  },
  {
    name: 'a sender’s name that is too long',
    template: translated({ sendFrom: 'The Department of Mails' }),
    differences: { outcome: 'sender-name' },
  },
  {
    name: 'an alias of 15 characters in the config',
    config: { ...config, fromAlias: 'x'.repeat(15) },
  },
  {
    name: 'a config that lacks a template',
    config: { ...config, templates: config.templates.slice(1) },
    differences: { outcome: 'error-codes' },
  },
  {
    name: 'a region that there is not',
    config: { ...config, regionId: 'cn-nowhere' },
    differences: { outcome: 'error-codes' },
  },
  { name: 'a wrong secret', config: { ...config, accessKeySecret: 'wrong' } },
  { name: 'an unknown sender', fault: serviceError('InvalidMailAddress.NotFound', 404), times: 3 },
  {
    name: 'a used-up quota',
    fault: serviceError('InvalidSendMail.Spam'),
    differences: { outcome: 'error-codes' },
  },
  {
    name: 'throttling that passes',
    fault: serviceError('Throttling.User'),
    differences: { outcome: 'retries' },
  },
  {
    name: 'a service that is down for a moment',
    fault: serviceError('ServiceUnavailable', 503),
    differences: { outcome: 'retries' },
  },
  {
    name: 'a proxy that answers in place of the service',
    fault: { kind: 'answer', statusCode: 200, body: '<html></html>' },
    times: 3,
    differences: { outcome: 'error-codes' },
  },
  {
    name: 'a connection that breaks after the mail was accepted',
    fault: { kind: 'reset', at: 'headers', accepted: true },
    differences: { outcome: 'connection-errors' },
  },
]

// ------------------------------------------------------------------------------------------------------------
// Making the calls
// ------------------------------------------------------------------------------------------------------------

/** What becomes of a call: the parameters of the mails that arrived, and what Logto was told. */
interface Outcome {
  readonly mails: ReadonlyArray<Readonly<Record<string, string>>>
  readonly told: string
  readonly error?: ConnectorError
}

/** What version 1 of the signature puts among the parameters; version 3 has it in headers. */
const envelope =
  /^(AccessKeyId|Action|Format|RegionId|SignatureMethod|SignatureNonce|SignatureVersion|Timestamp|Version)$/

const make = async (
  createConnector: CreateConnector<EmailConnector>,
  call: Call,
  sandbox: Sandbox,
): Promise<Outcome> => {
  sandbox.clear()
  sandbox.clearFaults()
  if (call.fault) sandbox.failNext(call.fault, call.times)()
  const { sendMessage } = await createConnector({
    getConfig: () => Promise.resolve(call.config ?? config),
    ...(call.template ? { getI18nEmailTemplate: call.template } : {}),
  })
  const told = await sendMessage({ ...data, ...call.data } as SendMessageData).then(
    (answer) => ({ told: Object.keys(answer as object).join() }),
    (error: unknown) =>
      error instanceof ConnectorError
        ? { told: error.code, error }
        : { told: `not a ConnectorError: ${error instanceof Error ? error.name : typeof error}` },
  )
  const mails = sandbox
    .inbox()
    .map(({ parameters }) =>
      Object.fromEntries(Object.entries(parameters).filter(([name]) => !envelope.test(name))),
    )
  return { mails, ...told }
}

/** The parameters that differ; or that what became of the call differs. */
const findDifferences = (theirs: Outcome, our: Outcome): ReadonlyArray<string> => {
  if (theirs.mails.length !== our.mails.length || theirs.told !== our.told) return ['outcome']
  const names = new Set([...theirs.mails, ...our.mails].flatMap((mail) => Object.keys(mail)))
  return [...names].filter((name) =>
    theirs.mails.some((mail, index) => mail[name] !== our.mails[index]?.[name]),
  )
}

interface RequestQueue {
  addRequest(request: ClientRequest, options: object): void
}

// Node's agents take their requests by this method, though its types do not say so.
const queue = https.Agent.prototype as unknown as RequestQueue

/**
 * The built-in connector speaks to https://dm.aliyuncs.com and can be told nothing else. This agent gives it a plain
 * connection to the sandbox in place of the TLS connection to that host, and puts the sandbox's name, the only one
 * that it serves, into the Host header. All else that goes over the connection is the connector's.
 */
class ToSandbox extends https.Agent implements RequestQueue {
  readonly hosts: Array<string> = []

  constructor(readonly sandbox: () => Sandbox) {
    super()
  }

  addRequest(request: ClientRequest, options: object): void {
    this.hosts.push(request.host)
    request.setHeader('host', new URL(this.sandbox().endpoint).host)
    queue.addRequest.call(this, request, options)
  }

  override createConnection(): Duplex {
    return net.connect({ host: '127.0.0.1', port: Number(new URL(this.sandbox().endpoint).port) })
  }
}

describe('the built-in connector and this one', () => {
  const sandbox = useSandbox({ senders: [config.accountName] })
  const agent = new ToSandbox(sandbox)
  const usual = https.globalAgent
  before(() => void (https.globalAgent = agent))
  after(() => {
    https.globalAgent = usual
    agent.destroy()
  })

  for (const call of calls) {
    const { name, differences = {} } = call
    const ids = [...new Set(Object.values(differences))].join(', ')
    it(`${ids === '' ? 'do the same' : `differ by ${ids}`} given ${name}`, async () => {
      const theirs = await make(builtIn, call, sandbox())
      const our = await make(ours, call, sandbox())
      expect(findDifferences(theirs, our), JSON.stringify({ theirs, our }, null, 1)).to.have.members(
        Object.keys(differences),
      )
      expect(listedDifferences('docs/differences.md')).to.include.members(Object.values(differences))
    })
  }

  it('have both sent what the sandbox could verify', async () => {
    await make(builtIn, { name: '' }, sandbox())
    const [theirs] = sandbox().inbox()
    await make(ours, { name: '' }, sandbox())
    const [our] = sandbox().inbox()
    expect(agent.hosts).to.include('dm.aliyuncs.com')
    expect(theirs?.signature).to.include({ scheme: 'HMAC-SHA1', verified: true })
    expect(our?.signature).to.include({ scheme: 'ACS3-HMAC-SHA256', verified: true })
    expect(theirs?.parameters).to.have.property('RegionId')
    expect(our?.parameters).to.not.have.property('RegionId')
    expect(listedDifferences('docs/differences.md')).to.include('signature')
  })

  it('both describe a refusal, this one in its own words', async () => {
    const refused = { name: '', config: { ...config, accessKeySecret: 'wrong' } }
    const { error: theirs } = await make(builtIn, refused, sandbox())
    const { error: our } = await make(ours, refused, sandbox())
    expect(theirs?.data).to.include({ Code: 'SignatureDoesNotMatch' })
    expect(theirs?.data).to.have.all.keys('errorDescription', 'Code', 'RequestId', 'HostId', 'Recommend')
    expect(our?.data).to.include({ code: 'SignatureDoesNotMatch', delivered: 'no' })
    expect(our?.data).to.have.property('forAdministrator').that.includes('Check accessKeySecret')
    expect(listedDifferences('docs/differences.md')).to.include('error-data')
  })

  it('differ in nothing else that the documentation lists', () => {
    const shown = [
      ...calls.flatMap(({ differences = {} }) => Object.values(differences)),
      ...agreedDifferences.map(({ id }) => id),
      'signature',
      'error-data',
      'metadata',
    ]
    for (const page of ['docs/differences.md', 'docs/differences.zh-CN.md'] as const)
      expect(listedDifferences(page)).to.have.members([...new Set(shown)])
  })
})
