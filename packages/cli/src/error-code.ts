/** The code of an error of the operating system, such as ENOENT. */
export const findErrorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined
