import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/** What a module of lib/ may not import: the dependency rule of docs/architecture.md, one entry a layer. */
const layer = (files, ...forbidden) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: forbidden }] },
})
const sdk = { group: ['@alicloud/*'], message: 'Only lib/directmail.ts touches the SDK.' }
const io = { group: ['node:*'], message: 'Pure modules import no I/O.' }
const upward = {
  regex: '/(connector|directmail|delivery|index)\\.js$',
  message:
    'Dependencies point one way: index → connector → {config, message, template, directmail} → errors.',
}
const program = {
  regex: '/(connector|index)\\.js$',
  message: 'Only index, cli and logto import the connector.',
}

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'docs/api', 'reports', '.stryker-tmp', 'logto/lib', 'test/consumers'] },
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
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  layer(['lib/**/*.ts'], sdk),
  layer(['lib/config.ts', 'lib/message.ts', 'lib/template.ts'], sdk, io, upward),
  layer(
    ['lib/decode.ts', 'lib/mailbox.ts', 'lib/outcome.ts', 'lib/define-config.ts', 'lib/placeholders.ts'],
    sdk,
    io,
    upward,
  ),
  layer(['lib/errors.ts'], sdk, io, {
    regex: '^\\.(?!/codes)',
    message: 'errors.ts and codes.ts are the bottom of the library.',
  }),
  layer(['lib/codes.ts'], sdk, io, { regex: '^\\.', message: 'codes.ts imports nothing.' }),
  layer(['lib/directmail.ts'], program),
  layer(
    ['lib/delivery.ts', 'lib/request-watch.ts', 'lib/options.ts', 'lib/metadata.ts', 'lib/events.ts'],
    sdk,
    program,
  ),
  {
    files: ['lib/**/*.ts'],
    ignores: ['lib/directmail.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportExpression', message: 'Only lib/directmail.ts loads on demand.' },
      ],
    },
  },
  layer(['lib/sandbox/**/*.ts'], sdk, {
    regex: '^\\.\\./',
    message: 'The sandbox knows the service, not the library.',
  }),
  {
    files: ['test/**/*.ts'],
    rules: {
      // chai's assertions are property accesses.
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  // The browser's names; `tsc -p lib/sandbox/page` knows which there are.
  { files: ['lib/sandbox/page/*.js'], rules: { 'no-undef': 'off' } },
)
