import { expect } from 'chai'
import { createInbox, type InboxEvent } from '../src/inbox.js'
import type { ReceivedMail } from '../src/mail.js'
import { receivedMail } from './received-mail.js'

const mailOf = (envId: string, body = 'x'): ReceivedMail => ({
  ...receivedMail,
  envId,
  textBody: body,
  parameters: { TextBody: body },
})

const ids = (mails: ReadonlyArray<ReceivedMail>): string => mails.map(({ envId }) => envId).join()

describe('sandbox/inbox', () => {
  it('keeps the newest mails up to its capacity', () => {
    const inbox = createInbox(3)
    for (let i = 0; i < 10_000; i += 1) inbox.add(mailOf(String(i)))
    expect(ids(inbox.mails())).to.equal('9997,9998,9999')
    expect(inbox.find('9996')).to.equal(undefined)
  })

  it('keeps fewer when they are heavy, but always the newest', () => {
    const inbox = createInbox(100, 2000)
    for (let i = 0; i < 10; i += 1) inbox.add(mailOf(String(i), 'x'.repeat(400)))
    expect(ids(inbox.mails())).to.equal('8,9')
    inbox.add(mailOf('big', 'x'.repeat(5000)))
    expect(ids(inbox.mails())).to.equal('big')
    inbox.add(mailOf('small'))
    expect(ids(inbox.mails())).to.equal('small')
  })

  it('makes room again when mails are deleted or cleared', () => {
    const inbox = createInbox(100, 2000)
    inbox.add(mailOf('1', 'x'.repeat(900)))
    expect(inbox.remove('1')).to.be.true
    expect(inbox.remove('1')).to.be.false
    inbox.add(mailOf('2', 'x'.repeat(900)))
    inbox.clear()
    inbox.add(mailOf('3', 'x'.repeat(400)))
    inbox.add(mailOf('4', 'x'.repeat(400)))
    expect(ids(inbox.mails())).to.equal('3,4')
  })

  it('weighs the names and the values of all parameters', () => {
    // Each mail: TextBody, which has 8 letters, and 92 more, of two bytes each.
    const inbox = createInbox(100, 400)
    inbox.add(mailOf('1', 'x'.repeat(92)))
    inbox.add(mailOf('2', 'x'.repeat(92)))
    expect(ids(inbox.mails())).to.equal('1,2')
    inbox.remove('1')
    inbox.add({ ...mailOf('3'), parameters: { a: 'x'.repeat(49), b: 'x'.repeat(50) } })
    expect(ids(inbox.mails())).to.equal('3')
  })

  it('weighs the text of an HTML mail, which is no parameter', () => {
    const inbox = createInbox(100, 400)
    const htmlMail = (envId: string) => ({ ...mailOf(envId), htmlBody: 'x', text: 'x'.repeat(150) })
    inbox.add(htmlMail('1'))
    inbox.add(htmlMail('2'))
    expect(ids(inbox.mails())).to.equal('2')
  })

  it('hands out copies of its lists', () => {
    const inbox = createInbox(3)
    const before = [inbox.mails(), inbox.refused()]
    inbox.add(mailOf('1'))
    inbox.refuse({ requestId: 'R', receivedAt: '', code: 'C', statusCode: 400, message: 'm' })
    expect(before).to.deep.equal([[], []])
  })

  it('finds a mail by its number, and nothing by another', () => {
    const inbox = createInbox(3)
    inbox.add(mailOf('1'))
    expect(inbox.find('1')).to.deep.equal(mailOf('1'))
    expect(inbox.find('2')).to.equal(undefined)
  })

  it('bounds the refused requests too', () => {
    const inbox = createInbox(2)
    for (let i = 0; i < 10; i += 1) {
      inbox.refuse({ requestId: String(i), receivedAt: '', code: 'C', statusCode: 400, message: 'm' })
    }
    expect(inbox.refused().map(({ requestId }) => requestId)).to.deep.equal(['8', '9'])
  })

  it('tells subscribers of every change until they leave', () => {
    const inbox = createInbox(2)
    const seen: Array<InboxEvent> = []
    const leave = inbox.subscribe((event) => seen.push(event))
    const refused = { requestId: 'R', receivedAt: '', code: 'C', statusCode: 400, message: 'm' }
    inbox.add(mailOf('1'))
    inbox.refuse(refused)
    inbox.remove('1')
    inbox.remove('1')
    inbox.clear()
    leave()
    inbox.add(mailOf('2'))
    expect(seen).to.deep.equal([
      { type: 'mail', mail: mailOf('1') },
      { type: 'refused', refused },
      { type: 'deleted', envId: '1' },
      { type: 'cleared' },
    ])
  })

  it('tells subscribers which mail made room for a new one', () => {
    const inbox = createInbox(1)
    const seen: Array<string> = []
    inbox.subscribe((event) => {
      if (event.type === 'mail') seen.push(`mail ${event.mail.envId}`)
      if (event.type === 'deleted') seen.push(`deleted ${event.envId}`)
    })
    inbox.add(mailOf('1'))
    inbox.add(mailOf('2'))
    expect(seen).to.deep.equal(['mail 1', 'deleted 1', 'mail 2'])
  })

  it('warns of subscribers that throw or reject, and tells the others', async () => {
    const inbox = createInbox(2)
    let told = 0
    const unspeakable = {
      toString: () => {
        throw new Error('no')
      },
    }
    inbox.subscribe(() => {
      throw new Error('oops')
    })
    inbox.subscribe(() => {
      // A listener of JavaScript may throw anything.
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw unspeakable
    })
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- so does who forgets that nobody waits
    inbox.subscribe(() => Promise.reject(new Error('late')))
    inbox.subscribe(() => (told += 1))
    const warnings: Array<string> = []
    const listen = ({ message }: Error): void => void warnings.push(message.replace(/^.* threw: /, ''))
    process.on('warning', listen)
    inbox.add(mailOf('1'))
    expect(told).to.equal(1)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', listen)
    expect(warnings).to.have.members(['oops', 'object', 'late'])
  })

  it('tells a subscriber that comes during an event of the next one', () => {
    const inbox = createInbox(2)
    let told = 0
    const listen = (): void => {
      told += 1
      if (told < 1000) inbox.subscribe(listen)
    }
    inbox.subscribe(listen)
    inbox.add(mailOf('1'))
    expect(told).to.equal(1)
  })
})
