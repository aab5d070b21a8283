/**
 * The command `aliyun-dm`: its subcommands, their flags and their help. What each does stands in the file of its
 * name.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { Endpoint, Locale, Mailbox, UsageType } from 'aliyun-dm-connector'
import { check, type CheckOptions } from './check.js'
import { complain } from './diagnostics.js'
import { type ExitCode, exitFailed, exitOk, exitUnusable } from './exit.js'
import { guessName } from './guess.js'
import { preview, type PreviewOptions } from './preview.js'
import { send, type SendOptions } from './send.js'
import type { Shell } from './shell.js'
import { addVariable, noVariables, type Variables } from './variables.js'
import { type WarningCode, warningCodes } from './warnings/warning.js'

// ------------------------------------------------------------------------------------------------------------
// Arguments. commander wants a parser to throw.
// ------------------------------------------------------------------------------------------------------------

const parseUsageType = (text: string): UsageType => {
  const decoded = UsageType.decode(text)
  if (E.isRight(decoded)) return decoded.right
  throw new InvalidArgumentError(decoded.left[0]?.message ?? 'expected a usage type')
}

const parseLocale = (text: string): string => {
  if (Locale.is(text)) return text
  throw new InvalidArgumentError('expected a language tag, such as en or zh-CN')
}

const parseMailbox = (text: string): string => {
  if (Mailbox.is(text)) return text
  throw new InvalidArgumentError('expected exactly one e-mail address, such as you@example.com')
}

const parseEndpoint = (text: string): string => {
  if (Endpoint.is(text)) return text
  throw new InvalidArgumentError(
    'expected a host such as dm.aliyuncs.com, or http://127.0.0.1:8025; plain http to this machine only',
  )
}

const parseVariable = (text: string, before: Variables): Variables => {
  const added = addVariable(before, text)
  if (E.isRight(added)) return added.right
  throw new InvalidArgumentError(added.left)
}

const collectCodes = (text: string, before: ReadonlyArray<WarningCode> = []): ReadonlyArray<WarningCode> => {
  const code = warningCodes.find((known) => known === text)
  if (code !== undefined) return [...before, code]
  const guess = guessName(text, warningCodes)
  throw new InvalidArgumentError(
    `expected the code of a warning${guess === undefined ? ', as check prints it' : `; did you mean ${guess}?`}`,
  )
}

const configArgument = ['<config>', 'the JSON file of the config; - reads standard input'] as const
const jsonOption = ['--json', 'print JSON for programs'] as const
const createVariableOption = (): Option =>
  new Option('--var <name=value>', 'value of a placeholder; may be repeated')
    .argParser(parseVariable)
    .default(noVariables, 'none')

const createEndpointOption = (): Option =>
  new Option('--endpoint <url>', 'another endpoint than that of the region').argParser(parseEndpoint)
const createCredentialsOption = (): Option =>
  new Option(
    '--credentials <source>',
    'default: those of the machine (environment, OIDC, profile, ECS RAM role, credentials URI), not a key pair of the file',
  ).choices(['default'])

const environmentHelp = `
Environment:
  ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, together with
  ALIBABA_CLOUD_SECURITY_TOKEN, come before the key pair in the file.`

// ------------------------------------------------------------------------------------------------------------
// Errors
// ------------------------------------------------------------------------------------------------------------

/** Values of arguments are not repeated: `--endpoint https://user:password@…` and `--secret=…` hold secrets. */
const withoutValues = (message: string): string =>
  message
    .replace(/^(option '[^']*') argument '[^]*' is invalid\. /, '$1: ')
    .replace(/^(unknown option '-[^=']*)=[^]*'$/m, "$1'")

const printUsageError = (shell: Shell, text: string): void => {
  const [, error = '', advice] =
    /^(?:error: )?([^]*?)(?:\n(\(Did you mean [^\n]*\)))?$/.exec(text.trim()) ?? []
  complain(shell, withoutValues(error), ...(advice === undefined ? [] : [advice]))
}

/** Prints text of our own. */
const printHelp = (print: (...lines: ReadonlyArray<string>) => void, text: string): void =>
  print(...text.replace(/\n$/, '').split('\n'))

// ------------------------------------------------------------------------------------------------------------
// Commands. The options' types are what their flags and parsers produce; commander itself gives `any`.
// ------------------------------------------------------------------------------------------------------------

// Above this file there is always the package's own: in src as in dist.
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

/** Runs a command line without its program's name. Never rejects. */
export const runCommand = async (args: ReadonlyArray<string>, shell: Shell): Promise<ExitCode> => {
  let exitCode: ExitCode = exitOk
  const program = createProgram(shell, (code) => (exitCode = code))
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (error) {
    // commander has said what is wrong, or has shown the help or the version that it was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitOk : exitUnusable
    complain(shell, error instanceof Error ? error.message : String(error), 'This is a fault of aliyun-dm.')
    return exitFailed
  }
}

const createProgram = (shell: Shell, exit: (code: ExitCode) => void): Command => {
  const program = new Command('aliyun-dm')
    .description('Check, preview and send the mails of an Alibaba Cloud DirectMail connector.')
    .version(version)
    .configureOutput({
      writeOut: (text) => printHelp(shell.out.print, text),
      writeErr: (text) => printHelp(shell.err.print, text),
      outputError: (text) => printUsageError(shell, text),
      getOutHelpWidth: () => shell.out.columns ?? 80,
      getErrHelpWidth: () => shell.err.columns ?? 80,
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
  0    done, or valid
  1    the config is invalid, or what was asked for failed
  2    the arguments cannot be used, or the file cannot be read
  130  interrupted, with a mail under way`,
    )

  program
    .command('check')
    .summary('say what is wrong with a config, and what looks wrong')
    .description(
      'Says what is wrong with a config, with line and column, and what is allowed\nbut probably not meant. With --online, whether DirectMail would send with it.\nExits with 0 if nothing is wrong, else with 1.',
    )
    .argument(...configArgument)
    .option('--strict', 'exit with 1 if there are warnings, too')
    .option('--ignore <code>', 'leave out warnings of this code; may be repeated', collectCodes)
    .option('--online', 'ask DirectMail about key pair, quota, sender and domain; sends nothing')
    .addOption(createEndpointOption().implies({ online: true }))
    .addOption(createCredentialsOption().implies({ online: true }))
    .option(...jsonOption)
    .addHelpText(
      'after',
      `${environmentHelp}
  ALIYUN_DM_ENDPOINT is asked under --online where there is no --endpoint.

Examples:
  $ aliyun-dm check connector.json
  $ aliyun-dm check - < connector.json
  $ aliyun-dm check connector.json --strict --ignore mail/no-alt
  $ aliyun-dm check connector.json --online
  $ aliyun-dm check connector.json --json | jq .warnings`,
    )
    .action(async (path: string, options: CheckOptions) => exit(await check(shell, path, options)))

  program
    .command('preview')
    .summary('show how the mails look, without sending any')
    .description(
      'Shows how the mails of a config look, without sending any: as text here, as HTML\nfiles, or in a browser.',
    )
    .argument(...configArgument)
    .option('--type <usage-type>', 'only the mail for this usage type', parseUsageType)
    .option('--locale <tag>', 'what a recipient with this language gets; else every language', parseLocale)
    .addOption(createVariableOption())
    .option('--out <dir>', 'write one HTML file for each mail, and an index.html')
    .addOption(
      new Option('--serve', 'show the mails in a browser, and each change of the files').conflicts([
        'out',
        'json',
      ]),
    )
    .option(...jsonOption)
    .addHelpText(
      'after',
      `
Examples:
  $ aliyun-dm preview connector.json --var code=123456
  $ aliyun-dm preview connector.json --type SignIn --var application.name=Acme
  $ aliyun-dm preview connector.json --locale zh-CN
  $ aliyun-dm preview connector.json --var code=123456 --out preview
  $ aliyun-dm preview connector.json --var code=123456 --serve`,
    )
    .action(async (path: string, options: PreviewOptions) => exit(await preview(shell, path, options)))

  program
    .command('send')
    .summary('send one mail')
    .description('Sends one mail, and prints the receipt, or the error and what to do about it.')
    .argument(...configArgument)
    .requiredOption('--to <address>', 'the recipient: exactly one mailbox', parseMailbox)
    .addOption(
      new Option('--type <usage-type>', 'what the mail is for')
        .argParser(parseUsageType)
        .default('Generic', 'Generic'),
    )
    .addOption(createVariableOption())
    .addOption(createEndpointOption())
    .addOption(createCredentialsOption())
    .option(...jsonOption)
    .addHelpText(
      'after',
      `${environmentHelp}
  ALIYUN_DM_ENDPOINT is used where there is no --endpoint.

Examples:
  $ aliyun-dm send connector.json --to you@example.com --var code=123456
  $ aliyun-dm send connector.json --to you@example.com --type SignIn \\
      --var code=123456 --endpoint http://127.0.0.1:8025`,
    )
    .action(async (path: string, options: SendOptions) => exit(await send(shell, path, options)))

  // Listed in the help only: it has arguments of its own, and index.ts hands them on as they are.
  program
    .command('sandbox')
    .summary('run a DirectMail on this machine that keeps what it is sent')
    .description('Runs a DirectMail on this machine. aliyun-dm sandbox --help shows its options.')

  return program
}
