/**
 * The sandbox in a process of its own, with a limit of requests a second. Tells its parent the port, and, when asked,
 * how many requests came in; then it ends.
 */
import { startSandbox } from 'aliyun-dm-sandbox'

const started = await startSandbox({ throttlePerSecond: Number(process.argv[2]), capacity: 10_000 })()
if (started._tag === 'Left') throw started.left
const { endpoint, requests } = started.right

process.send?.(Number(new URL(endpoint).port))
process.on('message', () => process.send?.(requests()))
process.on('disconnect', () => process.exit())
