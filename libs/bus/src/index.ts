export { applyStreams, type LogBounds, readEpoch, readLogBounds } from './apply-streams.ts';
export { type CallOptions, callRoute } from './call-route.ts';
export { type Bus, type BusLogger, type BusOptions, connectBus } from './connect.ts';
export { consume, type Delivery, done, type Outcome, reject, retry } from './consume.ts';
export { deadLetter } from './dead-letter.ts';
export { type Followed, followSubject } from './follow-subject.ts';
export { messageHeaders, traceOf } from './headers.ts';
export { type Appender, createAppender } from './log/appender.ts';
export { type Follower, followLog } from './log/follower.ts';
export { replay } from './log/replay.ts';
export {
  createReplayer,
  type LogEntry,
  type Page,
  type ReplayedStream,
  type Replayer,
  type StoredEntry,
} from './log/replayer.ts';
export type { LogWriter, WriterOptions } from './log/writer.ts';
export { type MicroEndpoint, type ServiceRecord, startMicroService } from './micro-service.ts';
export { type PublishOptions, publishMessage } from './publish.ts';
export { createRequester, type Requester } from './requester.ts';
export {
  type Asker,
  mayAnswer,
  type RequestHandlers,
  requestEndpoints,
  serveRequests,
} from './serve-requests.ts';
export { type Endpoint, endpoint, type RouteCall, routeEndpoints, serveRoutes } from './serve-routes.ts';
