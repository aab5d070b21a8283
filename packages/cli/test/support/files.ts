/**
 * Files for the command to read, and a config about which there is nothing to say.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'aliyun-dm-test-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** A new folder, or a path in one that does not exist yet. */
export const createPath = (name = ''): string => join(mkdtempSync(join(folder, 'd')), name)

export const createFile = (content: unknown): string => {
  const path = join(folder, `connector-${++files}.json`)
  writeFileSync(
    path,
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content, null, 2),
  )
  return path
}

export const secret = 'sEcReT0fTheTests'

export const template = (usageType: string, content = '<p>{{code}}</p>', rest: object = {}): object => ({
  usageType,
  subject: 'Your code',
  content,
  ...rest,
})

export const requiredTemplates = (...args: [content?: string, rest?: object]): ReadonlyArray<object> =>
  ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => template(usageType, ...args))

export const config = (rest: object = {}): Readonly<Record<string, unknown>> => ({
  accessKeyId: 'LTAItest',
  accessKeySecret: secret,
  accountName: 'no-reply@mail.example.com',
  templates: requiredTemplates(),
  ...rest,
})

/** The text of a golden file. With UPDATE_GOLDEN set, writes it first. */
export const golden = (name: string, actual: string): string => {
  const path = new URL(`../golden/${name}`, import.meta.url)
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(path, actual)
  return readFileSync(path, 'utf8')
}
