/**
 * Loads TypeScript for `npm run coverage`, in place of tsx: tsx leaves out the line breaks, and V8's counts cannot be
 * brought back to the lines and branches of the source then.
 */
import { register } from 'node:module'
import process from 'node:process'

register('./loader.js', import.meta.url)

// The programs that tests start use tsx, so their counts would spoil those of this process. Node has read the variable
// already, but would no longer keep the source maps.
delete process.env.NODE_V8_COVERAGE
process.setSourceMapsEnabled(true)
