import { type Kysely, sql } from 'kysely';
import type { Instance, InstanceStatus, Patch } from '../domain/instance.ts';
import type { Tables } from './database.ts';

/** A database or a transaction in it. */
type Db = Kysely<Tables>;

export const OVER = ['failed', 'terminated'] as const satisfies InstanceStatus[];

/** The user's newest instance; one that is not over is locked until the transaction ends. */
export async function lockInstance(db: Db, userId: string): Promise<Instance | null> {
  const current = await db
    .selectFrom('userVmInstances')
    .selectAll()
    .where('userId', '=', userId)
    .where('status', 'not in', OVER)
    .forUpdate()
    .executeTakeFirst();
  return current ?? (await newestInstance(db, userId));
}

/** The user's newest instance, or null where there never was one. */
export async function newestInstance(db: Db, userId: string): Promise<Instance | null> {
  const newest = await db
    .selectFrom('userVmInstances')
    .selectAll()
    .where('userId', '=', userId)
    .orderBy((eb) => eb('status', 'in', OVER))
    .orderBy('createdAt', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest ?? null;
}

export const instanceById = async (db: Db, id: string): Promise<Instance | null> =>
  (await db.selectFrom('userVmInstances').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;

/** Which instances to list; all of them where nothing is said. */
export interface InstanceQuery {
  page: number;
  limit: number;
  orgId?: string;
  status?: InstanceStatus | undefined;
}

/** A page of instances, newest first, and how many there are. */
export async function listInstances(
  db: Db,
  { page, limit, orgId, status }: InstanceQuery,
): Promise<{ rows: Instance[]; total: number }> {
  const wanted = db
    .selectFrom('userVmInstances')
    .$if(orgId !== undefined, (query) => query.where('orgId', '=', orgId ?? ''))
    .$if(status !== undefined, (query) => query.where('status', '=', status ?? 'failed'));
  const { total } = await wanted
    .select((eb) => eb.fn.countAll<string>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await wanted
    .selectAll()
    .orderBy('createdAt', 'desc')
    .orderBy('id')
    .offset((page - 1) * limit)
    .limit(limit)
    .execute();
  return { rows, total: Number(total) };
}

/** Writes a new instance down; null where the user has one that is not over. */
export async function insertInstance(
  db: Db,
  instance: Pick<Instance, 'id' | 'userId' | 'orgId' | 'mode'>,
): Promise<Instance | null> {
  const row = await db
    .insertInto('userVmInstances')
    .values({
      ...instance,
      status: 'starting',
      bootstrapAttempts: 0,
      bootstraps: 0,
      quickCrashes: 0,
      ticketHashes: [],
    })
    .onConflict((oc) => oc.column('userId').where('status', 'not in', OVER).doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** Changes an instance and gives back what it is now. */
export async function patchInstance(db: Db, instance: Instance, patch: Patch): Promise<Instance> {
  if (Object.keys(patch).length === 0) return instance;
  await db.updateTable('userVmInstances').set(patch).where('id', '=', instance.id).execute();
  return { ...instance, ...patch };
}

/** Whose instance is neither settled nor over. */
export async function unsettledUsers(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('userVmInstances')
    .select('userId')
    .where('status', 'in', ['starting', 'provisioning', 'running', 'disconnected'])
    .execute();
  return rows.map(({ userId }) => userId);
}

/** Whose runtime is ready by the books, which have heard nothing of it for so long. */
export async function silentUsers(db: Db, silentForMs: number): Promise<string[]> {
  const rows = await db
    .selectFrom('userVmInstances')
    .select('userId')
    .where('status', '=', 'ready')
    .where(
      sql<Date>`greatest(connected_at, ready_at, last_heartbeat_at)`,
      '<=',
      new Date(Date.now() - silentForMs),
    )
    .execute();
  return rows.map(({ userId }) => userId);
}

/** The instances that are on the bus, as the books have it. */
export const connectedInstances = (db: Db): Promise<Instance[]> =>
  db.selectFrom('userVmInstances').selectAll().where('connectionId', 'is not', null).execute();

/** Writes down that this process was heard of; at most once in `everyMs`, however many schedulers hear it. */
export async function noteHeartbeat(
  db: Db,
  heard: { instanceId: string; bootId: string; at: Date },
  everyMs: number,
): Promise<void> {
  await db
    .updateTable('userVmInstances')
    .set({ lastHeartbeatAt: heard.at })
    .where('id', '=', heard.instanceId)
    .where('bootId', '=', heard.bootId)
    .where('lastHeartbeatAt', '<', new Date(heard.at.getTime() - everyMs))
    .execute();
}

/** Only one at a time starts a runtime of this user, in whichever scheduler; held until the transaction ends. */
export const lockLaunch = (db: Db, userId: string): Promise<unknown> =>
  sql`SELECT pg_advisory_xact_lock(hashtextextended(${`semibot launch ${userId}`}, 0))`.execute(db);
