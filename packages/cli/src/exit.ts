/** How a command ends. */
export const exitOk = 0
/** The config is invalid, or what was asked for failed. */
export const exitFailed = 1
/** Nothing was tried: the arguments cannot be used, or the file cannot be read. */
export const exitUnusable = 2
/** Ctrl-C, as a shell has it: 128 and the number of SIGINT. */
export const exitInterrupted = 130

export type ExitCode = typeof exitOk | typeof exitFailed | typeof exitUnusable | typeof exitInterrupted
