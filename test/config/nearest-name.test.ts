import { expect } from 'chai'
import fc from 'fast-check'
import { findNearestName } from '../../lib/config/nearest-name.js'

const names = ['SignIn', 'ForgotPassword', 'text/html', 'cn-hangzhou', 'connectTimeoutMs', 'readTimeoutMs']

describe('the nearest name', () => {
  const near: Readonly<Record<string, string>> = {
    signin: 'SignIn',
    'sign-in': 'SignIn',
    SingIn: 'SignIn',
    ForgetPassword: 'ForgotPassword',
    'f-o-r-g-o-t-password': 'ForgotPassword',
    'text/htm': 'text/html',
    html: 'text/html',
    timeout: 'readTimeoutMs',
    ' SignIn ': 'SignIn',
  }
  for (const [typed, meant] of Object.entries(near))
    it(`to ${JSON.stringify(typed)} is ${meant}`, () => expect(findNearestName(typed, names)).to.equal(meant))

  for (const typed of ['Newsletter', '', '   ', '验证码', 'x', 'SignInSignInSignIn'])
    it(`to ${JSON.stringify(typed)} is none`, () => expect(findNearestName(typed, names)).to.equal(undefined))

  it('is found for every name with one letter wrong', () =>
    fc.assert(
      fc.property(fc.constantFrom('ForgotPassword', 'cn-hangzhou'), fc.nat(), (name, place) => {
        const at = place % name.length
        expect(findNearestName(`${name.slice(0, at)}~${name.slice(at + 1)}`, names)).to.equal(name)
      }),
    ))

  it('is not looked for where a text is far too long', () => {
    expect(findNearestName(`y${'x'.repeat(63)}`, ['x'.repeat(64)])).to.equal('x'.repeat(64))
    expect(findNearestName('x'.repeat(65), ['x'.repeat(64)])).to.equal(undefined)
  })

  it('is none where there are no names', () => expect(findNearestName('x', [])).to.equal(undefined))
})
