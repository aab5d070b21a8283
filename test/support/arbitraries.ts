/**
 * What the tests draw from: inputs that are valid, inputs that are nearly so, and inputs that mean harm.
 */
import fc from 'fast-check'
import type { ContentType, Template } from '../../lib/config/template.js'
import type { UsageType } from '../../lib/config/usage-type.js'
import type { PlainConfig } from '../../lib/config/define-config.js'
import type { Message } from '../../lib/rendering/message.js'
import type { Mail } from '../../lib/rendering/render.js'

export const requiredUsageTypes = ['Register', 'SignIn', 'ForgotPassword', 'Generic'] as const

export const knownUsageTypes: ReadonlyArray<UsageType> = [
  ...requiredUsageTypes,
  'OrganizationInvitation',
  'UserPermissionValidation',
  'BindNewIdentifier',
  'MfaVerification',
  'BindMfa',
]

export const regionIds = [
  'cn-hangzhou',
  'ap-southeast-1',
  'ap-southeast-2',
  'eu-central-1',
  'us-east-1',
] as const

// ------------------------------------------------------------------------------------------------------------
// Fixtures
// ------------------------------------------------------------------------------------------------------------

/** Nothing else in the tests contains these texts, so where one turns up, a secret has leaked. */
export const secrets = {
  accessKeySecret: 'sEcReTkEyOfTheTests',
  securityToken: 'sEcReTtOkEnOfTheTests',
} as const

export const templateFor = (usageType: UsageType, changes: Partial<Template> = {}): Template => ({
  usageType,
  subject: `${usageType} code`,
  content: `<p>${usageType}: {{code}}</p>`,
  ...changes,
})

/** A config as it is written down. */
export type Written = PlainConfig<UsageType>

/** The smallest valid config, with changes. */
export const validConfig = (changes: Partial<Written> = {}): Written => ({
  accessKeyId: 'LTAItest',
  accessKeySecret: secrets.accessKeySecret,
  accountName: 'no-reply@mail.example.com',
  templates: requiredUsageTypes.map((usageType) => templateFor(usageType)),
  ...changes,
})

/** A config whose only template says this. */
export const configSaying = (content: Partial<Template>, changes: Partial<Written> = {}): Written =>
  validConfig({ templates: [templateFor('Generic', content)], ...changes })

export const validMessage = (changes: { readonly to?: string; readonly payload?: object } = {}): Message => ({
  to: 'ann@example.com',
  type: 'SignIn',
  // Tests of the run-time rules give payloads that the types forbid.
  payload: (changes.payload ?? { code: '123456' }) as { readonly code: string },
  ...(changes.to === undefined ? {} : { to: changes.to }),
})

export const mailTo = (to: string, usageType = 'SignIn'): Mail => ({
  usageType,
  to,
  accountName: 'no-reply@mail.example.com',
  subject: 'Your code',
  contentType: 'text/html',
  body: '<p>123456</p>',
  replyToAddress: false,
})

// ------------------------------------------------------------------------------------------------------------
// Texts
// ------------------------------------------------------------------------------------------------------------

/** Characters that mean something to HTML, to templates, to headers or to address lists. */
const pointed = fc.constantFrom(
  ...['<', '>', '&', '"', "'", '{', '}', '{{', '}}', '{{code}}', '$&', '$1', '\\', '<b>', '&amp;'],
  ...['\r', '\n', '\0', '\t', '\u2028', '\u0085', '\u202e', '\u200b', ',', ';', '@', '，', '验证码', '😀'],
)

/** Single UTF-16 units, so that surrogates come alone as often as they come in pairs. */
const codeUnit = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit)),
)

/** Any text there is: any Unicode, lone surrogates included. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: fc.oneof(codeUnit, pointed, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })) }),
  fc.string({ unit: 'grapheme' }),
  fc.string(),
)

/** Text that opens no placeholder and closes none. */
export const plainText: fc.Arbitrary<string> = anyText.map((s) => s.replace(/[{}]/g, ''))

const nonBlank = (text: fc.Arbitrary<string>): fc.Arbitrary<string> => text.filter((s) => s.trim() !== '')

const shortText = (max: number): fc.Arbitrary<string> =>
  nonBlank(fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: max })).map((s) =>
    Array.from(s).slice(0, max).join(''),
  )

const letters = (alphabet: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), minLength, maxLength })

const ascii = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

// ------------------------------------------------------------------------------------------------------------
// Mailboxes
// ------------------------------------------------------------------------------------------------------------

const label = letters('abcdefghijklmnopqrstuvwxyz0123456789例子邮件', 1, 12)

export const mailbox: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(letters(`${ascii}_+-用户`, 1, 12), { minLength: 1, maxLength: 3 }),
    fc.array(label, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('com', 'cn', 'org', 'museum', '中国', 'рф'),
  )
  .map(([local, labels, tld]) => `${local.join('.')}@${[...labels, tld].join('.')}`)

// ------------------------------------------------------------------------------------------------------------
// Configs
// ------------------------------------------------------------------------------------------------------------

const contentType: fc.Arbitrary<ContentType> = fc.constantFrom('text/html', 'text/plain')

const template = (usageType: UsageType): fc.Arbitrary<Template> =>
  fc.record(
    {
      usageType: fc.constant(usageType),
      subject: nonBlank(anyText),
      content: nonBlank(anyText),
      contentType,
      fromAlias: nonBlank(anyText),
      replyAddress: nonBlank(anyText),
    },
    { requiredKeys: ['usageType', 'subject', 'content'] },
  )

const templates: fc.Arbitrary<ReadonlyArray<Template>> = fc
  .array(fc.constantFrom(...knownUsageTypes), { maxLength: 6 })
  .chain((more) => fc.shuffledSubarray([...requiredUsageTypes, ...more], { minLength: more.length + 4 }))
  .chain((usageTypes) => fc.tuple(...usageTypes.map(template)))

export const config: fc.Arbitrary<Written> = fc
  .record(
    {
      accessKeyId: letters(ascii, 1, 30),
      accessKeySecret: fc.constant(secrets.accessKeySecret),
      securityToken: fc.constant(secrets.securityToken),
      regionId: fc.constantFrom(...regionIds),
      accountName: mailbox,
      fromAlias: shortText(14),
      replyToAddress: fc.boolean(),
      replyAddress: mailbox,
      replyAddressAlias: shortText(14),
      tagName: letters(`${ascii}_-`, 1, 128),
      clickTrace: fc.boolean(),
      ipPoolId: letters(ascii, 1, 40),
      templates,
    },
    { requiredKeys: ['accessKeyId', 'accessKeySecret', 'accountName', 'templates'] },
  )
  .map(({ clickTrace, ...rest }) => ({
    ...rest,
    ...(clickTrace === undefined ? {} : { clickTrace: clickTrace && rest.tagName !== undefined }),
  }))

// ------------------------------------------------------------------------------------------------------------
// Messages
// ------------------------------------------------------------------------------------------------------------

/** A value that has a text. */
export const textual: fc.Arbitrary<string | number | bigint | boolean> = fc.oneof(
  anyText,
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
)

export const payload: fc.Arbitrary<{ readonly code: string }> = fc
  .tuple(anyText, fc.dictionary(anyText, fc.oneof(textual, fc.object())))
  .map(([code, more]) => ({ ...more, code }))

export const message: fc.Arbitrary<Message> = fc
  .record({ to: mailbox, type: fc.constantFrom(...knownUsageTypes), payload, link: fc.webUrl() })
  .map(({ to, type, payload: values, link }): Message =>
    type === 'OrganizationInvitation'
      ? { to, type, payload: { ...values, link } }
      : { to, type, payload: values },
  )

// ------------------------------------------------------------------------------------------------------------
// Hostile values
// ------------------------------------------------------------------------------------------------------------

const refuse = (): never => {
  throw new Error('hands off')
}

const allTraps: ProxyHandler<object> = {
  get: refuse,
  has: refuse,
  ownKeys: refuse,
  getOwnPropertyDescriptor: refuse,
  getPrototypeOf: refuse,
  isExtensible: refuse,
}

const revoked = (target: object): unknown => {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

/** An object that has itself under every key a codec asks for. */
const cycle = (): object => {
  const self: Record<string, unknown> = {}
  for (const key of ['templates', 'payload', 'template', 'to', 'type', 'subject', 'code', 'a'])
    self[key] = self
  return self
}

const lyingArray = (length: unknown): unknown =>
  new Proxy([], { get: (target, key) => (key === 'length' ? length : (Reflect.get(target, key) as unknown)) })

const throwing = (...keys: ReadonlyArray<string>): object =>
  Object.defineProperties({}, Object.fromEntries(keys.map((key) => [key, { get: refuse, enumerable: true }])))

/** Values by name, each made afresh: some can be used only once. */
export const hostileValues: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  NaN: () => NaN,
  'a symbol': () => Symbol('s'),
  'a bigint': () => 1n,
  'a function': () => refuse,
  'an array': () => [],
  'a sparse array': () => Array.from({ length: 3 }).concat(new Array<unknown>(5)),
  'a cyclic array': () => {
    const self: Array<unknown> = []
    self.push(self, self)
    return self
  },
  'a cycle': cycle,
  'an object without prototype': () => Object.create(null) as unknown,
  'an object under __proto__': () =>
    JSON.parse('{"__proto__":{"accessKeyId":"x","to":"a@example.com"}}') as unknown,
  'a class instance': () =>
    new (class Secretive {
      readonly accessKeyId = 1
    })(),
  'a Map': () => new Map([['to', 'ann@example.com']]),
  'a Date': () => new Date(NaN),
  'a boxed string': () => new String('ann@example.com'),
  'a promise': () => Promise.resolve(1),
  'throwing getters': () =>
    throwing('accessKeyId', 'accessKeySecret', 'accountName', 'templates', 'to', 'type', 'payload', 'code'),
  'a throwing toString': () => ({
    toString: refuse,
    valueOf: refuse,
    toJSON: refuse,
    [Symbol.toPrimitive]: refuse,
  }),
  'a proxy that throws': () => new Proxy({}, allTraps),
  'an array proxy that throws': () => new Proxy([], allTraps),
  'a function proxy that throws': () => new Proxy(refuse, allTraps),
  'a revoked proxy': () => revoked({}),
  'a revoked array proxy': () => revoked([]),
  'an array of infinite length': () => lyingArray(Infinity),
  'an array of length NaN': () => lyingArray(NaN),
  'an array of negative length': () => lyingArray(-1),
  'an array of half an item': () => lyingArray(0.5),
  'an array whose length is an object': () => lyingArray({ valueOf: refuse }),
  'an array that claims 9 999 items': () => lyingArray(9_999),
  'a text of 5 MB': () => 'x'.repeat(5_000_000),
  'brackets of 5 MB': () => '{{'.repeat(2_500_000),
  'spaces of 5 MB': () => ' '.repeat(5_000_000),
}

/**
 * Makers of hostile values and of those that fast-check thinks of. Makers, since fast-check itself touches the values
 * that it generates.
 */
export const hostile: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.constantFrom(
    ...Object.entries(hostileValues).flatMap(([name, make]) => (/MB|9 999/.test(name) ? [] : [make])),
  ),
  fc
    .anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSparseArray: true,
      withNullPrototype: true,
    })
    .map((value) => () => value),
  anyText.map((value) => () => value),
)

/** Makers of objects with hostile values under any of these keys. */
export const hostileUnder = (keys: ReadonlyArray<string>): fc.Arbitrary<() => object> =>
  fc
    .record(Object.fromEntries(keys.map((key) => [key, hostile])), { requiredKeys: [] })
    .map((makers) => () => Object.fromEntries(Object.entries(makers).map(([key, make]) => [key, make?.()])))

// ------------------------------------------------------------------------------------------------------------
// Pollution
// ------------------------------------------------------------------------------------------------------------

/** Runs a test while every object inherits these properties. */
export const polluting = (properties: Readonly<Record<string, unknown>>, test: () => void): void => {
  for (const [key, value] of Object.entries(properties))
    Object.defineProperty(Object.prototype, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    })
  try {
    test()
  } finally {
    for (const key of Object.keys(properties)) Reflect.deleteProperty(Object.prototype, key)
  }
}
