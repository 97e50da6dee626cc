export { applyMigrations } from './apply-migrations.ts';
export { type SetUpOptions, setUp } from './set-up.ts';
