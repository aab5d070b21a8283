/**
 * How the mail was asked for: who signed it and whether that was checked, under which ids it was accepted, and
 * every parameter as it was sent.
 */
// @ts-check
import { copyButton } from './copy.js'
import { element } from './element.js'
import { longTime } from './format.js'
import { longText } from './long-text.js'
import { words } from './words.js'

/** Characters of a parameter's value that are shown at once. */
const longValue = 2000

/**
 * @typedef {object} WholeMail A mail as `/api/mails/:envId` has it.
 * @property {string} envId
 * @property {string} requestId
 * @property {string} receivedAt
 * @property {string} toAddress
 * @property {string} accountName
 * @property {string} [fromAlias]
 * @property {string} subject
 * @property {string} [tagName]
 * @property {string} [replyAddress]
 * @property {string} [replyAddressAlias]
 * @property {string} [htmlBody]
 * @property {string} [textBody]
 * @property {number} size
 * @property {Record<string, string>} parameters
 * @property {{ scheme: string, verified: boolean, accessKeyId: string, nonce: string }} signature
 */

/**
 * A term and what it is, copied with a click where it is an id.
 *
 * @param {string} term
 * @param {string} value
 * @param {boolean} [isCopied]
 */
const fact = (term, value, isCopied = false) =>
  element(
    'div',
    { class: 'fact' },
    element('dt', {}, term),
    element(
      'dd',
      {},
      isCopied ? element('code', {}, value) : value,
      isCopied
        ? copyButton(value, { class: 'button small', 'aria-label': `${words.copy}: ${term}` })
        : undefined,
    ),
  )

/**
 * @param {string} name
 * @param {string} value
 */
const parameterRow = (name, value) =>
  element(
    'tr',
    {},
    element('th', { scope: 'row' }, name),
    element('td', {}, value.length > longValue ? longText(value, longValue) : value),
  )

/**
 * @param {WholeMail} mail
 * @returns {HTMLElement}
 */
export const requestView = ({ envId, requestId, receivedAt, signature, parameters }) =>
  element(
    'div',
    { class: 'request-view' },
    element(
      'dl',
      { class: 'facts' },
      fact('EnvId', envId, true),
      fact('RequestId', requestId, true),
      fact(words.time, longTime(receivedAt)),
      element(
        'div',
        { class: 'fact' },
        element('dt', {}, words.signature),
        element(
          'dd',
          {},
          `${signature.scheme} `,
          element(
            'span',
            { class: signature.verified ? 'verdict good' : 'verdict' },
            signature.verified ? words.verified : words.unverified,
          ),
        ),
      ),
      fact(words.accessKeyId, signature.accessKeyId),
      fact(words.nonce, signature.nonce),
    ),
    element(
      'table',
      { class: 'parameters' },
      element('caption', {}, words.parameters),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          element('th', { scope: 'col' }, words.name),
          element('th', { scope: 'col' }, words.value),
        ),
      ),
      element(
        'tbody',
        {},
        ...Object.entries(parameters)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => parameterRow(name, value)),
      ),
    ),
  )
