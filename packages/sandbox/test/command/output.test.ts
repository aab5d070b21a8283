import { expect } from 'chai'
import { createOutput, createTeller } from '../../src/command/output.js'
import type { Sandbox } from '../../src/index.js'
import { Sink } from './process.js'

describe('sandbox/command/output', () => {
  // Not every machine can listen there, which the tests of run.ts would have to.
  it('says that names have to be allowed on :: as well', () => {
    const sink = new Sink()
    const sandbox = { endpoint: 'http://127.0.0.1:1' } as Sandbox
    createTeller(createOutput(sink, {}), {
      sandbox: { host: '::' },
      keyPair: ['a', 'b'],
      command: [],
      readyFile: undefined,
      isJson: false,
      isHelp: false,
    }).introduce(sandbox)
    expect(sink.text).to.contain('  Names     none is served, only addresses;')
  })
})
