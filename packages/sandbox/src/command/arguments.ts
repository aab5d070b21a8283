/**
 * What the command can be told, and its help.
 */
import { parseArgs } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import type { SandboxOptions } from '../index.js'

export const help = (name: string): string => `Usage: ${name} [options] [-- command args…]

Runs a DirectMail on this machine. It checks requests as the service does, keeps
the mails in an inbox with a page and a JSON API, and sends nothing on.

Without a command it runs until it is interrupted or its parent ends. With one
it runs as long as the command, and exits with the command's code. The command
finds ALIYUN_DM_ENDPOINT, ALIBABA_CLOUD_ACCESS_KEY_ID and
ALIBABA_CLOUD_ACCESS_KEY_SECRET in its environment.

Options:
  --port <number>      port; 0, any free one, is the default for a command,
                       else 8025
  --host <address>     where to listen (default: 127.0.0.1); 0.0.0.0 lets other
                       machines and containers in, and lets them read the mails
  --allow-host <name>  a name that clients reach it under; may be repeated;
                       others are refused. In a container both are needed:
                       --host 0.0.0.0 to be reached, and its name here
  --key <id:secret>    a key pair to check signatures with; may be repeated
  --sender <address>   a sender address that exists; may be repeated
  --latency <ms>       milliseconds by which every answer is late
  --throttle <n>       requests a second before Throttling.User
  --capacity <n>       mails to keep; the oldest go first (default: 500)
  --max-memory <mb>    megabytes of mails to keep (default: 256)
  --events <url>       push what becomes of each mail to this address, signed as
                       EventBridge signs; the key is at /certificate.pem
  --ready-file <file>  write the endpoint into this file once it can be used
  --json               print a JSON value for each event, one a line
  -h, --help           show this

Examples:
  $ ${name}
  $ ${name} -- npm test
  $ ${name} --port 0 --ready-file ready --json
  $ ${name} --host 0.0.0.0 --allow-host mail --key test:secret`

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const
const flag = { type: 'boolean' } as const
const known = {
  port: text,
  host: text,
  'allow-host': texts,
  key: texts,
  sender: texts,
  latency: text,
  throttle: text,
  capacity: text,
  'max-memory': text,
  events: text,
  'ready-file': text,
  json: flag,
  help: { ...flag, short: 'h' },
} as const

/** What the arguments ask for. */
export interface Plan {
  readonly sandbox: SandboxOptions
  /** The first key pair, for the command that is run. */
  readonly keyPair: readonly [id: string, secret: string]
  readonly command: ReadonlyArray<string>
  readonly readyFile: string | undefined
  readonly isJson: boolean
  readonly isHelp: boolean
}

const parseWholeNumber = (name: string, value: string | undefined): number | undefined => {
  if (value === undefined) return undefined
  if (!/^\d{1,9}$/.test(value)) throw new Error(`option --${name} takes a whole number.`)
  return Number(value)
}

const parseKeyPair = (value: string): readonly [string, string] => {
  const [, id, secret] = /^([^:]+):(.+)$/s.exec(value) ?? []
  // Without what was given: half of it is a secret.
  if (id === undefined || secret === undefined)
    throw new Error('option --key takes ID:SECRET, such as test:secret.')
  return [id, secret]
}

/** `parseArgs` throws, and so do the readers of values. Their messages repeat no value. */
export const parse = (args: ReadonlyArray<string>): E.Either<string, Plan> => {
  const end = args.includes('--') ? args.indexOf('--') : args.length
  const command = args.slice(end + 1)
  return E.tryCatch(
    () => {
      const { values, positionals } = parseArgs({
        args: args.slice(0, end),
        options: known,
        allowPositionals: true,
      })
      if (positionals.length > 0) throw new Error('an argument that is no option. A command comes after --.')
      if (end < args.length && command.length === 0) throw new Error('there is no command after --.')
      const keys = (values.key ?? []).map(parseKeyPair)
      return {
        sandbox: {
          port: parseWholeNumber('port', values.port) ?? (command.length > 0 ? 0 : 8025),
          host: values.host,
          allowedHosts: values['allow-host'],
          accessKeys: keys.length > 0 ? Object.fromEntries(keys) : undefined,
          senders: values.sender,
          latencyMs: parseWholeNumber('latency', values.latency),
          throttlePerSecond: parseWholeNumber('throttle', values.throttle),
          capacity: parseWholeNumber('capacity', values.capacity),
          maxMemoryMb: parseWholeNumber('max-memory', values['max-memory']),
          events: values.events,
        },
        keyPair: keys[0] ?? ['sandbox', 'sandbox'],
        command,
        readyFile: values['ready-file'],
        isJson: values.json === true,
        isHelp: values.help === true,
      }
    },
    // The rest of a message of parseArgs is advice on positional arguments, which there are none of.
    (error) => (error instanceof Error ? error.message.replace(/^(Unknown option '-[^'=]*).*/s, "$1'") : ''),
  )
}
