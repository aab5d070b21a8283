#!/usr/bin/env node
import process from 'node:process'
import { runSandboxCommand } from './dist/command.js'

process.exitCode = await runSandboxCommand(process.argv.slice(2))
