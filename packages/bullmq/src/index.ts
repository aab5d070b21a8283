/**
 * A queue on BullMQ for a fleet of machines that sends each code once: one side queues messages, workers send them through
 * a connector, and one rate holds for all.
 *
 * @module aliyun-dm-bullmq
 */
export {
  type Counts,
  createMailQueue,
  type EnqueueError,
  type EnqueueOptions,
  type FailedMail,
  type MailQueue,
  type MailQueueOptions,
  type NotFailed,
  type QueueUnavailable,
} from './queue.js'
export type { Connection } from './redis.js'
export type { Seal } from './seal.js'
export { createMailWorker, type MailEvent, type MailWorker, type MailWorkerOptions } from './worker.js'
