import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'chai'
import { help, parse } from '../../src/command/arguments.js'

/** Of a key pair only what was given: a property that is undefined is none. */
const sandboxOf = (...args: ReadonlyArray<string>): unknown => {
  const plan = parse(args)
  return E.isRight(plan) ? JSON.parse(JSON.stringify(plan.right.sandbox)) : plan.left
}

describe('sandbox/command/arguments', () => {
  it('takes every option that it has', () => {
    const args = [
      ['--port', '1'],
      ['--host', '0.0.0.0'],
      ['--allow-host', 'a', '--allow-host', 'b'],
      ['--key', 'a:b', '--key', 'c:d:e\n'],
      ['--sender', 'a@example.com', '--sender', 'b@example.com'],
      ['--latency', '0'],
      ['--throttle', '123456789'],
      ['--capacity', '4'],
      ['--max-memory', '5'],
      ['--events', 'http://127.0.0.1/'],
      ['--ready-file', 'ready'],
      ['--json'],
      ['-h'],
      ['--', 'npm', 'test', '--', '--json'],
    ]
    expect(parse(args.flat())).to.deep.equal(
      E.right({
        sandbox: {
          port: 1,
          host: '0.0.0.0',
          allowedHosts: ['a', 'b'],
          accessKeys: { a: 'b', c: 'd:e\n' },
          senders: ['a@example.com', 'b@example.com'],
          latencyMs: 0,
          throttlePerSecond: 123456789,
          capacity: 4,
          maxMemoryMb: 5,
          events: 'http://127.0.0.1/',
        },
        keyPair: ['a', 'b'],
        command: ['npm', 'test', '--', '--json'],
        readyFile: 'ready',
        isJson: true,
        isHelp: true,
      }),
    )
  })

  it('needs none: port 8025, any key pair, no command', () => {
    expect(sandboxOf()).to.deep.equal({ port: 8025 })
    const plan = parse([])
    expect(E.isRight(plan) && plan.right).to.include({ isJson: false, isHelp: false, readyFile: undefined })
    expect(E.isRight(plan) && plan.right).to.deep.include({ keyPair: ['sandbox', 'sandbox'], command: [] })
  })

  it('takes any free port for a command', () => {
    expect(sandboxOf('--', 'npm')).to.deep.equal({ port: 0 })
    expect(sandboxOf('--port', '1', '--', 'npm')).to.deep.equal({ port: 1 })
  })

  for (const [args, complaint] of [
    [['--port', 'x'], 'option --port takes a whole number.'],
    [['--port', '1x'], 'option --port takes a whole number.'],
    [['--port', 'x1'], 'option --port takes a whole number.'],
    [['--port', ''], 'option --port takes a whole number.'],
    [['--latency', '0.5'], 'option --latency takes a whole number.'],
    [['--throttle', '1e3'], 'option --throttle takes a whole number.'],
    [['--capacity=-1'], 'option --capacity takes a whole number.'],
    [['--max-memory', '1234567890'], 'option --max-memory takes a whole number.'],
    [['--key', 'hush'], 'option --key takes ID:SECRET, such as test:secret.'],
    [['--key', 'hush:'], 'option --key takes ID:SECRET, such as test:secret.'],
    [['--key', ':hush'], 'option --key takes ID:SECRET, such as test:secret.'],
    [['--secret=hush'], "Unknown option '--secret'"],
    [['--secret', 'hush'], "Unknown option '--secret'"],
    [['-x'], "Unknown option '-x'"],
    [['npm', 'test'], 'an argument that is no option. A command comes after --.'],
    [['--'], 'there is no command after --.'],
    [['--json=hush'], "Option '--json' does not take an argument"],
  ] as const) {
    it(`says what is wrong with ${JSON.stringify(args)}`, () => {
      expect(parse(args)).to.deep.equal(E.left(complaint))
    })
  }

  it('shows every option in a help that fits a terminal', () => {
    const lines = help('mail').split('\n')
    expect(lines[0]).to.equal('Usage: mail [options] [-- command args…]')
    for (const line of lines) expect(line.length).to.be.at.most(80)
    expect([...help('mail').matchAll(/^ {2}(?:-h, )?(--\S+)/gm)].map(([, option]) => option)).to.deep.equal([
      '--port',
      '--host',
      '--allow-host',
      '--key',
      '--sender',
      '--latency',
      '--throttle',
      '--capacity',
      '--max-memory',
      '--events',
      '--ready-file',
      '--json',
      '--help',
    ])
  })
})
