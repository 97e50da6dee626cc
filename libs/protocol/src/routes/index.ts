import type { RouteDefinition } from '../define-route.ts';
import { agentRoutes } from './agents.ts';
import { authRoutes } from './auth.ts';
import { messageRoutes } from './messages.ts';
import { providerRoutes } from './providers.ts';
import { runRoutes } from './runs.ts';
import { sessionPosition, sessionRoutes } from './sessions.ts';
import { ensureVm, vmOperatorRoutes, vmRoutes } from './vm.ts';

/** Every route of the HTTP API, by resource. */
export const ROUTES = {
  auth: authRoutes,
  agents: agentRoutes,
  sessions: sessionRoutes,
  messages: messageRoutes,
  runs: runRoutes,
  providers: providerRoutes,
  vm: vmRoutes,
} as const;

export const httpRoutes: RouteDefinition[] = Object.values(ROUTES).flatMap((group) => Object.values(group));

/** Calls between services in the same form, with no HTTP route. */
export const internalRoutes: RouteDefinition[] = [
  sessionPosition,
  ensureVm,
  ...Object.values(vmOperatorRoutes),
];
