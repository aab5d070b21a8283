#!/usr/bin/env node
/**
 * The process: runs the command line that it was started with, and ends with its exit code.
 */
import { runSandboxCommand } from 'aliyun-dm-sandbox/command'
import { runCommand } from './command.js'
import { exitInterrupted } from './exit.js'
import { createProcessShell } from './shell.js'

const args = process.argv.slice(2)
const exitCode =
  args[0] === 'sandbox'
    ? await runSandboxCommand(args.slice(1), { name: 'aliyun-dm sandbox' })
    : await runCommand(args, createProcessShell())
// An output that broke has set it already, and a command cannot have succeeded then.
process.exitCode ??= exitCode
// A request may still be under way, and would keep the process for as long as it waits for an answer.
if (exitCode === exitInterrupted) process.exit()
