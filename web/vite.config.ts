import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Builds the screens into web/dist: hashed files without source text of others' origins, and nothing inlined, so that the page's policy holds. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwind()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    port: 7430,
    proxy: { '/v1': process.env['YARDMASTER_URL'] ?? 'http://127.0.0.1:7420' },
  },
});
