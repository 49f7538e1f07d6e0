import { writeDocument } from './openapi.js';

await writeDocument();
