import { expect } from 'chai'
import { accountAnswer, receiptAnswer, refusalAnswer } from '../src/answer.js'
import type { Refusal } from '../src/refusal.js'
import { receivedMail as mail } from './received-mail.js'

const refusal: Refusal = { code: 'A&B', statusCode: 429, message: `<"it's" & 中文>` }

describe('sandbox/answer', () => {
  it('to a mail is a receipt as JSON', () => {
    const { body, ...head } = receiptAnswer(mail, 'json')
    expect(head).to.deep.equal({
      statusCode: 200,
      headers: { 'content-type': 'application/json;charset=utf-8', 'x-acs-request-id': 'REQ-1' },
    })
    expect(body.toString()).to.equal('{"EnvId":"600000123456789012","RequestId":"REQ-1"}')
  })

  it('to a mail is a receipt as XML', () => {
    const { body, ...head } = receiptAnswer(mail, 'xml')
    expect(head).to.deep.equal({
      statusCode: 200,
      headers: { 'content-type': 'text/xml;charset=utf-8', 'x-acs-request-id': 'REQ-1' },
    })
    expect(body.toString()).to.equal(
      "<?xml version='1.0' encoding='UTF-8'?><SingleSendMailResponse>" +
        '<EnvId>600000123456789012</EnvId><RequestId>REQ-1</RequestId></SingleSendMailResponse>',
    )
  })

  describe('to a question', () => {
    const question = {
      action: 'QueryX',
      fields: { Count: 2, data: { item: [{ Name: 'a&b' }, { Name: '"c"' }], none: [] } },
    }

    it('is what is known, as JSON', () => {
      const { body, ...head } = accountAnswer(question, 'REQ-3', 'json')
      expect(head).to.deep.equal({
        statusCode: 200,
        headers: { 'content-type': 'application/json;charset=utf-8', 'x-acs-request-id': 'REQ-3' },
      })
      expect(JSON.parse(body.toString())).to.deep.equal({ ...question.fields, RequestId: 'REQ-3' })
    })

    it('is the same as XML, an element for each item of a list', () =>
      expect(accountAnswer(question, 'REQ-3', 'xml').body.toString()).to.equal(
        "<?xml version='1.0' encoding='UTF-8'?><QueryXResponse><Count>2</Count><data>" +
          '<item><Name>a&amp;b</Name></item><item><Name>&quot;c&quot;</Name></item></data>' +
          '<RequestId>REQ-3</RequestId></QueryXResponse>',
      ))
  })

  it('to a refused request is an error as JSON', () => {
    const { body, ...head } = refusalAnswer(refusal, 'REQ-2', 'dm.example', 'json')
    expect(head).to.deep.equal({
      statusCode: 429,
      headers: { 'content-type': 'application/json;charset=utf-8', 'x-acs-request-id': 'REQ-2' },
    })
    expect(JSON.parse(body.toString())).to.deep.equal({
      RequestId: 'REQ-2',
      Message: `<"it's" & 中文>`,
      Recommend: 'https://api.aliyun.com/troubleshoot?q=A%26B&product=Dm&requestId=REQ-2',
      HostId: 'dm.example',
      Code: 'A&B',
    })
  })

  it('to a refused request is an error as XML, escaped', () => {
    const { body, ...head } = refusalAnswer({ ...refusal, recommend: '' }, 'REQ-2', 'dm.example', 'xml')
    expect(head).to.deep.equal({
      statusCode: 429,
      headers: { 'content-type': 'text/xml;charset=utf-8', 'x-acs-request-id': 'REQ-2' },
    })
    expect(body.toString()).to.equal(
      "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>REQ-2</RequestId>" +
        `<Message>&lt;&quot;it's&quot; &amp; 中文&gt;</Message><Recommend></Recommend>` +
        '<HostId>dm.example</HostId><Code>A&amp;B</Code></Error>',
    )
  })

  it('says in a header when to come back, if that is known', () => {
    const { headers } = refusalAnswer({ ...refusal, retryAfterMs: 0 }, 'REQ-2', 'dm.example', 'json')
    expect(headers).to.deep.equal({
      'content-type': 'application/json;charset=utf-8',
      'x-acs-request-id': 'REQ-2',
      'x-acs-retry-after': '0',
    })
  })
})
