/**
 * What the compiler can tell of a config's messages: the placeholders in the texts of its templates become the keys
 * of the payload. Only types live here; at run time nothing happens.
 */
import type { Template, TemplateContent } from '../config/template.js'
import type { UsageType, UsageTypes } from '../config/usage-type.js'
import type { AcceptedMessage, MessageOfType } from './message.js'

/**
 * The messages that a config's templates can be filled from, under an option `usageTypes`. For a config whose templates
 * the compiler does not know, that is every message.
 *
 * @category model
 * @since 0.1.0
 */
export type MessageFor<C, U extends UsageTypes = 'known'> = C extends {
  readonly templates: infer Ts extends ReadonlyArray<Template<string>>
}
  ? number extends Ts['length']
    ? AcceptedMessage<U>
    : TypedMessage<UsageType | OwnUsageType<Ts, U>, Ts>
  : AcceptedMessage<U>

/** Names of the caller's own: those of a list, or under `any` those that have a template. */
type OwnUsageType<Ts extends ReadonlyArray<Template<string>>, U extends UsageTypes> = U extends 'any'
  ? Ts[number]['usageType']
  : U extends ReadonlyArray<infer Own extends string>
    ? Own
    : never

type TypedMessage<K extends string, Ts extends ReadonlyArray<Template<string>>> = K extends unknown
  ? Filling<K, TemplateFor<Ts, K>>
  : never

/** `T` is a union if the type has several languages: a payload has to fill each of them. */
type Filling<K extends string, T> = [T] extends [Template<string>]
  ? string extends TextsOf<T>
    ? MessageOfType<K>
    : FillingMessage<K, Placeholders<TextsOf<T>>> | TranslatedMessage<K>
  : MessageOfType<K>

interface FillingMessage<K extends string, Names> {
  /** Exactly one mailbox, without a display name. */
  readonly to: string
  readonly type: K
  /** A value for each placeholder of the template. */
  readonly payload: PayloadFor<Names>
  readonly locale?: string | undefined
  readonly template?: undefined
}

/** A message that brings a template of its own is not held to the placeholders of the config's. */
type TranslatedMessage<K extends string> = MessageOfType<K> & { readonly template: TemplateContent }

// ------------------------------------------------------------------------------------------------------------
// Templates: the same choice as render.ts makes
// ------------------------------------------------------------------------------------------------------------

type TemplateFor<Ts extends ReadonlyArray<Template<string>>, K extends string> =
  ChosenOf<Ts, K> extends infer T ? ([T] extends [never] ? ChosenOf<Ts, 'Generic'> : T) : never

/** The templates of a type that may be chosen: those with a language, and the first of those without. */
type ChosenOf<
  Ts extends ReadonlyArray<Template<string>>,
  K extends string,
  Found = never,
> = Ts extends readonly [
  infer T extends Template<string>,
  ...infer Rest extends ReadonlyArray<Template<string>>,
]
  ? T['usageType'] extends K
    ? T extends { readonly locale: string }
      ? ChosenOf<Rest, K, Found | T>
      : [Exclude<Found, { readonly locale: string }>] extends [never]
        ? ChosenOf<Rest, K, Found | T>
        : ChosenOf<Rest, K, Found>
    : ChosenOf<Rest, K, Found>
  : Found

/** Every text of a template that may hold placeholders. */
type TextsOf<T extends Template<string>> =
  T['subject'] | T['content'] | OptionalText<T, 'fromAlias'> | OptionalText<T, 'replyAddress'>

type OptionalText<T, K extends PropertyKey> =
  T extends Readonly<Record<K, infer S>> ? Extract<S, string> : never

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
