export { type Cursor, cursorSchema, formatCursor, parseCursor } from './cursor.ts';
export {
  checkMessage,
  decodeJson,
  defineMessage,
  type MessageDefinition,
  type Part,
  type SubjectParameters,
} from './define-message.ts';
export {
  type ApiAnswer,
  type ApiCall,
  apiAnswerSchema,
  apiCallSchema,
  defineRoute,
  type Identity,
  identitySchema,
  pageMetaSchema,
  pageQuerySchema,
  type RouteDefinition,
} from './define-route.ts';
export {
  ERRORS,
  type ErrorBody,
  type ErrorCode,
  errorBodySchema,
  type Language,
  SemibotError,
  validationDetails,
} from './errors.ts';
export {
  EVENT_SCHEMAS,
  type EventBody,
  type EventOf,
  type EventType,
  isTerminal,
  type Resync,
  resyncSchema,
  runErrorCodeSchema,
  type SessionEvent,
  sessionEventSchema,
} from './events.ts';
export { emptyRunFold, foldedText, foldRun, type RunFold } from './fold-run.ts';
export { HEADERS } from './headers.ts';
export { idSchema, NO_SESSION, newId, tokenSchema } from './ids.ts';
export { type JsonSchema, jsonSchemaOf } from './json-schema.ts';
export * as limits from './limits.ts';
export { type Command, commandMessage, commandSchema, orderMessage } from './messages/commands.ts';
export { deadLetterMessage } from './messages/dead-letter.ts';
export { MESSAGES } from './messages/index.ts';
export { eventMessage, liveMessage } from './messages/log.ts';
export { type RunFinished, runFinishedMessage } from './messages/reports.ts';
export {
  type LogPosition,
  logPositionSchema,
  type ModelConfig,
  modelConfigSchema,
  REQUESTS,
  type RequestInput,
  type RequestMethodName,
  type RequestResult,
  requestAnswerSchema,
  requestMessage,
  type SealedKeys,
  type Turn,
} from './messages/requests.ts';
export {
  renewedTokenSchema,
  renewTokenMessage,
  vmFactKey,
  vmFactSubject,
  vmFrozenMessage,
  vmGoneMessage,
  vmHeartbeatMessage,
  vmReadyMessage,
} from './messages/vm.ts';
export { API_VERSION, type OpenApiDocument, openApiDocument, SESSION_COOKIE } from './openapi.ts';
export {
  apiKeySchema,
  baseUrlSchema,
  type ProviderKeys,
  type ProviderName,
  type ProviderSettings,
  providerKeysSchema,
  providerNameSchema,
  providerSettingsSchema,
} from './provider-keys.ts';
export {
  CONSUMERS,
  type ConsumerName,
  inboxPrefix,
  OPERATOR_RIGHTS,
  personRights,
  type Rights,
  RUNTIME_IMPORTS,
  runtimeRights,
  SERVICE_RIGHTS,
  type ServiceName,
  VM_OPERATOR_RIGHTS,
} from './rights.ts';
export { type Agent, agentSchema } from './routes/agents.ts';
export { type User, userSchema } from './routes/auth.ts';
export { httpRoutes, internalRoutes, ROUTES } from './routes/index.ts';
export { MESSAGE_MODES, type Message, messageSchema } from './routes/messages.ts';
export {
  type Provider,
  type ProviderModels,
  providerModelsSchema,
  providerSchema,
} from './routes/providers.ts';
export { RUN_STATUSES, type Run, runSchema } from './routes/runs.ts';
export { type Session, sessionPosition, sessionSchema } from './routes/sessions.ts';
export {
  ensureVm,
  VM_STATUSES,
  type VmInstance,
  vmInstanceSchema,
  vmOperatorRoutes,
  vmStatusSchema,
} from './routes/vm.ts';
export { type SchemaCollector, schemaCollector } from './schema-collector.ts';
export { STREAMS, type StreamDefinition, type StreamName } from './streams.ts';
export { childTraceparent, type Trace, traceFrom, traceSchema } from './trace.ts';
