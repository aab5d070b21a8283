import { expect } from 'chai'
import { decideFate, splitRecipients } from '../src/simulator.js'

const delivered = { status: 0, message: '250 Send Mail OK', errorClassification: 'SendOk', afterMs: 0 }
const invalid = {
  status: 2,
  message: '550 5.1.1 There is no such mailbox',
  errorClassification: 'SmtpNxBox',
  afterMs: 0,
}

describe('sandbox/simulator', () => {
  const fates: ReadonlyArray<readonly [address: string, fate: object]> = [
    ['ann@example.org', delivered],
    ['other@simulator.test', delivered],
    ['constructor@simulator.test', delivered],
    ['invalid@simulator.test', invalid],
    ['Invalid+any.thing@Simulator.test', invalid],
    ['invalid+@simulator.test', invalid],
    ['x.invalid@simulator.test', delivered],
    ['invalid@simulator.test.org', delivered],
    ['invalid@simulator-test', delivered],
    [
      'spam@simulator.test',
      {
        status: 3,
        message: '554 5.7.1 The mail was taken for spam',
        errorClassification: 'SmtpContSpam',
        afterMs: 0,
      },
    ],
    [
      'bounce@simulator.test',
      {
        status: 4,
        message: '554 5.0.0 The mail was not taken',
        errorClassification: 'SmtpZPermErr',
        afterMs: 0,
      },
    ],
    ['slow@simulator.test', { ...delivered, afterMs: 10_000 }],
  ]
  for (const [address, fate] of fates)
    it(`decides of ${address}`, () => expect(decideFate(address)).to.deep.equal(fate))

  it('takes recipients apart at commas', () =>
    expect(splitRecipients({ toAddress: 'a@b.co,c@d.co, e@f.co' })).to.deep.equal([
      'a@b.co',
      'c@d.co',
      'e@f.co',
    ]))
})
