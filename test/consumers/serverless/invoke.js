/** Calls the function of the bundle named on the command line once, as its host would. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

// Node does not see the names that webpack's CommonJS exports.
const bundle = await import(pathToFileURL(resolve(process.argv[2])).href)
const { handler } = 'handler' in bundle ? bundle : bundle.default
const { statusCode, body } = await handler({ to: 'ann@example.com', code: '123456' })
if (statusCode !== 200) throw new Error(String(statusCode))
console.log(`sent ${body}`)
