/**
 * What a process pays when it starts: `import` of a contender, or everything up to the end of its first send.
 */
import { importLibrary, importLogto, type Name, open } from './contenders.js'

const [what, name, port] = process.argv.slice(2)

const importOnly = name === 'logto' ? importLogto : importLibrary

const startedAt = performance.now()
if (what === 'import') await importOnly()
else {
  // The parent passes one of the names.
  const send = await open(name as Name, Number(port), 1_000)
  if ((await send()) !== undefined) throw new Error('The first send failed')
}
const ms = performance.now() - startedAt

process.stdout.write(JSON.stringify({ ms }))
process.exit()
