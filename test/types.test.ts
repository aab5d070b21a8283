/**
 * What the types promise. The compiler does the testing: each `@ts-expect-error` fails the type check once the line
 * below it compiles. The functions that hold them are never called.
 */
import type { ClientRequest } from 'node:http'
import type Dm from '@alicloud/dm20151123'
import type { SingleSendMailRequest, SingleSendMailResponse } from '@alicloud/dm20151123'
import type { RuntimeOptions } from '@alicloud/tea-util'
import { expect } from 'chai'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import sinon from 'sinon'
import {
  type AnyMessage,
  Config,
  type ConnectionFailed,
  type Connector,
  type ConnectorOptions,
  createConnector,
  decodeConfig,
  decodeMessage,
  type DirectMailClient,
  foldSendError,
  type InvalidConfig,
  type InvalidMessage,
  type Mail,
  Message,
  type MessageFor,
  type MissingVariables,
  type OwnMessage,
  type PlainConfig,
  type Receipt,
  RegionId,
  type render,
  type RenderError,
  type SendError,
  type SendEvent,
  sendMessage,
  Template,
  type TemplateNotFound,
  toError,
  UsageType,
  type UsageTypes,
} from '../lib/index.js'
import { validConfig, validMessage } from './support/arbitraries.js'
import { right } from './support/either.js'

/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- here, type arguments are what is tested */

/** Asks the compiler whether the second argument can stand where the first is asked for. */
const accepts = <A>(...values: ReadonlyArray<A>): number => values.length

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** The keys that any member of a union has. */
type KeyOf<Union> = Union extends unknown ? keyof Union : never

/** Compiles where both types are the same. */
const same = <A, B>(equal: Equal<A, B>): boolean => equal

const to = 'ann@example.com'

// ------------------------------------------------------------------------------------------------------------
// Checked by the compiler
// ------------------------------------------------------------------------------------------------------------

const messages = (): unknown => [
  accepts<Message>(
    { to, type: 'SignIn', payload: { code: '123456' } },
    { to, type: 'SignIn', payload: { code: '123456', application: { name: 'App' }, locale: 'zh-CN' } },
    { to, type: 'OrganizationInvitation', payload: { link: 'https://example.com' } },
    { to, type: 'Generic', payload: {} },
    { to, type: 'BindMfa', payload: { code: '123456' }, template: { subject: 's', content: 'c' } },
  ),
  // @ts-expect-error -- a mail that verifies somebody carries a code
  accepts<Message>({ to, type: 'SignIn', payload: {} }),
  // @ts-expect-error -- nor does a link stand for it
  accepts<Message>({ to, type: 'Register', payload: { link: 'https://example.com' } }),
  // @ts-expect-error -- for each such usage type
  accepts<Message>({ to, type: 'ForgotPassword', payload: {} }),
  // @ts-expect-error -- for each such usage type
  accepts<Message>({ to, type: 'UserPermissionValidation', payload: {} }),
  // @ts-expect-error -- for each such usage type
  accepts<Message>({ to, type: 'BindNewIdentifier', payload: {} }),
  // @ts-expect-error -- for each such usage type
  accepts<Message>({ to, type: 'MfaVerification', payload: {} }),
  // @ts-expect-error -- for each such usage type
  accepts<Message>({ to, type: 'BindMfa', payload: {} }),
  // @ts-expect-error -- a code is a text: 012345 would lose its zero as a number
  accepts<Message>({ to, type: 'SignIn', payload: { code: 123456 } }),
  // @ts-expect-error -- an invitation carries a link
  accepts<Message>({ to, type: 'OrganizationInvitation', payload: { code: '123456' } }),
  // @ts-expect-error -- a usage type that nobody knows
  accepts<Message>({ to, type: 'Signin', payload: { code: '123456' } }),
  // @ts-expect-error -- one recipient
  accepts<Message>({ to: [to, to], type: 'SignIn', payload: { code: '123456' } }),
  // @ts-expect-error -- a recipient is required
  accepts<Message>({ type: 'SignIn', payload: { code: '123456' } }),
  // @ts-expect-error -- a payload is required
  accepts<Message>({ to, type: 'SignIn' }),
  // @ts-expect-error -- there is no copy to anybody
  accepts<Message>({ to, type: 'SignIn', payload: { code: '123456' }, cc: to }),
  // @ts-expect-error -- a template says something
  accepts<Message>({ to, type: 'Generic', payload: {}, template: { subject: 's' } }),
]

const languages = {
  templates: [
    { usageType: 'SignIn', locale: 'en', subject: '{{code}}', content: '{{application.name}}' },
    { usageType: 'SignIn', locale: 'zh-CN', subject: '{{code}}', content: '{{minutes}}' },
    { usageType: 'SignIn', subject: '{{code}}', content: 'c' },
    { usageType: 'SignIn', subject: '{{never}}', content: 'the second without a language is never chosen' },
    { usageType: 'Generic', subject: '{{code}}', content: 'c' },
  ],
} as const

const app = { name: 'App' }

const inLanguages = (): unknown => [
  languages,
  accepts<MessageFor<typeof languages>>(
    { to, type: 'SignIn', locale: 'zh', payload: { code: '1', application: { name: 'App' }, minutes: 10 } },
    { to, type: 'Register', payload: { code: '1' } },
  ),
  // @ts-expect-error -- English asks for the application's name
  accepts<MessageFor<typeof languages>>({ to, type: 'SignIn', payload: { code: '1', minutes: 10 } }),
  // @ts-expect-error -- Chinese asks for minutes, and nobody knows which one is chosen
  accepts<MessageFor<typeof languages>>({ to, type: 'SignIn', payload: { code: '1', application: app } }),
  // @ts-expect-error -- a language is a text
  accepts<Message>({ to, type: 'Generic', payload: {}, locale: 7 }),
]

const configs = (): unknown => [
  accepts<PlainConfig<UsageType>>(validConfig(), { ...validConfig(), fromAlias: undefined }),
  // @ts-expect-error -- a text can be printed
  accepts<Config>(validConfig()),
  (config: Config): number => accepts<Config>({ ...config, fromAlias: undefined, securityToken: undefined }),
  accepts<UsageType>('Register', 'SignIn', 'ForgotPassword', 'Generic', 'OrganizationInvitation', 'BindMfa'),
  accepts<RegionId>('cn-hangzhou', 'ap-southeast-1', 'ap-southeast-2', 'eu-central-1', 'us-east-1'),
  accepts<Template>({ usageType: 'SignIn', subject: 's', content: 'c', contentType: 'text/plain' }),
  // @ts-expect-error -- mistyped
  accepts<UsageType>('sign-in'),
  // @ts-expect-error -- mistyped
  accepts<RegionId>('cn-hangzou'),
  // @ts-expect-error -- mistyped
  accepts<Template>({ usageType: 'SignIn', subject: 's', content: 'c', contentType: 'text/htm' }),
  // @ts-expect-error -- templates are required
  accepts<Config>({ accessKeyId: 'a', accessKeySecret: 'b', accountName: to }),
  (config: Config): void => {
    // @ts-expect-error -- a config does not change
    config.accountName = to
    // @ts-expect-error -- nor do its templates
    config.templates[0] = { usageType: 'SignIn', subject: 's', content: 'c' }
  },
]

const clients = (client: Dm.default, stub: sinon.SinonStubbedInstance<Dm.default>): unknown => [
  accepts<DirectMailClient>(client),
  accepts<DirectMailClient>(stub),
  accepts<ConnectorOptions>({ client }, { client: stub }),
  accepts<DirectMailClient>({
    singleSendMailWithOptions: (request) => Promise.resolve({ body: { envId: request.toAddress ?? '' } }),
  }),
  // The SDK's own parameter types, as a stub of the user's may spell them.
  accepts<DirectMailClient>({
    singleSendMailWithOptions(
      { toAddress }: SingleSendMailRequest,
      { autoretry }: RuntimeOptions,
    ): Promise<SingleSendMailResponse> {
      return Promise.reject(new Error(`${String(toAddress)} ${String(autoretry)}`))
    },
  }),
  // @ts-expect-error -- anything else does not send
  accepts<DirectMailClient>({}),
  // @ts-expect-error -- a request of Node's is no client
  (request: ClientRequest) => accepts<DirectMailClient>(request),
  // @ts-expect-error -- an answer is promised
  accepts<DirectMailClient>({ singleSendMailWithOptions: () => ({}) }),
]

const options = (): unknown => [
  accepts<ConnectorOptions>(
    {},
    {
      endpoint: 'dm.aliyuncs.com',
      missingVariables: 'keep',
      usageTypes: 'any',
      onEvent: (event) => event._tag,
    },
  ),
  // @ts-expect-error -- mistyped
  accepts<ConnectorOptions>({ missingVariables: 'kept' }),
  // @ts-expect-error -- mistyped
  accepts<ConnectorOptions>({ deadline: 1000 }),
  // @ts-expect-error -- milliseconds are a number
  accepts<ConnectorOptions>({ deadlineMs: '1000' }),
]

const failures = (error: SendError): unknown => [
  foldSendError({
    InvalidConfig: ({ issues }) => issues.length,
    InvalidMessage: ({ issues }) => issues.length,
    TemplateNotFound: ({ usageType }) => usageType.length,
    MissingVariables: ({ names }) => names.length,
    Rejected: ({ statusCode }) => statusCode,
    Throttled: ({ retryAfterMs }) => retryAfterMs ?? 0,
    Unavailable: ({ statusCode }) => statusCode,
    Timeout: ({ phase }) => phase.length,
    ConnectionFailed: ({ code }) => code.length,
    InvalidResponse: ({ reason }) => reason.length,
    CredentialsUnavailable: ({ reason }) => reason.length,
    Cancelled: ({ delivered }) => delivered.length,
    Duplicate: ({ idempotencyKey }) => idempotencyKey.length,
  })(error).toFixed(),
  // @ts-expect-error -- every tag needs its function: InvalidResponse is not there
  foldSendError({
    InvalidConfig: () => 1,
    InvalidMessage: () => 1,
    TemplateNotFound: () => 1,
    MissingVariables: () => 1,
    Rejected: () => 1,
    Throttled: () => 1,
    Unavailable: () => 1,
    Timeout: () => 1,
    ConnectionFailed: () => 1,
    CredentialsUnavailable: () => 1,
    Cancelled: () => 1,
    Duplicate: () => 1,
  }),
  foldSendError({
    InvalidConfig: () => 1,
    InvalidMessage: () => 1,
    TemplateNotFound: () => 1,
    MissingVariables: () => 1,
    Rejected: () => 1,
    Throttled: () => 1,
    Unavailable: () => 1,
    // @ts-expect-error -- each is given its own failure, and this one has no code
    Timeout: ({ code }) => Number(code),
    ConnectionFailed: () => 1,
    InvalidResponse: () => 1,
    CredentialsUnavailable: () => 1,
    Cancelled: () => 1,
    Duplicate: () => 1,
  }),
  (connection: ConnectionFailed): string => connection.code,
  (): void => {
    // @ts-expect-error -- a failure does not change
    error.message = ''
  },
]

/** A switch over the tags that the compiler knows to be complete. */
const exhaustive = (error: SendError): string => {
  switch (error._tag) {
    case 'InvalidConfig':
    case 'InvalidMessage':
    case 'TemplateNotFound':
    case 'MissingVariables':
      return 'ours'
    case 'Rejected':
    case 'Throttled':
    case 'Unavailable':
    case 'Timeout':
    case 'ConnectionFailed':
    case 'InvalidResponse':
      return 'theirs'
    case 'CredentialsUnavailable':
    case 'Cancelled':
    case 'Duplicate':
      return "the caller's"
  }
}

const signatures = (connector: Connector): unknown => [
  same<ReturnType<typeof decodeConfig>, E.Either<InvalidConfig, Config>>(true),
  same<ReturnType<typeof decodeMessage>, E.Either<InvalidMessage, Message>>(true),
  same<ReturnType<typeof createConnector>, E.Either<InvalidConfig, Connector>>(true),
  same<ReturnType<ReturnType<typeof render>>, E.Either<RenderError, Mail>>(true),
  same<ReturnType<Connector['sendMessage']>, TE.TaskEither<SendError, Receipt>>(true),
  same<ReturnType<Connector['preview']>, E.Either<SendError, Mail>>(true),
  same<RenderError, InvalidMessage | TemplateNotFound | MissingVariables>(true),
  same<SendError['delivered'], 'no' | 'unknown'>(true),
  same<
    ReturnType<typeof sendMessage>,
    RTE.ReaderTaskEither<{ readonly connector: Connector }, SendError, Receipt>
  >(true),
  // A program that carries more than the connector in its environment.
  (environment: {
    readonly connector: Connector
    readonly clock: () => number
  }): Promise<E.Either<SendError, string>> =>
    pipe(
      RTE.ask<{ readonly clock: () => number }>(),
      RTE.chainW(({ clock }) => sendMessage({ to, type: 'SignIn', payload: { code: String(clock()) } })),
      RTE.map(({ envId }) => envId),
    )(environment)(),
  pipe(
    connector.sendMessage(validMessage()),
    TE.mapLeft((error): Error => toError(error)),
  ),
  (event: SendEvent): string | number =>
    event._tag === 'Delivered'
      ? event.envId
      : event._tag === 'Retried'
        ? event.delayMs
        : (event.usageType ?? ''),
  // An event says nothing of the recipient or the mail.
  same<Extract<KeyOf<SendEvent>, 'to' | 'payload' | 'mail' | 'message' | 'body'>, never>(true),
  (): void => {
    // @ts-expect-error -- a connector does not change, save in a test
    connector.warmUp = () => Promise.resolve()
  },
]

const decodeAny = () => decodeMessage(undefined, { usageTypes: 'any' })
const decodeOwn = () => decodeMessage(undefined, { usageTypes: ['OrderShipped'] })
const decodeAnyConfig = () => decodeConfig(undefined, { usageTypes: 'any' })
const decodeOwnConfig = () => decodeConfig(undefined, { usageTypes: ['OrderShipped'] })

/** Which messages there are depends on an option. */
const ownUsageTypes = (input: unknown): unknown => [
  [decodeAny, decodeOwn, decodeAnyConfig, decodeOwnConfig],
  same<ReturnType<typeof decodeAny>, E.Either<InvalidMessage, AnyMessage>>(true),
  same<ReturnType<typeof decodeOwn>, E.Either<InvalidMessage, Message | OwnMessage<'OrderShipped'>>>(true),
  same<ReturnType<typeof decodeAnyConfig>, E.Either<InvalidConfig, Config<string>>>(true),
  same<ReturnType<typeof decodeOwnConfig>, E.Either<InvalidConfig, Config<UsageType | 'OrderShipped'>>>(true),
  // Known only at run time: nothing is promised of the type.
  (options: { readonly usageTypes: UsageTypes }): E.Either<InvalidMessage, { readonly type: string }> =>
    decodeMessage(input, options),
  pipe(
    createConnector(input, { usageTypes: ['OrderShipped'] }),
    E.map((connector): unknown => [
      accepts<Connector>(connector),
      connector.sendMessage({ to, type: 'OrderShipped', payload: {} }),
      sendMessage<'OrderShipped'>({ to, type: 'OrderShipped', payload: {} })({ connector }),
      // @ts-expect-error -- a mail that verifies somebody carries a code
      connector.sendMessage({ to, type: 'SignIn', payload: {} }),
      // @ts-expect-error -- mistyped
      connector.sendMessage({ to, type: 'OrderShippd', payload: {} }),
    ]),
  ),
  pipe(
    createConnector(input, { usageTypes: 'any' }),
    E.map((connector): unknown => [
      accepts<Connector>(connector),
      connector.sendMessage({ to, type: 'Newsletter', payload: {} }),
    ]),
  ),
  (connector: Connector): unknown =>
    // @ts-expect-error -- a connector that takes no such message
    sendMessage<'OrderShipped'>({ to, type: 'OrderShipped', payload: {} })({ connector }),
  // @ts-expect-error -- a usage type that nobody knows
  sendMessage({ to, type: 'OrderShipped', payload: {} }),
]

// ------------------------------------------------------------------------------------------------------------

describe('types', () => {
  it('are tested by the type check', () =>
    expect([
      messages,
      inLanguages,
      configs,
      clients,
      options,
      failures,
      exhaustive,
      signatures,
      ownUsageTypes,
    ]).to.have.length(9))

  it('of a codec and its value have one name', () => {
    for (const codec of [Config, Message, Template, UsageType, RegionId])
      expect(codec.name).to.match(/^[A-Z]/)
  })

  it('let sinon stub a connector, without a cast', async () => {
    const connector = right(createConnector(validConfig()))
    const receipt: Receipt = { envId: '1', requestId: '2' }
    const send = sinon.stub(connector, 'sendMessage').returns(TE.right(receipt))
    expect(await sendMessage(validMessage())({ connector })()).to.deep.equal(E.right(receipt))
    sinon.assert.calledOnceWithExactly(send, validMessage())
  })

  it('let sinon stub a failure, without a cast', async () => {
    const failure: SendError = { _tag: 'Timeout', phase: 'read', delivered: 'unknown', message: 'too late' }
    const connector = { sendMessage: sinon.stub<[Message], TE.TaskEither<SendError, Receipt>>() }
    connector.sendMessage.returns(TE.left(failure))
    expect(await connector.sendMessage(validMessage())()).to.deep.equal(E.left(failure))
  })
})
