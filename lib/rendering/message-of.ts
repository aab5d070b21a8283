/**
 * What the compiler can tell of a config's messages: the placeholders in the texts of its templates become the keys
 * of the payload. Only types live here; at run time nothing happens.
 */
import type { Config, Template, TemplateContent, UsageType } from '../config/config.js'
import type { Message } from './message.js'

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
// Templates: the same choice as render.ts makes
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
// Placeholders: the same grammar as placeholders.ts has
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
