import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/**
 * The built page runs nothing but its own script and talks to nobody but its own origin, whoever serves it. Pictures in
 * answers are links for the same reason: fetching one would tell a stranger what a model was made to write.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
].join('; ');

const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY },
      injectTo: 'head-prepend',
    },
  ],
};

export default defineConfig({
  plugins: [react(), contentSecurityPolicy],
  // Where `npm start` serves the API, for `npm run dev` beside it.
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
  build: { modulePreload: { polyfill: false }, chunkSizeWarningLimit: 700 },
});
