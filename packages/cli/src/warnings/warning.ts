/**
 * What a warning is. Its code is how a user names it: in `--ignore`, and in a program that reads `--json`.
 */
import type { Issue } from 'aliyun-dm-connector'

export const warningCodes = [
  'key/unknown',
  'key/duplicate',
  'config/region-closed',
  'template/no-code',
  'template/no-link',
  'template/unused',
  'template/no-language',
  'placeholder/misspelt',
  'placeholder/braces',
  'placeholder/unquoted',
  'placeholder/address',
  'placeholder/handler',
  'placeholder/script',
  'placeholder/style',
  'placeholder/comment',
  'placeholder/tag',
  'mail/alias-emoji',
  'mail/long-subject',
  'mail/too-long',
  'mail/no-lang',
  'mail/no-alt',
  'mail/relative-link',
  'mail/plain-http',
  'mail/form',
  'mail/external-css',
] as const

export type WarningCode = (typeof warningCodes)[number]

export interface Warning extends Issue {
  readonly code: WarningCode
  /** Where in the string at `path`, in UTF-16 units. */
  readonly index?: number
  /** Which key of the object at `path`, where the key itself is not right. */
  readonly key?: string
}
