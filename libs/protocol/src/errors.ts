import { z } from 'zod';

interface ErrorKind {
  /** The HTTP status that carries it. */
  status: number;
  en: string;
  zh: string;
}

/** The closed set of error codes with their HTTP status and the text that people read. */
export const ERRORS = {
  AUTH_REQUIRED: { status: 401, en: 'Sign in first.', zh: '请先登录。' },
  AUTH_INVALID_CREDENTIALS: {
    status: 401,
    en: 'The email or the password is wrong.',
    zh: '邮箱或密码错误。',
  },
  AUTH_TOKEN_INVALID: {
    status: 401,
    en: 'This sign-in is no longer valid. Sign in again.',
    zh: '登录已失效，请重新登录。',
  },
  FORBIDDEN: { status: 403, en: 'You may not do this.', zh: '没有权限执行此操作。' },
  NOT_FOUND: { status: 404, en: 'Not found.', zh: '未找到。' },
  EMAIL_TAKEN: {
    status: 409,
    en: 'This email is already registered. Sign in instead.',
    zh: '该邮箱已注册，请直接登录。',
  },
  VALIDATION_FAILED: {
    status: 400,
    en: 'The request is not as expected; see details.',
    zh: '请求格式不正确，详见 details。',
  },
  VALIDATION_MESSAGE_TOO_LONG: {
    status: 400,
    en: 'The message is too long: at most 100000 characters.',
    zh: '消息过长：最多 100000 个字符。',
  },
  SESSION_MESSAGE_LIMIT: {
    status: 409,
    en: 'This session is full. Start a new one.',
    zh: '该会话消息已满，请新建会话。',
  },
  SESSION_CLOSED: {
    status: 409,
    en: 'This session was closed. Start a new one.',
    zh: '该会话已关闭，请新建会话。',
  },
  BODY_TOO_LARGE: { status: 413, en: 'The request body is too large.', zh: '请求体过大。' },
  CURSOR_INVALID: {
    status: 400,
    en: "This is not a position of this session's log. Read the history and follow from its cursor.",
    zh: '游标无效，请重新读取历史并从其游标继续。',
  },
  RATE_LIMITED: { status: 429, en: 'Too many requests. Try again later.', zh: '请求过于频繁，请稍后重试。' },
  SSE_CONNECTION_LIMIT: {
    status: 429,
    en: 'Too many open streams. Close another tab first.',
    zh: '打开的连接过多，请先关闭其他标签页。',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    en: 'A part of the system is restarting. Try again in a moment.',
    zh: '系统组件正在重启，请稍后重试。',
  },
  INTERNAL_ERROR: {
    status: 500,
    en: 'Something went wrong here. Try again; the request id helps to find out why.',
    zh: '服务器内部错误，请重试；可凭请求编号排查。',
  },
  MALFORMED_MESSAGE: { status: 400, en: 'The message cannot be read.', zh: '消息无法解析。' },
  UNSUPPORTED_METHOD: { status: 400, en: 'This method is not known.', zh: '不支持的方法。' },
  REQUEST_FAILED: { status: 500, en: 'The request failed.', zh: '请求失败。' },
  RUN_STALE: { status: 409, en: 'This run was taken over.', zh: '该运行已被接管。' },
  RUNTIME_UNAVAILABLE: {
    status: 503,
    en: 'Your runtime is not ready. Try again in a moment.',
    zh: '执行平面未就绪，请稍后重试。',
  },
  EXECUTION_PLANE_DISCONNECTED: {
    status: 503,
    en: 'Your runtime was lost and did not come back. Try again.',
    zh: '执行平面连接中断且未能恢复，请重试。',
  },
  RUNTIME_TYPE_UNKNOWN: { status: 400, en: 'This runtime type is not known.', zh: '未知的运行时类型。' },
  MODEL_NOT_CONFIGURED: {
    status: 400,
    en: 'No key or address is configured for this model provider.',
    zh: '该模型提供方未配置密钥或地址。',
  },
  MODEL_AUTH_FAILED: { status: 502, en: 'The model provider refused the key.', zh: '模型提供方拒绝了密钥。' },
  MODEL_RATE_LIMITED: {
    status: 502,
    en: 'The model provider is over its limit. Try again later.',
    zh: '模型提供方限流，请稍后重试。',
  },
  MODEL_FAILED: {
    status: 502,
    en: 'The model provider failed to answer. Try again.',
    zh: '模型提供方应答失败，请重试。',
  },
  MODEL_TIMEOUT: {
    status: 504,
    en: 'The model did not answer in time. Try again.',
    zh: '模型应答超时，请重试。',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;
export type Language = 'en' | 'zh';

export const errorCodeSchema = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

/** An error as it travels in an answer: nothing of its cause, which stays in the log of the part that failed. */
export const errorBodySchema = z.object({
  code: z.string(),
  message: z.string(),
  details: z.unknown().optional(),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** The one error class: a closed code, optional details that a client may see, and a cause that it may not. */
export class SemibotError extends Error {
  override readonly name = 'SemibotError';
  readonly code: ErrorCode;
  readonly details: unknown;

  constructor(code: ErrorCode, options: { message?: string; details?: unknown; cause?: unknown } = {}) {
    super(options.message ?? ERRORS[code].en, { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }

  /** Anything thrown, as a SemibotError: itself, or INTERNAL_ERROR with it as the cause. */
  static from(thrown: unknown): SemibotError {
    return thrown instanceof SemibotError ? thrown : new SemibotError('INTERNAL_ERROR', { cause: thrown });
  }

  /** An error that came in an answer; an unknown code becomes REQUEST_FAILED. */
  static fromBody(body: ErrorBody): SemibotError {
    const code = errorCodeSchema.safeParse(body.code);
    return new SemibotError(code.success ? code.data : 'REQUEST_FAILED', {
      message: body.message,
      details: body.details,
    });
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  /** What a client may see, in its language. */
  toBody(language: Language = 'en'): ErrorBody {
    const message =
      language === 'en' && this.code !== 'INTERNAL_ERROR' ? this.message : ERRORS[this.code][language];
    return { code: this.code, message, ...(this.details === undefined ? {} : { details: this.details }) };
  }
}

/** A validation failure's details: where and why, never the value. */
export const validationDetails = (error: z.ZodError): { path: string; problem: string }[] =>
  error.issues.map((issue) => ({ path: issue.path.join('.'), problem: issue.message }));
