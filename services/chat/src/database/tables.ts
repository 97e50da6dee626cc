import type { Command, EventBody, ModelConfig } from '@semibot/protocol';
import type { ColumnType, Generated, Insertable, JSONColumnType, Selectable } from 'kysely';

type CreatedAt = ColumnType<Date, Date | undefined, never>;

interface OrganizationsTable {
  id: string;
  name: string;
  created_at: CreatedAt;
  deleted_at: Date | null;
}

interface UsersTable {
  id: string;
  org_id: string;
  email: string;
  name: string;
  role: 'owner' | 'admin' | 'member';
  password_hash: string | null;
  created_at: CreatedAt;
  deleted_at: Date | null;
}
export type UserRow = Selectable<UsersTable>;

interface LoginsTable {
  id: string;
  user_id: string;
  refresh_hash: Buffer;
  previous_hash: Buffer | null;
  rotated_at: Generated<Date>;
  expires_at: Date;
  revoked_at: Date | null;
  created_at: CreatedAt;
}

interface RuntimeChannelsTable {
  user_id: string;
  boot_id: string | null;
  command_number: Generated<number>;
  command_sequence: Generated<number>;
  boot_sequence: Generated<number>;
  keys_boot_id: string | null;
}

interface ProviderKeysTable {
  org_id: string;
  provider: string;
  key_id: string;
  nonce: Buffer;
  sealed: Buffer;
  updated_by: string;
  updated_at: Date;
}
export type ProviderKeyRow = Selectable<ProviderKeysTable>;

interface AgentsTable {
  id: string;
  org_id: string | null;
  name: string;
  description: string;
  system_prompt: string;
  model: JSONColumnType<ModelConfig>;
  created_by: string | null;
  created_at: CreatedAt;
  deleted_at: Date | null;
}
export type AgentRow = Selectable<AgentsTable>;

interface SessionsTable {
  id: string;
  org_id: string;
  user_id: string;
  agent_id: string;
  title: Generated<string>;
  status: Generated<'active' | 'paused' | 'completed' | 'failed'>;
  runtime_type: string | null;
  log_sequence: Generated<number>;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
  ended_at: Date | null;
  deleted_at: Date | null;
  deleted_by: string | null;
}
export type SessionRow = Selectable<SessionsTable>;

interface MessagesTable {
  id: string;
  ordinal: Generated<number>;
  session_id: string;
  parent_id: string | null;
  run_id: string;
  role: 'user' | 'assistant';
  text: string;
  status: Generated<'complete' | 'cancelled' | 'failed'>;
  steered_at: Date | null;
  created_at: CreatedAt;
}
export type MessageRow = Selectable<MessagesTable>;

interface RunsTable {
  id: string;
  ordinal: Generated<number>;
  session_id: string;
  user_id: string;
  org_id: string;
  message_id: string;
  answer_id: string | null;
  status: 'queued' | 'running' | 'completed' | 'cancelled' | 'failed';
  generation: Generated<number>;
  boot_id: string | null;
  after_sequence: number;
  cancel_requested_at: Date | null;
  pending_state: string | null;
  error_code: string | null;
  error_message: string | null;
  language: 'en' | 'zh';
  request_id: string;
  traceparent: string;
  created_at: CreatedAt;
  ended_at: Date | null;
}
export type RunRow = Selectable<RunsTable>;

interface IdempotencyKeysTable {
  user_id: string;
  key: string;
  answer: JSONColumnType<object>;
  created_at: CreatedAt;
}

/** What an outbox row tells the bus. */
export type OutboxContent =
  | {
      kind: 'event';
      runId: string;
      generation: number;
      body: EventBody;
      /** Where the log is believed to stand; null to look first. */
      position: { sequence: number; nextIndex: number } | null;
      /** Once it is in the log, the tables hold all of the session up to there. */
      completes: boolean;
    }
  | { kind: 'command'; command: Command };

interface OutboxTable {
  id: Generated<number>;
  message_id: string;
  user_id: string;
  /** Null for a command that is about the user. */
  session_id: string | null;
  content: JSONColumnType<OutboxContent>;
  request_id: string;
  traceparent: string;
  created_at: CreatedAt;
}
export type OutboxRow = Selectable<OutboxTable>;
export type NewOutboxRow = Insertable<OutboxTable>;

/** Chat's tables; `migrations/` makes them. */
export interface Tables {
  organizations: OrganizationsTable;
  users: UsersTable;
  logins: LoginsTable;
  runtime_channels: RuntimeChannelsTable;
  agents: AgentsTable;
  sessions: SessionsTable;
  messages: MessagesTable;
  runs: RunsTable;
  idempotency_keys: IdempotencyKeysTable;
  outbox: OutboxTable;
  provider_keys: ProviderKeysTable;
}
