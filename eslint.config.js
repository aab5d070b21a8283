import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const forbid = (files, ...patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns }] },
})
const sdk = { group: ['@alicloud/*'], message: 'Only lib/directmail/ touches the SDK.' }
const secrets = {
  group: ['**/config/secret.js'],
  importNames: ['revealSecret'],
  message: 'Only lib/directmail/ reads a secret, to sign with it.',
}
const io = { group: ['node:*'], message: 'What a message is and says is decided without I/O.' }

/** The arrows of docs/architecture.md: a folder of lib/ imports nothing of lib/ but what it is given here. */
const room = (name, imports, ...patterns) =>
  forbid(
    [`lib/${name}/**/*.ts`],
    {
      regex: `^\\.\\./(?!(${['\\.\\.', ...imports].join('|')})/)|^\\.\\./\\.\\./`,
      message: `lib/${name}/ imports of lib/ only ${imports.join(', ') || 'itself'}.`,
    },
    ...patterns,
  )

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      'coverage',
      'docs/api',
      'reports',
      '.stryker-tmp',
      'packages/logto/lib',
      'test/consumers/*/**',
      // It has packages of its own: `npm run test:examples` looks at it.
      'examples/better-auth',
    ],
  },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] } } },
    rules: {
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-redeclare': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/array-type': ['error', { default: 'generic' }],
      // Destructuring is how a property is left out.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  forbid(['lib/*.ts'], sdk, secrets),
  room('errors', [], sdk, io),
  room('config', ['errors'], sdk, io),
  // What a config is, is decided without I/O; what its files hold is not.
  forbid(['lib/config/load-config.ts'], sdk, secrets, {
    regex: '^\\.\\./(?!errors/)',
    message: 'lib/config/ imports of lib/ only errors.',
  }),
  room('rendering', ['config', 'errors'], sdk, io, secrets),
  room('directmail', ['rendering', 'config', 'errors']),
  room('events', ['config', 'errors'], sdk, secrets),
  room('delivery', ['directmail', 'rendering', 'errors'], sdk, secrets),
  forbid(['packages/sandbox/src/**/*.ts'], sdk, {
    group: ['aliyun-dm-connector'],
    message:
      'The sandbox knows the service, not the library: it must not agree with it for the wrong reasons.',
  }),
  forbid(['packages/{cli,logto,bullmq}/src/**/*.ts'], sdk, {
    regex: '^\\.\\./\\.\\./',
    message: 'A package uses another one by its name.',
  }),
  {
    files: ['lib/**/*.ts'],
    ignores: ['lib/directmail/client.ts', 'lib/directmail/default-credentials.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportExpression', message: 'Only the SDK is loaded on demand.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'packages/*/test/**/*.ts'],
    rules: {
      // chai's assertions are property accesses.
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['**/*.js', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
  // Examples in plain JavaScript use the names of Node and mocha. The tests run them.
  { files: ['packages/sandbox/examples/*.mjs'], rules: { 'no-undef': 'off' } },
)
