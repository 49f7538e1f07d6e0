import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadEnv, parseSettings } from '@app/shared';
import { createApi } from './create-api.js';
import { createDocument } from './documentation.js';

/** Where the document is checked in, for callers and for the generated client. */
export const DOCUMENT_FILE = fileURLToPath(new URL('../../../docs/openapi.json', import.meta.url));

/** Nobody listens there, and nobody need: the routes are known without any server. */
const NO_DATABASE = 'postgres://127.0.0.1:1/none';
const NO_QUEUE = 'redis://127.0.0.1:1';

/** The OpenAPI document of this code, as it is checked in. */
export async function documentText(): Promise<string> {
  const env = loadEnv({ DATABASE_URL: NO_DATABASE, REDIS_URL: NO_QUEUE, LOG_LEVEL: 'silent' });
  const api = await createApi({
    runtime: {
      env,
      settings: parseSettings('', {}),
      clock: { now: () => 0 },
      queue: env.queue,
      databaseUrl: env.databaseUrl,
    },
    logger: false,
  });
  try {
    return `${JSON.stringify(createDocument(api.app), null, 2)}\n`;
  } finally {
    await api.close();
  }
}

/** Writes the document of this code to where it is checked in. */
export async function writeDocument(): Promise<void> {
  await writeFile(DOCUMENT_FILE, await documentText());
}
