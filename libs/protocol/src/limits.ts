/** Every limit that more than one part relies on, with its unit last. */

/** A chat message, in characters (FEATURES part 2). */
export const MESSAGE_MAX_CHARACTERS = 100_000;
/** Messages a session may hold. */
export const SESSION_MAX_MESSAGES = 1_000;
/** A session's title made from its first message, in characters. */
export const TITLE_FROM_MESSAGE_CHARACTERS = 50;
/** Any title, name or description a person types, in characters. */
export const TITLE_MAX_CHARACTERS = 200;
/** A run's context: messages of its branch. */
export const CONTEXT_MAX_MESSAGES = 20;
/** One answer with a run's context, in bytes; what is over goes into the next page. Stays below BUS_PAYLOAD_MAX_BYTES. */
export const CONTEXT_PAGE_MAX_BYTES = 512 * 1024;

/** One message on the bus, in bytes: the server's `max_payload`. */
export const BUS_PAYLOAD_MAX_BYTES = 1024 * 1024;
/** An HTTP request's body, in bytes: a message of MESSAGE_MAX_CHARACTERS with every character escaped still fits. */
export const HTTP_BODY_MAX_BYTES = 768 * 1024;
/** Text merged into one event, in characters, before the next event is begun. */
export const EVENT_TEXT_MAX_CHARACTERS = 32 * 1024;

/** How long events and commands are kept, in milliseconds. */
export const LOG_RETENTION_MS = 72 * 3600 * 1000;
/** How long JetStream recognises a repeated message id, in milliseconds. */
export const DEDUPLICATION_WINDOW_MS = 10 * 60 * 1000;

/** SSE streams a user may hold on one session, and in all. */
export const SSE_STREAMS_PER_SESSION = 5;
export const SSE_STREAMS_PER_USER = 50;
/** A comment goes to every SSE reader this often, in milliseconds. */
export const SSE_HEARTBEAT_INTERVAL_MS = 15_000;

/** A runtime's heartbeat, in milliseconds, and how long one is good for: its key's TTL. */
export const VM_HEARTBEAT_INTERVAL_MS = 10_000;
export const VM_HEARTBEAT_TTL_MS = 30_000;
/** Subscriptions that a runtime's connection may hold: its orders, its answers, and room to spare. */
export const RUNTIME_MAX_SUBSCRIPTIONS = 32;
/** A runtime's token, in seconds. */
export const VM_TOKEN_LIFETIME_S = 600;

/** People's tokens, in seconds. */
export const ACCESS_TOKEN_LIFETIME_S = 24 * 3600;
export const REFRESH_TOKEN_LIFETIME_S = 7 * 24 * 3600;

/** Requests a minute: a user, an organization, and logins from one address. */
export const RATE_LIMIT_USER_PER_MINUTE = 600;
export const RATE_LIMIT_ORGANIZATION_PER_MINUTE = 3_000;
export const RATE_LIMIT_LOGIN_PER_MINUTE = 5;

/** List pages (FEATURES part 2). */
export const PAGE_LIMIT_DEFAULT = 20;
export const PAGE_LIMIT_MAX = 100;

/** How long a REST call may take on the bus, in milliseconds. */
export const API_REQUEST_TIMEOUT_MS = 10_000;
/** How long a runtime's request may take over all its repeats, in milliseconds (FEATURES part 7). */
export const RUNTIME_REQUEST_TIMEOUT_MS = 60_000;
