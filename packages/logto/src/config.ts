/**
 * What this connector takes for a config: all that the library's codec takes, and what Logto may have saved for
 * the built-in connector, which is less strict. The codec stays the one truth; here its input is only prepared.
 */
import { createConnector } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { z } from 'zod'
import { type Environment, readEnvironment, toOptions } from './environment.js'
import { toZodIssue } from './errors.js'

/** Logto names the usage types and may add to them, so a name that the library does not know is no typing mistake. */
export const usageTypes = 'any'

type Fields = Readonly<Record<string, unknown>>

const isFields = (u: unknown): u is Fields => typeof u === 'object' && u !== null && !Array.isArray(u)

const isBlank = (u: unknown): boolean => typeof u === 'string' && u.trim() === ''

/** A template for an unused purpose may have been left empty. That matters once a message asks for it, not before. */
const isBlankTemplate = (template: Fields): boolean =>
  isBlank(template['subject']) || isBlank(template['content'])

const hasNoLanguage = ({ locale }: Fields): boolean =>
  locale === undefined || locale === null || locale === ''

/** Stands for a text that is not there. No mail has it: `PreparedConfig.isBlank` keeps its template from being used. */
const fillBlank = (text: unknown): unknown => (isBlank(text) ? '-' : text)

/** No message can ask for a usage type without a name, so its template does no harm. */
const nameType = (usageType: unknown): unknown =>
  typeof usageType === 'string' && !/^\S{1,128}$/.test(usageType) ? '(unnamed)' : usageType

const prepareTemplate = (template: unknown): unknown =>
  isFields(template)
    ? {
        ...template,
        usageType: nameType(template['usageType']),
        subject: fillBlank(template['subject']),
        content: fillBlank(template['content']),
      }
    : template

/** They are pasted into the form, and line breaks come along. */
const keys = ['accessKeyId', 'accessKeySecret', 'securityToken']
const pasted = new Set([...keys, 'accountName'])

const trimPasted = (config: Fields): Fields =>
  Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      pasted.has(key) && typeof value === 'string' ? value.trim() : value,
    ]),
  )

/** What the form may hold still is not used beside the credentials of the machine. */
const leaveOutKeys = (config: Fields): Fields =>
  Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)))

/** A config for the library, and the usage types whose template has no subject or no content. */
export interface PreparedConfig {
  readonly config: unknown
  readonly isBlank: (usageType: string) => boolean
}

const prepareFields = (input: Fields, { credentials }: Environment): PreparedConfig => {
  const config = credentials === undefined ? trimPasted(input) : leaveOutKeys(trimPasted(input))
  const { templates } = config
  if (!Array.isArray(templates)) return { config, isBlank: () => false }
  // Logto has languages of its own. Of the config's, the first template without one is taken, else the first.
  const fields = templates.filter(isFields)
  const blank = new Map<unknown, boolean>()
  for (const template of [...fields.filter(hasNoLanguage), ...fields])
    if (!blank.has(template['usageType'])) blank.set(template['usageType'], isBlankTemplate(template))
  return {
    config: { ...config, templates: templates.map(prepareTemplate) },
    isBlank: (usageType) => blank.get(usageType) ?? blank.get('Generic') ?? false,
  }
}

/** Never throws: what cannot be read is left to the codec, which says so. */
export const prepareConfig = (input: unknown, environment: Environment): PreparedConfig => {
  const unprepared: PreparedConfig = { config: input, isBlank: () => false }
  return pipe(
    E.tryCatch(() => (isFields(input) ? prepareFields(input, environment) : unprepared), String),
    E.getOrElse(() => unprepared),
  )
}

/**
 * The codec as the zod schema that Logto asks for. It gives back its input: Logto saves what was typed. A variable that
 * is wrong is not the config's fault; sending says so.
 */
export const configGuard: z.ZodType = z.unknown().superRefine((input, context) => {
  const environment = E.getOrElse((): Environment => ({}))(readEnvironment())
  const { config } = prepareConfig(input, environment)
  const made = createConnector(config, { usageTypes, credentials: toOptions(environment).credentials })
  if (E.isLeft(made)) for (const issue of made.left.issues) context.addIssue(toZodIssue(issue))
})
