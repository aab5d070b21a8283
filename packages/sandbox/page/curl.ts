/**
 * A request as a curl command, without the secret: the shell that runs it signs with the one in its environment. The
 * signature is V1's, which needs nothing but openssl, whichever the request had.
 */
import { stringToSignV1, type Parameter } from '../src/canonical.js'
import type { ReceivedMail } from '../src/mail.js'

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** What belongs to a request's signature, and is new in every request. */
const own = new Set(
  'AccessKeyId Action Format SignatureMethod SignatureNonce SignatureVersion Timestamp Version'.split(' '),
)

/** The command, good for one request within 15 minutes of `now`. */
export const writeCurl = ({ parameters, signature }: ReceivedMail, endpoint: string, now: Date): string => {
  const all: ReadonlyArray<Parameter> = [
    ['Action', 'SingleSendMail'],
    ['Version', '2015-11-23'],
    ['Format', 'JSON'],
    ['AccessKeyId', signature.accessKeyId],
    ['SignatureMethod', 'HMAC-SHA1'],
    ['SignatureVersion', '1.0'],
    ['SignatureNonce', `${now.getTime()}-${Math.random()}`],
    ['Timestamp', now.toISOString().replace(/\.\d+/, '')],
    ...Object.entries(parameters).filter(([name]) => !own.has(name)),
  ]
  const toSign = quote(stringToSignV1('POST', all))
  const sign = `printf %s ${toSign} | openssl dgst -sha1 -hmac "$ALIBABA_CLOUD_ACCESS_KEY_SECRET&" -binary | openssl base64`
  return [
    `curl ${endpoint}`,
    ...all.map(([name, value]) => `  --data-urlencode ${quote(`${name}=${value}`)}`),
    `  --data-urlencode "Signature=$(${sign})"`,
  ].join(' \\\n')
}
