/**
 * The door to the command, for other commands.
 */
import { runCommand } from './command/run.js'

/**
 * Runs the sandbox's command with its arguments, and resolves with the code to exit with: that of the command it was
 * run around, else 0 when it was interrupted or nobody reads its output any more, 1 when the port or a file could not be
 * had or its output could not be written, 2 when the arguments cannot be used. It writes to the process's standard
 * output and error, and listens to its signals.
 *
 * @example
 * import { runSandboxCommand } from 'aliyun-dm-sandbox/command'
 *
 * process.exitCode = await runSandboxCommand(['--help'], { name: 'my-tool sandbox' })
 *
 * @category command
 * @since 0.1.0
 */
export const runSandboxCommand = (
  args: ReadonlyArray<string>,
  { name = 'aliyun-dm-sandbox' }: { readonly name?: string | undefined } = {},
): Promise<number> => runCommand(args, name, process)
