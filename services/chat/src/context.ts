import type { Appender, Bus, Replayer } from '@semibot/bus';
import type { Logger } from '@semibot/service';
import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import type { SecretBox } from './providers/secret-box.ts';

/** What chat's parts work with. */
export interface Context {
  config: Config;
  logger: Logger;
  db: Database;
  /** Encrypts what is secret in it. */
  box: SecretBox;
  bus: Bus;
  appender: Appender;
  replayer: Replayer;
  /** The incarnation of the events' stream, for cursors. */
  epoch(): string;
}
