/**
 * Placeholders where a value is not safe. Values are escaped for text and for quoted attributes; anywhere else in HTML
 * that is not enough.
 */
import { addressAttributes } from 'aliyun-dm-connector'
import type { Html, Place } from './html.js'
import type { TemplateText } from './template.js'
import type { Warning, WarningCode } from './warning.js'

interface Danger {
  readonly code: WarningCode
  readonly reason: string
}

const escapingFails = 'where escaping does not make it safe'

const dangers: Readonly<
  Record<'unquoted' | 'handler' | 'address' | Exclude<Place['_tag'], 'Text' | 'Value'>, Danger>
> = {
  Script: { code: 'placeholder/script', reason: `stands in a script, ${escapingFails}` },
  Style: { code: 'placeholder/style', reason: `stands in a style sheet, ${escapingFails}` },
  Comment: { code: 'placeholder/comment', reason: 'stands in a comment, where nobody sees it' },
  Tag: { code: 'placeholder/tag', reason: `stands in a tag, ${escapingFails}; put it into a quoted value` },
  unquoted: {
    code: 'placeholder/unquoted',
    reason: 'stands in an attribute without quotes, where a space ends the value; put quotes around it',
  },
  handler: { code: 'placeholder/handler', reason: `stands in a script of an attribute, ${escapingFails}` },
  address: {
    code: 'placeholder/address',
    reason:
      'begins an address, so its value decides where the link leads: make sure that it is an https or mailto address',
  },
}

/** Whether an attribute holds an address, where `javascript:` would be a program. */
export const isAddressAttribute = (name: string): boolean =>
  addressAttributes.some((attribute) => attribute === name)

export const findUnsafePlaces = (
  { path, placeholders }: TemplateText,
  html: Html,
): ReadonlyArray<Warning> => {
  const places = html.locate(placeholders.map(({ index }) => index))
  return placeholders.flatMap(({ name, index }, order) => {
    const danger = findDanger(places[order], index)
    return danger === undefined
      ? []
      : [{ code: danger.code, path, index, message: `{{${name}}} ${danger.reason}` }]
  })
}

const findDanger = (place: Place | undefined, start: number): Danger | undefined => {
  if (place === undefined || place._tag === 'Text') return undefined
  if (place._tag !== 'Value') return dangers[place._tag]
  const { attribute, isQuoted } = place
  if (!isQuoted) return dangers.unquoted
  if (attribute.name.startsWith('on')) return dangers.handler
  const isFirst = start === attribute.start
  return isFirst && isAddressAttribute(attribute.name) ? dangers.address : undefined
}
