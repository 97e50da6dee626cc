import { z } from 'zod';
import { defineRoute } from '../define-route.ts';
import { idSchema } from '../ids.ts';
import { TITLE_MAX_CHARACTERS } from '../limits.ts';

export const userSchema = z.object({
  id: idSchema,
  orgId: idSchema,
  email: z.string(),
  name: z.string(),
  role: z.enum(['owner', 'admin', 'member']),
  createdAt: z.iso.datetime(),
});
export type User = z.infer<typeof userSchema>;

const email = z.email().max(320).toLowerCase();
const password = z.string().min(8).max(1_000);
const name = z.string().trim().min(1).max(TITLE_MAX_CHARACTERS);
const signedIn = z.object({ user: userSchema, accessToken: z.string(), refreshToken: z.string() });

const auth = { service: 'chat', resource: 'auth', access: 'public' } as const;

export const authRoutes = {
  register: defineRoute({
    ...auth,
    method: 'POST',
    path: '/auth/register',
    verb: 'register',
    limited: 'login',
    cookie: 'set',
    status: 201,
    body: z.object({ email, password, name, orgName: name }),
    data: signedIn,
    description: 'Makes an organization with its owner, and signs the owner in.',
  }),
  login: defineRoute({
    ...auth,
    method: 'POST',
    path: '/auth/login',
    verb: 'login',
    limited: 'login',
    cookie: 'set',
    body: z.object({ email, password: z.string().max(1_000) }),
    data: signedIn,
    description: 'Signs in with email and password.',
  }),
  refresh: defineRoute({
    ...auth,
    method: 'POST',
    path: '/auth/refresh',
    verb: 'refresh',
    cookie: 'set',
    body: z.object({ refreshToken: z.string().max(4_096) }),
    data: signedIn,
    description: 'Takes a refresh token, once, for a new pair of tokens.',
  }),
  logout: defineRoute({
    ...auth,
    access: 'member',
    method: 'POST',
    path: '/auth/logout',
    verb: 'logout',
    cookie: 'clear',
    description: 'Revokes this sign-in: its access and refresh tokens are refused from now on.',
  }),
  local: defineRoute({
    ...auth,
    method: 'POST',
    path: '/auth/local',
    verb: 'local',
    cookie: 'set',
    data: signedIn,
    description:
      'Signs the local owner in without a password. Only under `npm start`; anywhere else it is 404.',
  }),
  me: defineRoute({
    service: 'chat',
    resource: 'users',
    method: 'GET',
    path: '/users/me',
    verb: 'me',
    data: userSchema,
    description: 'Who is signed in.',
  }),
};
