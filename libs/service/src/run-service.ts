import { flushCompileCache } from 'node:module';
import { z } from 'zod';
import { ConfigError, loadConfig, logLevelSchema } from './config.ts';
import { createLogger, type Logger } from './logger.ts';

/** How long a service may take to stop, in milliseconds; then it is ended. */
const STOP_TIMEOUT_MS = 9_000;
/** By then a service has done what it does at its start, and mostly some of its work, in milliseconds. */
const KEEP_COMPILED_AFTER_MS = 3_000;

/** What a service is given for as long as it lives. */
export interface Life {
  /** Aborts when the service is asked to stop, before anything is closed. */
  signal: AbortSignal;
  logger: Logger;
  /** Has this closed at the end: the last deferred first, and each even where another one fails. */
  defer(close: () => unknown | Promise<unknown>): void;
}

interface Stopping {
  reason: string;
  exitCode: number;
}

/**
 * Runs a service until SIGTERM or SIGINT: aborts its signal, closes what it deferred and exits 0 (1 where that takes
 * longer than 9 s). A bad configuration is told on stderr as it is; any other failure to start, an uncaught error or an
 * unhandled rejection is logged as fatal. All of these exit 1. Logs at `LOG_LEVEL`.
 */
export async function runService(options: {
  name: string;
  start: (life: Life) => Promise<void>;
}): Promise<void> {
  process.title = `semibot-${options.name}`;
  const { LOG_LEVEL } = orExplain(() => loadConfig(z.object({ LOG_LEVEL: logLevelSchema })));
  const logger = createLogger({ service: options.name, level: LOG_LEVEL });
  const abort = new AbortController();
  const closers: (() => unknown)[] = [];

  const stop = async ({ reason, exitCode }: Stopping): Promise<void> => {
    // A terminal's Ctrl-C reaches the service twice: by itself and by its supervisor.
    if (abort.signal.aborted) return;
    logger.info({ reason }, 'stopping');
    setTimeout(() => {
      logger.fatal({ afterMs: STOP_TIMEOUT_MS }, 'stopping took too long');
      process.exit(1);
    }, STOP_TIMEOUT_MS).unref();
    abort.abort(new Error(`stopping: ${reason}`));
    // What start() defers while this goes on is closed too.
    for (let close = closers.pop(); close; close = closers.pop()) await closeSafely(close, logger);
    logger.info('stopped');
    process.exit(exitCode);
  };

  const crash = (error: unknown, what: string): never => {
    logger.fatal({ err: error }, what);
    process.exit(1);
  };
  process.on('uncaughtException', (error) => crash(error, 'uncaught error'));
  process.on('unhandledRejection', (error) => crash(error, 'unhandled rejection'));
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void stop({ reason: signal, exitCode: 0 }));

  try {
    await options.start({ signal: abort.signal, logger, defer: (close) => closers.push(close) });
    if (abort.signal.aborted) return;
    logger.info('started');
    // Into NODE_COMPILE_CACHE, where there is one. By itself Node does it at the exit, which one that is killed never has.
    setTimeout(flushCompileCache, KEEP_COMPILED_AFTER_MS).unref();
  } catch (error) {
    // Being stopped while starting is no failure; stop() is on its way.
    if (abort.signal.aborted) return;
    if (error instanceof ConfigError) explain(error);
    logger.fatal({ err: error }, 'could not start');
    await stop({ reason: 'could not start', exitCode: 1 });
  }
}

async function closeSafely(close: () => unknown, logger: Logger): Promise<void> {
  try {
    await close();
  } catch (error) {
    logger.error({ err: error }, 'closing failed');
  }
}

/** Ends the process with a text for the person who starts it. */
function explain(error: ConfigError): never {
  process.stderr.write(`${process.title}: ${error.message}\n`);
  process.exit(1);
}

function orExplain<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (error instanceof ConfigError) explain(error);
    throw error;
  }
}
