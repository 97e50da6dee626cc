import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // Where `npm start` serves the API, for `npm run dev` beside it.
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
  build: { modulePreload: { polyfill: false }, chunkSizeWarningLimit: 700 },
});
