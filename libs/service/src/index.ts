export { ConfigError, type ConfigProblem, loadConfig, logLevelSchema, secret } from './config.ts';
export { type Context, currentContext, runInContext } from './context.ts';
export { type Health, startHealth } from './health.ts';
export { createLogger, type Logger } from './logger.ts';
export { type Life, runService } from './run-service.ts';
