/**
 * The one way in which tests look into an Either.
 */
import * as E from 'fp-ts/lib/Either.js'

export const right = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(`expected a Right, got ${JSON.stringify(either.left)}`)
  return either.right
}

export const left = <E>(either: E.Either<E, unknown>): E => {
  if (E.isRight(either)) throw new Error(`expected a Left, got ${JSON.stringify(either.right)}`)
  return either.left
}
