import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { writeCurl } from '../page/curl.js'
import { form, mail, secret, sendV3, signedV1, send, start } from './client.js'

describe('sandbox/page/curl', () => {
  it('is a command that sends the same mail again, and has no secret', async () => {
    const sandbox = await start()
    const tricky = { ...mail, Subject: `验证码 'it's' "$HOME" \`id\` \\ @x`, FromAlias: '😀 & co' }
    await sendV3(sandbox, { body: form(tricky) })
    await send(sandbox, { method: 'POST', body: form(signedV1('POST', tricky)) })
    const sent = sandbox.inbox()
    for (const original of sent) {
      const command = writeCurl(original, sandbox.endpoint, new Date())
      expect(command).not.to.contain(secret)
      await promisify(execFile)('sh', ['-c', command], {
        env: { ...process.env, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret },
      })
    }
    expect(sandbox.refused()).to.deep.equal([])
    const again = sandbox.inbox().slice(2)
    expect(again.map(({ subject, fromAlias }) => [subject, fromAlias])).to.deep.equal(
      sent.map(({ subject, fromAlias }) => [subject, fromAlias]),
    )
    expect(again.every(({ signature }) => signature.verified)).to.equal(true)
    await sandbox.stop()
  })
})
