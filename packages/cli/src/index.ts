#!/usr/bin/env node
/**
 * The command `aliyun-dm`: its subcommands, their flags and their help. What each does stands in the file of its
 * name.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { Endpoint, Mailbox, UsageType } from 'aliyun-dm-connector'
import { check, type CheckOptions } from './check.js'
import { complain, exitFailed, exitOk, exitUnusable } from './exit.js'
import { preview, type PreviewOptions } from './preview.js'
import { sandbox, type SandboxCommandOptions } from './sandbox.js'
import { send, type SendOptions } from './send.js'
import { printable, processTerminal } from './terminal.js'
import { addVariable, noVariables, type Variables } from './variables.js'

const terminal = processTerminal()

// ------------------------------------------------------------------------------------------------------------
// Arguments. commander's way to refuse one is to throw.
// ------------------------------------------------------------------------------------------------------------

const usageType = (text: string): UsageType => {
  const decoded = UsageType.decode(text)
  if (E.isRight(decoded)) return decoded.right
  throw new InvalidArgumentError(sentence(decoded.left[0]?.message ?? 'expected a usage type'))
}

const mailbox = (text: string): string => {
  if (Mailbox.is(text)) return text
  throw new InvalidArgumentError('Expected exactly one e-mail address, such as you@example.com.')
}

const endpoint = (text: string): string => {
  if (Endpoint.is(text)) return text
  throw new InvalidArgumentError(
    'Expected a host such as dm.aliyuncs.com, or http://127.0.0.1:8025; plain http to this machine only.',
  )
}

const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
  }

const variable = (text: string, before: Variables): Variables => {
  const added = addVariable(before, text)
  if (E.isRight(added)) return added.right
  throw new InvalidArgumentError(added.left)
}

const collect = (text: string, before: ReadonlyArray<string> = []): ReadonlyArray<string> => [...before, text]

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?]$/.test(text) ? '' : '.'}`

const config = ['<config>', 'the JSON file of the config; - reads standard input'] as const
const variableOption = ['--var <name=value>', 'value of a placeholder; may be repeated'] as const
const json = ['--json', 'print JSON for machines'] as const

const credentialsHelp = `
Environment:
  ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
  ALIBABA_CLOUD_SECURITY_TOKEN`

// ------------------------------------------------------------------------------------------------------------
// Commands. The options' types are what their flags and parsers produce; commander itself gives `any`.
// ------------------------------------------------------------------------------------------------------------

// Above this file there is always the package's own: in src as in dist.
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

const program = new Command('aliyun-dm')
  .description('Check, preview and send the mails of an Alibaba Cloud DirectMail connector.')
  .version(version)
  .configureOutput({
    // An unknown option is named without its value: `--secret=…` may be one.
    outputError: (text) => {
      const [message = '', ...advice] = text
        .trim()
        .replace(/^error: /, '')
        .replace(/^(unknown option '-[^=']*)=.*'$/m, "$1'")
        .split('\n')
      complain(terminal, message, ...advice)
    },
  })
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  $ aliyun-dm check connector.json
  $ aliyun-dm preview connector.json --var code=123456
  $ aliyun-dm send connector.json --to you@example.com --var code=123456
  $ aliyun-dm sandbox

Exit codes:
  0  done, or valid
  1  the config is invalid, or what was asked for failed
  2  the arguments cannot be used`,
  )

program
  .command('check')
  .summary('say what is wrong with a config, and what looks wrong')
  .description(
    'Says what is wrong with a config, with line and column, and what is allowed\nbut probably not meant. Exits with 0 if the config is valid, else with 1.',
  )
  .argument(...config)
  .option(...json)
  .addHelpText(
    'after',
    `${credentialsHelp} stand in for a key pair that is not in the file.

Examples:
  $ aliyun-dm check connector.json
  $ aliyun-dm check - < connector.json
  $ aliyun-dm check connector.json --json | jq .warnings`,
  )
  .action(async (path: string, options: CheckOptions) => {
    process.exitCode = await check(terminal, path, options)
  })

program
  .command('preview')
  .summary('show how the mails look, without sending any')
  .description('Shows how the mails of a config look, without sending any: as text here, or as\nHTML files.')
  .argument(...config)
  .option('--type <usage-type>', 'only the mail for this usage type', usageType)
  .addOption(new Option(...variableOption).argParser(variable).default(noVariables, 'none'))
  .option('--out <dir>', 'write one HTML file for each mail, and an index.html')
  .option(...json)
  .addHelpText(
    'after',
    `
Examples:
  $ aliyun-dm preview connector.json --var code=123456
  $ aliyun-dm preview connector.json --type SignIn --var application.name=Acme
  $ aliyun-dm preview connector.json --var code=123456 --out preview`,
  )
  .action(async (path: string, options: PreviewOptions) => {
    process.exitCode = await preview(terminal, path, options)
  })

program
  .command('send')
  .summary('send one mail')
  .description('Sends one mail, and prints the receipt, or the error and what to do about it.')
  .argument(...config)
  .requiredOption('--to <address>', 'the recipient: exactly one mailbox', mailbox)
  .addOption(
    new Option('--type <usage-type>', 'what the mail is for')
      .argParser(usageType)
      .default('Generic', 'Generic'),
  )
  .addOption(new Option(...variableOption).argParser(variable).default(noVariables, 'none'))
  .option('--endpoint <url>', 'another endpoint than that of the region', endpoint)
  .option(...json)
  .addHelpText(
    'after',
    `${credentialsHelp} are used instead of what is in the file;
  ALIYUN_DM_ENDPOINT where there is no --endpoint.

Examples:
  $ aliyun-dm send connector.json --to you@example.com --var code=123456
  $ aliyun-dm send connector.json --to you@example.com --type SignIn \\
      --var code=123456 --endpoint http://127.0.0.1:8025`,
  )
  .action(async (path: string, options: SendOptions) => {
    process.exitCode = await send(terminal, path, options)
  })

program
  .command('sandbox')
  .summary('run a DirectMail on this machine that keeps what it is sent')
  .description(
    'Runs a DirectMail on this machine until it is interrupted. It checks requests as\nthe service does, keeps the mails in an inbox with a page, and sends nothing on.',
  )
  .addOption(
    new Option('--port <number>', 'port; 0 takes any free one')
      .argParser(wholeNumber(0, 65_535))
      .default(8025),
  )
  .option('--key <id:secret>', 'a key pair to check signatures with; may be repeated', collect)
  .option('--sender <address>', 'a sender address that exists; may be repeated', collect)
  .option('--latency <ms>', 'milliseconds by which every answer is late', wholeNumber(0, 86_400_000))
  .option('--throttle <n>', 'requests a second before Throttling.User', wholeNumber(1, 1_000_000))
  .option('--json', 'print a JSON value for each event, one a line')
  .addHelpText(
    'after',
    `
Examples:
  $ aliyun-dm sandbox
  $ aliyun-dm sandbox --port 0 --json
  $ aliyun-dm sandbox --key test:secret --sender no-reply@mail.example.com \\
      --latency 300 --throttle 5`,
  )
  .action(async (options: SandboxCommandOptions) => {
    process.exitCode = await sandbox(terminal, options)
  })

try {
  await program.parseAsync()
} catch (error) {
  // commander has said what is wrong, or has shown the help or the version that it was asked for.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitOk : exitUnusable
  else {
    complain(
      terminal,
      printable(error instanceof Error ? error.message : String(error)),
      'This is a fault of aliyun-dm.',
    )
    process.exitCode = exitFailed
  }
}
