import { expect } from 'chai'
import { guessName } from '../src/guess.js'

describe('guessName', () => {
  const cases: ReadonlyArray<
    readonly [what: string, name: string, known: ReadonlyArray<string>, guess: string | undefined]
  > = [
    ['case, dots and underscores', 'Application_NAME', ['application.name'], 'application.name'],
    ['nothing between the words', 'applicationname', ['application.name'], 'application.name'],
    ['one edit in a short name', 'emaxl', ['email'], 'email'],
    ['no two edits in a short name', 'emxxl', ['email'], undefined],
    ['two edits from six letters on', 'secxxt', ['secret'], 'secret'],
    ['no three edits', 'sexxxt', ['secret'], undefined],
    ['two neighbours that changed places', 'coed', ['code'], 'code'],
    ['such neighbours in front', 'ocde', ['code'], 'code'],
    ['no letters that are only one of the two', 'zcde', ['code'], undefined],
    ['nor the other', 'ozde', ['code'], undefined],
    ['nor with other letters behind them', 'ocxx', ['code'], undefined],
    ['nor the beginning of a name', 'co', ['code'], undefined],
    ['digits as letters', 'b12', ['b1'], 'b1'],
    ['the nearest', 'secre', ['secrets', 'secret'], 'secret'],
    ['the nearest, wherever it stands', 'secre', ['secret', 'secrets'], 'secret'],
    ['nothing that is known', 'code', ['code', 'codes'], undefined],
    ['no empty name', '', ['a'], undefined],
    ['64 letters', 'a'.repeat(64), ['a'.repeat(65)], 'a'.repeat(65)],
    ['no 65 letters', 'a'.repeat(65), ['a'.repeat(66)], undefined],
  ]
  for (const [what, name, known, guess] of cases)
    it(`takes ${what}`, () => expect(guessName(name, known)).to.equal(guess))

  it('leaves the list as it was', () => {
    const known = ['secrets', 'secret']
    guessName('secre', known)
    expect(known).to.deep.equal(['secrets', 'secret'])
  })
})
