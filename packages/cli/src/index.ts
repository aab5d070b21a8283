#!/usr/bin/env node
/**
 * The process: runs the command line that it was started with, and ends with its exit code.
 */
import { runCommand } from './command.js'
import { exitInterrupted } from './exit.js'
import { createProcessShell } from './shell.js'

const exitCode = await runCommand(process.argv.slice(2), createProcessShell())
// An output that broke has set it already, and a command cannot have succeeded then.
process.exitCode ??= exitCode
// A request may still be under way, and would keep the process for as long as it waits for an answer.
if (exitCode === exitInterrupted) process.exit()
