/**
 * The door `aliyun-dm-connector/events`: what DirectMail tells later about a mail.
 *
 * @module aliyun-dm-connector/events
 */
export {
  type Clicked,
  type Complained,
  type Delivered,
  DeliveryEvent,
  type EventFields,
  type Failed,
  type Opened,
  type Subscribed,
  type Unsubscribed,
} from './events/delivery-event.js'
export type {
  CertificateUnavailable,
  EventError,
  InvalidEvent,
  InvalidRequest,
  InvalidSignature,
  Replayed,
  SignatureFault,
  UnsupportedEvent,
} from './events/event-error.js'
export { type EventRequest, receiveEvent, type ReceiveOptions } from './events/receive-event.js'
