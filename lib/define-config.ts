/**
 * A config written in TypeScript tells the compiler what each of its templates needs: the placeholders in the text
 * become the keys of the payload. Only types live here; at run time nothing happens.
 */
import type { Config, Template, TemplateContent, UsageType } from './config.js'
import type { Message } from './message.js'

/**
 * Gives a config back as it is, with its templates' texts as types. A connector made from it takes only messages
 * whose payload has every placeholder of their template; one of a usage type without a template of its own, those
 * of the first `Generic` template.
 *
 * @example
 * import { createConnector, defineConfig } from 'aliyun-dm-connector'
 *
 * const config = defineConfig({
 *   accessKeyId: 'an-id',
 *   accessKeySecret: 'a-secret',
 *   accountName: 'no-reply@mail.example.com',
 *   templates: [
 *     { usageType: 'Register', subject: 'Welcome', content: 'Your code: {{code}}' },
 *     { usageType: 'SignIn', subject: 'Sign in to {{application.name}}', content: 'Your code: {{code}}' },
 *     { usageType: 'ForgotPassword', subject: 'Your code', content: '{{code}}' },
 *     { usageType: 'Generic', subject: 'Your code', content: '{{code}}' },
 *   ],
 * })
 * const connector = createConnector(config)
 * // Does not compile without `code` and `application.name`:
 * // connector.right.sendMessage({ to, type: 'SignIn', payload: { code, application: { name } } })
 *
 * @category constructors
 * @since 0.1.0
 */
export const defineConfig = <const C extends Config>(config: C): C => config

/**
 * The messages that a config's templates can be filled from. For a config whose texts the compiler does not know,
 * that is any `Message`.
 *
 * @category model
 * @since 0.1.0
 */
export type MessageOf<C extends Config> = number extends C['templates']['length']
  ? Message
  : { [K in UsageType]: MessageFor<K, TemplateFor<C['templates'], K>> }[UsageType]

interface TypedMessage<K extends UsageType, P> {
  /** Exactly one mailbox, without a display name. */
  readonly to: string
  readonly type: K
  /** A value for each placeholder of the template. */
  readonly payload: P
  /** Instead of the config's template, for this message only. */
  readonly template?: TemplateContent
}

type MessageFor<K extends UsageType, T> = T extends Template
  ? string extends TextsOf<T>
    ? Extract<Message, { readonly type: K }>
    : TypedMessage<K, PayloadFor<Placeholders<TextsOf<T>>>>
  : Extract<Message, { readonly type: K }>

// ------------------------------------------------------------------------------------------------------------
// Templates: the same choice as template.ts makes
// ------------------------------------------------------------------------------------------------------------

type TemplateFor<Ts extends ReadonlyArray<Template>, K extends UsageType> =
  FirstOf<Ts, K> extends infer T ? ([T] extends [never] ? FirstOf<Ts, 'Generic'> : T) : never

type FirstOf<Ts extends ReadonlyArray<Template>, K extends UsageType> = Ts extends readonly [
  infer T extends Template,
  ...infer Rest extends ReadonlyArray<Template>,
]
  ? T['usageType'] extends K
    ? T
    : FirstOf<Rest, K>
  : never

/** Every text of a template that may hold placeholders. */
type TextsOf<T extends Template> =
  T['subject'] | T['content'] | OptionalText<T, 'fromAlias'> | OptionalText<T, 'replyAddress'>

type OptionalText<T, K extends PropertyKey> =
  T extends Readonly<Record<K, infer S extends string>> ? S : never

// ------------------------------------------------------------------------------------------------------------
// Placeholders: the same grammar as template.ts has
// ------------------------------------------------------------------------------------------------------------

/** The names between `{{` and `}}`, trimmed; distributes over a union of texts. */
type Placeholders<
  Text extends string,
  Found = never,
> = Text extends `${string}{{${infer Inside}}}${infer Rest}`
  ? Placeholders<Rest, Found | NameIn<Inside>>
  : Found

/** Of `a {{ b`, only `b` is inside the last opening. No name has braces or is empty. */
type NameIn<Inside extends string> = Inside extends `${string}{{${infer Last}`
  ? NameIn<Last>
  : Inside extends `${string}${'{' | '}'}${string}`
    ? never
    : Exclude<Trim<Inside>, ''>

type Space = ' ' | '\n' | '\r' | '\t'

type Trim<S extends string> = S extends `${Space}${infer Rest}`
  ? Trim<Rest>
  : S extends `${infer Rest}${Space}`
    ? Trim<Rest>
    : S

/** What can become text in a mail. */
type Value = string | number | bigint | boolean

/** `'code' | 'application.name'` becomes `{ code: Value; application: { name: Value } }`. */
type PayloadFor<Names> = {
  readonly [Root in RootOf<Names>]: [LeafOf<Names, Root>] extends [never]
    ? Value
    : PayloadFor<LeafOf<Names, Root>>
}

type RootOf<Names> = Names extends `${infer Root}.${string}` ? Root : Names extends string ? Names : never

type LeafOf<Names, Root extends string> = Names extends `${Root}.${infer Leaf}` ? Leaf : never
