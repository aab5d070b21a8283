/**
 * What the sandbox keeps and serves: mails that it accepted and requests that it refused. Types alone, without
 * anything of Node, because the inbox page reads the same JSON.
 */

/** The two ways of signing a request. */
export type Scheme = 'ACS3-HMAC-SHA256' | 'HMAC-SHA1'

/**
 * A mail that the sandbox accepted, as its sender asked for it, and what it says.
 *
 * @category model
 * @since 0.1.0
 */
export interface ReceivedMail {
  /** 18 digits, as the client was told. A later mail has a greater one. */
  readonly envId: string
  /** An upper-case UUID, as the client was told. */
  readonly requestId: string
  /** ISO 8601, UTC. */
  readonly receivedAt: string
  /** One address, or up to 100 separated by commas, as sent. */
  readonly toAddress: string
  readonly accountName: string
  readonly fromAlias?: string
  readonly subject: string
  readonly htmlBody?: string
  readonly textBody?: string
  /** The text body, or else the text of the first 128 Ki characters of the HTML. Absent where there is none. */
  readonly text?: string
  /** The web addresses in the body, each once, at most 50. Absent where there is none. */
  readonly links?: ReadonlyArray<string>
  /** The verification code that the reader is asked to type. Absent where nothing looks like one. */
  readonly code?: string
  readonly tagName?: string
  readonly replyToAddress: boolean
  readonly replyAddress?: string
  readonly replyAddressAlias?: string
  /** Bytes of the body as UTF-8. */
  readonly size: number
  /** Every parameter of the request by its own name, except `Signature` and `SecurityToken`. */
  readonly parameters: Readonly<Record<string, string>>
  readonly signature: {
    readonly scheme: Scheme
    /** False when the sandbox has no `accessKeys` to check it with. */
    readonly verified: boolean
    readonly accessKeyId: string
    readonly nonce: string
  }
}

/**
 * A request that was turned down, with the error that the client got. What the client sent is cut to 512
 * characters each, and neither bodies nor credentials are kept.
 *
 * @category model
 * @since 0.1.0
 */
export interface RefusedRequest {
  /** An upper-case UUID. */
  readonly requestId: string
  /** ISO 8601, UTC. */
  readonly receivedAt: string
  readonly code: string
  readonly statusCode: number
  readonly message: string
  readonly action?: string
  readonly accessKeyId?: string
  readonly accountName?: string
  readonly toAddress?: string
  readonly subject?: string
  /**
   * The kind of the fault that was played instead of looking at the request. If it is not `error`, the client
   * may have seen something else than `code` and `statusCode`, or nothing.
   */
  readonly fault?: string
}

/**
 * An attempt to tell the target of events what became of a mail.
 *
 * @category model
 * @since 0.1.0
 */
export interface Push {
  /** ISO 8601, UTC. */
  readonly at: string
  /** What the target answered; 2xx means that it took the event. */
  readonly statusCode?: number
  /** Why there was no answer: `ECONNREFUSED`, `TimeoutError`. */
  readonly error?: string
}

/**
 * What became of a mail to one of its recipients, and who was told of it.
 *
 * @category model
 * @since 0.1.0
 */
export interface MailOutcome {
  readonly to: string
  readonly outcome: 'pending' | 'delivered' | 'invalidAddress' | 'spam' | 'failed'
  /** What the recipient's server said. Absent while nothing is known. */
  readonly message?: string
  /** Oldest first; none without an option `events`. */
  readonly pushes: ReadonlyArray<Push>
}
