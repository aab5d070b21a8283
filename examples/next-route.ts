/**
 * A route handler of Next.js: put it at app/api/codes/route.ts, and connector.json beside it. The connector lives
 * as long as the server does, so it is made once for the module and not for each request.
 */
import { Mailbox } from 'aliyun-dm-connector'
import { createConnector, SendFailure } from 'aliyun-dm-connector/promises'
import config from './connector.json' with { type: 'json' }

// The SDK needs Node's sockets.
export const runtime = 'nodejs'

const connector = createConnector(config, { endpoint: process.env['ALIYUN_DM_ENDPOINT'] })

export const POST = async (request: Request): Promise<Response> => {
  const body: unknown = await request.json().catch(() => undefined)
  const email = typeof body === 'object' && body !== null && 'email' in body ? body.email : undefined
  if (!Mailbox.is(email))
    return Response.json({ error: 'email: expected one e-mail address' }, { status: 400 })
  try {
    // Here a code would be made and stored. If the reader goes away, a mail that waits for its turn is not sent.
    const message = { to: email, type: 'SignIn', payload: { code: '407312' } } as const
    const { envId } = await connector.sendMessage(message, { signal: request.signal })
    return Response.json({ envId }, { status: 202 })
  } catch (error) {
    if (!(error instanceof SendFailure)) throw error
    // For the log. Whoever asked is told only whether to ask again.
    console.error(JSON.stringify(error))
    return Response.json({ mayHaveBeenSent: error.delivered === 'unknown' }, { status: 503 })
  }
}
