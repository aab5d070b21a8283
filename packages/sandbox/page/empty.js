/**
 * What the page says before the first mail: how to point an SDK at this sandbox.
 */
// @ts-check
import { copyButton } from './copy.js'
import { element } from './element.js'
import { words } from './words.js'

/**
 * @param {string} title
 * @param {string} code
 */
const snippet = (title, code) =>
  element(
    'figure',
    { class: 'snippet' },
    element(
      'figcaption',
      {},
      title,
      copyButton(code, { class: 'button small', 'aria-label': `${words.copy}: ${title}` }),
    ),
    element('pre', { tabindex: 0, role: 'group', 'aria-label': title }, element('code', {}, code)),
  )

export const emptyState = () =>
  element(
    'div',
    { class: 'empty' },
    element('img', { src: '/envelope.svg', alt: '', width: 48, height: 48 }),
    element('h2', {}, words.emptyTitle),
    element('p', {}, words.emptyText),
    snippet(words.emptyConnector, `createConnector(config, { endpoint: '${location.origin}' })`),
    snippet(
      words.emptySdk,
      `import * as $OpenApi from '@alicloud/openapi-client'

new $OpenApi.Config({
  accessKeyId: 'any',
  accessKeySecret: 'any',
  endpoint: '${location.host}',
  protocol: 'HTTP',
})`,
    ),
    element('p', { class: 'hint' }, words.emptyKeys),
  )
