import { writeCollection } from './bruno/collection.js';
import { writeDocument } from './openapi.js';

await writeDocument();
// Made from it.
await writeCollection();
