import type { Message } from 'aliyun-dm-connector'
import * as E from 'fp-ts/lib/Either.js'
import type { MailQueue } from '../src/index.js'

const template = { subject: 'Your code', content: '<p>{{code}}</p>' }

export const config = {
  accessKeyId: 'an-id',
  accessKeySecret: 'a-secret',
  accountName: 'no-reply@mail.example.com',
  templates: ['Register', 'SignIn', 'ForgotPassword', 'Generic'].map((usageType) => ({
    usageType,
    ...template,
  })),
}

export const message = (to = 'ann@example.com', code = '407312'): Message => ({
  to,
  type: 'SignIn',
  payload: { code },
})

export const right = <A>(result: E.Either<unknown, A>): A => {
  if (E.isRight(result)) return result.right
  throw new Error(`expected a Right, got ${JSON.stringify(result.left)}`)
}

/** Does not keep a process whose test has timed out. */
export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 25).unref())
}

export const isIdle = async (queue: MailQueue): Promise<boolean> => {
  const { waiting, active, delayed } = right(await queue.counts())
  return waiting + active + delayed === 0
}
