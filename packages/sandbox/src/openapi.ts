/** The sandbox's JSON API as OpenAPI 3.1, served at `GET /api`. A test holds every answer against it. */

const text = { type: 'string' }
const url = { type: 'string', format: 'uri' }
const envId = {
  type: 'string',
  pattern: '^\\d{1,20}$',
  description: 'EnvId, as the client was told. It grows.',
}
const requestId = { type: 'string', description: 'An upper-case UUID, as the client was told.' }
const time = { type: 'string', format: 'date-time', description: 'UTC' }

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const json = (description: string, schema: object) => ({
  description,
  content: { 'application/json': { schema } },
})
const error = (description: string) => json(description, ref('Error'))
const noContent = { 204: { description: 'Done.' } }
const envIdParameter = { name: 'envId', in: 'path', required: true, schema: envId }
const query = (name: string, description: string, schema: object) => ({
  name,
  in: 'query',
  description,
  schema,
})

const shortMail = {
  envId,
  requestId,
  receivedAt: time,
  toAddress: { ...text, description: 'One address, or up to 100 with commas, as sent.' },
  accountName: { ...text, description: 'The sender address.' },
  fromAlias: text,
  subject: text,
  code: { ...text, description: 'The verification code. Absent where nothing looks like one.' },
  tagName: text,
  replyToAddress: { type: 'boolean' },
  size: { type: 'integer', description: 'Bytes of the body as UTF-8.' },
  signature: {
    type: 'object',
    required: ['scheme', 'verified', 'accessKeyId', 'nonce'],
    properties: {
      scheme: { enum: ['ACS3-HMAC-SHA256', 'HMAC-SHA1'] },
      verified: { type: 'boolean', description: 'False where the sandbox has no keys to check it with.' },
      accessKeyId: text,
      nonce: text,
    },
  },
}
const longFields = {
  htmlBody: text,
  textBody: text,
  text: { ...text, description: 'The text body, or the text of the first 128 Ki characters of the HTML.' },
  links: { type: 'array', items: url, description: 'Web addresses in the body, each once, at most 50.' },
  replyAddress: text,
  replyAddressAlias: text,
  parameters: {
    type: 'object',
    additionalProperties: text,
    description: 'Every parameter by its own name, except Signature and SecurityToken.',
  },
}
const required = [
  'envId',
  'requestId',
  'receivedAt',
  'toAddress',
  'accountName',
  'subject',
  'replyToAddress',
  'size',
]

const milliseconds = { type: 'integer', minimum: 0, maximum: 86_400_000 }
const status = { type: 'integer', minimum: 200, maximum: 599 }
const accepted = {
  type: 'boolean',
  description: 'True: the mail is taken and its nonce used before the fault is played. Default false.',
}
const fault = (kind: string, needed: object, more: object = {}) => ({
  type: 'object',
  required: ['kind', ...Object.keys(needed)],
  properties: { kind: { const: kind }, ...needed, ...more },
})

export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'aliyun-dm-sandbox',
    version: '0.1.0',
    description:
      'What DirectMail on this machine was sent, for tests in any language. SDKs talk to `/` as they do to DirectMail.',
  },
  paths: {
    '/healthz': {
      get: {
        summary: 'Whether the sandbox is up',
        responses: { 200: json('It is.', { type: 'object', properties: { status: { const: 'ok' } } }) },
      },
    },
    '/api': {
      get: { summary: 'This description', responses: { 200: json('OpenAPI 3.1', { type: 'object' }) } },
    },
    '/api/mails': {
      get: {
        summary: 'The mails, newest first; with `wait`, as soon as there is one',
        parameters: [
          query('to', 'Only mails to this address, in capitals or not.', text),
          query('since', 'Only mails that came after the one with this envId.', envId),
          query('wait', 'Seconds to wait while no mail matches. The list is empty if none comes.', {
            type: 'number',
            minimum: 0,
            maximum: 300,
            default: 0,
          }),
        ],
        responses: {
          200: json('Long mails come without their bodies.', { type: 'array', items: ref('ListedMail') }),
          400: error('A parameter is wrong.'),
        },
      },
      delete: { summary: 'Empties the inbox and the list of refused requests', responses: noContent },
    },
    '/api/mails/{envId}': {
      parameters: [envIdParameter],
      get: {
        summary: 'A whole mail',
        responses: { 200: json('The mail.', ref('Mail')), 404: error('No such mail.') },
      },
      delete: { summary: 'Deletes a mail', responses: { ...noContent, 404: error('No such mail.') } },
    },
    '/api/mails/{envId}/html': {
      parameters: [envIdParameter],
      get: {
        summary: 'The HTML as it may be shown: without scripts, frames and links',
        responses: {
          200: { description: 'HTML', content: { 'text/html': {} } },
          404: error('No such mail, or no HTML.'),
        },
      },
    },
    '/api/mails/{envId}/eml': {
      parameters: [envIdParameter],
      get: {
        summary: 'The mail as a file for mail programs',
        responses: {
          200: { description: 'RFC 5322', content: { 'message/rfc822': {} } },
          404: error('No such mail.'),
        },
      },
    },
    '/api/mails/{envId}/outcomes': {
      parameters: [envIdParameter],
      get: {
        summary: 'What became of the mail, for each recipient, and who was told of it',
        responses: {
          200: json('One for each recipient.', { type: 'array', items: ref('Outcome') }),
          404: error('No such mail.'),
        },
      },
    },
    '/certificate.pem': {
      get: {
        summary: 'The public key that checks the signatures of pushed events',
        responses: {
          200: { description: 'PEM', content: { 'application/x-pem-file': {} } },
          404: error('Events are pushed to nobody.'),
        },
      },
    },
    '/api/refused': {
      get: {
        summary: 'The refused requests, newest first',
        responses: {
          200: json('At most as many as mails are kept.', { type: 'array', items: ref('Refused') }),
        },
      },
    },
    '/api/faults': {
      post: {
        summary: 'Plays a fault on the next request to DirectMail, or on the next `times` of them',
        requestBody: { required: true, content: { 'application/json': { schema: ref('FaultOrder') } } },
        responses: {
          201: json('It waits for its request.', ref('FaultOrder')),
          400: error('What is wrong with it.'),
          413: error('More than 1 MiB.'),
          429: error('10 000 faults are waiting already.'),
        },
      },
      delete: { summary: 'Forgets the faults that still wait', responses: noContent },
    },
    '/api/events': {
      get: {
        summary: 'Server-sent events: `mail`, `refused`, `deleted` and `cleared`, each with JSON',
        responses: {
          200: { description: 'Until the client leaves.', content: { 'text/event-stream': {} } },
          503: error('64 clients are listening already.'),
        },
      },
    },
  },
  components: {
    schemas: {
      Error: { type: 'object', required: ['error'], properties: { error: text } },
      Mail: {
        type: 'object',
        required: [...required, 'signature', 'parameters'],
        properties: { ...shortMail, ...longFields },
      },
      ListedMail: {
        type: 'object',
        required: [...required, 'signature', 'bodyOmitted'],
        properties: {
          ...shortMail,
          ...longFields,
          bodyOmitted: {
            type: 'boolean',
            description:
              'True for a long mail: bodies, text, links, reply addresses and parameters are left out.',
          },
        },
      },
      Outcome: {
        type: 'object',
        required: ['to', 'outcome', 'pushes'],
        properties: {
          to: text,
          outcome: { enum: ['pending', 'delivered', 'invalidAddress', 'spam', 'failed'] },
          message: { ...text, description: "What the recipient's server said. Absent while pending." },
          pushes: {
            type: 'array',
            description: 'Attempts to tell the target of events, oldest first.',
            items: {
              type: 'object',
              required: ['at'],
              properties: { at: time, statusCode: { type: 'integer' }, error: text },
            },
          },
        },
      },
      Refused: {
        type: 'object',
        required: ['requestId', 'receivedAt', 'code', 'statusCode', 'message'],
        properties: {
          requestId,
          receivedAt: time,
          code: { ...text, description: "DirectMail's error code." },
          statusCode: { type: 'integer' },
          message: text,
          action: text,
          accessKeyId: text,
          accountName: text,
          toAddress: text,
          subject: text,
          fault: { ...text, description: 'The kind of the fault that was played instead, if one was.' },
        },
      },
      FaultOrder: {
        type: 'object',
        required: ['fault'],
        properties: { fault: ref('Fault'), times: { type: 'integer', minimum: 1, default: 1 } },
      },
      Fault: {
        oneOf: [
          fault(
            'error',
            { code: text },
            {
              statusCode: { ...status, default: 400 },
              message: text,
              recommend: text,
              retryAfterMs: milliseconds,
              format: { enum: ['json', 'xml'] },
              accepted,
            },
          ),
          fault('delay', { ms: milliseconds }),
          fault('reset', { at: { enum: ['request', 'headers', 'body'] } }, { accepted }),
          fault('stall', { at: { enum: ['headers', 'body'] } }, { accepted }),
          fault('drip', { intervalMs: milliseconds }, { accepted }),
          fault(
            'answer',
            { statusCode: status },
            {
              headers: { type: 'object', additionalProperties: text },
              body: text,
              bodyBase64: text,
              repeat: { type: 'integer', minimum: 0, maximum: 268_435_456 },
              accepted,
            },
          ),
        ],
      },
    },
  },
}
