import { expect } from 'chai'
import { leaveOutKeyPair, takeAnyKeyPair, takeFromEnvironment } from '../src/environment.js'

const ALIBABA_CLOUD_ACCESS_KEY_ID = 'LTAIenv'
const ALIBABA_CLOUD_ACCESS_KEY_SECRET = 'secretOfEnv'
const ALIBABA_CLOUD_SECURITY_TOKEN = 'tokenOfEnv'
const pair = { ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET }

const file = { accessKeyId: 'LTAIfile', accessKeySecret: 'secretOfFile', other: 1 }
const fileWithToken = { ...file, securityToken: 'tokenOfFile' }

const id = ['accessKeyId', 'ALIBABA_CLOUD_ACCESS_KEY_ID'] as const
const secret = ['accessKeySecret', 'ALIBABA_CLOUD_ACCESS_KEY_SECRET'] as const
const token = ['securityToken', 'ALIBABA_CLOUD_SECURITY_TOKEN'] as const

describe('takeFromEnvironment', () => {
  const cases: ReadonlyArray<
    readonly [
      what: string,
      env: Readonly<Record<string, string>>,
      input: object,
      changed: object,
      origins: ReadonlyArray<readonly [string, string]>,
    ]
  > = [
    ['takes nothing where nothing is set', {}, fileWithToken, {}, []],
    [
      'takes nothing that is empty',
      { ALIBABA_CLOUD_ACCESS_KEY_ID: '', ALIBABA_CLOUD_ACCESS_KEY_SECRET: '' },
      fileWithToken,
      {},
      [],
    ],
    [
      "takes a whole pair before the file's, whose token goes with it",
      pair,
      fileWithToken,
      { accessKeyId: 'LTAIenv', accessKeySecret: 'secretOfEnv', securityToken: undefined },
      [id, secret],
    ],
    [
      'takes a token with its pair',
      { ...pair, ALIBABA_CLOUD_SECURITY_TOKEN },
      fileWithToken,
      { accessKeyId: 'LTAIenv', accessKeySecret: 'secretOfEnv', securityToken: 'tokenOfEnv' },
      [id, secret, token],
    ],
    ['takes no token without a secret', { ALIBABA_CLOUD_SECURITY_TOKEN }, fileWithToken, {}, []],
    ["leaves the file's pair alone for half of one", { ALIBABA_CLOUD_ACCESS_KEY_ID }, file, {}, []],
    ['nor for the other half', { ALIBABA_CLOUD_ACCESS_KEY_SECRET }, fileWithToken, {}, []],
    ...[undefined, null, ''].map(
      (nothing) =>
        [
          `fills in an ID that is ${String(nothing)}`,
          { ALIBABA_CLOUD_ACCESS_KEY_ID },
          { ...fileWithToken, accessKeyId: nothing },
          { accessKeyId: 'LTAIenv' },
          [id],
        ] as const,
    ),
    [
      'fills in a secret that the file lacks, without its token',
      { ALIBABA_CLOUD_ACCESS_KEY_SECRET },
      { ...fileWithToken, accessKeySecret: undefined },
      { accessKeySecret: 'secretOfEnv', securityToken: undefined },
      [secret],
    ],
    [
      'and with the token of the environment',
      { ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN },
      { ...fileWithToken, accessKeySecret: undefined },
      { accessKeySecret: 'secretOfEnv', securityToken: 'tokenOfEnv' },
      [secret, token],
    ],
  ]
  for (const [what, env, input, changed, origins] of cases)
    it(what, () =>
      expect(takeFromEnvironment(input, env)).to.deep.equal({
        input: { ...input, ...changed },
        origins: new Map(origins),
      }),
    )

  for (const input of [null, [], 'text'])
    it(`leaves ${JSON.stringify(input)} as it is`, () =>
      expect(takeFromEnvironment(input, pair)).to.deep.equal({ input, origins: new Map() }))
})

describe('leaveOutKeyPair', () => {
  it('leaves out key pair and token', () =>
    expect(leaveOutKeyPair(fileWithToken)).to.deep.equal({
      input: { accessKeyId: undefined, accessKeySecret: undefined, securityToken: undefined, other: 1 },
      origins: new Map(),
    }))

  it('leaves what is no config as it is', () =>
    expect(leaveOutKeyPair([])).to.deep.equal({ input: [], origins: new Map() }))
})

describe('takeAnyKeyPair', () => {
  it('takes one that nobody has', () =>
    expect(takeAnyKeyPair(fileWithToken)).to.deep.equal({
      input: { accessKeyId: 'preview', accessKeySecret: 'preview', securityToken: undefined, other: 1 },
      origins: new Map(),
    }))

  it('leaves what is no config as it is', () =>
    expect(takeAnyKeyPair('text')).to.deep.equal({ input: 'text', origins: new Map() }))
})
